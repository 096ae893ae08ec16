//! Who read a case: an entry for each reader and hour. Lists tell of a case what its queue shows, and are not
//! written down.

use chrono::{DateTime, Utc};
use municipio_entities::case_access::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use super::Cases;
use crate::{ids::CaseId, store::StoreError};

/// That somebody read a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseAccess {
    /// Who: `account:…`, `key:…` or `citizen:…`.
    pub reader: String,
    /// When, for the first time in that hour.
    pub at: DateTime<Utc>,
}

impl Cases {
    /// Writes down who reads a case.
    ///
    /// # Errors
    /// The database failed: then the case must not be shown.
    pub async fn note_access(
        &self,
        case: CaseId,
        reader: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const SECONDS: i64 = 60 * 60;
        let hour = now.timestamp() / SECONDS;
        let of_this_hour = Condition::all()
            .add(Column::CaseId.eq(case.0))
            .add(Column::Reader.eq(reader))
            .add(Column::Hour.eq(hour));
        let store = self.contents().store();
        if store.read().one::<Entity>(of_this_hour).await?.is_some() {
            return Ok(());
        }
        let row = Model {
            case_id: case.0,
            reader: reader.to_owned(),
            hour,
            tenant_id: Uuid::nil(),
            read_at: now,
        };
        let transaction = store.begin().await?;
        transaction.insert_missing::<Entity>([row]).await?;
        transaction.commit().await
    }

    /// Who read a case, the last first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn accesses(&self, case: CaseId) -> Result<Vec<CaseAccess>, StoreError> {
        let scope = self.contents().store().read();
        let mut rows = scope.all::<Entity>(Column::CaseId.eq(case.0)).await?;
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.read_at));
        let rows = rows.into_iter();
        Ok(rows
            .map(|row| CaseAccess {
                reader: row.reader,
                at: row.read_at,
            })
            .collect())
    }
}
