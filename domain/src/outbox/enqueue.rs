//! Puts jobs into the outbox.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use municipio_entities::{outbox_job, outbox_queue};
use serde_json::{Value, json};

use super::{JobStatus, wakes};
use crate::store::{StoreError, Transaction};

/// Something that is to be done.
#[derive(Clone, Debug)]
pub struct NewJob {
    topic: &'static str,
    aggregate: String,
    payload: Value,
    merges: bool,
}

impl NewJob {
    /// A job of a topic about something. It is done after those of the same topic about the same thing.
    pub fn new(topic: &'static str, aggregate: impl Into<String>, payload: Value) -> Self {
        Self {
            topic,
            aggregate: aggregate.into(),
            payload,
            merges: false,
        }
    }

    /// Has the follower of a log look at what is new in it. One such job that nobody has begun is enough, however
    /// many changes there are.
    pub fn catch_up(topic: &'static str) -> Self {
        Self {
            merges: true,
            ..Self::new(topic, "log", json!({}))
        }
    }
}

/// Has jobs done as soon as the transaction is committed. Call it after what is written of the change itself:
/// others who enqueue for the tenant wait until the transaction ends.
///
/// # Errors
/// The database failed.
pub async fn enqueue(
    transaction: &Transaction,
    jobs: impl IntoIterator<Item = NewJob>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let jobs: Vec<_> = jobs.into_iter().collect();
    if jobs.is_empty() {
        return Ok(());
    }
    let topics: HashSet<_> = jobs.iter().map(|job| job.topic).collect();
    let (merged, single): (Vec<_>, Vec<_>) = numbered(transaction, jobs, now)
        .await?
        .into_iter()
        .partition(|row| row.merge_key.is_some());
    transaction.insert::<outbox_job::Entity>(single).await?;
    use outbox_job::Column;
    let key = [Column::TenantId, Column::Topic, Column::MergeKey];
    // A job that is there already must not be begun before this is committed: its worker would not see the change.
    transaction
        .insert_or_hold::<outbox_job::Entity>(merged, key)
        .await?;
    wakes::wake(transaction, topics, now).await
}

/// The rows of new jobs, in the order of the commits.
async fn numbered(
    transaction: &Transaction,
    jobs: Vec<NewJob>,
    now: DateTime<Utc>,
) -> Result<Vec<outbox_job::Model>, StoreError> {
    let numbers = next_numbers(transaction, jobs.len()).await?;
    let rows = jobs
        .into_iter()
        .zip(numbers)
        .map(|(job, number)| outbox_job::Model {
            tenant_id: transaction.tenant_id().0,
            number,
            topic: job.topic.to_owned(),
            merge_key: job.merges.then(|| job.aggregate.clone()),
            aggregate: job.aggregate,
            payload: job.payload,
            status: JobStatus::Waiting.as_str().to_owned(),
            due_key: now.timestamp_millis(),
            attempts: 0,
            lease: None,
            last_error: None,
            created_at: now,
        });
    Ok(rows.collect())
}

/// Numbers for so many jobs.
pub(super) async fn next_numbers(
    transaction: &Transaction,
    count: usize,
) -> Result<impl Iterator<Item = i64> + use<>, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let last = transaction
        .count_up::<outbox_queue::Entity>(outbox_queue::Column::LastNumber, count)
        .await?;
    Ok(last - count + 1..=last)
}
