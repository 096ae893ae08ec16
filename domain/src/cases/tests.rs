//! What is decided in cases as time goes by, without a database: on days that are chosen.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    automation::Known,
    batch::Addition,
    facts::facts,
    file::{apply, blank},
    migrate::migration,
    timer::{Due, Next, Since, earliest, last_move, next},
    work::has_room,
    *,
};
use crate::{
    ids::{CaseId, ItemId, RevisionId, TenantId},
    procedures::{CaseStatus, Definition, Officer, Who},
    time::{ClosingCalendar, legal_day},
};

/// A definition with an announcement of a refusal, a suspension that ends by itself and silence that means assent.
fn definition() -> Definition {
    let step = |code: &str, from: &[&str], to: &str, more: Value| {
        let mut step =
            json!({ "code": code, "label": code, "from": from, "to": to, "takers": ["officer"] });
        let more = more.as_object().cloned().unwrap_or_default();
        step.as_object_mut().unwrap().extend(more);
        step
    };
    let by_time = |timer: Value, deadline: Option<&str>| json!({ "takers": ["timer"], "timer": timer, "deadline": deadline });
    let definition = json!({
        "states": [
            { "code": "sent", "label": "Inviata" },
            { "code": "working", "label": "In lavorazione" },
            { "code": "opinions", "label": "Pareri" },
            { "code": "announced", "label": "Preavviso", "status": "waiting_for_applicant" },
            { "code": "granted", "label": "Accolta", "status": "concluded_positive" },
            { "code": "refused", "label": "Respinta", "status": "concluded_negative" },
        ],
        "transitions": [
            step("register", &["sent"], "working", json!({ "deadline": "start" })),
            step("ask", &["working"], "opinions", json!({ "deadline": "suspend" })),
            step("stop-asking", &["opinions"], "working", by_time(json!({ "type": "after", "days": 10 }), Some("resume"))),
            step("announce", &["working", "opinions"], "announced", json!({ "effect": "announce_refusal", "deadline": "announce" })),
            step("observe", &["announced"], "working", json!({ "takers": ["officer", "citizen"], "effect": "answer_announcement", "deadline": "answer" })),
            step("close", &["announced"], "working", by_time(json!({ "type": "observations" }), None)),
            step("refuse", &["working", "announced"], "refused", json!({ "effect": "refuse", "deadline": "end" })),
            step("assent", &["working", "opinions"], "granted", by_time(json!({ "type": "deadline" }), Some("end"))),
        ],
        "deadline": { "days": 30 },
    });
    serde_json::from_value(definition).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Ten o'clock of a day, as in Rome in winter.
fn at(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(9, 0, 0).unwrap().and_utc()
}

/// A case, as its events leave it.
struct Told {
    definition: Definition,
    calendar: ClosingCalendar,
    events: Vec<CaseEvent>,
    row: municipio_entities::case_file::Model,
}

impl Told {
    /// A case that began and was entered into the protocol on Monday, 2 March 2026: its term ends on 1 April.
    fn begun() -> Self {
        let id = CaseId::generate();
        let mut told = Self {
            definition: definition(),
            calendar: ClosingCalendar::default(),
            events: Vec::new(),
            row: blank(id),
        };
        let opening = Opening {
            procedure: ItemId::generate(),
            revision: RevisionId::generate(),
            office: ItemId::generate(),
            state: "sent".to_owned(),
            status: CaseStatus::InProgress,
            applicant: None,
            delegate: None,
            is_private: false,
            people: String::new(),
            data_key: None,
            is_reported: false,
        };
        told.add(Happening::Opened(opening), at(day("2026-03-02")));
        told.office("register", "2026-03-02").unwrap();
        told
    }

    fn add(&mut self, happening: Happening, at: DateTime<Utc>) {
        let number = self.row.version + 1;
        let event = CaseEvent {
            tenant: TenantId(Uuid::nil()),
            case: CaseId(self.row.id),
            number,
            at,
            actor: format!("account:{number}"),
            happening,
            sealed: None,
            previous_hash: self.row.head.clone(),
            hash: number.to_string(),
            place: number,
        };
        self.row = apply(self.row.clone(), &event);
        self.events.push(event);
    }

    fn terms(&self, now: DateTime<Utc>) -> Terms<'_> {
        Terms {
            calendar: &self.calendar,
            now,
        }
    }

    /// Takes a transition; gives the codes of what is in the way.
    fn take(
        &mut self,
        who: &Who<'_>,
        transition: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Vec<&'static str>> {
        let step = Step {
            transition: transition.to_owned(),
            reasons: Some("Non spetta.".to_owned()),
            ..Step::default()
        };
        let decided = decide(&self.definition, &self.events, who, &step, &self.terms(now));
        match decided {
            Ok(movement) => self.add(Happening::Moved(movement), now),
            Err(CaseError::Refused(refusals)) => {
                return Err(refusals.iter().map(CaseRefusal::code).collect());
            }
            Err(error) => panic!("{error}"),
        }
        Ok(())
    }

    fn office(&mut self, transition: &str, on: &str) -> Result<(), Vec<&'static str>> {
        let (roles, works_for) = (BTreeSet::new(), |_| true);
        let officer = Who::Officer(Officer {
            roles: &roles,
            works_for: &works_for,
        });
        self.take(&officer, transition, at(day(on)))
    }

    fn citizen(&mut self, transition: &str, on: &str) -> Result<(), Vec<&'static str>> {
        self.take(&Who::Citizen, transition, at(day(on)))
    }

    /// What time does next, and the day that is over then.
    fn awaited(&self, on: &str) -> Option<(Next, NaiveDate)> {
        let terms = self.terms(at(day(on)));
        let (when, next) = next(
            &self.definition,
            &self.events,
            (self.row.due_on, &Known::default()),
            &terms,
        )?;
        let case = Case::try_from(self.row.clone()).unwrap();
        let since = Since::event(last_move(&self.events)?);
        let looked = earliest(&self.definition, &case, since);
        assert!(looked.is_some_and(|looked| looked <= when), "{looked:?}");
        let last = when - TimeDelta::seconds(1);
        Some((next, legal_day(last)))
    }

    fn due(&self) -> Option<NaiveDate> {
        self.row.due_on
    }
}

