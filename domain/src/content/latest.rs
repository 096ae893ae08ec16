//! The newest revision of items, published or not: what a loader compares with.

use std::collections::{HashMap, HashSet};

use municipio_entities::{content_item, content_revision};
use sea_orm::ColumnTrait;
use serde_json::Value;

use super::{Slugs, queries::read_slugs};
use crate::{
    ids::ItemId,
    store::{StoreError, TenantStore, Transaction},
};

/// The newest revision of an item.
#[derive(Clone, Debug)]
pub struct Latest {
    /// The slugs it gives the item.
    pub slugs: Slugs,
    /// The body as it is stored; nothing when the item has no revision yet.
    pub body: Option<Value>,
    /// Who wrote it.
    pub author: String,
}

/// The newest revisions of those of these items that exist.
///
/// # Errors
/// The database failed.
pub async fn latest(
    transaction: &Transaction,
    ids: &[ItemId],
) -> Result<HashMap<ItemId, Latest>, StoreError> {
    let mut found = HashMap::new();
    for ids in ids.chunks(1_000) {
        let filter = content_item::Column::Id.is_in(ids.iter().map(|id| id.0));
        let items = transaction.all::<content_item::Entity>(filter).await?;
        let drafts = items.iter().filter_map(|item| item.draft_revision_id);
        let filter = content_revision::Column::Id.is_in(drafts);
        let revisions = transaction.all::<content_revision::Entity>(filter).await?;
        let mut revisions: HashMap<_, _> = revisions
            .into_iter()
            .map(|revision| (revision.id, revision))
            .collect();
        for item in items {
            let revision = item.draft_revision_id.and_then(|id| revisions.remove(&id));
            let latest = match revision {
                Some(revision) => Latest {
                    slugs: read_slugs(revision.slugs)?,
                    body: Some(revision.body),
                    author: revision.author,
                },
                None => Latest {
                    slugs: Slugs::new(),
                    body: None,
                    author: String::new(),
                },
            };
            found.insert(ItemId(item.id), latest);
        }
    }
    Ok(found)
}

/// Those of these items that exist.
///
/// # Errors
/// The database failed.
pub async fn existing(store: &TenantStore, ids: &[ItemId]) -> Result<HashSet<ItemId>, StoreError> {
    let read = store.read();
    let mut found = HashSet::new();
    for ids in ids.chunks(1_000) {
        let filter = content_item::Column::Id.is_in(ids.iter().map(|id| id.0));
        let items = read.all::<content_item::Entity>(filter).await?;
        found.extend(items.into_iter().map(|item| ItemId(item.id)));
    }
    Ok(found)
}
