//! Cases, as other software of the offices reports them and reads them again.

use std::sync::Arc;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{StatusCode, header::CACHE_CONTROL},
    web::{Bytes, Data, Path, Query},
};
use chrono::{DateTime, NaiveDate, Utc};
use municipio_domain::{
    audit::{Actor, record},
    cases::{
        self, Case, CaseError, CaseRefusal, Cases, People, Person, Protocol, Published, Reference,
        Report, Reported, Rights, Terms,
    },
    citizens::FiscalCode,
    content::{Slug, global_id_of},
    identity::{Action, Denied},
    tenants::Tenant,
};
use municipio_graphql::ErrorCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    app::State,
    clock,
    http::{caller::Requester, problem::Problem, tenant},
};

/// The most bytes of a report.
const MOST: usize = 64 * 1024;

/// How a report is taken.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct How {
    /// Says what would be done, and does nothing.
    dry_run: bool,
}

/// A report, as it is sent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sent {
    procedure: String,
    state: String,
    occurred_at: DateTime<Utc>,
    subject: String,
    applicant: Option<SentPerson>,
    protocol: Option<SentProtocol>,
    reasons: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SentPerson {
    fiscal_code: String,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SentProtocol {
    number: String,
    date: NaiveDate,
}

impl Sent {
    fn read(body: &[u8]) -> Result<Self, Problem> {
        // What serde says of a wrong value repeats it, which may be personal: the place is enough.
        serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let what = match error.classify() {
                serde_json::error::Category::Data => {
                    "a member is missing, unknown or of another type"
                }
                _ => "the body is no JSON",
            };
            refused(format!("{what} (line {line}, column {column})"))
        })
    }

    /// The slug of the procedure, and what is reported.
    fn parts(self) -> Result<(Slug, Report), Problem> {
        let slug = self.procedure.parse();
        let slug =
            slug.map_err(|_| refused("procedure: write its slug, the end of its address"))?;
        let applicant = self.applicant.map(|person| {
            let code = person.fiscal_code.parse::<FiscalCode>();
            let fiscal_code =
                code.map_err(|error| refused(format!("applicant.fiscalCode: {error}")))?;
            Ok::<_, Problem>(Person {
                fiscal_code,
                name: person.name,
            })
        });
        let report = Report {
            state: self.state,
            occurred_at: self.occurred_at,
            people: People {
                applicant: applicant.transpose()?,
                delegate: None,
                subject: self.subject,
            },
            protocol: self.protocol.map(|protocol| Protocol {
                number: protocol.number,
                date: protocol.date,
            }),
            reasons: self.reasons,
        };
        Ok((slug, report))
    }
}

/// Takes in how a case stands.
pub(super) async fn report(
    request: HttpRequest,
    path: Path<(String, String)>,
    how: Result<Query<How>, actix_web::Error>,
    body: Result<Bytes, actix_web::Error>,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let wrong = |_| Problem::new(ErrorCode::BadRequest, "write dry-run=true, or nothing");
    let how = how.map_err(|error| wrong(error).of(&request))?;
    let taken = take(&request, &reference(path), how.dry_run, body, &state).await;
    let (tenant, reported, case) = taken.map_err(|problem| problem.of(&request))?;
    let status = match (reported, how.dry_run) {
        (Reported::Created, false) => StatusCode::CREATED,
        _ => StatusCode::OK,
    };
    let mut body = json!({ "result": reported });
    if let Some(case) = case {
        body["case"] = shown(&tenant, &case, None);
    }
    Ok(answer(status, &body))
}

/// What was done to which case, which is shown to those alone who see it.
type Taken = (Arc<Tenant>, Reported, Option<Case>);

