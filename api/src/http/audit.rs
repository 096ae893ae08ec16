//! The audit log as JSON Lines, for who may read it.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, CacheControl, CacheDirective},
    web::{Bytes, Data, Query},
};
use futures_util::TryStreamExt;
use municipio_domain::{
    audit::{AuditLog, Entry},
    identity::{Action, Subject},
    store::StoreError,
};
use serde::Deserialize;

use super::{caller::Requester, problem::Problem, tenant};
use crate::app::State;

/// Which entries.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Part {
    /// Only those after this number.
    after: i64,
}

/// The entries, oldest first, one JSON object a line.
pub(super) async fn export(
    request: HttpRequest,
    part: Query<Part>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let tenant = tenant::resolve(&request, &state).await?;
    let requester = Requester::of(&request, &state, tenant).await?;
    let allowed = requester
        .caller
        .authorise(Action::ReadAudit, &Subject::WHOLE);
    allowed.map_err(|denied| Problem::denied(&denied).of(&request))?;
    let log = AuditLog::new(state.database.tenant(requester.tenant.id));
    let lines = log.entries(part.after).map_err(|error| {
        tracing::error!(%error, "the audit log cannot be exported");
        error
    });
    let lines = lines.and_then(|entry| async move { line(&entry) });
    Ok(HttpResponse::Ok()
        .insert_header(CacheControl(vec![
            CacheDirective::Private,
            CacheDirective::NoStore,
        ]))
        .insert_header((header::CONTENT_TYPE, "application/jsonl; charset=utf-8"))
        .streaming(lines))
}

fn line(entry: &Entry) -> Result<Bytes, StoreError> {
    let mut line = serde_json::to_vec(entry).map_err(|error| StoreError::Corrupt {
        what: format!("audit entry {}", entry.number),
        reason: error.to_string(),
    })?;
    line.push(b'\n');
    Ok(line.into())
}
