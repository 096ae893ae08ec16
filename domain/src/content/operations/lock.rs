//! Who says to be at work on an item. It keeps nobody from writing: what was written meanwhile is told by
//! the expected revision.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use municipio_entities::content_lock;
use sea_orm::{ColumnTrait, sea_query::Condition};

use super::{ContentError, Target, held};
use crate::{
    ids::ItemId,
    store::{StoreError, Transaction},
};

/// How long somebody is taken to be at work since they last said so.
pub const LOCKED_FOR: TimeDelta = TimeDelta::minutes(2);

/// Who works on an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The author of what they write: `account:…`.
    pub holder: String,
    /// What others see of them.
    pub holder_name: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when, if they do not say so again.
    pub expires_at: DateTime<Utc>,
}

/// Somebody who wants to work on an item.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The author of what they write.
    pub holder: String,
    /// What others see of them.
    pub name: String,
}

impl Lock {
    /// What a row says, while it holds.
    pub(in crate::content) fn from_row(
        row: content_lock::Model,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        (row.expires_at > now).then_some(Self {
            holder: row.holder,
            holder_name: row.holder_name,
            since: row.since,
            expires_at: row.expires_at,
        })
    }
}

/// Says that somebody is at work on an item, for the first time or again; gives who is. Whoever else is at
/// work stays, unless they are taken over from.
///
/// # Errors
/// There is no such item.
pub async fn lock(
    transaction: &Transaction,
    id: ItemId,
    who: Worker,
    take_over: bool,
    now: DateTime<Utc>,
) -> Result<Lock, ContentError> {
    // As precise as both databases keep it.
    let now = now.trunc_subsecs(6);
    // Two who come at the same time come one after the other.
    held(transaction, Target::from(id)).await?;
    let filter = content_lock::Column::ItemId.eq(id.0);
    let row = transaction.one::<content_lock::Entity>(filter).await?;
    let there = row.and_then(|row| Lock::from_row(row, now));
    let since = match there {
        Some(lock) if lock.holder == who.holder => lock.since,
        Some(lock) if !take_over => return Ok(lock),
        _ => now,
    };
    let lock = Lock {
        holder: who.holder,
        holder_name: who.name,
        since,
        expires_at: now + LOCKED_FOR,
    };
    let filter = content_lock::Column::ItemId.eq(id.0);
    transaction.delete::<content_lock::Entity>(filter).await?;
    let row = content_lock::Model {
        item_id: id.0,
        tenant_id: transaction.tenant_id().0,
        holder: lock.holder.clone(),
        holder_name: lock.holder_name.clone(),
        since: lock.since,
        expires_at: lock.expires_at,
    };
    transaction.insert::<content_lock::Entity>([row]).await?;
    Ok(lock)
}

/// Says that somebody is not at work on an item any more; says whether they were.
///
/// # Errors
/// The database failed.
pub async fn unlock(
    transaction: &Transaction,
    id: ItemId,
    holder: &str,
) -> Result<bool, StoreError> {
    let filter = Condition::all()
        .add(content_lock::Column::ItemId.eq(id.0))
        .add(content_lock::Column::Holder.eq(holder));
    Ok(transaction.delete::<content_lock::Entity>(filter).await? > 0)
}
