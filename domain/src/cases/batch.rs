//! Writes cases with what happened in them: however many there are, it takes a few statements.

use chrono::{DateTime, Utc};
use municipio_entities::{case_event, case_feed, case_file};

use super::{
    Case, CaseError, CaseEvent, Happening, NewCase, Personal, automation,
    count::Shifts,
    file::apply,
    open::begin,
    people::{drawer, seal},
};
use crate::{
    citizens::{CitizenKeys, DataKey},
    ids::{CaseId, TenantId},
    procedures::Definition,
    store::{Log, StoreError, Transaction},
};

/// What is added to a case.
pub(super) struct Addition<'a> {
    pub(super) actor: String,
    pub(super) happening: Happening,
    pub(super) personal: Personal,
    /// The definition that the case follows, where it was read: it says whether there are rules for the event.
    pub(super) definition: Option<&'a Definition>,
}

/// A case with what happened in it and is not written yet.
pub struct UnwrittenCase {
    tenant: TenantId,
    /// As it is kept; blank when it is not.
    kept: case_file::Model,
    row: case_file::Model,
    key: Option<DataKey>,
    events: Vec<CaseEvent>,
    /// The numbers of the events that rules look at.
    set_off: Vec<i64>,
}

impl UnwrittenCase {
    /// Begins a case.
    ///
    /// # Errors
    /// Something of it is wrong, or it cannot be encrypted.
    pub fn open(
        tenant: TenantId,
        keys: &CitizenKeys,
        new: NewCase<'_>,
        actor: String,
        now: DateTime<Utc>,
    ) -> Result<Self, CaseError> {
        let (row, key, addition) = begin(tenant, keys, new, actor)?;
        let mut case = Self::of(tenant, row, Some(key));
        case.append(addition, now)?;
        Ok(case)
    }

    /// A case that nobody else changes until the transaction ends, with its key if something is said of people.
    pub(super) fn of(tenant: TenantId, kept: case_file::Model, key: Option<DataKey>) -> Self {
        Self {
            tenant,
            row: kept.clone(),
            kept,
            key,
            events: Vec::new(),
            set_off: Vec::new(),
        }
    }

    /// Its id.
    pub(super) fn id(&self) -> CaseId {
        CaseId(self.row.id)
    }

    /// The case as its events leave it.
    pub(super) fn case(&self) -> Result<Case, StoreError> {
        self.row.clone().try_into()
    }

    /// What happened in it and is not written yet.
    pub fn events(&self) -> &[CaseEvent] {
        &self.events
    }

    /// Adds what happened next. Whether it may happen is for the caller to ask.
    ///
    /// # Errors
    /// It cannot be encrypted.
    pub fn add(
        &mut self,
        (happening, personal): (Happening, Personal),
        actor: String,
        now: DateTime<Utc>,
    ) -> Result<(), CaseError> {
        let addition = Addition {
            actor,
            happening,
            personal,
            definition: None,
        };
        self.append(addition, now)
    }

    pub(super) fn append(
        &mut self,
        addition: Addition<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), CaseError> {
        let (case, number) = (self.id(), self.row.version + 1);
        let personal = addition.personal;
        let sealed = match (personal.is_empty(), &self.key) {
            (true, _) => None,
            (false, Some(key)) => Some(seal(key, &drawer(case, number), &personal)?),
            (false, None) => return Err(CaseError::Sealing("the case was erased".to_owned())),
        };
        let event = CaseEvent {
            tenant: self.tenant,
            case,
            number,
            at: now,
            actor: addition.actor,
            happening: addition.happening,
            sealed,
            previous_hash: self.row.head.clone(),
            hash: String::new(),
            // It is known when the case is written.
            place: 0,
        };
        let event = event.hashed()?;
        let set_off = |definition| automation::set_off(definition, &event).next().is_some();
        let is_erased = matches!(event.happening, Happening::Erased(_));
        if !is_erased && addition.definition.is_none_or(set_off) {
            self.set_off.push(number);
        }
        self.row = apply(self.row.clone(), &event);
        self.events.push(event);
        Ok(())
    }

    /// Gives its events their places in the log of the tenant, from this one on.
    fn place(&mut self, first: &mut i64) {
        let mut row = self.kept.clone();
        for event in &mut self.events {
            event.place = *first;
            *first += 1;
            row = apply(row, event);
        }
        self.row = row;
    }
}

/// Writes cases. Nobody is told.
///
/// # Errors
/// The database failed, or something cannot be written as a row.
pub async fn write_cases(
    transaction: &Transaction,
    cases: &mut [UnwrittenCase],
) -> Result<(), StoreError> {
    let count: usize = cases.iter().map(|case| case.events.len()).sum();
    // Who writes nothing keeps nobody waiting for a place.
    if count == 0 {
        return Ok(());
    }
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let last = case_feed::Column::LastPlace;
    let last = transaction.count_up::<case_feed::Entity>(last, count);
    let mut place = last.await? - count + 1;
    let mut shifts = Shifts::default();
    let (mut rows, mut events) = (Vec::new(), Vec::new());
    for case in cases.iter_mut().filter(|case| !case.events.is_empty()) {
        case.place(&mut place);
        shifts.shift((case.kept.version > 0).then_some(&case.kept), &case.row);
        rows.push(case.row.clone());
        for event in &case.events {
            events.push(event.to_row()?);
        }
    }
    transaction.replace::<case_file::Entity>(rows).await?;
    shifts.write(transaction).await?;
    transaction.insert::<case_event::Entity>(events).await?;
    Ok(())
}

/// Writes cases, and has those told who follow them: other nodes, and the rules.
pub(super) async fn write_and_tell(
    transaction: &Transaction,
    cases: &mut [UnwrittenCase],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    write_cases(transaction, cases).await?;
    let last = cases.iter().flat_map(|case| &case.events);
    if let Some(last) = last.map(|event| event.place).max() {
        transaction.announce(Log::Cases, last).await?;
    }
    let set_off = cases.iter().flat_map(|case| {
        let numbers = case.set_off.iter();
        numbers.map(|number| (case.id(), *number))
    });
    automation::tell(transaction, set_off.collect(), now).await
}

/// Writes a case; gives it as it is kept then.
pub(super) async fn write_one(
    transaction: &Transaction,
    case: UnwrittenCase,
    now: DateTime<Utc>,
) -> Result<Case, StoreError> {
    let mut cases = [case];
    write_and_tell(transaction, &mut cases, now).await?;
    let [case] = cases;
    case.row.try_into()
}
