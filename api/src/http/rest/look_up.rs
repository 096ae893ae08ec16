//! How a case stands, for whoever has its number of the protocol and its code: the least that there is to say, and as few
//! attempts as nobody needs more of.

use actix_web::{HttpRequest, HttpResponse, http::header::CACHE_CONTROL, web::Data};
use municipio_domain::cases::{Case, CaseCode, CaseRefusal, Cases};
use municipio_graphql::ErrorCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    cases::{Body as Sent, sent},
    limit::{address, count},
    report::{failed, read},
};
use crate::{
    app::State,
    http::{problem::Problem, tenant},
};

/// The most bytes of a question.
const MOST: usize = 1_024;

/// What is asked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    protocol_number: String,
    code: String,
}

/// Says how a case stands.
pub(super) async fn look_up(
    request: HttpRequest,
    body: Sent,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let found = find(&request, body, &state).await;
    let case = found.map_err(|problem| problem.of(&request))?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .json(shown(&case)))
}

async fn find(request: &HttpRequest, body: Sent, state: &Data<State>) -> Result<Case, Problem> {
    let tenant = tenant::resolve(request, state).await?;
    // Who tries numbers is held by the address; who tries codes of a number from many addresses by the number.
    let from = address(request, state.settings.proxies);
    count(request, &state.look_ups, &format!("{} {from}", tenant.id))?;
    let body = sent(request, body)?;
    if body.len() > MOST {
        let message = format!("send at most {MOST} bytes");
        return Err(Problem::new(ErrorCode::PayloadTooLarge, message));
    }
    let asked: Asked = read(&body)?;
    let number = asked.protocol_number.trim();
    count(
        request,
        &state.look_ups,
        &format!("{} protocol {number}", tenant.id),
    )?;
    let contents = state.contents(&tenant);
    let settings = contents.municipality().await;
    let settings = settings.map_err(|error| Problem::failed(&error))?;
    if !settings.is_some_and(|settings| settings.offers_case_codes) {
        let message = "the municipality does not offer this: sign in instead";
        return Err(Problem::new(ErrorCode::NotFound, message));
    }
    let identity = state.identity(&tenant);
    let keys = identity.vault().citizens();
    let keys = keys.ok_or_else(|| failed(CaseRefusal::NoSecret.into()))?;
    let nothing = || {
        Problem::new(
            ErrorCode::NotFound,
            "there is no case of this number and code",
        )
    };
    let code: CaseCode = asked.code.parse().map_err(|_| nothing())?;
    let found = Cases::from(&contents).look_up(keys, number, &code).await;
    found
        .map_err(|error| Problem::failed(&error))?
        .ok_or_else(nothing)
}

/// Where a case stands: no name, no subject, no reasons.
fn shown(case: &Case) -> Value {
    let mut shown = json!({ "status": case.status.code(), "updatedAt": case.updated_at });
    if let Some(day) = case.due_on {
        shown["dueOn"] = json!(day);
    }
    shown
}
