//! Takes items off the public site, and tells what has moved.

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_listing, content_occurrence};
use sea_orm::ColumnTrait;
use uuid::Uuid;

use super::{AT_ONCE, ContentError, Outcomes, Target, hold, only};
use crate::{
    content::{
        ChangeKind, ItemState,
        changes::{Changed, record},
        queries::read_type,
        sizes::{self, resize},
    },
    ids::ItemId,
    store::{StoreError, Transaction},
};

/// What has moved, and is still to be told: the sizes of lists and the log of changes. Their rows stay locked
/// until the transaction ends, and a transaction takes them once and in this order, so that two do not wait
/// for each other.
#[derive(Default)]
pub(super) struct Moved {
    pub(super) sizes: sizes::Changes,
    pub(super) published: Vec<Changed>,
    pub(super) unpublished: Vec<Changed>,
}

impl Moved {
    /// Both of them.
    pub(super) fn and(mut self, other: Self) -> Self {
        for (key, by) in other.sizes {
            *self.sizes.entry(key).or_default() += by;
        }
        self.published.extend(other.published);
        self.unpublished.extend(other.unpublished);
        self
    }

    /// Tells it. To be called once, after everything else.
    pub(super) async fn tell(
        self,
        transaction: &Transaction,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        resize(transaction, self.sizes).await?;
        let kinds = [
            (self.published, ChangeKind::Published),
            (self.unpublished, ChangeKind::Unpublished),
        ];
        for (items, kind) in kinds {
            if !items.is_empty() {
                record(transaction, &items, kind, now).await?;
            }
        }
        Ok(())
    }
}

/// Takes an item off the public site. Its links and its slugs are kept.
///
/// # Errors
/// There is no such item, or its newest revision is another than expected.
pub async fn unpublish(
    transaction: &Transaction,
    target: impl Into<Target>,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    only(unpublish_all(transaction, &[target.into()], now).await?)
}

/// Takes these items off the public site, of which each stands here once.
///
/// # Errors
/// The database failed.
pub async fn unpublish_all(
    transaction: &Transaction,
    targets: &[impl Into<Target> + Copy],
    now: DateTime<Utc>,
) -> Result<Outcomes<()>, ContentError> {
    let targets: Vec<Target> = targets.iter().map(|target| (*target).into()).collect();
    let known = hold(transaction, &targets).await?;
    let outcomes = targets.iter().map(|target| {
        let item = known.get(&target.id);
        let item = item.ok_or(ContentError::NotFound(target.id))?;
        target.check(item)?;
        Ok(item)
    });
    let outcomes: Outcomes<_> = outcomes.collect();
    let items: Vec<_> = super::accepted(&outcomes).copied().collect();
    let moved = take_off(transaction, &items).await?;
    moved.tell(transaction, now).await?;
    Ok(outcomes.into_iter().map(|item| item.map(|_| ())).collect())
}

/// Takes those of these items, which are held, off the public site that are there.
pub(super) async fn take_off(
    transaction: &Transaction,
    items: &[&content_item::Model],
) -> Result<Moved, StoreError> {
    use content_item::Column;
    let public = items.iter();
    let public: Vec<_> = public
        .filter(|item| item.published_revision_id.is_some())
        .collect();
    let ids: Vec<_> = public.iter().map(|item| item.id).collect();
    for ids in ids.chunks(AT_ONCE) {
        let values = [
            (Column::PublishedRevisionId, Option::<Uuid>::None.into()),
            (Column::State, ItemState::Draft.as_str().into()),
        ];
        let filter = Column::Id.is_in(ids.iter().copied());
        transaction
            .update::<content_item::Entity>(values, filter)
            .await?;
    }
    let sizes = sizes::changes(transaction, &ids, &[]).await?;
    unlist(transaction, &ids).await?;
    let unpublished = public
        .iter()
        .map(|item| Ok((ItemId(item.id), read_type(&item.content_type)?, None)));
    Ok(Moved {
        sizes,
        unpublished: unpublished.collect::<Result<_, StoreError>>()?,
        ..Moved::default()
    })
}

/// Takes items out of the lists.
pub(super) async fn unlist(transaction: &Transaction, ids: &[Uuid]) -> Result<(), StoreError> {
    for ids in ids.chunks(AT_ONCE) {
        let ids = ids.iter().copied();
        let filter = content_listing::Column::ItemId.is_in(ids.clone());
        transaction
            .delete::<content_listing::Entity>(filter)
            .await?;
        let filter = content_occurrence::Column::ItemId.is_in(ids);
        transaction
            .delete::<content_occurrence::Entity>(filter)
            .await?;
    }
    Ok(())
}
