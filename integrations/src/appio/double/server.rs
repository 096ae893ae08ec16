//! The HTTP of a double.

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::{Server, ServerHandle},
    http::StatusCode,
    web::{self, Data, Json, Path},
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{
    Conduct, Device, Group, Habits, LOLLIPOP_KEY, NewService, SANDBOX, Taken,
    conduct::Mishap,
    state::{Service, State},
};
use crate::appio::{KEY, LOLLIPOP_AUTH, RETRY_AFTER};

/// Where assertions are.
const ASSERTIONS: &str = "/lollipop/api/v1";
/// How late it answers when it is slow.
const SLOW: Duration = Duration::from_millis(300);
/// How late it answers when nobody waits any more.
pub(super) const NEVER: Duration = Duration::from_secs(3_600);

/// A double that runs.
pub struct Double {
    /// Where it is called.
    pub url: String,
    pub(super) state: Arc<State>,
    server: Option<Server>,
    handle: ServerHandle,
}

/// Stops a double.
#[derive(Clone, Debug)]
pub struct StopHandle(ServerHandle);

impl StopHandle {
    /// Stops it.
    pub async fn stop(&self) {
        self.0.stop(false).await;
    }
}

impl Double {
    /// A double that listens here, behaves like this, and asks this for the time.
    ///
    /// # Errors
    /// It cannot listen there.
    pub fn new(
        listener: TcpListener,
        conduct: Conduct,
        clock: fn() -> DateTime<Utc>,
    ) -> io::Result<Self> {
        let url = format!("http://{}/api/v1", listener.local_addr()?);
        let state = Arc::new(State::new(conduct, clock));
        let data = Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || App::new().app_data(data.clone()).configure(routes));
        let server = server.workers(1).disable_signals().listen(listener)?.run();
        Ok(Self {
            url,
            state,
            handle: server.handle(),
            server: Some(server),
        })
    }

    /// What answers; to be awaited, once.
    pub fn server(&mut self) -> Option<Server> {
        self.server.take()
    }

    /// Stops it when told to.
    pub fn handle(&self) -> StopHandle {
        StopHandle(self.handle.clone())
    }

    /// Adds a service; gives its id.
    pub fn add_service(&self, service: NewService) -> String {
        self.state.add_service(service)
    }

    /// The ids of its services.
    pub fn services(&self) -> Vec<String> {
        self.state.services()
    }

    /// Gives a service other keys.
    pub fn replace_keys(&self, service: &str, keys: Vec<String>) {
        self.state.replace_keys(service, keys);
    }

    /// Adds a configuration of remote content that is seen with this manage key; gives its id.
    pub fn add_configuration(&self, manage_key: &str) -> String {
        self.state.add_configuration(manage_key)
    }

    /// Says what citizens do with messages of premium contracts from now on.
    pub fn set_habits(&self, habits: Habits) {
        self.state.set_habits(habits);
    }

    /// Where it gives assertions.
    pub fn assertions_url(&self) -> String {
        self.url.replace("/api/v1", ASSERTIONS)
    }

    /// A citizen signs in with this device, at that time.
    pub fn sign_in(&self, device: &Device, at: DateTime<Utc>) {
        self.state.sign_in(device, at);
    }

    /// And signs out.
    pub fn sign_out(&self, device: &Device) {
        self.state.sign_out(device);
    }

    /// The messages that it took in.
    pub fn taken(&self) -> Vec<Taken> {
        self.state.taken()
    }

    /// The most calls of an account in any five seconds.
    pub fn busiest(&self) -> usize {
        self.state.busiest()
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/api/v1/profiles", web::post().to(profile))
        .route("/api/v1/messages", web::post().to(send))
        .route("/api/v1/messages/{code}/{id}", web::get().to(standing))
        .route(
            "/api/v1/messages-sending/remote-contents/configurations",
            web::get().to(configurations),
        )
        .route(
            &format!("{ASSERTIONS}/assertions/{{reference}}"),
            web::get().to(assertion),
        )
        .configure(super::manage::routes)
        // What IO has not: what a developer looks at.
        .route("/double/messages", web::get().to(taken));
}

/// The service that calls, if it may go on.
fn caller(request: &HttpRequest, state: &State) -> Result<Service, Box<HttpResponse>> {
    let key = request.headers().get(KEY);
    let key = key
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let Some(service) = state.service_of(key) else {
        let message = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.";
        return Err(Box::new(gateway(StatusCode::UNAUTHORIZED, message)));
    };
    match state.count(&service.new.account) {
        None => Ok(service),
        Some(seconds) => Err(Box::new(throttled(seconds))),
    }
}

