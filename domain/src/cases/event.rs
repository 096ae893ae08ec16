//! An event of a case and its hash, which is taken like that of an entry of the audit log.

use std::{fmt, ops::Not};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use municipio_entities::case_event;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use serde_json_canonicalizer::to_string as canonical;

use crate::{
    chain::{Row, hash_of},
    citizens::CitizenId,
    ids::{AccountId, CaseId, ItemId, RevisionId, TenantId},
    procedures::{CaseStatus, DeadlineEffect, Effect, Recipient},
    store::StoreError,
};

/// Something that happened in a case. Its hash is taken over its row.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseEvent {
    /// The tenant.
    pub tenant: TenantId,
    /// The case.
    pub case: CaseId,
    /// Its number: 1, 2, 3 and so on for each case.
    pub number: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Whose doing it was: `account:…`, `key:…`, `citizen:…`, `rule:…`, `timer` or `system`.
    pub actor: String,
    /// What happened.
    pub happening: Happening,
    /// What it says of people, encrypted with the key of the case.
    pub sealed: Option<String>,
    /// The hash of the event before it; zeros for the first.
    pub previous_hash: String,
    /// The hash of this event.
    pub hash: String,
    /// Its place among the events of all cases of the tenant.
    pub place: i64,
}

/// How the names of citizens begin who do something.
pub(super) const CITIZEN: &str = "citizen:";

/// What happened, as everybody may know who may see the case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", content = "details", rename_all = "snake_case")]
pub enum Happening {
    /// The case began.
    Opened(Opening),
    /// It went from one state to another.
    Moved(Movement),
    /// It was given to an office or an officer.
    Assigned(Assignment),
    /// Something that transitions require came in.
    EvidenceAdded(Evidence),
    /// Somebody wrote something.
    Wrote(Message),
    /// The applicant changed what the application says before it was sent.
    Revised(Revision),
    /// It follows another revision of its procedure from now on.
    Migrated(Migration),
    /// The end of its term comes near.
    Reminded(Reminder),
    /// Somebody is told something by a rule of the procedure.
    Notified(Notice),
    /// What it says of people was erased.
    Erased(Erasure),
}

/// How a case began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Opening {
    /// The procedure.
    pub procedure: ItemId,
    /// Its revision.
    pub revision: RevisionId,
    /// The office in charge.
    pub office: ItemId,
    /// The state.
    pub state: String,
    /// What citizens are told.
    pub status: CaseStatus,
    /// For whom it is.
    pub applicant: Option<CitizenId>,
    /// Who acts for them.
    pub delegate: Option<CitizenId>,
    /// It is a draft of a citizen, which nobody else sees.
    pub is_private: bool,
    /// The hash of the people and the subject, as the row of the case holds them encrypted.
    pub people: String,
    /// The hash of the key to what the case says of people, as the row holds it encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_key: Option<String>,
    /// Other software keeps the case, and reports how it stands.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub is_reported: bool,
}

/// How a case went from one state to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Movement {
    /// The transition.
    pub transition: String,
    /// The state before it.
    pub from: String,
    /// The state after it.
    pub to: String,
    /// What citizens are told.
    pub status: CaseStatus,
    /// What it meant.
    pub effect: Option<Effect>,
    /// What it did to the term.
    pub deadline: Option<DeadlineEffect>,
    /// The last day of the term from then on.
    pub due_on: Option<NaiveDate>,
    /// The protocol that it was given.
    pub protocol: Option<Protocol>,
    /// Who is told.
    pub notifies: Vec<Recipient>,
    /// The day on which it came to be, where that is another than the day of the event: as other software says it, or the
    /// last of those that were waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_on: Option<NaiveDate>,
    /// Other software reported it.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub is_reported: bool,
}

/// The number and the date under which something stands in the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Protocol {
    /// The number.
    pub number: String,
    /// The date.
    pub date: NaiveDate,
}

/// Who is in charge from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assignment {
    /// The office.
    pub office: ItemId,
    /// The officer.
    pub officer: Option<AccountId>,
}

/// What kind of thing came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// A document.
    Document,
    /// A payment.
    Payment,
    /// The answer of a registry.
    RegistryCheck,
    /// An appointment.
    Booking,
    /// A signature under a transition.
    Signature,
}

/// Something that transitions require.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// What kind of thing.
    pub kind: EvidenceKind,
    /// Which one: the code in the definition; of a signature that of the transition.
    pub code: String,
}

/// For whom something was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// For the offices alone: a note.
    Office,
    /// For the applicant and the office: a message.
    Everyone,
}

/// What somebody wrote; the text is personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Message {
    /// For whom.
    pub audience: Audience,
}

/// That an application was changed; what it says is personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revision {}

