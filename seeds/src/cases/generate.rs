//! Cases for measurements: any number of them, ten events each or a little more, of which one in ten is still open.
//! They go through the procedures of the demo by the rules of these, but are written together, and time does not take
//! them on.

use std::{ops::Range, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use municipio_domain::{
    cases::{
        Audience, CaseError, CaseOrigin, CaseRefusal, Cases, Evidence, EvidenceKind, Happening,
        Message, NewCase, People, Person, Personal, Terms, UnwrittenCase, decide, facts,
        write_cases,
    },
    citizens::{CitizenKeys, DEMO_CITIZENS, FiscalCode, InvalidFiscalCode},
    content::{ContentType, Contents, types::Procedure},
    ids::{ItemId, RevisionId, TenantId},
    procedures::{CaseStatus, Definition, available},
    store::TenantStore,
    time::ClosingCalendar,
};

use super::{OFFICERS, Way, people::subjects, step, way_to, with_somebody};
use crate::load::item_id;

/// How many events a case has.
const EVENTS: usize = 10;
/// Longer is no way through a procedure of the demo.
/// How many cases are written together.
const TOGETHER: usize = 1_000;
/// How many cases somebody has.
const OF_ONE: u64 = 5;
/// The longest that a case has been under way, in days.
const LONGEST: i64 = 150;
const TEXT: &str =
    "La documentazione è stata verificata dall'ufficio; si resta in attesa del parere richiesto.";

/// A procedure, and the ways through it.
struct Path {
    id: ItemId,
    revision: RevisionId,
    procedure: Arc<Procedure>,
    subject: &'static str,
    open: Vec<String>,
    closed: Vec<String>,
}

/// Makes the cases with these numbers, and tells how many came to be; the same numbers give the same people and ways.
/// The procedures of the demo must be published.
///
/// # Errors
/// The database failed, or a definition does not let a case through.
pub async fn generate_cases(
    store: &TenantStore,
    keys: &CitizenKeys,
    numbers: Range<u64>,
    now: DateTime<Utc>,
    told: impl Fn(u64),
) -> Result<(), CaseError> {
    let paths = paths(store).await?;
    if paths.is_empty() {
        return Err(CaseRefusal::NotFound("procedure of the demo").into());
    }
    for begin in numbers.clone().step_by(TOGETHER) {
        let end = numbers.end.min(begin + TOGETHER as u64);
        let count = u32::try_from(end - begin).unwrap_or(u32::MAX);
        let transaction = store.begin().await?;
        let walked = (begin..end).zip(paths.iter().cycle());
        let walked = walked.map(|(number, path)| path.walk(store.tenant_id(), keys, number, now));
        let mut cases = walked.collect::<Result<Vec<_>, _>>()?;
        write_cases(&transaction, &mut cases).await?;
        transaction.commit().await?;
        told(u64::from(count));
    }
    Ok(())
}

async fn paths(store: &TenantStore) -> Result<Vec<Path>, CaseError> {
    let cases = Cases::from(&Contents::new(store.clone(), Contents::cache(16)));
    let mut paths = Vec::new();
    for (key, subjects) in subjects() {
        let id = item_id(store.tenant_id(), ContentType::Procedure, key);
        let Some(revision) = cases.published(id).await? else {
            continue;
        };
        let procedure = cases.procedures(&[revision]).await?.remove(&revision);
        let ways = procedure.and_then(|procedure| {
            let definition = procedure.definition.as_ref()?;
            let is_open = |status: CaseStatus| status != CaseStatus::Draft && !status.is_final();
            let open = longest(definition, is_open)?;
            let closed = longest(definition, CaseStatus::is_final)?;
            Some((procedure, open, closed))
        });
        let subject = subjects.first().map(|(subject, _)| *subject);
        if let Some(((procedure, open, closed), subject)) = ways.zip(subject) {
            paths.push(Path {
                id,
                revision,
                procedure,
                subject,
                open,
                closed,
            });
        }
    }
    Ok(paths)
}

/// The longest way to a state with such a status, of the shortest ones.
fn longest(definition: &Definition, fits: impl Fn(CaseStatus) -> bool) -> Option<Vec<String>> {
    let states = definition.states.iter().filter(|state| fits(state.status));
    let ways = states.filter_map(|state| way_to(definition, &state.code));
    ways.max_by_key(Vec::len)
}

impl Path {
    fn walk(
        &self,
        tenant: TenantId,
        keys: &CitizenKeys,
        number: u64,
        now: DateTime<Utc>,
    ) -> Result<UnwrittenCase, CaseError> {
        let mut rng = Rng::with_seed(number);
        let at = now - TimeDelta::minutes(rng.i64(2 * 24 * 60..LONGEST * 24 * 60));
        let definition = self.procedure.definition.as_ref();
        let definition = definition.ok_or(CaseRefusal::NoDefinition)?;
        let new = NewCase {
            procedure: self.id,
            revision: (self.revision, &self.procedure),
            office: None,
            people: People {
                applicant: Some(applicant(number)?),
                delegate: None,
                subject: self.subject.to_owned(),
            },
            data: None,
            origin: CaseOrigin::Office,
            is_by_parent: false,
        };
        let actor = OFFICERS[0].to_owned();
        let case = UnwrittenCase::open(tenant, keys, new, actor, at)?;
        let mut walker = Walker {
            case,
            definition,
            number,
            at,
        };
        let way = match rng.u8(0..10) {
            0 => &self.open,
            _ => &self.closed,
        };
        if let Some((last, before)) = way.split_last() {
            for code in before {
                walker.go(code)?;
            }
            walker.wait_for(last)?;
            walker.go(last)?;
        }
        Ok(walker.case)
    }
}

/// Who takes a case on.
struct Walker<'a> {
    case: UnwrittenCase,
    definition: &'a Definition,
    number: u64,
    at: DateTime<Utc>,
}

