//! REST for the software of the offices, and for those who have the code of a case, as `openapi.yaml` says it.

mod appio;
mod cases;
mod insight;
mod limit;
mod look_up;
mod report;

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    middleware::from_fn,
    web::{self, Data, PayloadConfig, ServiceConfig},
};
use municipio_domain::tenants;

use super::{method_not_allowed, problem::Problem};
use crate::app::State;

/// The contract.
const CONTRACT: &str = include_str!("../../../../openapi.yaml");

/// The routes below `/api/v1`.
pub(super) fn routes(config: &mut ServiceConfig) {
    let refuse = || web::to(|request| method_not_allowed(request, "GET"));
    let refuse_look_up = web::to(|request| method_not_allowed(request, "POST"));
    let refuse_many = web::to(|request| method_not_allowed(request, "POST"));
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
            web::resource("/api/v1/insight/cases.csv")
                .wrap(from_fn(limit::told))
                .route(web::get().to(insight::table))
                .default_service(refuse()),
        )
        .service(
            web::resource("/api/v1/case-status")
                .wrap(from_fn(limit::told))
                .route(web::post().to(look_up::look_up))
                .default_service(refuse_look_up),
        )
        .service(
            web::resource("/api/v1/sources/{source}/cases")
                .app_data(PayloadConfig::new(cases::MOST))
                .wrap(from_fn(limit::told))
                .route(web::post().to(cases::report_many))
                .default_service(refuse_many),
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
            // Whatever is asked for below a message is a file of it, or none.
            web::resource("/api/v1/appio/messages/{id}/{attachment:.+}")
                .route(web::get().to(appio::attachment))
                .default_service(refuse()),
        )
        .service(
            web::resource("/api/v1/sources/{source}/cases/{external_id}")
                .wrap(from_fn(limit::told))
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
