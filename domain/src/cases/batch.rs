//! Writes many cases at once, with all that happened in them: for measurements, which need a million. They are as the
//! operations would have left them, but nothing waits for their terms.

use chrono::{DateTime, Utc};
use municipio_entities::{case_event, case_file};

use super::{
    CaseError, CaseEvent, Happening, NewCase, Personal,
    append::{Addition, follow_on, reserve},
    count::Shifts,
    open::begin,
};
use crate::{
    citizens::{CitizenKeys, DataKey},
    store::Transaction,
};

/// Cases that are written together.
pub struct CaseBatch<'a> {
    transaction: &'a Transaction,
    keys: &'a CitizenKeys,
    /// The places in the log that are left.
    places: std::ops::RangeInclusive<i64>,
    files: Vec<case_file::Model>,
    events: Vec<case_event::Model>,
}

/// A case that is not written yet.
pub struct UnwrittenCase {
    row: case_file::Model,
    key: DataKey,
    events: Vec<CaseEvent>,
}

impl UnwrittenCase {
    /// What happened in it so far.
    pub fn events(&self) -> &[CaseEvent] {
        &self.events
    }
}

impl<'a> CaseBatch<'a> {
    /// An empty batch, for at most so many events.
    ///
    /// # Errors
    /// The database failed.
    pub async fn new(
        transaction: &'a Transaction,
        keys: &'a CitizenKeys,
        events: u32,
    ) -> Result<Self, CaseError> {
        let count = i64::from(events);
        let last = reserve(transaction, count).await?;
        Ok(Self {
            transaction,
            keys,
            places: last - count + 1..=last,
            files: Vec::new(),
            events: Vec::new(),
        })
    }

    /// Begins a case.
    ///
    /// # Errors
    /// Something of it is wrong, or the batch is full.
    pub fn open(
        &mut self,
        new: NewCase<'_>,
        actor: String,
        now: DateTime<Utc>,
    ) -> Result<UnwrittenCase, CaseError> {
        let (row, key, addition) = begin(self.transaction.tenant_id(), self.keys, new, actor)?;
        let mut case = UnwrittenCase {
            row,
            key,
            events: Vec::new(),
        };
        self.follow_on(&mut case, addition, now)?;
        Ok(case)
    }

    /// Adds what happened next. Whether it may happen is for the caller to ask.
    ///
    /// # Errors
    /// It cannot be encrypted, or the batch is full.
    pub fn add(
        &mut self,
        case: &mut UnwrittenCase,
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
        self.follow_on(case, addition, now)
    }

    fn follow_on(
        &mut self,
        case: &mut UnwrittenCase,
        addition: Addition<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), CaseError> {
        let place = self.places.next();
        let place = place.ok_or_else(|| CaseError::Sealing("the batch is full".to_owned()))?;
        let place = (self.transaction.tenant_id(), place);
        let row = case.row.clone();
        let (row, event) = follow_on(place, row, Some(&case.key), addition, now)?;
        case.row = row;
        case.events.push(event);
        Ok(())
    }

    /// Takes up a case with which nothing more happens.
    ///
    /// # Errors
    /// It cannot be written as rows.
    pub fn take(&mut self, case: UnwrittenCase) -> Result<(), CaseError> {
        for event in &case.events {
            self.events.push(event.to_row()?);
        }
        self.files.push(case.row);
        Ok(())
    }

    /// Writes the cases.
    ///
    /// # Errors
    /// The database failed.
    pub async fn write(self) -> Result<(), CaseError> {
        let mut shifts = Shifts::default();
        for row in &self.files {
            shifts.shift(None, row);
        }
        shifts.write(self.transaction).await?;
        self.transaction
            .insert::<case_file::Entity>(self.files)
            .await?;
        self.transaction
            .insert::<case_event::Entity>(self.events)
            .await?;
        Ok(())
    }
}
