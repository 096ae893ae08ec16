//! Whether the service lives, is ready, and how it is.

use actix_web::{HttpResponse, web::Data};
use chrono::{DateTime, TimeDelta, Utc};
use municipio_domain::{outbox::Backlog, tenants};

use super::problem::Problem;
use crate::{app::State, clock};

/// How long a job that is due may wait before it is told.
const LATE: TimeDelta = TimeDelta::minutes(5);

/// The process runs.
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))
}

/// The database answers; and whether what is to leave the process does, and search has its server. Neither keeps
/// anybody from reading, so that it is told without refusing to be ready.
pub(super) async fn ready(state: Data<State>) -> HttpResponse {
    match state.metrics.backlog(&state.database).await {
        Ok(backlog) => {
            let outbox = fault(backlog, clock::now());
            let search = state.search.is_degraded();
            let search = search.then_some("the embedded engine stands in");
            let is_degraded = outbox.is_some() || search.is_some();
            HttpResponse::Ok().json(serde_json::json!({
                "status": if is_degraded { "degraded" } else { "ok" },
                "database": "ok",
                "outbox": outbox.as_deref().unwrap_or("ok"),
                "search": search.unwrap_or("ok"),
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

/// What is wrong with the outboxes.
fn fault(backlog: Backlog, now: DateTime<Utc>) -> Option<String> {
    let late = backlog.due_since.map(|since| now - since);
    match (backlog.dead, late) {
        (1.., _) => Some(format!("{} jobs were given up", backlog.dead)),
        (0, _) if backlog.failing > 0 => {
            Some(format!("{} jobs fail again and again", backlog.failing))
        }
        (0, Some(late)) if late >= LATE => Some(format!(
            "jobs have waited for {} seconds",
            late.num_seconds()
        )),
        _ => None,
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
