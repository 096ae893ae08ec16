//! Figures of cases, as spreadsheets read them.

use std::collections::HashMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    web::{Data, Query},
};
use chrono::NaiveDate;
use municipio_domain::{
    cases::{Insight, InsightFilter, Period},
    content::{Contents, global_id_of},
    identity::Action,
    ids::ItemId,
    store::StoreError,
    tenants::Tenant,
    time::legal_day,
};
use municipio_graphql::ErrorCode;
use serde::Deserialize;

use super::cases::caller;
use crate::{app::State, clock, http::problem::Problem};

/// The days that are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    from: NaiveDate,
    until: NaiveDate,
}

/// The figures of the cases that the caller sees, by procedure and office.
pub(super) async fn table(
    request: HttpRequest,
    asked: Result<Query<Asked>, actix_web::Error>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let written = write(&request, asked, &state).await;
    let table = written.map_err(|problem| problem.of(&request))?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .body(table))
}

async fn write(
    request: &HttpRequest,
    asked: Result<Query<Asked>, actix_web::Error>,
    state: &Data<State>,
) -> Result<String, Problem> {
    let (requester, cases, rights) = caller(request, state, Action::ReadCases).await?;
    let wrong = |message: &str| Problem::new(ErrorCode::InvalidArgument, message);
    let asked = asked.map_err(|_| wrong("write from and until, two days such as 2026-01-01"))?;
    if asked.until < asked.from {
        return Err(wrong("until is not before from"));
    }
    let period = Period {
        from: asked.from,
        until: asked.until,
    };
    let (filter, today) = (InsightFilter::default(), legal_day(clock::now()));
    let insight = cases.insight(&rights.reads, &filter, &period, today).await;
    let insight = insight.map_err(|error| Problem::failed(&error))?;
    let tenant = &requester.tenant;
    let titles = titles(&state.contents(tenant), &insight, tenant).await;
    let titles = titles.map_err(|error| Problem::failed(&error))?;
    let id = |id: ItemId, kind: &str| global_id_of(kind, &tenant.ipa_code, id);
    let table = insight.table(id, &titles);
    table.map_err(|error| Problem::failed(&error))
}

/// The titles of the procedures and offices that are published.
async fn titles(
    contents: &Contents,
    insight: &Insight,
    tenant: &Tenant,
) -> Result<HashMap<ItemId, String>, StoreError> {
    let rows = insight.rows.iter();
    let mut ids: Vec<_> = rows.flat_map(|row| [row.procedure, row.office]).collect();
    ids.sort_unstable();
    ids.dedup();
    let locales = tenant.fallbacks(&tenant.default_locale());
    let items = contents.published(&ids).await?.into_iter();
    let titles = items.filter_map(|item| {
        let title = item.body.title();
        let (_, title) = title.resolve(&locales)?;
        Some((item.id, title.clone()))
    });
    Ok(titles.collect())
}