fn taken(code: &str, last: &str) -> Option<(Next, NaiveDate)> {
    Some((Next::Event(Due::Take(code.to_owned())), day(last)))
}

#[test]
fn once_the_term_is_over_time_alone_takes_a_case_on() {
    let mut told = Told::begun();
    assert_eq!(told.awaited("2026-03-03"), taken("assent", "2026-04-01"));
    assert_eq!(told.office("refuse", "2026-04-02"), Err(vec!["TERM_OVER"]));
    let case = Case::try_from(told.row.clone()).unwrap();
    let newer = Definition {
        deadline: None,
        ..definition()
    };
    let to = |now: &str| {
        let revision = (RevisionId::generate(), &newer, None);
        let terms = told.terms(at(day(now)));
        migration((&case, &told.events), &told.definition, revision, &terms)
    };
    assert!(to("2026-04-01").is_ok());
    let refused = to("2026-04-02").unwrap_err();
    assert_eq!(
        refused.code(),
        "TERM_OVER",
        "a newer definition undoes nothing"
    );
    told.take(&Who::Timer, "assent", at(day("2026-04-05")))
        .unwrap();
    assert_eq!(told.row.state, "granted");
}

/// The tenth day after 12 March 2026 is a Sunday.
#[test]
fn the_days_for_observations_are_those_of_the_applicant() {
    let mut announced = Told::begun();
    announced.office("announce", "2026-03-12").unwrap();
    let due = Some(day("2026-04-12"));
    assert_eq!(announced.due(), due, "eleven days");
    assert_eq!(
        announced.awaited("2026-03-13"),
        taken("close", "2026-03-23")
    );

    let mut silent = Told::begun();
    silent.office("announce", "2026-03-12").unwrap();
    silent
        .take(&Who::Timer, "close", at(day("2026-03-24")))
        .unwrap();
    assert_eq!(silent.due(), due, "time observes nothing");
    silent.office("refuse", "2026-03-24").unwrap();

    announced.citizen("observe", "2026-03-23").unwrap();
    assert_eq!(
        announced.due(),
        Some(day("2026-04-22")),
        "ten more from Monday"
    );
    announced.office("refuse", "2026-03-24").unwrap();
}

