//! The log of what changes on the public site. Each change has a number, 1, 2, 3 and so on for each
//! tenant, in the order of the commits: who has seen a number has seen all before it.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use municipio_entities::{content_change, content_feed};
use sea_orm::{
    ColumnTrait,
    sea_query::{Order, Query},
};

use super::{
    ContentType,
    queries::{Contents, read_type},
};
use crate::{
    ids::ItemId,
    store::{StoreError, Transaction},
};

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was published, for the first time or anew.
    Published,
    /// It was taken off the public site.
    Unpublished,
}

impl ChangeKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Unpublished => "unpublished",
        }
    }
}

impl FromStr for ChangeKind {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "published" => Ok(Self::Published),
            "unpublished" => Ok(Self::Unpublished),
            _ => Err(StoreError::corrupt("kind of change", name)),
        }
    }
}

/// A change of the public site.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its number.
    pub sequence: i64,
    /// What changed.
    pub item: ItemId,
    /// The type of the item.
    pub content_type: ContentType,
    /// What happened.
    pub kind: ChangeKind,
    /// When.
    pub changed_at: DateTime<Utc>,
}

/// Writes changes of the same kind into the log of the tenant.
pub(super) async fn record(
    transaction: &Transaction,
    items: &[(ItemId, ContentType)],
    kind: ChangeKind,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let last = transaction
        .count_up::<content_feed::Entity>(content_feed::Column::LastSequence, count)
        .await?;
    let numbers = last - count + 1..;
    let rows = items
        .iter()
        .zip(numbers)
        .map(|((item, content_type), sequence)| content_change::Model {
            tenant_id: transaction.tenant_id().0,
            sequence,
            item_id: item.0,
            content_type: content_type.as_str().to_owned(),
            kind: kind.as_str().to_owned(),
            changed_at: now,
        });
    transaction.insert::<content_change::Entity>(rows).await?;
    transaction.announce(last).await
}

impl Contents {
    /// The number of the last change.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_change(&self) -> Result<i64, StoreError> {
        self.store().last_sequence().await
    }

    /// The first changes after this number, at most so many.
    ///
    /// # Errors
    /// The database failed.
    pub async fn changes(&self, after: i64, size: u64) -> Result<Vec<Change>, StoreError> {
        use content_change::{Column, Entity};
        let mut select = Query::select();
        select
            .from(Entity)
            .columns([
                (Entity, Column::Sequence),
                (Entity, Column::ItemId),
                (Entity, Column::ContentType),
                (Entity, Column::Kind),
                (Entity, Column::ChangedAt),
            ])
            .and_where(Column::Sequence.gt(after))
            .order_by((Entity, Column::Sequence), Order::Asc)
            .limit(size);
        let rows = self.store().read().rows::<Entity>(select).await?;
        rows.iter()
            .map(|row| {
                let content_type: String = row.try_get("", "content_type")?;
                let kind: String = row.try_get("", "kind")?;
                Ok(Change {
                    sequence: row.try_get("", "sequence")?,
                    item: ItemId(row.try_get("", "item_id")?),
                    content_type: read_type(&content_type)?,
                    kind: kind.parse()?,
                    changed_at: row.try_get("", "changed_at")?,
                })
            })
            .collect()
    }
}