/// An error of the gateway before IO.
pub(super) fn gateway(status: StatusCode, message: &str) -> HttpResponse {
    let body = json!({ "statusCode": status.as_u16(), "message": message });
    HttpResponse::build(status).json(body)
}

pub(super) fn throttled(seconds: u64) -> HttpResponse {
    let message = format!("Rate limit is exceeded. Try again in {seconds} seconds.");
    let mut response = gateway(StatusCode::TOO_MANY_REQUESTS, &message);
    let name = actix_web::http::header::HeaderName::from_static(RETRY_AFTER);
    response.headers_mut().insert(name, seconds.into());
    response
}

/// An error of IO itself.
pub(super) fn problem(status: u16, title: &str, detail: &str) -> HttpResponse {
    let body = json!({ "status": status, "title": title, "detail": detail });
    HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST))
        .content_type("application/problem+json")
        .body(body.to_string())
}

/// Answers as it goes wrong, or not.
pub(super) async fn answer(state: &State, done: impl FnOnce() -> HttpResponse) -> HttpResponse {
    match state.mishap() {
        None => done(),
        Some(Mishap::Throttled) => throttled(1),
        Some(Mishap::Failing) => problem(500, "Internal server error", "Try again"),
        Some(Mishap::Slow) => {
            let response = done();
            tokio::time::sleep(SLOW).await;
            response
        }
    }
}

async fn profile(request: HttpRequest, state: Data<State>, body: Json<Value>) -> HttpResponse {
    let service = match caller(&request, &state) {
        Ok(service) => service,
        Err(refusal) => return *refusal,
    };
    let code = body["fiscal_code"].as_str().unwrap_or_default().to_owned();
    let done = || {
        if !is_fiscal_code(&code) {
            return problem(400, "Invalid payload", "fiscal_code is not one");
        }
        if !service.new.is_live && code != SANDBOX {
            return problem(
                403,
                "Recipient forbidden",
                "The service is not enabled for it",
            );
        }
        match state.is_there(&code) {
            false => problem(
                404,
                "Profile not found",
                "The profile you requested was not found in the system.",
            ),
            true => HttpResponse::Ok().json(json!({
                "sender_allowed": true,
                "preferred_languages": state.conduct.languages,
            })),
        }
    };
    answer(&state, done).await
}

async fn send(request: HttpRequest, state: Data<State>, body: Json<Value>) -> HttpResponse {
    let service = match caller(&request, &state) {
        Ok(service) => service,
        Err(refusal) => return *refusal,
    };
    let done = || match refusal(&state, &service, &body) {
        Some(refusal) => refusal,
        None => {
            let code = body["fiscal_code"].as_str().unwrap_or_default();
            let id = state.take(&service, code, body.0.clone());
            HttpResponse::Created()
                .insert_header(("location", format!("/api/v1/messages/{code}/{id}")))
                .json(json!({ "id": id }))
        }
    };
    if state.loses() {
        let response = done();
        tokio::time::sleep(NEVER).await;
        return response;
    }
    answer(&state, done).await
}

/// Why a message is not taken in.
fn refusal(state: &State, service: &Service, body: &Value) -> Option<HttpResponse> {
    let wrong = |detail: &str| Some(problem(400, "Invalid payload", detail));
    let forbidden = |title: &str| Some(problem(403, title, "You are not allowed to do this"));
    let content = &body["content"];
    let length = |field: &str| {
        content[field]
            .as_str()
            .map_or(0, |text| text.encode_utf16().count())
    };
    let code = body["fiscal_code"].as_str().unwrap_or_default();
    let is_advanced = body["feature_level_type"] == "ADVANCED";
    let has = |group| service.new.groups.contains(&group);
    if !is_fiscal_code(code) {
        return wrong("fiscal_code is not one");
    }
    if !(10..=120).contains(&length("subject")) || !(80..=10_000).contains(&length("markdown")) {
        return wrong("subject or markdown is too short or too long");
    }
    if !service.new.is_live && code != SANDBOX {
        return forbidden("Recipient forbidden");
    }
    if is_advanced && !has(Group::Premium) {
        return forbidden("You are not allowed to send ADVANCED messages");
    }
    if let Some(payment) = content.get("payment_data") {
        let amount = payment["amount"].as_u64().unwrap_or_default();
        if !(1..=service.new.max_payment).contains(&amount) {
            return wrong("amount is more than the service may ask for");
        }
        if payment.get("payee").is_some() && !has(Group::Payee) {
            return forbidden("You are not allowed to name a payee");
        }
    }
    let remote = content.get("third_party_data")?;
    if !has(Group::RemoteContent) {
        return forbidden("You are not allowed to send third party messages");
    }
    let known = ["ALWAYS", "ONCE", "NEVER"];
    let precondition = remote
        .get("has_precondition")
        .map(|text| text.as_str().unwrap_or_default());
    if precondition.is_some_and(|word| !known.contains(&word)) {
        return wrong("has_precondition is none of ALWAYS, ONCE, NEVER");
    }
    if remote["has_attachments"] == true && !is_advanced {
        return forbidden("Attachments are for ADVANCED messages");
    }
    match remote["configuration_id"].as_str() {
        None => forbidden("No configuration of remote content was given"),
        Some(id) if !state.knows_configuration(id) => Some(problem(
            404,
            "Configuration not found",
            "There is no such configuration",
        )),
        Some(_) => None,
    }
}

