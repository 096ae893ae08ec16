//! A case as its events left it.

use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use municipio_entities::case_file::Model;
use serde_json::json;
use uuid::Uuid;

use super::{
    CaseError, CaseEvent, Happening, People, Personal, Protocol,
    people::{drawer, place, unseal},
};
use crate::{
    audit::Deed,
    chain::Head,
    citizens::{CitizenId, CitizenKeys, DataKey, WrappedKey},
    content::global_id_of,
    ids::{AccountId, CaseId, ItemId, RevisionId},
    procedures::{CaseStatus, Channel, Effect},
    store::StoreError,
    tenants::IpaCode,
    time::legal_day,
};

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// With what was asked for.
    Granted,
    /// Without it.
    Refused,
    /// The applicant gave up.
    Withdrawn,
    /// The municipality took back what it had given.
    Revoked,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Granted, Self::Refused, Self::Withdrawn, Self::Revoked];

    /// Its name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Revoked => "revoked",
        }
    }

    fn of(effect: Effect) -> Option<Self> {
        match effect {
            Effect::Grant => Some(Self::Granted),
            Effect::Refuse => Some(Self::Refused),
            Effect::Withdraw => Some(Self::Withdrawn),
            Effect::Revoke => Some(Self::Revoked),
            _ => None,
        }
    }
}

impl FromStr for Outcome {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, StoreError> {
        let known = Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == name);
        known.ok_or_else(|| StoreError::corrupt("outcome of a case", name))
    }
}

/// A case.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The procedure.
    pub procedure: ItemId,
    /// The revision of the procedure whose definition it follows.
    pub revision: RevisionId,
    /// The office in charge.
    pub office: ItemId,
    /// The officer in charge.
    pub officer: Option<AccountId>,
    /// The state in the definition.
    pub state: String,
    /// What citizens are told.
    pub status: CaseStatus,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The protocol of the application.
    pub protocol: Option<Protocol>,
    /// For whom it is.
    pub applicant: Option<CitizenId>,
    /// Who acts for them.
    pub delegate: Option<CitizenId>,
    /// It is a draft of a citizen, which nobody else sees.
    pub is_private: bool,
    /// How many events it has.
    pub version: i64,
    /// The hash of the last of them.
    pub head: String,
    /// The last day of the term.
    pub due_on: Option<NaiveDate>,
    /// When it began.
    pub opened_at: DateTime<Utc>,
    /// When something happened last.
    pub updated_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// The day on which it was closed, which may be before that moment: silence means something on the last day of a term.
    pub closed_on: Option<NaiveDate>,
    /// How the application came in.
    pub channel: Channel,
    /// The places in the three orders: by the term, by the first and by the last event.
    pub(super) places: [i64; 3],
    data_key: Option<String>,
    sealed: Option<String>,
}

impl TryFrom<Model> for Case {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let status = CaseStatus::of_code(&row.status);
        let status = status.ok_or_else(|| StoreError::corrupt("status of a case", &row.status))?;
        let protocol = row.protocol_number.zip(row.protocol_date);
        let channel = Channel::named(&row.channel);
        let channel =
            channel.ok_or_else(|| StoreError::corrupt("channel of a case", &row.channel))?;
        Ok(Self {
            id: CaseId(row.id),
            procedure: ItemId(row.procedure_id),
            revision: RevisionId(row.revision_id),
            office: ItemId(row.office_id),
            officer: row.officer_id.map(AccountId),
            state: row.state,
            status,
            outcome: row.outcome.as_deref().map(str::parse).transpose()?,
            protocol: protocol.map(|(number, date)| Protocol { number, date }),
            applicant: row.applicant.map(citizen).transpose()?,
            delegate: row.delegate.map(citizen).transpose()?,
            is_private: row.is_private,
            version: row.version,
            head: row.head,
            due_on: row.due_on,
            opened_at: row.opened_at,
            updated_at: row.updated_at,
            closed_at: row.closed_at,
            closed_on: row
                .closed_day
                .and_then(NaiveDate::from_num_days_from_ce_opt),
            channel,
            places: [row.due_place, row.opened_place, row.updated_place],
            data_key: row.data_key,
            sealed: row.sealed,
        })
    }
}

fn citizen(text: String) -> Result<CitizenId, StoreError> {
    let citizen = text.parse();
    citizen.map_err(|error| StoreError::corrupt("citizen of a case", error))
}

impl Case {
    /// The name of cases in global ids.
    pub const TYPE_NAME: &str = "Case";

    /// What is written down of what was done to it: nothing of people, but the head of its events, so that who
    /// writes them anew is found.
    pub fn deed(&self, name: &'static str, municipality: &IpaCode) -> Deed {
        let id = global_id_of(Self::TYPE_NAME, municipality, self.id);
        Deed::to(name, id).with(json!({
            "case": self.id,
            "state": self.state,
            "version": self.version,
            "head": self.head,
        }))
    }

    /// Whether what it says of people was erased.
    pub fn is_erased(&self) -> bool {
        self.data_key.is_none()
    }

    /// The key of what it says of people; nothing once that was erased.
    pub(crate) fn key(&self, keys: &CitizenKeys) -> Result<Option<DataKey>, CaseError> {
        let kept = self.data_key.clone().map(WrappedKey::kept);
        let key = kept.map(|kept| keys.data_key(&place(self.id), &kept));
        Ok(key.transpose()?)
    }

    /// For whom it is and what it is about; nothing once that was erased.
    ///
    /// # Errors
    /// It was encrypted with another secret.
    pub fn people(&self, keys: &CitizenKeys) -> Result<Option<People>, CaseError> {
        let Some((key, sealed)) = self.key(keys)?.zip(self.sealed.as_deref()) else {
            return Ok(None);
        };
        unseal(&key, &drawer(self.id, 0), sealed).map(Some)
    }

