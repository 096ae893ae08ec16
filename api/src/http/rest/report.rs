//! A report of a case: how it is read, and how it is taken in.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use municipio_domain::{
    audit::{Actor, record_all},
    cases::{
        self, Case, CaseError, CaseRefusal, Cases, NamedReport, People, Person, Protocol,
        Published, Reference, Report, Reported, Rights, Terms,
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

/// What became of a report, with the case if the caller may see it.
pub(super) type Taken = Result<(Reported, Option<Case>), Problem>;

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

    /// Takes in reports, together: what is wrong with one keeps no other from being taken in.
    pub(super) async fn take(&self, sent: Vec<(&Reference, Sent)>) -> Result<Vec<Taken>, Problem> {
        let (mut taken, mut parts) = (BTreeMap::new(), Vec::new());
        for (place, (reference, sent)) in sent.into_iter().enumerate() {
            match sent.parts() {
                Ok((slug, report)) => parts.push((place, reference, slug, report)),
                Err(problem) => {
                    taken.insert(place, Err(problem));
                }
            }
        }
        let slugs = parts.iter().map(|(_, _, slug, _)| slug);
        let procedures = self.procedures(slugs.collect()).await?;
        let (mut places, mut reports) = (Vec::new(), Vec::new());
        for (place, reference, slug, report) in parts {
            match procedures.get(&slug) {
                Some(published) => {
                    places.push(place);
                    reports.push(NamedReport {
                        reference,
                        report,
                        published,
                    });
                }
                None => {
                    let unknown = refused("procedure: there is none under this slug");
                    taken.insert(place, Err(unknown));
                }
            }
        }
        taken.extend(places.into_iter().zip(self.report(reports).await?));
        Ok(taken.into_values().collect())
    }

    async fn report(&self, reports: Vec<NamedReport<'_>>) -> Result<Vec<Taken>, Problem> {
        let requester = &self.requester;
        let identity = self.state.identity(&requester.tenant);
        let keys = identity.vault().citizens();
        let keys = keys.ok_or_else(|| failed(CaseRefusal::NoSecret.into()))?;
        let author = requester.caller.author();
        let intake = cases::Intake {
            cases: &self.cases,
            keys,
            rights: &self.rights,
            actor: &author,
            terms: Terms {
                calendar: &self.calendar,
                now: clock::now(),
            },
        };
        let store = self.state.database.tenant(requester.tenant.id);
        let transaction = store.begin().await.map_err(|error| broken(&error))?;
        let done = cases::report(&transaction, &intake, reports).await;
        let done = done.map_err(|error| broken(&error))?;
        if !self.is_dry {
            let actor = Actor::caller(&requester.caller, requester.origin.clone());
            let changed = done.iter().filter_map(|done| match done {
                Ok((Reported::Created | Reported::Updated, case)) => Some(case),
                _ => None,
            });
            let deeds = changed.map(|case| case.deed("case.report", &requester.tenant.ipa_code));
            let deeds: Vec<_> = deeds.collect();
            let recorded = record_all(&transaction, &actor, &deeds, intake.terms.now).await;
            recorded.map_err(|error| broken(&error))?;
            let committed = transaction.commit().await;
            committed.map_err(|error| broken(&error))?;
        }
        // Of cases that are not begun after all there is no id.
        let created = |(done, _): &&(Reported, Case)| self.is_dry && *done == Reported::Created;
        let not_begun = done.iter().flatten().filter(created);
        let not_begun: HashSet<_> = not_begun.map(|(_, case)| case.id).collect();
        // Who may work on cases need not be allowed to read them.
        let is_shown = |case: &Case| self.rights.reads.sees(case) && !not_begun.contains(&case.id);
        let shown = |case: Case| is_shown(&case).then_some(case);
        let taken = done.into_iter().map(|done| {
            let (reported, case) = done.map_err(failed)?;
            Ok((reported, shown(case)))
        });
        Ok(taken.collect())
    }

    /// The procedures with these slugs, as far as there are any.
    async fn procedures(&self, slugs: HashSet<&Slug>) -> Result<HashMap<Slug, Published>, Problem> {
        let locale = self.requester.tenant.default_locale();
        let mut procedures = HashMap::new();
        for slug in slugs {
            let found = self.cases.procedure_by_slug(&locale, slug).await;
            if let Some(found) = found.map_err(|error| broken(&error))? {
                procedures.insert(slug.clone(), found);
            }
        }
        Ok(procedures)
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
