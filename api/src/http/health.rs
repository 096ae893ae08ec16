//! Whether the service lives, is ready, and how it is.

use actix_web::{HttpResponse, web::Data};
use municipio_domain::tenants;

use super::problem::Problem;
use crate::{app::State, clock};

/// The process runs.
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))
}

/// The database answers. Without its search server it is ready all the same, and says so.
pub(super) async fn ready(state: Data<State>) -> HttpResponse {
    match state.database.ping().await {
        Ok(()) => {
            let (status, search) = match state.search.is_degraded().await {
                false => ("ok", "ok"),
                true => ("degraded", "the embedded engine stands in"),
            };
            HttpResponse::Ok().json(serde_json::json!({
                "status": status,
                "database": "ok",
                "search": search,
            }))
        }
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            HttpResponse::ServiceUnavailable().json(serde_json::json!({
                "status": "unavailable",
                "database": "does not answer",
            }))
        }
    }
}

/// The version, since when it runs, and on what.
pub(super) async fn status(state: Data<State>) -> Result<HttpResponse, Problem> {
    let tenants = tenants::count(&state.database).await;
    let tenants = tenants.map_err(|error| Problem::failed(&error))?;
    let uptime = clock::now() - state.started;
    Ok(HttpResponse::Ok().json(serde_json::json!({
        "name": "Municipio",
        "version": env!("CARGO_PKG_VERSION"),
        "startedAt": state.started,
        "uptimeSeconds": uptime.num_seconds(),
        "database": state.database.engine(),
        "municipalities": tenants,
        "subscriptions": state.database.feeds().listeners(),
    })))
}
