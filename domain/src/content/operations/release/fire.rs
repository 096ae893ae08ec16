//! Publishes the releases whose time has come.

use chrono::{DateTime, Utc};
use municipio_entities::content_release::{Column, Entity, Model};
use sea_orm::{ColumnTrait, sea_query::Condition};

use super::{
    Release, ReleaseError, ReleaseStatus,
    publish::{publish_release, settle},
};
use crate::{
    audit::{self, Actor, Deed},
    content::{ContentError, global_id_of},
    ids::ReleaseId,
    store::{StoreError, TenantStore, Transaction},
    tenants::Tenant,
};

/// The releases of a tenant whose time has come, each with that time: milliseconds since 1970-01-01 in UTC.
pub(in crate::content::operations) async fn due_releases(
    store: &TenantStore,
    now: DateTime<Utc>,
) -> Result<Vec<(i64, ReleaseId)>, StoreError> {
    let due = Condition::all()
        .add(Column::Status.eq(ReleaseStatus::Scheduled.as_str()))
        .add(Column::DueKey.lte(now.timestamp_millis()));
    let rows = store.read().all::<Entity>(due).await?.into_iter();
    Ok(rows
        .filter_map(|row| Some((row.due_key?, ReleaseId(row.id))))
        .collect())
}

/// Publishes a release whose time has come. Whoever else does the same at the same time does it not twice.
pub(in crate::content::operations) async fn fire_release(
    store: &TenantStore,
    tenant: &Tenant,
    id: ReleaseId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let transaction = store.begin().await?;
    let Some(row) = still_due(&transaction, id, now).await? else {
        return Ok(());
    };
    let report = match publish_release(&transaction, id, &tenant.locales, now).await {
        Ok(()) => {
            write_down(&transaction, tenant, &row, "release.publish", now).await?;
            return transaction.commit().await;
        }
        // Somebody writes one of the items at this moment: the next time.
        Err(ReleaseError::Content(ContentError::Conflict { .. })) => return Ok(()),
        Err(error) => error.report()?,
    };
    drop(transaction);
    let transaction = store.begin().await?;
    // Somebody may have changed it since the other transaction ended.
    let Some(row) = still_due(&transaction, id, now).await? else {
        return Ok(());
    };
    settle(&transaction, id, ReleaseStatus::Refused, &report, now).await?;
    write_down(&transaction, tenant, &row, "release.refuse_schedule", now).await?;
    transaction.commit().await?;
    let codes: Vec<_> = report.iter().map(|issue| issue.code.as_str()).collect();
    tracing::warn!(tenant = %tenant.ipa_code, release = %id, ?codes, "a scheduled release was refused");
    Ok(())
}

/// The release, kept from others, when it is still to be published: another node may have done it, or an editor
/// called it off.
async fn still_due(
    transaction: &Transaction,
    id: ReleaseId,
    now: DateTime<Utc>,
) -> Result<Option<Model>, StoreError> {
    let held = transaction.hold_of::<Entity>(Column::Id, [id.0]).await?;
    let is_due = |row: &Model| {
        row.status == ReleaseStatus::Scheduled.as_str()
            && row.due_key.is_some_and(|due| due <= now.timestamp_millis())
    };
    Ok(held.into_iter().find(is_due))
}

async fn write_down(
    transaction: &Transaction,
    tenant: &Tenant,
    row: &Model,
    name: &'static str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let subject = global_id_of(Release::TYPE_NAME, &tenant.ipa_code, ReleaseId(row.id));
    let due_at = row.due_key.and_then(DateTime::from_timestamp_millis);
    let deed = Deed::to(name, subject).with(serde_json::json!({ "due_at": due_at }));
    audit::record(transaction, &Actor::system(), &deed, now).await
}
