//! Says what became of a job. Who has lost the lease says nothing: another worker has the job, or had it.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::outbox_job::{Column, Entity};
use sea_orm::{
    ColumnTrait, Order, Value,
    sea_query::{Condition, Query},
};
use uuid::Uuid;

use super::{
    Fault, Handled, Job, JobStatus, NewJob, Progress, Topic,
    lease::{is_open, own},
    wakes,
};
use crate::store::{StoreError, TenantStore, Transaction};

/// The longest time after which something is tried again.
const LONGEST_PAUSE: TimeDelta = TimeDelta::days(30);
/// How often a job that is tried without end may fail before it is told.
const PATIENCE: u32 = 5;
/// The longest error that is kept.
const LONGEST: usize = 1_000;

/// What is to be written of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Settled {
    status: JobStatus,
    /// When it is due; when it was settled, if it is over.
    at: DateTime<Utc>,
    attempts: u32,
    error: Option<String>,
    /// Whether those who look after the program should know that it fails again and again.
    is_failing: bool,
}

/// What is to be written of a job of which this became; `random` is any number.
fn settled(
    job: &Job,
    topic: &Topic,
    handled: &Handled,
    now: DateTime<Utc>,
    random: u64,
) -> Settled {
    let status = |status, at, attempts, error: Option<&String>| Settled {
        status,
        at,
        attempts,
        error: error.map(|error| error.chars().take(LONGEST).collect()),
        is_failing: status == JobStatus::Waiting
            && error.is_some()
            && topic.retries.are_endless()
            && attempts >= PATIENCE,
    };
    match handled {
        Ok(Progress::Done | Progress::Finished) => status(JobStatus::Done, now, job.attempts, None),
        // What comes forward is not tried in vain, however long it takes.
        Ok(Progress::More) => status(JobStatus::Waiting, now, 0, None),
        Ok(Progress::Postponed(until)) => {
            status(JobStatus::Waiting, *until, job.attempts - 1, None)
        }
        Err(Fault::Lasting { reason }) => status(JobStatus::Dead, now, job.attempts, Some(reason)),
        Err(Fault::Passing { reason, .. })
            if topic.retries.are_over(job.attempts, now - job.created_at) =>
        {
            status(JobStatus::Dead, now, job.attempts, Some(reason))
        }
        Err(Fault::Passing { reason, after }) => {
            let pause = after.unwrap_or_else(|| topic.retries.pause(job.attempts, random));
            let pause =
                TimeDelta::from_std(pause).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE));
            status(JobStatus::Waiting, now + pause, job.attempts, Some(reason))
        }
    }
}

/// Writes down what became of a job. Says whether the caller still had it; if not, nothing is written.
///
/// # Errors
/// The database failed.
pub async fn settle(
    store: &TenantStore,
    job: &Job,
    topic: &Topic,
    handled: &Handled,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if matches!(handled, Ok(Progress::Finished)) {
        wake_behind(store, job, now).await;
        return Ok(true);
    }
    // Without randomness jobs that failed together come back together, which is no reason to fail.
    let random = getrandom::u64().unwrap_or(u64::MAX);
    write(store, job, settled(job, topic, handled, now, random)).await
}

/// Gives back a job that was not done, as if it had never been taken.
///
/// # Errors
/// The database failed.
pub async fn give_back(
    store: &TenantStore,
    job: &Job,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let settled = Settled {
        status: JobStatus::Waiting,
        at: now,
        attempts: job.attempts - 1,
        error: None,
        is_failing: false,
    };
    write(store, job, settled).await
}

async fn write(store: &TenantStore, job: &Job, settled: Settled) -> Result<bool, StoreError> {
    let attempts = i32::try_from(settled.attempts).unwrap_or(i32::MAX);
    let values: [(_, Value); 5] = [
        (Column::Status, settled.status.as_str().into()),
        (Column::DueKey, settled.at.timestamp_millis().into()),
        (Column::Attempts, attempts.into()),
        (Column::Lease, None::<Uuid>.into()),
        (Column::LastError, settled.error.into()),
    ];
    let transaction = store.begin().await?;
    if transaction.update::<Entity>(values, own(job)).await? == 0 {
        return Ok(false);
    }
    match settled.status {
        JobStatus::Dead => wakes::bury(&transaction, [job.number]).await?,
        JobStatus::Waiting if settled.is_failing => {
            wakes::wake_failing(&transaction, &job.topic, settled.at).await?;
        }
        JobStatus::Waiting => {
            wakes::look_at(&transaction, [(job.topic.as_str(), settled.at)]).await?;
        }
        JobStatus::Done | JobStatus::Running => {}
    }
    transaction.commit().await?;
    if matches!(settled.status, JobStatus::Done | JobStatus::Dead) {
        wake_behind(store, job, settled.at).await;
    }
    Ok(true)
}

/// Writes down that a job is done, in the transaction of what was done, and has it go on as another one. Says whether
/// the caller still had it; if not, nothing is to be written. There must be no other job about what it goes on with:
/// it keeps its number, and would come before it.
///
/// # Errors
/// The database failed.
pub async fn finish(
    transaction: &Transaction,
    job: &Job,
    then: Option<NewJob>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let next = then.as_ref().map(|then| (then.topic, then.due(now)));
    let (status, at) = match next {
        Some((_, due_at)) => (JobStatus::Waiting, due_at),
        None => (JobStatus::Done, now),
    };
    let mut values: Vec<(_, Value)> = vec![
        (Column::Status, status.as_str().into()),
        (Column::DueKey, at.timestamp_millis().into()),
        (Column::Lease, None::<Uuid>.into()),
        (Column::LastError, None::<String>.into()),
    ];
    if let Some(then) = then {
        values.extend([
            (Column::Topic, then.topic.into()),
            (Column::Aggregate, then.aggregate.into()),
            (Column::Payload, then.payload.into()),
            (Column::Attempts, 0.into()),
            (Column::CreatedAt, now.into()),
        ]);
    }
    if transaction.update::<Entity>(values, own(job)).await? == 0 {
        return Ok(false);
    }
    if let Some(next) = next {
        wakes::look_at(transaction, [next]).await?;
    }
    Ok(true)
}

