//! Forgets what was done long ago.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::outbox_job::{Column, Entity};
use sea_orm::{ColumnTrait, sea_query::Condition};

use super::JobStatus;
use crate::store::{StoreError, TenantStore};

/// How long it is known what was done. Dead letters are kept until somebody drops them.
const KEPT: TimeDelta = TimeDelta::days(3);

/// Forgets the jobs that were done long ago; says how many there were.
///
/// # Errors
/// The database failed.
pub async fn forget(store: &TenantStore, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let long_ago = Condition::all()
        .add(Column::Status.eq(JobStatus::Done.as_str()))
        .add(Column::DueKey.lte((now - KEPT).timestamp_millis()));
    // Writers are not kept waiting for nothing.
    if store
        .read()
        .one::<Entity>(long_ago.clone())
        .await?
        .is_none()
    {
        return Ok(0);
    }
    let transaction = store.begin().await?;
    let forgotten = transaction.delete::<Entity>(long_ago).await?;
    transaction.commit().await?;
    Ok(forgotten)
}
