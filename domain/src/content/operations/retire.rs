//! Takes items out of the way, and brings them back: archived ones are kept, deleted ones can be restored
//! until they are purged.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::content_item;
use sea_orm::{ColumnTrait, sea_query::Condition};
use serde_json::json;

use super::{ContentError, Target, held, invalid, publish::take_off, schedule};
use crate::{
    audit::{self, Actor, Deed},
    content::ItemState,
    store::{StoreError, TenantStore, Transaction},
};

/// Archives an item: it leaves the public site and the lists of those who work, and what was to happen to it
/// does not.
///
/// # Errors
/// There is no such item, it was deleted, or its newest revision is another than expected.
pub async fn archive(
    transaction: &Transaction,
    target: impl Into<Target>,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    let item = held(transaction, target.into()).await?;
    match ItemState::of(&item) {
        ItemState::Archived => return Ok(()),
        ItemState::Deleted => return Err(deleted()),
        _ => {}
    }
    take_off(transaction, &item, now).await?;
    schedule::drop_pending(transaction, &item, now).await?;
    let times = (Some(now), None);
    Ok(put(transaction, &item, ItemState::Archived, times, now).await?)
}

/// Brings an archived item back, as a draft.
///
/// # Errors
/// There is no such item, it was deleted, or its newest revision is another than expected.
pub async fn unarchive(
    transaction: &Transaction,
    target: impl Into<Target>,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    let item = held(transaction, target.into()).await?;
    match ItemState::of(&item) {
        ItemState::Archived => {
            Ok(put(transaction, &item, ItemState::Draft, (None, None), now).await?)
        }
        ItemState::Deleted => Err(deleted()),
        _ => Ok(()),
    }
}

/// Deletes an item: it leaves the public site, and what was to happen to it does not. Its revisions, its
/// slugs and the links to it are kept until it is purged.
///
/// # Errors
/// There is no such item, or its newest revision is another than expected.
pub async fn delete(
    transaction: &Transaction,
    target: impl Into<Target>,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    let item = held(transaction, target.into()).await?;
    if ItemState::of(&item) == ItemState::Deleted {
        return Ok(());
    }
    take_off(transaction, &item, now).await?;
    schedule::drop_pending(transaction, &item, now).await?;
    let times = (item.archived_at, Some(now));
    Ok(put(transaction, &item, ItemState::Deleted, times, now).await?)
}

/// Brings a deleted item back: archived if it was, as a draft otherwise.
///
/// # Errors
/// There is no such item, or its newest revision is another than expected.
pub async fn restore(
    transaction: &Transaction,
    target: impl Into<Target>,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    let item = held(transaction, target.into()).await?;
    if ItemState::of(&item) != ItemState::Deleted {
        return Ok(());
    }
    let state = match item.archived_at {
        Some(_) => ItemState::Archived,
        None => ItemState::Draft,
    };
    let times = (item.archived_at, None);
    Ok(put(transaction, &item, state, times, now).await?)
}

/// How long deleted items can be restored.
const KEPT: TimeDelta = TimeDelta::days(90);

/// Removes for good what was deleted long ago, with its revisions and its slugs. To be run every day; says
/// how many items there were.
///
/// # Errors
/// The database failed.
pub async fn purge(store: &TenantStore, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let filter = Condition::all()
        .add(content_item::Column::State.eq(ItemState::Deleted.as_str()))
        .add(content_item::Column::DeletedAt.lt(now - KEPT));
    let transaction = store.begin().await?;
    let purged = transaction.delete::<content_item::Entity>(filter).await?;
    if purged > 0 {
        let deed = Deed::new("content.purge").with(json!({ "count": purged }));
        audit::record(&transaction, &Actor::system(), &deed, now).await?;
    }
    transaction.commit().await?;
    Ok(purged)
}

fn deleted() -> ContentError {
    invalid("DELETED", "", "the content was deleted; restore it first")
}

/// Writes where an item stands now, and since when it is archived and deleted.
async fn put(
    transaction: &Transaction,
    item: &content_item::Model,
    state: ItemState,
    (archived_at, deleted_at): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use content_item::Column;
    let values = [
        (Column::State, state.as_str().into()),
        (Column::ArchivedAt, archived_at.into()),
        (Column::DeletedAt, deleted_at.into()),
        (Column::EditedKey, now.timestamp_millis().into()),
    ];
    transaction
        .update::<content_item::Entity>(values, Column::Id.eq(item.id))
        .await?;
    Ok(())
}