/// That the end of the term comes near.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reminder {
    /// The last day of the term.
    pub due_on: NaiveDate,
    /// So many days before it.
    pub days: u16,
}

/// What a rule has somebody told; the text is kept as what the event says of people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notice {
    /// The rule, by its code.
    pub rule: String,
    /// Who is told.
    pub notifies: Vec<Recipient>,
}

/// Why what a case says of people was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasureCause {
    /// The time for which it was to be kept was over.
    Retention,
    /// The person asked for it.
    Request,
}

/// That what a case says of people was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Erasure {
    /// Why.
    pub cause: ErasureCause,
}

/// Which definition a case follows from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Migration {
    /// The revision of the procedure.
    pub revision: RevisionId,
    /// The state in it.
    pub state: String,
    /// What citizens are told.
    pub status: CaseStatus,
    /// The last day of the term, as that definition counts it.
    pub due_on: Option<NaiveDate>,
}

fn instant(microseconds: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(microseconds)
        .ok_or_else(|| StoreError::corrupt("time of an event", microseconds))
}

fn unwritable(error: serde_json::Error) -> StoreError {
    StoreError::corrupt("event of a case", error)
}

impl Happening {
    /// The state to which it takes the case, if it takes it anywhere.
    pub(super) fn state(&self) -> Option<&str> {
        match self {
            Self::Opened(opening) => Some(&opening.state),
            Self::Moved(movement) => Some(&movement.to),
            Self::Migrated(migration) => Some(&migration.state),
            _ => None,
        }
    }

    /// Its name, and what is to be known of it.
    fn parts(&self) -> Result<(String, Value), StoreError> {
        let mut value = serde_json::to_value(self).map_err(unwritable)?;
        let name = value["name"].as_str().unwrap_or_default().to_owned();
        Ok((name, value["details"].take()))
    }
}

impl CaseEvent {
    /// Who is told of it.
    pub fn notifies(&self) -> &[Recipient] {
        match &self.happening {
            Happening::Moved(movement) => &movement.notifies,
            Happening::Notified(notice) => &notice.notifies,
            _ => &[],
        }
    }

    /// The same with its hash.
    pub(super) fn hashed(self) -> Result<Self, StoreError> {
        let event = Self {
            // As precise as it is stored.
            at: instant(self.at.timestamp_micros())?,
            ..self
        };
        let hash = computed_hash(&event.to_row()?)?;
        Ok(Self { hash, ..event })
    }

    pub(super) fn to_row(&self) -> Result<case_event::Model, StoreError> {
        let (name, details) = self.happening.parts()?;
        Ok(case_event::Model {
            case_id: self.case.0,
            number: self.number,
            tenant_id: self.tenant.0,
            place: self.place,
            at: self.at.timestamp_micros(),
            actor: self.actor.clone(),
            name,
            details: canonical(&details).map_err(unwritable)?,
            sealed: self.sealed.clone(),
            previous_hash: self.previous_hash.clone(),
            hash: self.hash.clone(),
        })
    }

    /// Reads a row as it is stored, whether or not its hash is right.
    pub(super) fn from_row(row: case_event::Model) -> Result<Self, StoreError> {
        let details = details(&row)?;
        let happening = serde_json::from_value(json!({ "name": row.name, "details": details }));
        let happening = happening.map_err(|error| unreadable(&row, error))?;
        Ok(Self {
            tenant: TenantId(row.tenant_id),
            case: CaseId(row.case_id),
            number: row.number,
            at: instant(row.at)?,
            actor: row.actor,
            happening,
            sealed: row.sealed,
            previous_hash: row.previous_hash,
            hash: row.hash,
            place: row.place,
        })
    }

    /// What a walk through the events of the case needs of a row, even if it is no event any more.
    pub(super) fn link(row: case_event::Model) -> Row {
        Row {
            number: row.number,
            hash: row.hash.clone(),
            previous_hash: row.previous_hash.clone(),
            computed: computed_hash(&row),
        }
    }
}

/// The hash that a row should have. It is taken over what is stored, whatever this program makes of it: an event that an
/// older one wrote keeps its hash.
fn computed_hash(row: &case_event::Model) -> Result<String, StoreError> {
    let details = details(row)?;
    let at = instant(row.at)?.to_rfc3339_opts(SecondsFormat::Micros, true);
    let entry = json!({
        "tenant": row.tenant_id,
        "case": row.case_id,
        "number": row.number,
        "at": at,
        "actor": row.actor,
        "name": row.name,
        "details": details,
        "sealed": row.sealed,
        "previousHash": row.previous_hash,
    });
    hash_of(&entry).map_err(unwritable)
}

