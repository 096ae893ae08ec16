//! Cases, as other software of the offices reports them and reads them again.

use std::collections::BTreeMap;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    error::PayloadError,
    http::{StatusCode, header::CACHE_CONTROL},
    web::{Bytes, Data, Path, Query},
};
use chrono::{DateTime, Utc};
use municipio_domain::{
    cases::{Case, CaseRefusal, Cases, Reference, Reported, Rights},
    content::global_id_of,
    identity::{Action, Denied},
    tenants::Tenant,
};
use municipio_graphql::ErrorCode;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    limit::count,
    report::{Intake, Sent, failed, read, refused},
};
use crate::{
    app::State,
    clock,
    http::{caller::Requester, problem::Problem, tenant},
};

/// The most bytes of many reports.
pub(super) const MOST: usize = 4 * 1024 * 1024;
/// The longest name of other software.
const LONGEST_NAME: usize = 255;
/// The most reports of a request.
const MOST_ITEMS: usize = 500;

/// How a report is taken.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct How {
    /// Says what would be done, and does nothing.
    dry_run: bool,
}

/// What stands after the address, or what is wrong with it.
type Asked<T> = Result<Query<T>, actix_web::Error>;
/// What was sent, as far as it could be read.
pub(super) type Body = Result<Bytes, actix_web::Error>;

/// Takes in how a case stands.
pub(super) async fn report(
    request: HttpRequest,
    path: Path<(String, String)>,
    how: Asked<How>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let taken = async {
        let how = asked(how)?;
        let intake = intake(&request, &state, &how).await?;
        let sent = Sent::read(&sent(&request, body)?)?;
        let reference = reference(path);
        let taken = intake.take(vec![(&reference, sent)]).await?.pop();
        let (reported, case) = taken.ok_or_else(|| refused("there is no report"))??;
        let mut body = json!({ "result": reported });
        if let Some(case) = case {
            body["case"] = shown(&intake.requester.tenant, &case, None);
        }
        Ok(answer(status_of(reported, &how), &body))
    };
    taken.await.map_err(|problem: Problem| problem.of(&request))
}

/// Many reports, each by itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Many<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// One of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct One<'a> {
    external_id: String,
    #[serde(borrow)]
    report: &'a RawValue,
}

/// Takes in how many cases stand, together: what is wrong with one keeps no other from being taken in.
pub(super) async fn report_many(
    request: HttpRequest,
    path: Path<String>,
    how: Asked<How>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let taken = async {
        let how = asked(how)?;
        let intake = intake(&request, &state, &how).await?;
        let body = sent(&request, body)?;
        let many: Many<'_> = read(&body)?;
        if many.items.is_empty() || many.items.len() > MOST_ITEMS {
            let message = format!("items: send 1 to {MOST_ITEMS} reports");
            return Err(refused(message));
        }
        let source = path.into_inner();
        if source.chars().count() > LONGEST_NAME {
            let message = format!("source: its name has at most {LONGEST_NAME} characters");
            return Err(refused(message));
        }
        let items = each(&intake, &source, &many.items, &how).await?;
        Ok(answer(StatusCode::OK, &json!({ "items": items })))
    };
    taken.await.map_err(|problem: Problem| problem.of(&request))
}

/// What became of each of many reports.
async fn each(
    intake: &Intake<'_>,
    source: &str,
    items: &[&RawValue],
    how: &How,
) -> Result<Vec<Value>, Problem> {
    let (mut answers, mut named) = (BTreeMap::new(), Vec::new());
    for (place, item) in items.iter().enumerate() {
        match read::<One<'_>>(item.get().as_bytes()) {
            Ok(one) => named.push((
                place,
                one.report,
                Reference {
                    source: source.to_owned(),
                    external_id: one.external_id,
                },
            )),
            Err(problem) => {
                answers.insert(place, unfit(&problem));
            }
        }
    }
    let (mut sent, mut known) = (Vec::new(), Vec::new());
    for (place, report, reference) in &named {
        match Sent::read(report.get().as_bytes()) {
            Ok(report) => {
                sent.push((reference, report));
                known.push((*place, reference));
            }
            Err(problem) => {
                answers.insert(*place, of(unfit(&problem), reference));
            }
        }
    }
    for ((place, reference), taken) in known.into_iter().zip(intake.take(sent).await?) {
        let answer = match taken {
            Ok((reported, case)) => {
                let status = status_of(reported, how).as_u16();
                let mut done = json!({ "status": status, "result": reported });
                if let Some(case) = case {
                    done["case"] = shown(&intake.requester.tenant, &case, None);
                }
                done
            }
            Err(problem) => unfit(&problem),
        };
        answers.insert(place, of(answer, reference));
    }
    Ok(answers.into_values().collect())
}

/// The answer with the name of the case.
fn of(mut answer: Value, reference: &Reference) -> Value {
    answer["externalId"] = reference.external_id.as_str().into();
    answer
}