impl Walker<'_> {
    fn add(
        &mut self,
        happening: Happening,
        personal: Personal,
        by: usize,
    ) -> Result<(), CaseError> {
        self.at += TimeDelta::minutes(20);
        let actor = OFFICERS[by % OFFICERS.len()].to_owned();
        self.case.add((happening, personal), actor, self.at)
    }

    /// What a transition lacks.
    fn lacks(&self, code: &str) -> Vec<(EvidenceKind, String)> {
        let known = facts(self.case.events());
        with_somebody(|who| {
            let open = available(self.definition, &known, who);
            let taken = open.iter().find(|one| one.transition.code == code);
            taken.map(|one| Way::of(one).lacks).unwrap_or_default()
        })
    }

    /// Writes messages until it has all its events after this transition.
    fn wait_for(&mut self, code: &str) -> Result<(), CaseError> {
        let missing = EVENTS.saturating_sub(self.case.events().len() + self.lacks(code).len() + 1);
        for _ in 0..missing {
            let audience = Audience::Everyone;
            let personal = Personal {
                text: Some(TEXT.to_owned()),
                ..Personal::default()
            };
            self.add(Happening::Wrote(Message { audience }), personal, 0)?;
        }
        Ok(())
    }

    /// Brings what a transition lacks, and takes it.
    fn go(&mut self, code: &str) -> Result<(), CaseError> {
        for (by, (kind, code)) in self.lacks(code).into_iter().enumerate() {
            let personal = Personal {
                reference: Some(self.number.to_string()),
                ..Personal::default()
            };
            let evidence = Evidence { kind, code };
            self.add(Happening::EvidenceAdded(evidence), personal, by)?;
        }
        let mut protocol = u32::try_from(self.number).unwrap_or(u32::MAX - 1);
        let is_new = facts(self.case.events()).protocol.is_none();
        let step = step(self.definition, code, is_new, &mut protocol, self.at);
        let calendar = ClosingCalendar::default();
        let terms = Terms {
            calendar: &calendar,
            now: self.at,
        };
        let events = self.case.events();
        let movement = with_somebody(|who| decide(self.definition, events, who, &step, &terms))?;
        let personal = Personal {
            text: step.comment,
            reasons: step.reasons,
            ..Personal::default()
        };
        self.add(Happening::Moved(movement), personal, 0)
    }
}

/// Whose case this is: five in a row are somebody's. Of the first thousand five are of each citizen of the demo, who has
/// one more each time that there are ten times as many.
fn applicant(number: u64) -> Result<Person, CaseError> {
    let place = match number {
        0..1_000 => number % 200,
        _ => [5_000, 50_000, 500_000]
            .into_iter()
            .find_map(|first: u64| number.checked_sub(first).filter(|place| *place < 3))
            .unwrap_or(u64::MAX),
    };
    let citizen = usize::try_from(place).ok();
    let citizen = citizen.and_then(|place| DEMO_CITIZENS.get(place));
    let (code, name) = match citizen {
        Some(citizen) => (
            citizen.fiscal_code.parse(),
            format!("{} {}", citizen.given_name, citizen.family_name),
        ),
        None => {
            let person = number / OF_ONE;
            (invented(person), format!("Persona {person}"))
        }
    };
    let fiscal_code = code.map_err(|error: InvalidFiscalCode| CaseRefusal::Text {
        path: "applicant.fiscalCode",
        message: error.to_string(),
    });
    Ok(Person {
        fiscal_code: fiscal_code?,
        name: Some(name),
        email: None,
    })
}

/// The fiscal code of a place that does not exist, another one for each number.
fn invented(mut number: u64) -> Result<FiscalCode, InvalidFiscalCode> {
    let mut code = String::new();
    for _ in 0..6 {
        let letter = u8::try_from(number % 26).unwrap_or_default();
        code.push(char::from(b'A' + letter));
        number /= 26;
    }
    code.push_str("80A01X999");
    let checked = ('A'..='Z').find_map(|letter| format!("{code}{letter}").parse().ok());
    checked.ok_or(InvalidFiscalCode::CheckCharacter)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everybody_has_a_code_and_some_cases() {
        let code = |number| applicant(number).unwrap().fiscal_code.reveal().to_owned();
        let codes: BTreeSet<_> = (0..10_000).map(code).collect();
        assert!((2_000..2_010).contains(&codes.len()), "{}", codes.len());
        let of_the_first =
            (0..10_000).filter(|number| code(*number) == DEMO_CITIZENS[0].fiscal_code);
        assert_eq!(of_the_first.count(), 6);
    }
}
