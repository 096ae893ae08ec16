//! Takes jobs for a worker.
//!
//! Of the jobs of a topic about the same thing only the first that is not done may be taken. Numbers are given in
//! the order of the commits, and nothing is ever put before a job that is there; so two are never taken at once.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::outbox_job::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, FromQueryResult, Iterable, Order,
    sea_query::{
        Alias, Condition, Expr, ExprTrait, IntoIden, LockBehavior, LockType, Query,
        SelectStatement, SimpleExpr,
    },
};
use serde_json::Value;
use uuid::Uuid;

use super::{JobStatus, Topic, wakes};
use crate::{
    ids::TenantId,
    store::{StoreError, TenantStore, Transaction},
};

/// How long a lease lasts that is not renewed: when the program that has it is killed, others wait that long.
const LENGTH: TimeDelta = TimeDelta::seconds(15);
/// How long before its end work is broken off whose lease could not be renewed: clocks of nodes differ.
const MARGIN: TimeDelta = TimeDelta::seconds(5);
/// How often a lease is renewed while the work lasts.
pub(super) const RENEWED: Duration = Duration::from_secs(3);
/// How jobs stand that may be taken: those whose workers did not come back, then those that wait.
const OPEN: [JobStatus; 2] = [JobStatus::Running, JobStatus::Waiting];
/// When to look again for jobs that are due and that somebody else holds.
const HELD: TimeDelta = TimeDelta::seconds(1);

/// A job that a worker has.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The tenant.
    pub tenant: TenantId,
    /// Its number.
    pub number: i64,
    /// The name of its topic.
    pub topic: String,
    /// What it is about.
    pub aggregate: String,
    /// What the handler needs to know.
    pub payload: Value,
    /// How often it was begun, this time included.
    pub attempts: u32,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// Until when the worker has it.
    pub(super) until: DateTime<Utc>,
    pub(super) lease: Uuid,
}

/// How long from this moment on a worker may go on whose lease lasts until then: nothing when it may not.
pub(super) fn time_left(until: DateTime<Utc>, now: DateTime<Utc>) -> Option<Duration> {
    let left = (until - MARGIN - now).to_std().ok();
    left.filter(|left| !left.is_zero())
}

