//! Adds revisions to items.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_link, content_revision, media_use};
use sea_orm::{
    ColumnTrait,
    sea_query::{CaseStatement, Expr, ExprTrait, Order, Query},
};
use uuid::Uuid;

use super::{
    AT_ONCE, ContentError, Draft, Outcomes, Target, accepted, check_is_there, drafts, hold,
    invalid, links, only, refuse, slugs, slugs_json,
};
use crate::{
    content::{Body, ItemState, LinkUse, Slugs, fold, queries::read_slugs},
    ids::RevisionId,
    media::{Settling, settle, uses},
    store::{StoreError, Transaction},
};

/// A revision on its way.
pub(super) struct Revising {
    pub(super) id: RevisionId,
    pub(super) item: content_item::Model,
    pub(super) draft: Draft,
    pub(super) links: Vec<LinkUse>,
    /// The slugs that the item has once the revision is published.
    pub(super) slugs: Slugs,
    number: i32,
}

/// Adds a revision to an item and points the draft at it.
///
/// # Errors
/// There is no such item, its newest revision is another than expected, the body is of another type, a link leads nowhere or to the wrong type,
/// offices form a circle, or a slug is taken.
pub async fn revise(
    transaction: &Transaction,
    target: impl Into<Target>,
    draft: Draft,
    now: DateTime<Utc>,
) -> Result<RevisionId, ContentError> {
    only(revise_all(transaction, vec![(target.into(), draft)], now).await?)
}

/// Adds a revision to each of these items, of which each stands here once, and points their drafts
/// at them.
///
/// # Errors
/// The database failed, or somebody else revised one of the items at the same time.
pub async fn revise_all(
    transaction: &Transaction,
    items: Vec<(impl Into<Target>, Draft)>,
    now: DateTime<Utc>,
) -> Result<Outcomes<RevisionId>, ContentError> {
    let items = items.into_iter();
    let items: Vec<(Target, Draft)> = items
        .map(|(target, draft)| (target.into(), draft))
        .collect();
    let targets: Vec<_> = items.iter().map(|(target, _)| *target).collect();
    let mut known = hold(transaction, &targets).await?;
    let previous = drafts(transaction, &known).await?;
    let mut batch: Outcomes<Revising> = items
        .into_iter()
        .map(|(target, draft)| {
            let id = target.id;
            let item = known.remove(&id).ok_or(ContentError::NotFound(id))?;
            target.check(&item)?;
            Revising::new(item, draft, &previous)
        })
        .collect();
    settle_files(transaction, &mut batch, &previous).await?;
    links::check(transaction, &mut batch).await?;
    links::check_circles(transaction, &mut batch).await?;
    slugs::choose(transaction, &mut batch).await?;
    write(transaction, &mut batch, now).await?;
    point(transaction, &batch, now).await?;
    let outcomes = batch.into_iter();
    Ok(outcomes.map(|work| work.map(|work| work.id)).collect())
}

impl Revising {
    fn new(
        item: content_item::Model,
        draft: Draft,
        previous: &HashMap<Uuid, content_revision::Model>,
    ) -> Result<Self, ContentError> {
        if draft.body.content_type().as_str() != item.content_type {
            let message = format!("the content is of type {}", item.content_type);
            return Err(invalid("WRONG_TYPE", "", message));
        }
        check_is_there(&item)?;
        let previous = item.draft_revision_id.and_then(|id| previous.get(&id));
        let slugs = previous.map_or(&item.slugs, |revision| &revision.slugs);
        Ok(Self {
            id: RevisionId::generate(),
            links: draft.body.relations().links,
            slugs: read_slugs(slugs.clone())?,
            number: previous.map_or(1, |revision| revision.number + 1),
            item,
            draft,
        })
    }

    fn row(&self, now: DateTime<Utc>) -> Result<content_revision::Model, StoreError> {
        let body = self.draft.body.to_json();
        Ok(content_revision::Model {
            id: self.id.0,
            tenant_id: self.item.tenant_id,
            item_id: self.item.id,
            number: self.number,
            body: body.map_err(|error| StoreError::corrupt("body", error))?,
            slugs: slugs_json(&self.slugs)?,
            author: self.draft.author.clone(),
            note: self.draft.note.clone(),
            created_at: now,
            title_key: title_key(&self.draft.body),
        })
    }