/// Has the job looked at that was behind one that is over.
async fn wake_behind(store: &TenantStore, job: &Job, now: DateTime<Utc>) {
    if let Err(error) = wake_next(store, job, now).await {
        // What became of the job is written all the same.
        let number = job.number;
        tracing::warn!(tenant = %job.tenant, number, %error, "the job behind this one waits until its lease had ended");
    }
}

/// Has the job looked at that was behind this one. After the commit: whoever enqueued it before had it looked at
/// while this one was in its way, whoever does so later has it looked at later.
async fn wake_next(store: &TenantStore, job: &Job, now: DateTime<Utc>) -> Result<(), StoreError> {
    let behind = Query::select()
        .column((Entity, Column::Number))
        .from(Entity)
        .and_where(Column::Topic.eq(&job.topic))
        .and_where(Column::Aggregate.eq(&job.aggregate))
        .and_where(is_open(Entity))
        // By the index that has them in this order, which PostgreSQL may leave aside for one that looks as good.
        .order_by((Entity, Column::Number), Order::Asc)
        .limit(1)
        .to_owned();
    if !store.watch().rows::<Entity>(behind).await?.is_empty() {
        let transaction = store.begin().await?;
        wakes::wake(&transaction, [job.topic.as_str()], now).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// Whether the worker still has a job, which it then has until the transaction ends: for handlers of which one that
/// hung must not write. Another may still write the same after this one committed and died; what must not be there
/// twice needs an id of its own.
///
/// # Errors
/// The database failed.
pub async fn is_held(transaction: &Transaction, job: &Job) -> Result<bool, StoreError> {
    let held = transaction.hold_of::<Entity>(Column::Number, [job.number]);
    let held = held.await?;
    Ok(held.iter().any(|row| row.lease == Some(job.lease)))
}

/// Puts off what waits of a topic about something that begins with this, so that it is not begun in vain until then.
pub(crate) async fn put_off(
    transaction: &Transaction,
    topic: &Topic,
    beginning: &str,
    until: DateTime<Utc>,
) -> Result<(), StoreError> {
    let until = until.timestamp_millis();
    let waiting = Condition::all()
        .add(Column::Topic.eq(topic.name))
        .add(Column::Status.eq(JobStatus::Waiting.as_str()))
        .add(is_open(Entity))
        .add(Column::Aggregate.starts_with(beginning))
        .add(Column::DueKey.lt(until));
    let values = [(Column::DueKey, until.into())];
    transaction.update::<Entity>(values, waiting).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;
    use crate::{ids::TenantId, outbox::Retries};

    const TOPIC: Topic = Topic {
        name: "test",
        longest: Duration::from_secs(1),
        at_once: 1,
        share: 1,
        retries: Retries {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            attempts: Some(5),
            age: Some(TimeDelta::hours(1)),
        },
    };

    fn job(attempts: u32) -> Job {
        Job {
            tenant: TenantId(Uuid::nil()),
            number: 1,
            topic: "test".to_owned(),
            aggregate: "thing".to_owned(),
            payload: Json::Null,
            attempts,
            created_at: DateTime::UNIX_EPOCH,
            until: DateTime::UNIX_EPOCH,
            lease: Uuid::nil(),
        }
    }

    fn outcomes() -> impl Strategy<Value = Handled> {
        let pause = prop::option::of((0..100_000_u64).prop_map(Duration::from_millis));
        prop_oneof![
            Just(Ok(Progress::Done)),
            Just(Ok(Progress::More)),
            (0..1_000_i64).prop_map(|seconds| {
                Ok(Progress::Postponed(
                    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds),
                ))
            }),
            pause.prop_map(|after| Err(Fault::Passing {
                reason: "x".repeat(2_000),
                after
            })),
            Just(Err(Fault::lasting("never"))),
        ]
    }

    proptest! {
        /// A job ends by success, by what will not pass, or because it was tried too often or for too long; else
        /// it waits, and what failed without an end waits with its reason.
        #[test]
        fn a_job_waits_until_it_is_done_or_given_up(
            handled in outcomes(), attempts in 1..8_u32, minutes in 0..120_i64, random: u64,
        ) {
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
            let settled = settled(&job(attempts), &TOPIC, &handled, now, random);
            let over = attempts >= 5 || minutes >= 60;
            let expected = match &handled {
                Ok(Progress::Done) => JobStatus::Done,
                Ok(_) => JobStatus::Waiting,
                Err(Fault::Lasting { .. }) => JobStatus::Dead,
                Err(Fault::Passing { .. }) if over => JobStatus::Dead,
                Err(Fault::Passing { .. }) => JobStatus::Waiting,
            };
            prop_assert_eq!(settled.status, expected);
            prop_assert_eq!(settled.error.is_some(), handled.is_err());
            prop_assert!(settled.error.is_none_or(|error| error.len() <= LONGEST));
            prop_assert!(settled.attempts <= attempts);
            if let Err(Fault::Passing { after, .. }) = &handled && expected == JobStatus::Waiting {
                prop_assert_eq!(settled.attempts, attempts);
                let most = after.unwrap_or(TOPIC.retries.longest);
                prop_assert!(settled.at >= now && settled.at <= now + TimeDelta::from_std(most).unwrap());
            }
        }
    }
}
