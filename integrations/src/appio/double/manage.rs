//! The HTTP of a double for who manages services.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, Data, Json, Path, Query},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Double,
    server::{answer, gateway, problem, throttled},
    services::{Managed, TOPICS, flaw},
    state::State,
};
use crate::appio::KEY;

impl Double {
    /// The services that are managed, as IO gives them.
    pub fn managed(&self) -> Vec<Value> {
        let services = self.state.all_managed();
        services.iter().map(Managed::shown).collect()
    }

    /// What citizens see of a service, or saw.
    pub fn publication(&self, id: &str) -> Option<Value> {
        self.state.managed(id, |service| service.publication())?
    }

    /// The picture of a service.
    pub fn logo(&self, id: &str) -> Option<Vec<u8>> {
        self.state.managed(id, |service| service.logo.clone())?
    }

    /// The keys of a service.
    pub fn service_keys(&self, id: &str) -> Option<[String; 2]> {
        self.state.managed(id, |service| service.keys.clone())
    }

    /// Makes a service as somebody does in the back office; gives its id.
    pub fn make_service(&self, data: Value) -> String {
        self.state.manage(data).id
    }

    /// Changes a service as somebody does in the back office.
    pub fn edit_service(&self, id: &str, change: impl FnOnce(&mut Value)) {
        let now = (self.state.clock)();
        self.state.managed(id, |service| service.edit(change, now));
    }

    /// Ends the review of a service: approves it, or rejects it for a reason.
    pub fn review(&self, id: &str, rejected: Option<&str>) {
        self.state.managed(id, |service| match rejected {
            None => service.approve(),
            Some(reason) => service.reject(reason),
        });
    }
}

/// With what a PNG begins.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/api/v1/manage/services", web::get().to(list))
        .route("/api/v1/manage/services", web::post().to(create))
        .route("/api/v1/manage/services/topics", web::get().to(topics))
        .service(
            web::scope("/api/v1/manage/services/{id}")
                .route("", web::get().to(show))
                .route("", web::put().to(write))
                .route("", web::delete().to(delete))
                .route("/logo", web::put().to(set_logo))
                .route("/review", web::put().to(review))
                .route("/release", web::get().to(publication))
                .route("/release", web::post().to(release))
                .route("/release", web::delete().to(unpublish))
                .route("/keys", web::get().to(keys))
                .route("/keys/{which}", web::put().to(replace_key)),
        );
}

#[derive(Deserialize)]
struct Part {
    limit: Option<usize>,
    offset: Option<usize>,
}

/// Refuses who may not call, or calls too often.
fn refusal(request: &HttpRequest, state: &State) -> Option<HttpResponse> {
    let key = request.headers().get(KEY);
    let key = key
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !state.knows_manage_key(key) {
        let message = "Access denied due to invalid subscription key.";
        return Some(gateway(StatusCode::UNAUTHORIZED, message));
    }
    state.count(&state.manager()).map(throttled)
}

/// Answers who may call.
async fn managed(
    request: &HttpRequest,
    state: &State,
    done: impl FnOnce() -> HttpResponse,
) -> HttpResponse {
    match refusal(request, state) {
        Some(refusal) => refusal,
        None => answer(state, done).await,
    }
}

/// The same of a service that there is.
async fn of_service(
    request: &HttpRequest,
    state: &State,
    id: &str,
    done: impl FnOnce(&mut Managed) -> HttpResponse,
) -> HttpResponse {
    let done = || {
        let missing = || problem(404, "Not found", "There is no such service");
        state.managed(id, done).unwrap_or_else(missing)
    };
    managed(request, state, done).await
}

fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

fn conflict() -> HttpResponse {
    let detail = "The status of the service is incompatible with this";
    problem(409, "Conflict", detail)
}

async fn topics(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let topics = TOPICS.iter().enumerate();
    let topics: Vec<_> = topics
        .map(|(id, name)| json!({ "id": id, "name": name }))
        .collect();
    let done = || HttpResponse::Ok().json(json!({ "topics": topics }));
    managed(&request, &state, done).await
}

async fn list(request: HttpRequest, state: Data<State>, part: Query<Part>) -> HttpResponse {
    let (limit, offset) = (part.limit.unwrap_or(20), part.offset.unwrap_or(0));
    let done = || {
        if !(1..=100).contains(&limit) {
            return problem(400, "Invalid payload", "limit is not 1 to 100");
        }
        let all = state.all_managed();
        let value: Vec<_> = all
            .iter()
            .skip(offset)
            .take(limit)
            .map(Managed::shown)
            .collect();
        let pagination = json!({ "offset": offset, "limit": limit, "count": all.len() });
        HttpResponse::Ok().json(json!({ "value": value, "pagination": pagination }))
    };
    managed(&request, &state, done).await
}

