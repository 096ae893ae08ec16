//! Forgets what was done long ago.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::outbox_job::{Column, Entity};
use sea_orm::{
    ColumnTrait,
    sea_query::{Condition, Query},
};

use super::{JobStatus, lease::is_over};
use crate::store::{StoreError, TenantStore};

/// How long it is known what was done. Dead letters are kept until somebody drops them.
const KEPT: TimeDelta = TimeDelta::days(3);
/// How many are forgotten in one transaction: nobody waits for it for long.
const AT_ONCE: u64 = 1_000;

/// Forgets the jobs that were done long ago; says how many there were.
///
/// # Errors
/// The database failed.
pub async fn forget(store: &TenantStore, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let long_ago = Condition::all()
        .add(is_over(Entity))
        .add(Column::Status.eq(JobStatus::Done.as_str()))
        .add(Column::DueKey.lte((now - KEPT).timestamp_millis()));
    let mut select = Query::select();
    select
        .from(Entity)
        .column((Entity, Column::Number))
        .cond_where(long_ago)
        .limit(AT_ONCE);
    let mut forgotten = 0;
    loop {
        // Read first: writers are not kept waiting for nothing.
        let rows = store.read().rows::<Entity>(select.clone()).await?;
        let numbers = rows.iter().map(|row| row.try_get::<i64>("", "number"));
        let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
        if numbers.is_empty() {
            return Ok(forgotten);
        }
        let transaction = store.begin().await?;
        let these = Column::Number.is_in(numbers);
        forgotten += transaction.delete::<Entity>(these).await?;
        transaction.commit().await?;
    }
}
