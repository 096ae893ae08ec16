//! Puts jobs into the outbox.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use municipio_entities::{outbox_job, outbox_queue};
use serde_json::{Value, json};

use super::{JobStatus, wakes};
use crate::store::{StoreError, Transaction};

/// Something that is to be done.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub(super) topic: &'static str,
    pub(super) aggregate: String,
    pub(super) payload: Value,
    merges: bool,
    /// When it may be done; at once if that is not said.
    due_at: Option<DateTime<Utc>>,
}

impl NewJob {
    /// A job of a topic about something. It is done after those of the same topic about the same thing.
    pub fn new(topic: &'static str, aggregate: impl Into<String>, payload: Value) -> Self {
        Self {
            topic,
            aggregate: aggregate.into(),
            payload,
            merges: false,
            due_at: None,
        }
    }

    /// The same, not done before this time.
    pub fn due_at(self, due_at: DateTime<Utc>) -> Self {
        Self {
            due_at: Some(due_at),
            ..self
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

    /// When it is due that is enqueued now.
    pub(super) fn due(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.due_at.map_or(now, |due_at| due_at.max(now))
    }
}

/// Has jobs done as soon as the transaction is committed, or when they are due. Call it after what is written of the
/// change itself:
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
    let due: BTreeSet<_> = jobs.iter().map(|job| (job.topic, job.due(now))).collect();
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
    let at_once = due.iter().filter(|(_, at)| *at <= now);
    let at_once: Vec<_> = at_once.map(|(topic, _)| *topic).collect();
    wakes::look_at(transaction, due).await?;
    transaction.ring(at_once).await
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
            due_key: job.due(now).timestamp_millis(),
            topic: job.topic.to_owned(),
            merge_key: job.merges.then(|| job.aggregate.clone()),
            aggregate: job.aggregate,
            payload: job.payload,
            status: JobStatus::Waiting.as_str().to_owned(),
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
