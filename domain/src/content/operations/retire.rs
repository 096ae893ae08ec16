//! Takes items out of the way, and brings them back: archived ones are kept, deleted ones can be restored
//! until they are purged.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::content_item;
use sea_orm::{
    ColumnTrait,
    sea_query::{CaseStatement, Condition, Expr, ExprTrait},
};
use serde_json::json;

use super::{
    AT_ONCE, ContentError, Outcomes, Target, accepted, check_is_not_deleted, hold, only, schedule,
    unpublish::take_off,
};
use crate::{
    audit::{self, Actor, Deed},
    cases::has_some,
    content::{ContentType, ItemState, global_id, queries::read_type},
    ids::ItemId,
    store::{StoreError, TenantStore, Transaction},
    tenants::Tenant,
};

/// A step in the life of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifeStep {
    /// It leaves the public site and the lists of those who work, and what was to happen to it does not.
    Archive,
    /// An archived item comes back, as a draft.
    Unarchive,
    /// It leaves the public site, and what was to happen to it does not. Its revisions, its slugs and the links
    /// to it are kept until it is purged.
    Delete,
    /// A deleted item comes back: archived if it was, as a draft otherwise.
    Restore,
}

impl LifeStep {
    /// Whether it changes where an item stands.
    fn moves(self, item: &content_item::Model) -> Result<bool, ContentError> {
        let state = ItemState::of(item);
        Ok(match self {
            Self::Delete => state != ItemState::Deleted,
            Self::Restore => state == ItemState::Deleted,
            Self::Archive | Self::Unarchive => {
                check_is_not_deleted(item)?;
                (state == ItemState::Archived) == (self == Self::Unarchive)
            }
        })
    }

    /// The item has left after it.
    fn leaves(self) -> bool {
        matches!(self, Self::Archive | Self::Delete)
    }

    /// Where an item stands then, and since when.
    fn values(self, now: DateTime<Utc>) -> [(content_item::Column, Expr); 3] {
        use content_item::{Column, Entity};
        let state = |state: ItemState| Expr::value(state.as_str());
        let nothing = || Expr::value(Option::<DateTime<Utc>>::None);
        let (state, time) = match self {
            Self::Archive => (
                state(ItemState::Archived),
                (Column::ArchivedAt, Expr::value(now)),
            ),
            Self::Unarchive => (state(ItemState::Draft), (Column::ArchivedAt, nothing())),
            Self::Delete => (
                state(ItemState::Deleted),
                (Column::DeletedAt, Expr::value(now)),
            ),
            Self::Restore => {
                let archived = Expr::col((Entity, Column::ArchivedAt)).is_not_null();
                let state = CaseStatement::new()
                    .case(archived, ItemState::Archived.as_str())
                    .finally(ItemState::Draft.as_str());
                (state.into(), (Column::DeletedAt, nothing()))
            }
        };
        let edited = Expr::value(now.timestamp_millis());
        [(Column::State, state), time, (Column::EditedKey, edited)]
    }
}

/// Takes the same step with these items, of which each stands here once. Those that stand there already stay.
///
/// # Errors
/// The database failed. Of an item: there is none, it was deleted, or its newest revision is another than
/// expected.
pub async fn move_on_all(
    transaction: &Transaction,
    targets: &[impl Into<Target> + Copy],
    step: LifeStep,
    now: DateTime<Utc>,
) -> Result<Outcomes<()>, ContentError> {
    let targets: Vec<Target> = targets.iter().map(|target| (*target).into()).collect();
    let known = hold(transaction, &targets).await?;
    let outcomes = targets.iter().map(|target| {
        let item = known.get(&target.id);
        let item = item.ok_or(ContentError::NotFound(target.id))?;
        target.check(item)?;
        Ok(step.moves(item)?.then_some(item))
    });
    let outcomes: Outcomes<_> = outcomes.collect();
    let items: Vec<_> = accepted(&outcomes).copied().flatten().collect();
    let ids: Vec<_> = items.iter().map(|item| item.id).collect();
    let moved = match step.leaves() {
        true => {
            schedule::drop_pending(transaction, &ids, now).await?;
            Some(take_off(transaction, &items).await?)
        }
        false => None,
    };
    for ids in ids.chunks(AT_ONCE) {
        let filter = content_item::Column::Id.is_in(ids.iter().copied());
        transaction
            .set::<content_item::Entity>(&step.values(now), filter)
            .await?;
    }
    if let Some(moved) = moved {
        moved.tell(transaction, now).await?;
    }
    Ok(outcomes.into_iter().map(|item| item.map(|_| ())).collect())
}

/// Takes a step with one item.
///
/// # Errors
/// There is no such item, it was deleted, or its newest revision is another than expected.
pub async fn move_on(
    transaction: &Transaction,
    target: impl Into<Target>,
    step: LifeStep,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    only(move_on_all(transaction, &[target.into()], step, now).await?)
}

/// Keeps the procedures whose definitions cases follow, and the offices in charge of some: what happened in a case would
/// mean nothing without the one, and nobody of an office would see it without the other.
async fn keep_followed(
    transaction: &Transaction,
    gone: &mut Vec<content_item::Model>,
) -> Result<(), StoreError> {
    let has_cases = [ContentType::Procedure, ContentType::Office].map(ContentType::as_str);
    let known = gone
        .iter()
        .filter(|item| has_cases.contains(&item.content_type.as_str()));
    let known: Vec<_> = known.map(|item| ItemId(item.id)).collect();
    for id in known {
        if has_some(transaction, id).await? {
            gone.retain(|item| item.id != id.0);
        }
    }
    Ok(())
}

/// How long deleted items can be restored.
const KEPT: TimeDelta = TimeDelta::days(90);

/// Removes for good what was deleted long ago, with its revisions and its slugs. To be run every day; says
/// how many items there were.
///
/// # Errors
/// The database failed.
pub async fn purge(
    store: &TenantStore,
    tenant: &Tenant,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    use content_item::{Column, Entity};
    let over = Condition::all()
        .add(Column::State.eq(ItemState::Deleted.as_str()))
        .add(Column::DeletedAt.lt(now - KEPT));
    if store.read().one::<Entity>(over.clone()).await?.is_none() {
        return Ok(0);
    }
    let transaction = store.begin().await?;
    let items = transaction.all::<Entity>(over).await?;
    let mut ids: Vec<_> = items.iter().map(|item| item.id).collect();
    ids.sort_unstable();
    // Who restores one of them at this moment is waited for, and keeps it.
    let held = transaction.hold_of::<Entity>(Column::Id, ids).await?;
    let gone = held
        .into_iter()
        .filter(|item| item.deleted_at.is_some_and(|at| at < now - KEPT));
    let mut gone: Vec<_> = gone.collect();
    keep_followed(&transaction, &mut gone).await?;
    for items in gone.chunks(AT_ONCE) {
        let filter = Column::Id.is_in(items.iter().map(|item| item.id));
        transaction.delete::<Entity>(filter).await?;
    }
    let subjects = gone.iter().map(|item| {
        let content_type = read_type(&item.content_type)?;
        Ok(global_id(content_type, &tenant.ipa_code, ItemId(item.id)))
    });
    let subjects = subjects.collect::<Result<Vec<_>, StoreError>>()?;
    if !subjects.is_empty() {
        let deed = Deed::new("content.purge").with(json!({ "subjects": subjects }));
        audit::record(&transaction, &Actor::system(), &deed, now).await?;
    }
    transaction.commit().await?;
    Ok(gone.len() as u64)
}
