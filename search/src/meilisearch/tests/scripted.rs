//! A server that answers what a test says, one request after the other.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// What was asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) authorization: String,
    pub(super) body: String,
}

pub(super) struct Scripted {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Scripted {
    /// Answers these requests, in this order, with a status and a body; anything else is told with 500.
    pub(super) async fn start<const N: usize>(script: [(&'static str, u16, Value); N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut script = script.into_iter();
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let mut connection = BufReader::new(connection);
                let (line, request) = read(&mut connection).await;
                seen.lock().unwrap().push(request);
                let (status, body) = match script.next() {
                    Some((expected, status, body)) if expected == line => (status, body),
                    other => (
                        500,
                        Value::String(format!("{line}, expected was {other:?}")),
                    ),
                };
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                connection
                    .write_all((head + &body).as_bytes())
                    .await
                    .unwrap();
            }
        });
        Self { url, requests }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// The method and the address, and the rest of a request.
async fn read(connection: &mut BufReader<TcpStream>) -> (String, Request) {
    let mut request = Request::default();
    let mut first = String::new();
    connection.read_line(&mut first).await.unwrap();
    let mut length = 0;
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await.unwrap();
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().unwrap();
            }
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                value.clone_into(&mut request.authorization);
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.unwrap();
    request.body = String::from_utf8(body).unwrap();
    let line = first.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    (line, request)
}
