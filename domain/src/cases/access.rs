//! Who read what a case says of people: an entry for each reader and hour. A list that tells where cases stand, and no
//! more, is not written down.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use municipio_entities::case_access::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use super::Cases;
use crate::{ids::CaseId, store::StoreError};

/// The most readings of a case that are told.
const MOST: u64 = 100;

/// That somebody read a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseAccess {
    /// Who: `account:…`, `key:…` or `citizen:…`.
    pub reader: String,
    /// When, for the first time in that hour.
    pub at: DateTime<Utc>,
}

impl Cases {
    /// Writes down who reads these cases.
    ///
    /// # Errors
    /// The database failed: then the cases must not be shown.
    pub async fn note_accesses(
        &self,
        cases: &[CaseId],
        reader: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const SECONDS: i64 = 60 * 60;
        let hour = now.timestamp() / SECONDS;
        let of_this_hour = Condition::all()
            .add(Column::Reader.eq(reader))
            .add(Column::Hour.eq(hour));
        let store = self.contents().store();
        let ids = cases.iter().map(|case| case.0);
        let scope = store.read();
        let known = scope.all_of::<Entity>(Column::CaseId, ids, of_this_hour);
        let known: HashSet<_> = known.await?.into_iter().map(|row| row.case_id).collect();
        let new = cases.iter().filter(|case| !known.contains(&case.0));
        let new: Vec<_> = new
            .map(|case| Model {
                case_id: case.0,
                reader: reader.to_owned(),
                hour,
                tenant_id: Uuid::nil(),
                read_at: now,
            })
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let transaction = store.begin().await?;
        transaction.insert_missing::<Entity>(new).await?;
        transaction.commit().await
    }

    /// Who read these cases, of each the last first and at most a hundred.
    ///
    /// # Errors
    /// The database failed.
    pub async fn accesses(
        &self,
        cases: &[CaseId],
    ) -> Result<HashMap<CaseId, Vec<CaseAccess>>, StoreError> {
        let (scope, all) = (self.contents().store().read(), Condition::all());
        let ids = cases.iter().map(|case| case.0);
        let rows = scope.last_of_each::<Entity>(Column::CaseId, ids, Column::ReadAt, MOST, all);
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows.await? {
            let accesses = found.entry(CaseId(row.case_id)).or_default();
            accesses.push(CaseAccess {
                reader: row.reader,
                at: row.read_at,
            });
        }
        Ok(found)
    }
}
