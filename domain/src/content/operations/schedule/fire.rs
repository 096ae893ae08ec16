//! Does what is scheduled when its time comes.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_schedule};
use sea_orm::{
    ColumnTrait,
    sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query},
};
use uuid::Uuid;

use super::{ScheduleStatus, Scheduled, ScheduledAction, settled};
use crate::{
    audit::{self, Actor, Deed},
    content::{
        FieldError, global_id,
        operations::{
            ContentError, hold, no_revision, publish_revision,
            release::{due_releases, fire_release, next_due_release},
            unpublish,
        },
        queries::read_type,
    },
    ids::{ItemId, ReleaseId},
    store::{Database, StoreError, TenantStore, Transaction},
    tenants::{self, Tenant},
};

/// Does everything whose time has come, in all municipalities; says when the next is due. Whoever else does
/// the same at the same time does none of it twice. What fails is told to the log and tried again the next
/// time; it keeps nothing else from being done.
///
/// # Errors
/// The database does not say for whom something is due.
pub async fn fire_due(
    database: &Database,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    for tenant in tenants::due(database, now).await? {
        if let Err(error) = fire_all(&database.tenant(tenant.id), &tenant, now).await {
            tracing::error!(tenant = %tenant.ipa_code, %error, "what is scheduled cannot be done; trying again");
        }
    }
    tenants::next_due(database).await
}

async fn fire_all(
    store: &TenantStore,
    tenant: &Tenant,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for (_, due) in due(store, now).await? {
        match due {
            Due::Item(row) => {
                if let Err(error) = fire(store, tenant, &row, now).await {
                    tracing::error!(tenant = %tenant.ipa_code, item = %ItemId(row.item_id), %error, "a scheduled publication failed; trying again");
                }
            }
            Due::Release(id) => {
                if let Err(error) = fire_release(store, tenant, id, now).await {
                    tracing::error!(tenant = %tenant.ipa_code, release = %id, %error, "a scheduled release failed; trying again");
                }
            }
        }
    }
    sleep_until_next(store).await
}

/// Something whose time has come.
enum Due {
    Item(Box<content_schedule::Model>),
    Release(ReleaseId),
}

/// What is due, each with its time and its id. After a downtime much may be: in the order in which it was to
/// happen, because an item and a release can change the same content.
async fn due(
    store: &TenantStore,
    now: DateTime<Utc>,
) -> Result<Vec<((i64, Uuid), Due)>, StoreError> {
    use content_schedule::Column;
    let filter = Condition::all()
        .add(Column::Status.eq(ScheduleStatus::Pending.as_str()))
        .add(Column::DueKey.lte(now.timestamp_millis()));
    let rows = store.read().all::<content_schedule::Entity>(filter).await?;
    let rows = rows.into_iter();
    let items = rows.map(|row| ((row.due_key, row.id), Due::Item(Box::new(row))));
    let releases = due_releases(store, now).await?.into_iter();
    let releases = releases.map(|(due, id)| ((due, id.0), Due::Release(id)));
    let mut due: Vec<_> = items.chain(releases).collect();
    due.sort_by_key(|(order, _)| *order);
    Ok(due)
}

/// Does one thing. Its row is claimed in the same transaction, so that it is done once.
async fn fire(
    store: &TenantStore,
    tenant: &Tenant,
    row: &content_schedule::Model,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let transaction = store.begin().await?;
    // First the item, as everybody who writes it.
    let held = hold(&transaction, &[ItemId(row.item_id).into()]).await?;
    if !claim(&transaction, row, ScheduleStatus::Done, &[], now).await? {
        return Ok(());
    }
    let reasons = match act(&transaction, tenant, row, now).await {
        Ok(name) => {
            write_down(&transaction, tenant, &held, row, name, now).await?;
            return transaction.commit().await;
        }
        // Somebody writes it at this moment: the next time.
        Err(ContentError::Conflict { .. }) => return Ok(()),
        Err(error) => error.reasons()?,
    };
    drop(transaction);
    let transaction = store.begin().await?;
    if claim(&transaction, row, ScheduleStatus::Refused, &reasons, now).await? {
        let codes: Vec<_> = reasons.iter().map(|reason| reason.code.as_str()).collect();
        let name = "content.refuse_schedule";
        write_down(&transaction, tenant, &held, row, name, now).await?;
        tracing::warn!(tenant = %tenant.ipa_code, item = %ItemId(row.item_id), ?codes, "a scheduled publication was refused");
        transaction.commit().await?;
    }
    Ok(())
}

/// Moves the pointer of the item; gives the name of what was done.
async fn act(
    transaction: &Transaction,
    tenant: &Tenant,
    row: &content_schedule::Model,
    now: DateTime<Utc>,
) -> Result<&'static str, ContentError> {
    let scheduled = Scheduled::from_row(row.clone())?;
    match scheduled.action {
        ScheduledAction::Unpublish => {
            unpublish(transaction, scheduled.item, now).await?;
            Ok("content.unpublish")
        }
        ScheduledAction::Publish => {
            let revision = scheduled.revision.ok_or_else(no_revision)?;
            publish_revision(transaction, scheduled.item, revision, &tenant.locales, now).await?;
            Ok("content.publish")
        }
    }
}

/// Tells the audit log what was done, and for whom.
async fn write_down(
    transaction: &Transaction,
    tenant: &Tenant,
    held: &HashMap<ItemId, content_item::Model>,
    row: &content_schedule::Model,
    name: &'static str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let id = ItemId(row.item_id);
    // What cannot be read is refused, and that is written down too.
    let content_type = held.get(&id).map(|item| read_type(&item.content_type));
    let deed = match content_type {
        Some(Ok(content_type)) => Deed::to(name, global_id(content_type, &tenant.ipa_code, id)),
        _ => Deed::new(name),
    };
    let deed = deed.with(serde_json::json!({
        "scheduled_by": row.author,
        "revision": row.revision_id,
        "due_at": DateTime::from_timestamp_millis(row.due_key),
    }));
    audit::record(transaction, &Actor::system(), &deed, now).await
}

/// Takes a thing that is pending for oneself.
async fn claim(
    transaction: &Transaction,
    row: &content_schedule::Model,
    status: ScheduleStatus,
    reasons: &[FieldError],
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    use content_schedule::Column;
    let pending = Condition::all()
        .add(Column::Id.eq(row.id))
        .add(Column::Status.eq(ScheduleStatus::Pending.as_str()));
    let settled = settled(status, reasons, now)?;
    let claimed = transaction
        .update::<content_schedule::Entity>(settled, pending)
        .await?;
    Ok(claimed == 1)
}

/// Has the tenant looked at when the next of its things is due.
async fn sleep_until_next(store: &TenantStore) -> Result<(), StoreError> {
    use content_schedule::{Column, Entity};
    let transaction = store.begin().await?;
    // What is scheduled at this moment waits, and then finds the time that is set here.
    transaction.hold_wake().await?;
    let next = Alias::new("next");
    let mut select = Query::select();
    select
        .from(Entity)
        .expr_as(Func::min(Expr::col((Entity, Column::DueKey))), next)
        .and_where(Expr::col((Entity, Column::Status)).eq(ScheduleStatus::Pending.as_str()));
    let rows = transaction.rows::<Entity>(select).await?;
    let next = rows
        .first()
        .map(|row| row.try_get("", "next"))
        .transpose()?;
    let next = [next.flatten(), next_due_release(&transaction).await?];
    let next = next.into_iter().flatten().min();
    transaction.set_wake(next, Condition::all()).await?;
    transaction.commit().await
}
