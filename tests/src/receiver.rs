//! A server that is told of events, as those are which portals run.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, http::StatusCode, rt, web,
};
use serde_json::Value;
use tokio::sync::watch;

/// What it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signature: String,
    /// The body, to the byte.
    pub body: String,
}

impl Received {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What it answers: a status, and when it wants to be asked again.
pub type Answer = (u16, Option<&'static str>);

struct State {
    answer: Box<dyn Fn(&Received) -> Answer + Send + Sync>,
    received: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
}

/// A running server.
pub struct Receiver {
    /// Where it is told of events.
    pub url: String,
    state: Arc<State>,
    server: ServerHandle,
}

impl Receiver {
    /// Starts one that answers like this.
    pub async fn start(answer: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let state = Arc::new(State {
            answer: Box::new(answer),
            received: Mutex::default(),
            count: watch::Sender::default(),
        });
        let data = web::Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .route("/hook", web::post().to(receive))
        });
        let server = server
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run();
        let handle = server.handle();
        rt::spawn(server);
        Self {
            url,
            state,
            server: handle,
        }
    }

    /// What it was sent.
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// Waits until it was sent so much.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let mut counts = self.state.count.subscribe();
        let there = counts.wait_for(|there| *there >= count);
        let there = tokio::time::timeout(Duration::from_secs(30), there).await;
        there
            .unwrap_or_else(|_| panic!("{count} events did not come: {:?}", self.received()))
            .unwrap();
        self.received()
    }

    /// Stops it.
    pub async fn stop(&self) {
        self.server.stop(false).await;
    }
}

async fn receive(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |name: &str| {
        let value = request
            .headers()
            .get(name)
            .unwrap_or_else(|| panic!("{name} is missing"));
        value.to_str().unwrap().to_owned()
    };
    assert_eq!(header("content-type"), "application/json");
    let received = Received {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let (status, retry_after) = (state.answer)(&received);
    state.received.lock().unwrap().push(received);
    state.count.send_modify(|count| *count += 1);
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap());
    if let Some(retry_after) = retry_after {
        response.insert_header(("retry-after", retry_after));
    }
    if status == 302 {
        response.insert_header(("location", "/elsewhere"));
    }
    response.body(format!("It is {status}."))
}
