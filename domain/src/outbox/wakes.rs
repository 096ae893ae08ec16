//! For which tenants there is something to do. Rows are added and taken away, never changed, so that nobody who
//! writes waits for somebody else; PostgreSQL shows them to connections that were told no tenant.

use chrono::{DateTime, Utc};
use municipio_entities::{
    outbox_dead_letter,
    outbox_wake::{Column, Entity, Model},
};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{LockBehavior, LockType},
};
use uuid::Uuid;

use crate::{
    ids::TenantId,
    store::{Database, StoreError, Transaction},
};

/// Has the outbox of the tenant looked at from now on, for these topics; workers are told.
pub(super) async fn wake(
    transaction: &Transaction,
    topics: impl IntoIterator<Item = &str, IntoIter: Clone>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let topics = topics.into_iter();
    look_at(transaction, topics.clone().map(|topic| (topic, now))).await?;
    transaction.ring(topics).await
}

/// Has the outbox of the tenant looked at when it is time, for each of these topics. Nobody is told: all workers look
/// for themselves soon enough. Each time has a row of its own: who takes an earlier one may not see yet what is written
/// beside this.
pub(super) async fn look_at(
    transaction: &Transaction,
    due: impl IntoIterator<Item = (&str, DateTime<Utc>)>,
) -> Result<(), StoreError> {
    look(transaction, due, false).await
}

/// The same for a job that fails again and again, and is tried without end.
pub(super) async fn wake_failing(
    transaction: &Transaction,
    topic: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    look(transaction, [(topic, at)], true).await
}

/// Has the outbox of the tenant looked at by a time later than now, unless it is already. Nobody is told: all workers
/// look for themselves soon enough.
pub(super) async fn look_by(
    transaction: &Transaction,
    topic: &str,
    now: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let earlier = Entity::find()
        .filter(Column::TenantId.eq(transaction.tenant_id().0))
        .filter(Column::Topic.eq(topic))
        .filter(Column::DueKey.gt(now.timestamp_millis()))
        .filter(Column::DueKey.lte(at.timestamp_millis()));
    match earlier.one(transaction.tenants()).await? {
        // Whoever takes it sees what is written here, or finds it held and looks again.
        Some(_) => Ok(()),
        None => look_at(transaction, [(topic, at)]).await,
    }
}

async fn look(
    transaction: &Transaction,
    due: impl IntoIterator<Item = (&str, DateTime<Utc>)>,
    is_failing: bool,
) -> Result<(), StoreError> {
    let rows = due.into_iter().map(|(topic, at)| Model {
        id: Uuid::now_v7(),
        tenant_id: transaction.tenant_id().0,
        topic: topic.to_owned(),
        due_key: at.timestamp_millis(),
        is_failing,
    });
    let rows = rows.map(IntoActiveModel::into_active_model);
    Entity::insert_many(rows)
        .exec_without_returning(transaction.tenants())
        .await?;
    Ok(())
}

/// Takes away what says that a topic of the tenant is to be looked at now. Says whether there was anything that
/// nobody else takes at this moment.
pub(super) async fn take(
    transaction: &Transaction,
    topic: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let tables = transaction.tenants();
    let due = Entity::find()
        .filter(Column::TenantId.eq(transaction.tenant_id().0))
        .filter(Column::Topic.eq(topic))
        .filter(Column::DueKey.lte(now.timestamp_millis()))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tables)
        .await?;
    let ids: Vec<_> = due.into_iter().map(|row| row.id).collect();
    for ids in ids.chunks(1_000) {
        let taken = Entity::delete_many().filter(Column::Id.is_in(ids.iter().copied()));
        taken.exec(tables).await?;
    }
    Ok(!ids.is_empty())
}

/// The tenants whose outbox is to be looked at now for a topic, those that wait longest first, at most so many.
pub(super) async fn due(
    database: &Database,
    topic: &str,
    except: impl IntoIterator<Item = TenantId>,
    now: DateTime<Utc>,
    most: u64,
) -> Result<Vec<TenantId>, StoreError> {
    let except = except.into_iter().map(|tenant| tenant.0);
    let found: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::TenantId)
        .filter(Column::Topic.eq(topic))
        .filter(Column::DueKey.lte(now.timestamp_millis()))
        .filter(Column::TenantId.is_not_in(except))
        .group_by(Column::TenantId)
        .order_by_asc(Column::DueKey.min())
        .limit(most)
        .into_tuple()
        .all(database.wakes_read())
        .await?;
    Ok(found.into_iter().map(TenantId).collect())
}

/// When a topic is to be looked at next, for any tenant but these.
pub(super) async fn next(
    database: &Database,
    topic: &str,
    except: impl IntoIterator<Item = TenantId>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let except = except.into_iter().map(|tenant| tenant.0);
    let row = Entity::find()
        .filter(Column::Topic.eq(topic))
        .filter(Column::TenantId.is_not_in(except))
        .order_by_asc(Column::DueKey)
        .one(database.wakes_read())
        .await?;
    Ok(row.and_then(|row| DateTime::from_timestamp_millis(row.due_key)))
}

/// What waits in the outboxes of all tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Since when something is due that nobody has begun.
    pub due_since: Option<DateTime<Utc>>,
    /// How many jobs were given up.
    pub dead: u64,
    /// How many jobs fail again and again, and are tried without end.
    pub failing: u64,
}

/// What waits in the outboxes of all tenants for whoever does these topics.
///
/// # Errors
/// The database failed.
pub async fn backlog(database: &Database, topics: &[&str]) -> Result<Backlog, StoreError> {
    let oldest = Entity::find()
        .filter(Column::Topic.is_in(topics.iter().copied()))
        .order_by_asc(Column::DueKey)
        .one(database.wakes_read())
        .await?;
    let dead = outbox_dead_letter::Entity::find()
        .count(database.wakes_read())
        .await?;
    let failing = Entity::find()
        .filter(Column::IsFailing.eq(true))
        .count(database.wakes_read())
        .await?;
    Ok(Backlog {
        due_since: oldest.and_then(|row| DateTime::from_timestamp_millis(row.due_key)),
        dead,
        failing,
    })
}

/// Tells those who look after all tenants that these jobs were given up.
pub(super) async fn bury(
    transaction: &Transaction,
    numbers: impl IntoIterator<Item = i64>,
) -> Result<(), StoreError> {
    let tenant_id = transaction.tenant_id().0;
    let rows = numbers
        .into_iter()
        .map(|number| outbox_dead_letter::Model { tenant_id, number }.into_active_model());
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        let bury = outbox_dead_letter::Entity::insert_many(rows);
        bury.exec_without_returning(transaction.tenants()).await?;
    }
    Ok(())
}

/// Takes that back.
pub(super) async fn exhume(
    transaction: &Transaction,
    numbers: impl IntoIterator<Item = i64>,
) -> Result<(), StoreError> {
    use outbox_dead_letter::Column;
    let numbers: Vec<_> = numbers.into_iter().collect();
    for numbers in numbers.chunks(1_000) {
        let exhume = outbox_dead_letter::Entity::delete_many()
            .filter(Column::TenantId.eq(transaction.tenant_id().0))
            .filter(Column::Number.is_in(numbers.iter().copied()));
        exhume.exec(transaction.tenants()).await?;
    }
    Ok(())
}