/// What a row says. The hash is taken over what the text means: the text must not say it in another way.
fn details(row: &case_event::Model) -> Result<Value, StoreError> {
    let details: Value =
        serde_json::from_str(&row.details).map_err(|error| unreadable(row, error))?;
    match canonical(&details).map_err(|error| unreadable(row, error))? == row.details {
        true => Ok(details),
        false => Err(unreadable(row, "its details are not canonical JSON")),
    }
}

fn unreadable(row: &case_event::Model, reason: impl fmt::Display) -> StoreError {
    let what = format!("event {} of the case {}", row.number, row.case_id);
    StoreError::corrupt(what, reason)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use uuid::Uuid;

    use super::*;

    fn event() -> CaseEvent {
        CaseEvent {
            tenant: TenantId(Uuid::nil()),
            case: CaseId(Uuid::nil()),
            number: 1,
            at: Utc.with_ymd_and_hms(2026, 11, 26, 12, 0, 0).unwrap(),
            actor: "account:1".to_owned(),
            happening: Happening::Wrote(Message {
                audience: Audience::Office,
            }),
            sealed: Some("AAAA".to_owned()),
            previous_hash: "00".to_owned(),
            hash: String::new(),
            place: 7,
        }
        .hashed()
        .unwrap()
    }

    /// The bytes are written out, so that nobody changes the form without noticing: older events would not be found
    /// right any more.
    #[test]
    fn the_hash_is_taken_over_canonical_json() {
        let bytes = concat!(
            r#"{"actor":"account:1","at":"2026-11-26T12:00:00.000000Z","#,
            r#""case":"00000000-0000-0000-0000-000000000000","details":{"audience":"office"},"#,
            r#""name":"wrote","number":1,"previousHash":"00","sealed":"AAAA","#,
            r#""tenant":"00000000-0000-0000-0000-000000000000"}"#,
        );
        assert_eq!(event().hash, crate::digest::sha256(bytes));
    }

    #[test]
    fn events_survive_the_database() {
        let row = event().to_row().unwrap();
        let read = CaseEvent::from_row(row.clone()).unwrap();
        assert_eq!(read, event());
        assert_eq!(computed_hash(&row).unwrap(), read.hash);
        let respelled = case_event::Model {
            details: r#"{"audience": "office"}"#.to_owned(),
            ..row
        };
        assert!(CaseEvent::from_row(respelled).is_err());
    }

    /// What an event says is never said in another way: those that are kept would not be read any more.
    #[test]
    fn what_happened_is_written_as_it_always_was() {
        const ID: &str = "00000000-0000-0000-0000-000000000000";
        let day = r#""2026-11-26""#;
        for (name, details) in [
            (
                "opened",
                format!(
                    r#"{{"applicant":null,"delegate":null,"isPrivate":true,"office":"{ID}","people":"00","procedure":"{ID}","revision":"{ID}","state":"draft","status":"draft"}}"#
                ),
            ),
            (
                "opened",
                format!(
                    r#"{{"applicant":null,"dataKey":"00","delegate":null,"isPrivate":false,"isReported":true,"office":"{ID}","people":"00","procedure":"{ID}","revision":"{ID}","state":"draft","status":"draft"}}"#
                ),
            ),
            (
                "moved",
                format!(
                    r#"{{"deadline":"start","dueOn":{day},"effect":"register","from":"a","notifies":["applicant","officer"],"protocol":{{"date":{day},"number":"7"}},"status":"in_progress","to":"b","transition":"register"}}"#
                ),
            ),
            (
                "moved",
                format!(
                    r#"{{"deadline":null,"dueOn":null,"effect":null,"from":"a","isReported":true,"notifies":[],"occurredOn":{day},"protocol":null,"status":"in_progress","to":"b","transition":"reported"}}"#
                ),
            ),
            ("assigned", format!(r#"{{"office":"{ID}","officer":null}}"#)),
            (
                "evidence_added",
                r#"{"code":"anpr","kind":"registry_check"}"#.to_owned(),
            ),
            ("wrote", r#"{"audience":"everyone"}"#.to_owned()),
            ("revised", "{}".to_owned()),
            (
                "migrated",
                format!(r#"{{"dueOn":null,"revision":"{ID}","state":"b","status":"in_progress"}}"#),
            ),
            ("reminded", format!(r#"{{"days":3,"dueOn":{day}}}"#)),
            (
                "notified",
                r#"{"notifies":["officer"],"rule":"remind-office"}"#.to_owned(),
            ),
            ("erased", r#"{"cause":"retention"}"#.to_owned()),
        ] {
            let row = case_event::Model {
                name: name.to_owned(),
                details,
                ..event().to_row().unwrap()
            };
            let read = CaseEvent::from_row(row.clone()).unwrap();
            assert_eq!(read.to_row().unwrap(), row, "{name}");
        }
    }
}