async fn take(
    request: &HttpRequest,
    reference: &Reference,
    is_dry: bool,
    body: Result<Bytes, actix_web::Error>,
    state: &Data<State>,
) -> Result<Taken, Problem> {
    let (requester, cases, rights) = caller(request, state, Action::WorkCases).await?;
    if request.content_type() != "application/json" {
        let message = "send the report as application/json";
        return Err(Problem::new(ErrorCode::UnsupportedMediaType, message));
    }
    let body =
        body.map_err(|_| Problem::new(ErrorCode::PayloadTooLarge, "the body cannot be read"))?;
    if body.len() > MOST {
        let message = format!("a report has at most {MOST} bytes");
        return Err(Problem::new(ErrorCode::PayloadTooLarge, message));
    }
    let (slug, report) = Sent::read(&body)?.parts()?;
    let published = procedure(&cases, &requester.tenant, &slug).await?;
    let identity = state.identity(&requester.tenant);
    let keys = identity.vault().citizens();
    let keys = keys.ok_or_else(|| failed(CaseRefusal::NoSecret.into()))?;
    let calendar = cases
        .calendar()
        .await
        .map_err(|error| Problem::failed(&error))?;
    let terms = Terms {
        calendar: &calendar,
        now: clock::now(),
    };
    let store = state.database.tenant(requester.tenant.id);
    let transaction = store
        .begin()
        .await
        .map_err(|error| Problem::failed(&error))?;
    let author = requester.caller.author();
    let who = (&rights, author.as_str());
    let sent = (reference, report);
    let done = cases::report(&transaction, (&cases, keys), sent, &published, who, &terms).await;
    let (reported, case) = done.map_err(failed)?;
    if !is_dry {
        if matches!(reported, Reported::Created | Reported::Updated) {
            let actor = Actor::caller(&requester.caller, requester.origin.clone());
            let deed = case.deed("case.report", &requester.tenant.ipa_code);
            let recorded = record(&transaction, &actor, &deed, terms.now).await;
            recorded.map_err(|error| Problem::failed(&error))?;
        }
        transaction
            .commit()
            .await
            .map_err(|error| Problem::failed(&error))?;
    }
    let is_seen = rights.reads.sees(&case);
    Ok((requester.tenant, reported, is_seen.then_some(case)))
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
async fn caller(
    request: &HttpRequest,
    state: &Data<State>,
    action: Action,
) -> Result<(Requester, Cases, Rights), Problem> {
    let tenant = tenant::resolve(request, state).await?;
    let requester = Requester::of(request, state, tenant).await?;
    let permissions = requester.caller.permissions();
    let permissions = permissions.ok_or_else(|| Problem::denied(&Denied::NotSignedIn))?;
    if !permissions.has(action) {
        return Err(Problem::denied(&Denied::Action(action)));
    }
    let contents = state.contents(&requester.tenant);
    let rights = Rights::of_staff(permissions, &contents).await;
    let rights = rights.map_err(|error| Problem::failed(&error))?;
    let cases = Cases::from(&contents);
    Ok((requester, cases, rights))
}

async fn procedure(cases: &Cases, tenant: &Tenant, slug: &Slug) -> Result<Published, Problem> {
    let locale = tenant.default_locale();
    let found = cases.procedure_by_slug(&locale, slug).await;
    let found = found.map_err(|error| Problem::failed(&error))?;
    found.ok_or_else(|| refused("procedure: there is none under this slug"))
}

fn reference(path: Path<(String, String)>) -> Reference {
    let (source, external_id) = path.into_inner();
    Reference {
        source,
        external_id,
    }
}

fn refused(message: impl Into<String>) -> Problem {
    Problem::new(ErrorCode::ReportRefused, message)
}

/// Tells why nothing was done.
fn failed(error: CaseError) -> Problem {
    let refusals = match error {
        CaseError::Store(error) => return Problem::failed(&error),
        CaseError::Refused(refusals) => refusals,
        CaseError::Sealing(_) => {
            // It tells nothing of what was to be read.
            tracing::error!("a case cannot be encrypted or read");
            return Problem::new(ErrorCode::Internal, ErrorCode::Internal.apology());
        }
    };
    let code = match refusals.first() {
        Some(CaseRefusal::NotFound(_)) => ErrorCode::NotFound,
        Some(CaseRefusal::NoSecret) => ErrorCode::CitizensUnavailable,
        _ => ErrorCode::ReportRefused,
    };
    let said = refusals.iter().map(|refusal| match refusal.path() {
        Some(path) => format!("{path}: {refusal}"),
        None => refusal.to_string(),
    });
    Problem::new(code, said.collect::<Vec<_>>().join("; "))
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