async fn standing(
    request: HttpRequest,
    state: Data<State>,
    path: Path<(String, String)>,
) -> HttpResponse {
    let service = match caller(&request, &state) {
        Ok(service) => service,
        Err(refusal) => return *refusal,
    };
    let (code, id) = path.into_inner();
    let done = || {
        let found = state
            .message(&id)
            .filter(|message| message.fiscal_code == code);
        let Some(message) = found else {
            return problem(404, "Message not found", "The message was not found.");
        };
        if message.service_id != service.id {
            return problem(
                403,
                "You are not allowed to read this",
                "It is another service's",
            );
        }
        let mut said = json!({
            "message": {
                "id": message.id,
                "fiscal_code": message.fiscal_code,
                "created_at": message.created_at.to_rfc3339_opts(SecondsFormat::Millis, true),
                "sender_service_id": message.service_id,
                "feature_level_type": message.body["feature_level_type"],
                "content": message.body["content"],
            },
            "status": state.status(&message),
        });
        if message.body["feature_level_type"] == "ADVANCED" {
            let habits = state.habits();
            said["read_status"] = json!(if habits.reads { "READ" } else { "UNREAD" });
            if message.body["content"].get("payment_data").is_some() {
                said["payment_status"] = json!(if habits.pays { "PAID" } else { "NOT_PAID" });
            }
        }
        HttpResponse::Ok().json(said)
    };
    answer(&state, done).await
}

async fn configurations(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let key = request.headers().get(KEY);
    let key = key
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !state.knows_manage_key(key) {
        return gateway(
            StatusCode::UNAUTHORIZED,
            "Access denied due to invalid subscription key.",
        );
    }
    let list: Vec<_> = state
        .configurations()
        .into_iter()
        .map(|id| json!({ "configuration_id": id, "name": "Municipio", "description": "Municipio",
            "has_precondition": "NEVER", "disable_lollipop_for": [], "is_lollipop_enabled": false, "user_id": "double" }))
        .collect();
    HttpResponse::Ok().json(json!({ "rcConfigList": list }))
}

async fn assertion(
    request: HttpRequest,
    state: Data<State>,
    reference: Path<String>,
) -> HttpResponse {
    let header = |name| {
        let value = request.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    if header(KEY) != LOLLIPOP_KEY {
        return gateway(
            StatusCode::UNAUTHORIZED,
            "Access denied due to invalid subscription key.",
        );
    }
    let authorization = header(LOLLIPOP_AUTH)
        .strip_prefix("Bearer ")
        .unwrap_or_default();
    match state.assertion(&reference, authorization) {
        Some(assertion) => HttpResponse::Ok().json(json!({ "response_xml": assertion })),
        None => problem(
            404,
            "Assertion not found",
            "There is no assertion of this key",
        ),
    }
}

async fn taken(state: Data<State>) -> HttpResponse {
    let shown: Vec<_> = state
        .taken()
        .into_iter()
        .map(|message| {
            let mut shown = json!(message);
            shown["status"] = json!(state.status(&message));
            shown
        })
        .collect();
    HttpResponse::Ok().json(shown)
}

/// Whether it looks like a fiscal code of IO, whatever its last letter is.
fn is_fiscal_code(code: &str) -> bool {
    let shape = "AAAAAA00M00A000A";
    let fits = |(letter, place): (u8, u8)| match place {
        b'A' => letter.is_ascii_uppercase(),
        b'0' => letter.is_ascii_digit() || b"LMNPQRSTUV".contains(&letter),
        _ => b"ABCDEHLMPRST".contains(&letter),
    };
    code.len() == shape.len() && code.bytes().zip(shape.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fiscal_codes_are_those_of_the_specification() {
        for code in [SANDBOX, "RSSMRA80A01H501U", "RSSMRALLA01H501U"] {
            assert!(is_fiscal_code(code), "{code}");
        }
        for code in [
            "",
            "12345678901",
            "rssmra80a01h501u",
            "RSSMRA80G01H501U",
            "RSSMRA80A01H501UU",
        ] {
            assert!(!is_fiscal_code(code), "{code}");
        }
    }
}