fn unfit(problem: &Problem) -> Value {
    let details = problem.details();
    json!({ "status": details["status"], "problem": details })
}

fn status_of(reported: Reported, how: &How) -> StatusCode {
    match (reported, how.dry_run) {
        (Reported::Created, false) => StatusCode::CREATED,
        _ => StatusCode::OK,
    }
}

fn asked(how: Asked<How>) -> Result<How, Problem> {
    let wrong = |_| Problem::new(ErrorCode::BadRequest, "write dry-run=true, or nothing");
    Ok(how.map_err(wrong)?.into_inner())
}

/// Where the reports of a caller come in, if they may report any.
async fn intake<'a>(
    request: &HttpRequest,
    state: &'a Data<State>,
    how: &How,
) -> Result<Intake<'a>, Problem> {
    let caller = caller(request, state, Action::WorkCases).await?;
    Intake::of(state, caller, how.dry_run).await
}

/// The body of a request that is JSON.
pub(super) fn sent(request: &HttpRequest, body: Body) -> Result<Bytes, Problem> {
    if request.content_type() != "application/json" {
        let message = "send it as application/json";
        return Err(Problem::new(ErrorCode::UnsupportedMediaType, message));
    }
    body.map_err(|error| match error.as_error() {
        Some(PayloadError::Overflow) => {
            Problem::new(ErrorCode::PayloadTooLarge, "the body is too large")
        }
        _ => Problem::new(ErrorCode::BadRequest, "the body cannot be read"),
    })
}

/// How a case stands, as it is known.
pub(super) async fn show(
    request: HttpRequest,
    path: Path<(String, String)>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let found = find(&request, &reference(path), &state).await;
    found.map_err(|problem| problem.of(&request))
}

async fn find(
    request: &HttpRequest,
    reference: &Reference,
    state: &Data<State>,
) -> Result<HttpResponse, Problem> {
    let (requester, cases, rights) = caller(request, state, Action::ReadCases).await?;
    let found = cases.referred(&rights.reads, reference).await;
    let found = found.map_err(|error| Problem::failed(&error))?;
    let (case, reported_at) = found.ok_or_else(|| failed(CaseRefusal::NotFound("case").into()))?;
    let reader = requester.caller.author();
    let noted = cases.note_accesses(&[case.id], &reader, clock::now()).await;
    noted.map_err(|error| Problem::failed(&error))?;
    let shown = shown(&requester.tenant, &case, Some(reported_at));
    Ok(answer(StatusCode::OK, &shown))
}

/// Who calls, with the cases of the municipality and what they may do with them, if it is this with some.
pub(super) async fn caller(
    request: &HttpRequest,
    state: &Data<State>,
    action: Action,
) -> Result<(Requester, Cases, Rights), Problem> {
    let tenant = tenant::resolve(request, state).await?;
    let requester = Requester::of(request, state, tenant).await?;
    let permissions = requester.caller.permissions();
    let permissions = permissions.ok_or_else(|| Problem::denied(&Denied::NotSignedIn))?;
    let who = format!("{} {}", requester.tenant.id, requester.caller.author());
    count(request, &state.reports, &who)?;
    if !permissions.has(action) {
        return Err(Problem::denied(&Denied::Action(action)));
    }
    let contents = state.contents(&requester.tenant);
    let rights = Rights::of_staff(permissions, &contents).await;
    let rights = rights.map_err(|error| Problem::failed(&error))?;
    let cases = Cases::from(&contents);
    Ok((requester, cases, rights))
}

fn reference(path: Path<(String, String)>) -> Reference {
    let (source, external_id) = path.into_inner();
    Reference {
        source,
        external_id,
    }
}

/// A case, without anything of people.
fn shown(tenant: &Tenant, case: &Case, reported_at: Option<DateTime<Utc>>) -> Value {
    let mut shown = json!({
        "id": global_id_of(Case::TYPE_NAME, &tenant.ipa_code, case.id),
        "state": case.state,
        "status": case.status.code(),
        "version": case.version,
        "openedAt": case.opened_at,
    });
    let protocol = case.protocol.as_ref();
    let others = [
        (
            "outcome",
            case.outcome.map(|outcome| json!(outcome.as_str())),
        ),
        (
            "protocolNumber",
            protocol.map(|protocol| json!(protocol.number)),
        ),
        (
            "protocolDate",
            protocol.map(|protocol| json!(protocol.date)),
        ),
        ("dueOn", case.due_on.map(|day| json!(day))),
        ("closedAt", case.closed_at.map(|at| json!(at))),
        ("reportedAt", reported_at.map(|at| json!(at))),
    ];
    for (name, value) in others {
        if let Some(value) = value {
            shown[name] = value;
        }
    }
    shown
}

fn answer(status: StatusCode, body: &Value) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .json(body)
}