/// Takes jobs of a topic that are due, at most so many. They are the caller's until their leases end.
///
/// # Errors
/// The database failed.
pub async fn lease(
    store: &TenantStore,
    topic: &Topic,
    most: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Job>, StoreError> {
    let transaction = store.begin().await?;
    if !wakes::take(&transaction, topic.name, now).await? {
        return Ok(Vec::new());
    }
    transaction.by_indexes().await?;
    let rows = due(&transaction, topic, most, now).await?;
    let took_all = rows.len() < most;
    let (lost, rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| is_lost(row, topic, now));
    give_up(&transaction, &lost, now).await?;
    let (lease, until) = (Uuid::now_v7(), now + LENGTH);
    take(&transaction, &rows, lease, until).await?;
    match took_all {
        false => wakes::wake(&transaction, [topic.name], now).await?,
        true => {
            // What is due all the same is held by others at this moment.
            let next = next_due(&transaction, topic).await?;
            let next = next.map(|next| Ord::max(next, now + HELD));
            if let Some(next) = next {
                wakes::look_by(&transaction, topic.name, now, next).await?;
            }
        }
    }
    transaction.commit().await?;
    let jobs = rows.into_iter().map(|row| job(row, lease, until));
    Ok(jobs.collect())
}

/// Keeps a job for longer; gives until when, or nothing when the caller had lost it.
///
/// # Errors
/// The database failed.
pub async fn renew(
    store: &TenantStore,
    job: &Job,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let until = now + LENGTH;
    let transaction = store.begin().await?;
    let end = until.timestamp_millis();
    let renewed = transaction
        .update::<Entity>([(Column::DueKey, end.into())], own(job))
        .await?;
    transaction.commit().await?;
    Ok((renewed == 1).then_some(until))
}

/// The row of a job, as long as its lease is the caller's.
pub(super) fn own(job: &Job) -> Condition {
    Condition::all()
        .add(Column::Number.eq(job.number))
        .add(Column::Lease.eq(job.lease))
}

/// The jobs that are due, kept from other workers; those that others take at this moment are left out.
async fn due(
    transaction: &Transaction,
    topic: &Topic,
    most: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Model>, StoreError> {
    let mut found = Vec::new();
    for status in OPEN {
        let mut select = first_ones(topic, status);
        select
            .columns(Column::iter().map(|column| (Entity, column)))
            .and_where(Expr::col((Entity, Column::DueKey)).lte(now.timestamp_millis()))
            .limit(u64::try_from(most - found.len()).unwrap_or(u64::MAX))
            .lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked);
        for row in transaction.rows::<Entity>(select).await? {
            found.push(Model::from_query_result(&row, "")?);
        }
    }
    Ok(found)
}

/// When the next job of a topic is due, or the next lease ends.
async fn next_due(
    transaction: &Transaction,
    topic: &Topic,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let mut next: Option<i64> = None;
    for status in OPEN {
        let mut select = first_ones(topic, status);
        select.column((Entity, Column::DueKey)).limit(1);
        for row in transaction.rows::<Entity>(select).await? {
            let due: i64 = row.try_get("", "due_key")?;
            next = Some(next.map_or(due, |next| Ord::min(next, due)));
        }
    }
    Ok(next.and_then(DateTime::from_timestamp_millis))
}

/// The jobs of a topic that stand like this and before which nothing is, those that are due first. A statement for
/// each status: then the database finds them in this order, however many there are.
fn first_ones(topic: &Topic, status: JobStatus) -> SelectStatement {
    let other = Alias::new("other");
    let same = |column: Column| -> SimpleExpr {
        Expr::col((other.clone(), column)).equals((Entity, column))
    };
    // Looked up for each job. What asks whether there is an earlier one PostgreSQL turns into a join, for which it reads
    // all jobs again and again when it takes them for few.
    let first = Query::select()
        .column((other.clone(), Column::Number))
        .from_as(Entity, other.clone())
        .and_where(same(Column::TenantId))
        .and_where(same(Column::Topic))
        .and_where(same(Column::Aggregate))
        .and_where(is_open(other.clone()))
        .order_by((other, Column::Number), Order::Asc)
        .limit(1)
        .to_owned();
    let first = Expr::SubQuery(None, Box::new(first.into()));
    Query::select()
        .from(Entity)
        .and_where(Expr::col((Entity, Column::Topic)).eq(topic.name))
        .and_where(Expr::col((Entity, Column::Status)).eq(status.as_str()))
        .and_where(is_open(Entity))
        .and_where(Expr::col((Entity, Column::Number)).eq(first))
        .order_by((Entity, Column::DueKey), Order::Asc)
        .order_by((Entity, Column::Number), Order::Asc)
        .to_owned()
}

/// Whether a job is still to be done, written as the indexes have it that hold those alone.
pub(super) fn is_open(table: impl IntoIden) -> SimpleExpr {
    is_one_of(table, JobStatus::OPEN)
}

/// Whether a job is over, written as the index has it that holds those alone.
pub(super) fn is_over(table: impl IntoIden) -> SimpleExpr {
    is_one_of(table, JobStatus::OVER)
}

fn is_one_of(table: impl IntoIden, statuses: [&'static str; 2]) -> SimpleExpr {
    let statuses = statuses.map(|status| Expr::Constant(status.into()));
    Expr::col((table.into_iden(), Column::Status)).is_in(statuses)
}

/// Whether a worker had this job for the last time, and did not come back.
fn is_lost(row: &Model, topic: &Topic, now: DateTime<Utc>) -> bool {
    let attempts = u32::try_from(row.attempts).unwrap_or_default();
    let was_running = row.status == JobStatus::Running.as_str();
    was_running && topic.retries.are_over(attempts, now - row.created_at)
}

async fn give_up(
    transaction: &Transaction,
    rows: &[Model],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let numbers: Vec<_> = rows.iter().map(|row| row.number).collect();
    let values = [
        (Column::Status, JobStatus::Dead.as_str().into()),
        (Column::DueKey, now.timestamp_millis().into()),
        (Column::Lease, None::<Uuid>.into()),
        (Column::LastError, "whoever did it did not come back".into()),
    ];
    let these = Column::Number.is_in(numbers.iter().copied());
    transaction.update::<Entity>(values, these).await?;
    wakes::bury(transaction, numbers).await
}

async fn take(
    transaction: &Transaction,
    rows: &[Model],
    lease: Uuid,
    end: DateTime<Utc>,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let values = [
        (Column::Status, Expr::val(JobStatus::Running.as_str())),
        (Column::Lease, Expr::val(lease)),
        (Column::DueKey, Expr::val(end.timestamp_millis())),
        (Column::Attempts, Expr::col(Column::Attempts).add(1)),
        // What is enqueued from now on is another job.
        (Column::MergeKey, Expr::val(None::<String>)),
    ];
    let these = Column::Number.is_in(rows.iter().map(|row| row.number));
    transaction
        .set::<Entity>(&values, Condition::all().add(these))
        .await?;
    Ok(())
}

fn job(row: Model, lease: Uuid, until: DateTime<Utc>) -> Job {
    Job {
        tenant: TenantId(row.tenant_id),
        number: row.number,
        topic: row.topic,
        aggregate: row.aggregate,
        payload: row.payload,
        attempts: u32::try_from(row.attempts).unwrap_or_default() + 1,
        created_at: row.created_at,
        until,
        lease,
    }
}