async fn create(request: HttpRequest, state: Data<State>, body: Json<Value>) -> HttpResponse {
    let done = || match flaw(&body) {
        Some(flaw) => problem(400, "Invalid payload", flaw),
        None => HttpResponse::Created().json(state.manage(body.0.clone()).shown()),
    };
    if state.loses() && refusal(&request, &state).is_none() {
        // It is made, and nobody is told.
        let response = done();
        tokio::time::sleep(super::server::NEVER).await;
        return response;
    }
    managed(&request, &state, done).await
}

async fn show(request: HttpRequest, state: Data<State>, id: Path<String>) -> HttpResponse {
    let done = |service: &mut Managed| HttpResponse::Ok().json(service.shown());
    of_service(&request, &state, &id, done).await
}

async fn write(
    request: HttpRequest,
    state: Data<State>,
    id: Path<String>,
    body: Json<Value>,
) -> HttpResponse {
    let now = (state.clock)();
    let done = |service: &mut Managed| match flaw(&body) {
        Some(flaw) => problem(400, "Invalid payload", flaw),
        None if service.write(body.0.clone(), now) => HttpResponse::Ok().json(service.shown()),
        None => conflict(),
    };
    of_service(&request, &state, &id, done).await
}

async fn delete(request: HttpRequest, state: Data<State>, id: Path<String>) -> HttpResponse {
    let done = || match state.remove_managed(&id) {
        true => no_content(),
        false => problem(404, "Not found", "There is no such service"),
    };
    managed(&request, &state, done).await
}

async fn set_logo(
    request: HttpRequest,
    state: Data<State>,
    id: Path<String>,
    body: Json<Value>,
) -> HttpResponse {
    let fresh = state.conduct.fresh_services;
    let done = |service: &mut Managed| {
        if !service.is_known(fresh) {
            return gateway(StatusCode::UNAUTHORIZED, "Access denied.");
        }
        let bytes = STANDARD.decode(body["logo"].as_str().unwrap_or_default());
        match bytes {
            Ok(bytes) if bytes.starts_with(PNG) => {
                service.logo = Some(bytes);
                no_content()
            }
            _ => problem(400, "Invalid payload", "logo is no PNG"),
        }
    };
    of_service(&request, &state, &id, done).await
}

async fn review(
    request: HttpRequest,
    state: Data<State>,
    id: Path<String>,
    body: Json<Value>,
) -> HttpResponse {
    let others = state.all_managed();
    let done = |service: &mut Managed| match body["auto_publish"].as_bool() {
        None => problem(400, "Invalid payload", "auto_publish is needed"),
        Some(is_released) if service.submit(is_released, &others) => no_content(),
        Some(_) => conflict(),
    };
    of_service(&request, &state, &id, done).await
}

async fn publication(request: HttpRequest, state: Data<State>, id: Path<String>) -> HttpResponse {
    let done = |service: &mut Managed| match service.publication() {
        Some(publication) => HttpResponse::Ok().json(publication),
        None => problem(404, "Not found", "The service was never published"),
    };
    of_service(&request, &state, &id, done).await
}

async fn release(request: HttpRequest, state: Data<State>, id: Path<String>) -> HttpResponse {
    let done = |service: &mut Managed| match service.release() {
        true => no_content(),
        false => problem(404, "Not found", "No version was approved"),
    };
    of_service(&request, &state, &id, done).await
}

async fn unpublish(request: HttpRequest, state: Data<State>, id: Path<String>) -> HttpResponse {
    let done = |service: &mut Managed| match service.unpublish() {
        true => no_content(),
        false => problem(404, "Not found", "The service was never published"),
    };
    of_service(&request, &state, &id, done).await
}

fn both_keys(service: &Managed) -> HttpResponse {
    let [primary, secondary] = &service.keys;
    HttpResponse::Ok().json(json!({ "primary_key": primary, "secondary_key": secondary }))
}

async fn keys(request: HttpRequest, state: Data<State>, id: Path<String>) -> HttpResponse {
    let done = |service: &mut Managed| both_keys(service);
    of_service(&request, &state, &id, done).await
}

async fn replace_key(
    request: HttpRequest,
    state: Data<State>,
    path: Path<(String, String)>,
) -> HttpResponse {
    let (id, which) = path.into_inner();
    let done = |service: &mut Managed| {
        let index = match which.as_str() {
            "primary" => 0,
            "secondary" => 1,
            _ => return problem(400, "Invalid payload", "the key is neither of both"),
        };
        service.keys[index] = super::state::ulid();
        both_keys(service)
    };
    of_service(&request, &state, &id, done).await
}
