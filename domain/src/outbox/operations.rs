//! What those do who look after an outbox: have jobs done again that were given up, or drop them.

use chrono::{DateTime, Utc};
use municipio_entities::outbox_job::{Column, Entity, Model};
use sea_orm::ColumnTrait;

use super::{JobFilter, JobStatus, enqueue::next_numbers, wakes};
use crate::store::{StoreError, Transaction};

/// Has dead letters that match done as if they had just been enqueued, after everything that waits. Says how many
/// there were.
///
/// # Errors
/// The database failed.
pub async fn replay(
    transaction: &Transaction,
    filter: &JobFilter,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let dead = with(transaction, filter, &[JobStatus::Dead]).await?;
    let numbers = next_numbers(transaction, dead.len()).await?;
    let again = dead.iter().zip(numbers).map(|(row, number)| Model {
        number,
        status: JobStatus::Waiting.as_str().to_owned(),
        due_key: now.timestamp_millis(),
        attempts: 0,
        created_at: now,
        ..row.clone()
    });
    let again: Vec<_> = again.collect();
    delete(transaction, &dead).await?;
    transaction.insert::<Entity>(again).await?;
    settled(transaction, &dead, now).await
}

/// Drops jobs that match and that no worker has: they are not done. Says how many there were.
///
/// # Errors
/// The database failed.
pub async fn drop_jobs(
    transaction: &Transaction,
    filter: &JobFilter,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let droppable = [JobStatus::Waiting, JobStatus::Dead];
    let rows = with(transaction, filter, &droppable).await?;
    delete(transaction, &rows).await?;
    settled(transaction, &rows, now).await
}

async fn delete(transaction: &Transaction, rows: &[Model]) -> Result<(), StoreError> {
    for rows in rows.chunks(1_000) {
        let these = Column::Number.is_in(rows.iter().map(|row| row.number));
        transaction.delete::<Entity>(these).await?;
    }
    Ok(())
}

/// The jobs that match and have one of these statuses, kept from workers and from others who do the same.
async fn with(
    transaction: &Transaction,
    filter: &JobFilter,
    statuses: &[JobStatus],
) -> Result<Vec<Model>, StoreError> {
    let condition = filter
        .condition()
        .add(Column::Status.is_in(statuses.iter().map(|status| status.as_str())));
    let found = transaction.all::<Entity>(condition).await?;
    let mut numbers: Vec<_> = found.into_iter().map(|row| row.number).collect();
    numbers.sort_unstable();
    let held = transaction.hold_of::<Entity>(Column::Number, numbers);
    let mut held = held.await?;
    held.retain(|row| statuses.iter().any(|status| status.as_str() == row.status));
    held.sort_unstable_by_key(|row| row.number);
    Ok(held)
}

/// Has the outbox looked at without these jobs where they were.
async fn settled(
    transaction: &Transaction,
    rows: &[Model],
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    wakes::exhume(transaction, rows.iter().map(|row| row.number)).await?;
    let mut topics: Vec<_> = rows.iter().map(|row| row.topic.as_str()).collect();
    topics.sort_unstable();
    topics.dedup();
    if !topics.is_empty() {
        wakes::wake(transaction, topics, now).await?;
    }
    Ok(rows.len())
}