    fn link_rows(&self) -> impl Iterator<Item = content_link::Model> {
        self.links.iter().map(|link| content_link::Model {
            revision_id: self.id.0,
            field: link.field.to_owned(),
            position: i32::try_from(link.position).unwrap_or(i32::MAX),
            tenant_id: self.item.tenant_id,
            target_item_id: link.target.0,
        })
    }
}

/// The Italian title as lists order it, or another where there is none.
fn title_key(body: &Body) -> String {
    let title = body.title();
    let shown = match body.sort_title() {
        title if !title.is_empty() => title,
        _ => title
            .iter()
            .map(|(_, text)| text.clone())
            .next()
            .unwrap_or_default(),
    };
    fold(&shown).chars().take(200).collect()
}

/// Makes uploads the files of the assets that name them.
async fn settle_files(
    transaction: &Transaction,
    batch: &mut Outcomes<Revising>,
    previous: &HashMap<Uuid, content_revision::Model>,
) -> Result<(), StoreError> {
    let accepted = batch.iter_mut().filter_map(|outcome| outcome.as_mut().ok());
    let mut bodies: Vec<_> = accepted
        .map(|work| Settling {
            body: &mut work.draft.body,
            before: work
                .item
                .draft_revision_id
                .and_then(|id| Some(&previous.get(&id)?.body)),
            author: &work.draft.author,
        })
        .collect();
    let mut wrong = settle(transaction, &mut bodies).await?.into_iter();
    refuse(batch, |_| match wrong.next().flatten() {
        Some(error) => Err(ContentError::Invalid(vec![error])),
        None => Ok(()),
    });
    Ok(())
}

async fn write(
    transaction: &Transaction,
    batch: &mut Outcomes<Revising>,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    let rows: Vec<_> = accepted(batch)
        .map(|work| work.row(now))
        .collect::<Result<_, _>>()?;
    transaction.insert::<content_revision::Entity>(rows).await?;
    let uses: Vec<_> = accepted(batch)
        .filter_map(|work| uses(work.id, work.item.tenant_id, &work.draft.body))
        .collect();
    transaction.insert::<media_use::Entity>(uses).await?;
    let rows = accepted(batch).flat_map(Revising::link_rows);
    Ok(transaction.insert::<content_link::Entity>(rows).await?)
}

/// Points the drafts at the newest revisions, which were just written.
async fn point(
    transaction: &Transaction,
    batch: &Outcomes<Revising>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use content_revision::{Column, Entity};
    let newest = |column: Column| {
        let newest = Query::select()
            .from(Entity)
            .column((Entity, column))
            .and_where(
                Expr::col((Entity, Column::ItemId))
                    .eq(Expr::col((content_item::Entity, content_item::Column::Id))),
            )
            .order_by((Entity, Column::Number), Order::Desc)
            .limit(1)
            .to_owned();
        Expr::SubQuery(None, Box::new(newest.into()))
    };
    let published = content_item::Column::PublishedRevisionId;
    let state = CaseStatement::new()
        .case(
            Expr::col((content_item::Entity, published)).is_null(),
            ItemState::Draft.as_str(),
        )
        .finally(ItemState::Changed.as_str());
    let values = [
        (content_item::Column::DraftRevisionId, newest(Column::Id)),
        (content_item::Column::TitleKey, newest(Column::TitleKey)),
        (content_item::Column::State, state.into()),
        (
            content_item::Column::EditedKey,
            Expr::value(now.timestamp_millis()),
        ),
    ];
    let ids: Vec<_> = accepted(batch).map(|work| work.item.id).collect();
    for ids in ids.chunks(AT_ONCE) {
        let filter = content_item::Column::Id.is_in(ids.iter().copied());
        transaction
            .set::<content_item::Entity>(&values, filter)
            .await?;
    }
    Ok(())
}
