//! A report of a case: how it is read, and how it is taken in.

use chrono::{DateTime, NaiveDate, Utc};
use municipio_domain::{
    audit::{Actor, record},
    cases::{
        self, Case, CaseError, CaseRefusal, Cases, People, Person, Protocol, Published, Reference,
        Report, Reported, Rights, Terms,
    },
    citizens::FiscalCode,
    content::Slug,
    identity::EmailAddress,
    store::StoreError,
    time::ClosingCalendar,
};
use municipio_graphql::ErrorCode;
use serde::Deserialize;

use crate::{
    app::State,
    clock,
    http::{caller::Requester, problem::Problem},
};

/// The most bytes of a report.
const MOST: usize = 64 * 1024;

/// A report, as it is sent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Sent {
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
    email: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SentProtocol {
    number: String,
    date: NaiveDate,
}

impl Sent {
    pub(super) fn read(body: &[u8]) -> Result<Self, Problem> {
        match body.len() > MOST {
            true => {
                let message = format!("a report has at most {MOST} bytes");
                Err(Problem::new(ErrorCode::PayloadTooLarge, message))
            }
            false => read(body),
        }
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
            let email = person.email.map(|text| text.parse::<EmailAddress>());
            let email = email
                .transpose()
                .map_err(|error| refused(format!("applicant.email: {error}")))?;
            Ok::<_, Problem>(Person {
                fiscal_code,
                name: person.name,
                email: email.map(|address| address.to_string()),
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

/// Reads JSON that was sent. What serde says of a wrong value repeats it, which may be personal: the place is enough.
pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = match error.classify() {
            serde_json::error::Category::Data => "a member is missing, unknown or of another type",
            _ => "the body is no JSON",
        };
        refused(format!("{what} (line {line}, column {column})"))
    })
}

/// Where reports come in: of whom, and by what they are counted.
pub(super) struct Intake<'a> {
    state: &'a State,
    pub(super) requester: Requester,
    cases: Cases,
    rights: Rights,
    calendar: ClosingCalendar,
    is_dry: bool,
}

impl<'a> Intake<'a> {
    /// Of somebody who may work on cases.
    pub(super) async fn of(
        state: &'a State,
        (requester, cases, rights): (Requester, Cases, Rights),
        is_dry: bool,
    ) -> Result<Self, Problem> {
        let calendar = cases.calendar().await.map_err(|error| broken(&error))?;
        Ok(Self {
            state,
            requester,
            cases,
            rights,
            calendar,
            is_dry,
        })
    }

    /// Takes in a report.
    pub(super) async fn take(
        &self,
        reference: &Reference,
        sent: Sent,
    ) -> Result<(Reported, Option<Case>), Problem> {
        let requester = &self.requester;
        let (slug, report) = sent.parts()?;
        let published = self.procedure(&slug).await?;
        let identity = self.state.identity(&requester.tenant);
        let keys = identity.vault().citizens();
        let keys = keys.ok_or_else(|| failed(CaseRefusal::NoSecret.into()))?;
        let terms = Terms {
            calendar: &self.calendar,
            now: clock::now(),
        };
        let store = self.state.database.tenant(requester.tenant.id);
        let transaction = store.begin().await.map_err(|error| broken(&error))?;
        let author = requester.caller.author();
        let (with, who) = ((&self.cases, keys), (&self.rights, author.as_str()));
        let done = cases::report(
            &transaction,
            with,
            (reference, report),
            &published,
            who,
            &terms,
        );
        let (reported, case) = done.await.map_err(failed)?;
        // Who may work on cases need not be allowed to read them.
        let shown = self.rights.reads.sees(&case).then(|| case.clone());
        if self.is_dry {
            return Ok((reported, shown));
        }
        if matches!(reported, Reported::Created | Reported::Updated) {
            let actor = Actor::caller(&requester.caller, requester.origin.clone());
            let deed = case.deed("case.report", &requester.tenant.ipa_code);
            let recorded = record(&transaction, &actor, &deed, terms.now).await;
            recorded.map_err(|error| broken(&error))?;
        }
        let committed = transaction.commit().await;
        committed.map_err(|error| broken(&error))?;
        Ok((reported, shown))
    }

    async fn procedure(&self, slug: &Slug) -> Result<Published, Problem> {
        let locale = self.requester.tenant.default_locale();
        let found = self.cases.procedure_by_slug(&locale, slug).await;
        let found = found.map_err(|error| broken(&error))?;
        found.ok_or_else(|| refused("procedure: there is none under this slug"))
    }
}

fn broken(error: &StoreError) -> Problem {
    Problem::failed(error)
}

pub(super) fn refused(message: impl Into<String>) -> Problem {
    Problem::new(ErrorCode::ReportRefused, message)
}

/// Tells why nothing was done.
pub(super) fn failed(error: CaseError) -> Problem {
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
