//! REST for the software of the offices, as `openapi.yaml` says it.

mod appio;
mod cases;

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    web::{self, Data, ServiceConfig},
};
use municipio_domain::tenants;

use super::{method_not_allowed, problem::Problem};
use crate::app::State;

/// The contract.
const CONTRACT: &str = include_str!("../../../../openapi.yaml");

/// The routes below `/api/v1`.
pub(super) fn routes(config: &mut ServiceConfig) {
    let refuse = || web::to(|request| method_not_allowed(request, "GET"));
    let refuse_cases = web::to(|request| method_not_allowed(request, "GET, PUT"));
    config
        .service(
            web::resource("/api/v1/status")
                .route(web::get().to(status))
                .default_service(refuse()),
        )
        .service(
            web::resource("/api/v1/openapi.yaml")
                .route(web::get().to(contract))
                .default_service(refuse()),
        )
        .service(
            web::resource("/api/v1/appio/messages/{id}")
                .route(web::get().to(appio::message))
                .default_service(refuse()),
        )
        .service(
            web::resource("/api/v1/appio/messages/{id}/precondition")
                .route(web::get().to(appio::precondition))
                .default_service(refuse()),
        )
        .service(
            web::resource("/api/v1/sources/{source}/cases/{external_id}")
                .route(web::get().to(cases::show))
                .route(web::put().to(cases::report))
                .default_service(refuse_cases),
        );
}

/// Whether the service and its database answer.
async fn status(state: Data<State>) -> Result<HttpResponse, Problem> {
    let answers = tenants::count(&state.database).await;
    answers.map_err(|error| Problem::failed(&error))?;
    let status = serde_json::json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") });
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(status))
}

/// The contract itself.
async fn contract() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/yaml"))
        .body(CONTRACT)
}