    /// What its events say of people, in their order; nothing where they say nothing or it was erased.
    ///
    /// # Errors
    /// It was encrypted with another secret.
    pub fn personal(
        &self,
        keys: &CitizenKeys,
        events: &[CaseEvent],
    ) -> Result<Vec<Personal>, CaseError> {
        let key = self.key(keys)?;
        let read = |event: &CaseEvent| match (&key, &event.sealed) {
            (Some(key), Some(sealed)) => unseal(key, &drawer(event.case, event.number), sealed),
            _ => Ok(Personal::default()),
        };
        events.iter().map(read).collect()
    }
}

/// The row of a case to which nothing happened yet.
pub(super) fn blank(case: CaseId) -> Model {
    Model {
        id: case.0,
        tenant_id: Uuid::nil(),
        procedure_id: Uuid::nil(),
        revision_id: Uuid::nil(),
        office_id: Uuid::nil(),
        officer_id: None,
        state: String::new(),
        status: CaseStatus::NotStarted.code().to_owned(),
        outcome: None,
        protocol_number: None,
        protocol_date: None,
        applicant: None,
        delegate: None,
        is_private: false,
        data_key: None,
        sealed: None,
        version: 0,
        head: Head::NONE.to_owned(),
        due_on: None,
        due_place: 0,
        opened_place: 0,
        updated_place: 0,
        opened_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        closed_at: None,
        channel: Channel::Counter.as_str().to_owned(),
        begun_day: 0,
        state_day: 0,
        closed_day: None,
        closed_in_time: None,
    }
}

/// What an event leaves of a case.
pub(super) fn apply(mut row: Model, event: &CaseEvent) -> Model {
    row.version = event.number;
    row.head = event.hash.clone();
    row.updated_place = event.place;
    row.updated_at = event.at;
    let today = legal_day(event.at).num_days_from_ce();
    match &event.happening {
        Happening::Opened(opening) => {
            row.tenant_id = event.tenant.0;
            row.procedure_id = opening.procedure.0;
            row.revision_id = opening.revision.0;
            row.office_id = opening.office.0;
            row.state = opening.state.clone();
            row.status = opening.status.code().to_owned();
            row.applicant = opening.applicant.as_ref().map(ToString::to_string);
            row.delegate = opening.delegate.as_ref().map(ToString::to_string);
            row.is_private = opening.is_private;
            row.opened_place = event.place;
            row.opened_at = event.at;
            row.channel = Channel::of_actor(&event.actor).as_str().to_owned();
            (row.begun_day, row.state_day) = (today, today);
            row.closed_at = opening.status.is_final().then_some(event.at);
        }
        Happening::Moved(movement) => {
            // A draft that is given up was never sent: nobody else sees it.
            row.is_private &= movement.status == CaseStatus::Draft || movement.status.is_final();
            row.state = movement.to.clone();
            row.status = movement.status.code().to_owned();
            row.closed_at = movement.status.is_final().then_some(event.at);
            match movement.effect {
                Some(Effect::Reopen) => row.outcome = None,
                Some(effect) => {
                    let outcome = Outcome::of(effect).map(|outcome| outcome.as_str().to_owned());
                    row.outcome = outcome.or(row.outcome);
                }
                None => {}
            }
            if let Some(protocol) = &movement.protocol {
                row.protocol_number = Some(protocol.number.clone());
                row.protocol_date = Some(protocol.date);
                row.begun_day = protocol.date.num_days_from_ce();
            }
            row.state_day = movement.day(event.at).num_days_from_ce();
            row.due_on = movement.due_on;
        }
        Happening::Assigned(assignment) => {
            row.office_id = assignment.office.0;
            row.officer_id = assignment.officer.map(|officer| officer.0);
        }
        Happening::Migrated(migration) => {
            row.revision_id = migration.revision.0;
            row.state = migration.state.clone();
            row.status = migration.status.code().to_owned();
            row.due_on = migration.due_on;
            row.state_day = today;
        }
        Happening::Erased(_) => {
            row.data_key = None;
            row.sealed = None;
            row.applicant = None;
            row.delegate = None;
        }
        Happening::EvidenceAdded(_)
        | Happening::Wrote(_)
        | Happening::Revised(_)
        | Happening::Reminded(_)
        | Happening::Notified(_) => {}
    }
    row.closed_day = row.closed_at.map(|_| row.state_day);
    let due_day = row.due_on.map(|due| due.num_days_from_ce());
    row.closed_in_time = row.closed_day.zip(due_day).map(|(day, due)| day <= due);
    // Nobody waits for the term of a case that is closed.
    let awaited = row.due_on.filter(|_| row.closed_at.is_none());
    row.due_place = due_place(awaited, row.opened_place);
    row
}

/// A place in the order of the terms that no other case has; cases without a term come last.
fn due_place(due_on: Option<NaiveDate>, opened_place: i64) -> i64 {
    /// After all days.
    const NEVER: i64 = 1 << 22;
    /// So many cases have places of their own on a day.
    const PLACES: i64 = 1 << 40;
    let day = due_on.map_or(NEVER, |day| {
        i64::from(day.num_days_from_ce()).min(NEVER - 1)
    });
    day * PLACES + opened_place % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_ordered_by_their_day_and_then_by_their_beginning() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day);
        let places = [
            due_place(day(1), 7),
            due_place(day(1), 8),
            due_place(day(2), 1),
            due_place(Some(NaiveDate::MAX), 1),
            due_place(None, 1),
            due_place(None, 2),
        ];
        assert!(places.is_sorted());
        assert!(places.iter().all(|place| *place > 0));
    }
}