#[test]
fn an_office_answers_no_announcement_in_the_place_of_the_applicant() {
    let mut told = Told::begun();
    told.office("announce", "2026-03-12").unwrap();
    let awaited = Err(vec!["OBSERVATIONS_AWAITED"]);
    assert_eq!(told.office("observe", "2026-03-12"), awaited);
    assert_eq!(told.office("refuse", "2026-03-23"), awaited);
    let mut late = Told::begun();
    late.office("announce", "2026-03-12").unwrap();
    late.office("refuse", "2026-03-24").unwrap();
    let document = Evidence {
        kind: EvidenceKind::Document,
        code: "other".to_owned(),
    };
    told.add(Happening::EvidenceAdded(document), at(day("2026-03-13")));
    told.office("observe", "2026-03-13").unwrap();
    told.office("refuse", "2026-03-14").unwrap();
}

#[test]
fn what_time_does_counts_for_the_day_that_it_waited_for() {
    let mut told = Told::begun();
    told.office("ask", "2026-03-05").unwrap();
    assert_eq!(
        told.awaited("2026-03-06"),
        taken("stop-asking", "2026-03-15")
    );
    // Whenever the worker looks.
    told.take(&Who::Timer, "stop-asking", at(day("2026-03-20")))
        .unwrap();
    assert_eq!(told.due(), Some(day("2026-04-11")), "ten days later");
}

#[test]
fn a_refusal_is_announced_also_while_the_term_is_suspended() {
    let mut told = Told::begun();
    told.office("ask", "2026-03-05").unwrap();
    told.office("announce", "2026-03-09").unwrap();
    // Four days, and ten.
    assert_eq!(told.due(), Some(day("2026-04-15")));
}

#[test]
fn signatures_are_those_under_what_the_case_follows() {
    let mut told = Told::begun();
    let signature = Evidence {
        kind: EvidenceKind::Signature,
        code: "refuse".to_owned(),
    };
    told.add(Happening::EvidenceAdded(signature), at(day("2026-03-03")));
    assert_eq!(facts(&told.events).signatures.len(), 1);
    let migration = Migration {
        revision: RevisionId::generate(),
        state: "working".to_owned(),
        status: CaseStatus::InProgress,
        due_on: None,
    };
    told.add(Happening::Migrated(migration), at(day("2026-03-04")));
    assert!(facts(&told.events).signatures.is_empty());
}

#[test]
fn what_silence_closes_is_closed_in_time_however_late_somebody_looks() {
    let mut told = Told::begun();
    let late = at(day("2026-04-20"));
    assert_eq!(told.take(&Who::Timer, "assent", late), Ok(()));
    assert_eq!(told.row.closed_in_time, Some(true));
    let case = Case::try_from(told.row.clone()).unwrap();
    assert_eq!(
        (case.closed_on, case.closed_on),
        (told.due(), Some(day("2026-04-01")))
    );
}

#[test]
fn citizens_do_not_fill_a_case_without_end() {
    let mut told = Told::begun();
    let message = || {
        Happening::Wrote(Message {
            audience: Audience::Everyone,
        })
    };
    let addition = |actor: &str, happening| Addition {
        actor: actor.to_owned(),
        happening,
        personal: Personal::default(),
        definition: None,
    };
    for _ in 0..500 {
        assert!(has_room(&told.events, &addition("citizen:1", message())));
        told.add(message(), at(day("2026-03-03")));
        told.events.last_mut().unwrap().actor = "citizen:1".to_owned();
    }
    assert!(!has_room(&told.events, &addition("citizen:2", message())));
    assert!(has_room(&told.events, &addition("account:1", message())));
    let moved = told.events[1].happening.clone();
    assert!(has_room(&told.events, &addition("citizen:1", moved)));
}
