//! `/metrics`: what Prometheus reads, for whoever has the token of the operator.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use municipio_domain::{
    digest::sha256,
    outbox::{self, Backlog, Worker},
    store::{Database, StoreError},
};
use municipio_graphql::ErrorCode;
use prometheus_client::{encoding::text, metrics::gauge::Gauge, registry::Registry};

use super::{not_found, problem::Problem};
use crate::{app::State, clock};

/// What is counted, and where it is told.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    topics: Arc<[&'static str]>,
    late: Gauge,
    dead: Gauge,
    failing: Gauge,
    degraded: Gauge,
}

impl Metrics {
    /// What this worker counts, and what is asked for when it is told.
    pub(crate) fn new(worker: &Worker) -> Self {
        let mut registry = Registry::default();
        worker.measures().register(&mut registry);
        let [late, dead, failing, degraded] = <[Gauge; 4]>::default();
        let gauges = [
            (
                "municipio_outbox_late_seconds",
                "For how long the oldest job has been due that nobody has begun",
                &late,
            ),
            (
                "municipio_outbox_dead_jobs",
                "Jobs that were given up",
                &dead,
            ),
            (
                "municipio_outbox_failing_jobs",
                "Jobs that fail again and again, and are tried without end",
                &failing,
            ),
            (
                "municipio_search_degraded",
                "1 while the embedded engine stands in for the search server",
                &degraded,
            ),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        Self {
            registry: Arc::new(registry),
            topics: worker.topics().into(),
            late,
            dead,
            failing,
            degraded,
        }
    }

    /// What waits in the outboxes for this program.
    pub(super) async fn backlog(&self, database: &Database) -> Result<Backlog, StoreError> {
        outbox::backlog(database, &self.topics).await
    }
}

/// Tells what is counted.
pub(super) async fn page(
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let Some(token) = &state.settings.metrics_token else {
        return not_found(request).await;
    };
    let given = request.headers().get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    // Hashes, so that the time that it takes says nothing of the token.
    if given.map(sha256) != Some(sha256(token)) {
        let message = "give the token of MUNICIPIO_METRICS_TOKEN as Authorization: Bearer";
        return Err(Problem::new(ErrorCode::Unauthenticated, message));
    }
    let metrics = &state.metrics;
    let backlog = metrics.backlog(&state.database).await;
    let backlog = backlog.map_err(|error| Problem::failed(&error))?;
    let late = backlog
        .due_since
        .map(|since| (clock::now() - since).num_seconds());
    metrics.late.set(late.unwrap_or_default().max(0));
    metrics
        .dead
        .set(i64::try_from(backlog.dead).unwrap_or(i64::MAX));
    metrics
        .failing
        .set(i64::try_from(backlog.failing).unwrap_or(i64::MAX));
    metrics.degraded.set(state.search.is_degraded().into());
    let mut page = String::new();
    text::encode(&mut page, &metrics.registry).map_err(|error| {
        tracing::error!(%error, "the metrics cannot be written");
        Problem::new(ErrorCode::Internal, ErrorCode::Internal.apology())
    })?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(page))
}
