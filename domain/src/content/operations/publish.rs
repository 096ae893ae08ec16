//! Moves the published pointers of items.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_listing, content_occurrence, content_revision};
use sea_orm::{
    ColumnTrait,
    sea_query::{Condition, Expr, ExprTrait, Func, Query},
};
use uuid::Uuid;

use super::{
    AT_ONCE, ContentError, Outcomes, Target, accepted, drafts, hold, invalid,
    listing::listing_rows, occurrences::occurrence_rows, only, refuse, slugs,
};
use crate::{
    content::{
        Body, ChangeKind, PublishReport, Slugs,
        changes::record,
        gate,
        queries::{read_body, read_slugs, read_type},
        sizes::resize,
    },
    ids::{ItemId, RevisionId},
    locale::Locale,
    store::{StoreError, Transaction},
};

/// An item on its way to the public site.
pub(super) struct Publishing {
    pub(super) item: content_item::Model,
    revision: RevisionId,
    pub(super) body: Body,
    pub(super) slugs: Slugs,
    report: PublishReport,
}

/// Publishes the draft: the published pointer moves to it, its slugs become those of the item, and
/// lists show it. `locales` are those of the tenant, the default first.
///
/// # Errors
/// There is no such item or no draft, its newest revision is another than expected, or the publishing
/// gate refuses.
pub async fn publish(
    transaction: &Transaction,
    target: impl Into<Target>,
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<PublishReport, ContentError> {
    only(publish_all(transaction, &[target.into()], locales, now).await?)
}

/// Publishes the drafts of these items, of which each stands here once.
///
/// # Errors
/// The database failed, or somebody else wrote one of the items at the same time.
pub async fn publish_all(
    transaction: &Transaction,
    targets: &[impl Into<Target> + Copy],
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<Outcomes<PublishReport>, ContentError> {
    let targets: Vec<Target> = targets.iter().map(|target| (*target).into()).collect();
    let mut known = hold(transaction, &targets).await?;
    let mut drafts = drafts(transaction, &known).await?;
    let mut batch: Outcomes<Publishing> = targets
        .iter()
        .map(|target| {
            let id = target.id;
            let item = known.remove(&id).ok_or(ContentError::NotFound(id))?;
            target.check(&item)?;
            Publishing::new(item, &mut drafts)
        })
        .collect();
    refuse(&mut batch, Publishing::ask_gate);
    slugs::claim(transaction, &mut batch, now).await?;
    point(transaction, &batch, now).await?;
    list(transaction, &batch, locales, now).await?;
    let items = accepted(&batch).map(|work| {
        let content_type = work.body.content_type();
        (ItemId(work.item.id), content_type, Some(work.revision))
    });
    let items: Vec<_> = items.collect();
    if !items.is_empty() {
        record(transaction, &items, ChangeKind::Published, now).await?;
    }
    let outcomes = batch.into_iter();
    Ok(outcomes.map(|work| work.map(|work| work.report)).collect())
}

impl Publishing {
    fn new(
        item: content_item::Model,
        drafts: &mut HashMap<Uuid, content_revision::Model>,
    ) -> Result<Self, ContentError> {
        let draft = item.draft_revision_id.and_then(|id| drafts.remove(&id));
        let draft = draft.ok_or_else(|| invalid("NO_DRAFT", "", "there is nothing to publish"))?;
        let content_type = read_type(&item.content_type)?;
        let revision = RevisionId(draft.id);
        Ok(Self {
            revision,
            body: read_body(content_type, revision, draft.body)?,
            slugs: read_slugs(draft.slugs)?,
            report: PublishReport::default(),
            item,
        })
    }

    fn ask_gate(&mut self) -> Result<(), ContentError> {
        let report = gate::publish_report(&self.body);
        if !report.is_publishable() {
            return Err(ContentError::NotPublishable(report));
        }
        self.report = report;
        Ok(())
    }
}

/// Moves the published pointers to the drafts, whose slugs become those of the items.
async fn point(
    transaction: &Transaction,
    batch: &Outcomes<Publishing>,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    use content_item::{Column, Entity};
    let draft = Expr::col((Entity, Column::DraftRevisionId));
    let id = Expr::col((content_revision::Entity, content_revision::Column::Id));
    let slugs = Query::select()
        .from(content_revision::Entity)
        .column((content_revision::Entity, content_revision::Column::Slugs))
        .and_where(id.eq(draft.clone()))
        .to_owned();
    let first = Func::coalesce([Expr::col((Entity, Column::PublishedAt)), Expr::value(now)]);
    let values = [
        (Column::PublishedRevisionId, draft),
        (Column::Slugs, Expr::SubQuery(None, Box::new(slugs.into()))),
        (Column::PublishedAt, first.into()),
        (Column::UpdatedAt, Expr::value(now)),
    ];
    let accepted: Vec<_> = accepted(batch).collect();
    for works in accepted.chunks(AT_ONCE) {
        // With the draft that the gate has seen: whoever revised the item since is not overtaken.
        let seen = works.iter().filter_map(|work| work.item.draft_revision_id);
        let filter = Condition::all()
            .add(Column::Id.is_in(works.iter().map(|work| work.item.id)))
            .add(Column::DraftRevisionId.is_in(seen));
        let moved = transaction.set::<Entity>(&values, filter).await?;
        if moved != works.len() as u64 {
            return Err(ContentError::Conflict {
                expected: None,
                actual: None,
            });
        }
    }
    Ok(())
}

/// Shows the items in lists, in place of what was there of them.
async fn list(
    transaction: &Transaction,
    batch: &Outcomes<Publishing>,
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let listed = accepted(batch).filter(|work| work.item.published_revision_id.is_some());
    let listed: Vec<_> = listed.map(|work| work.item.id).collect();
    let rows = accepted(batch).flat_map(|work| {
        let published_at = work.item.published_at.unwrap_or(now);
        listing_rows(ItemId(work.item.id), &work.body, locales, published_at, now)
    });
    let rows: Vec<_> = rows.collect();
    resize(transaction, &listed, &rows).await?;
    unlist(transaction, &listed).await?;
    transaction.insert::<content_listing::Entity>(rows).await?;
    let rows = accepted(batch).flat_map(|work| {
        let schedule = work.body.schedule();
        let rows = schedule.map(|schedule| occurrence_rows(ItemId(work.item.id), schedule, now));
        rows.into_iter().flatten()
    });
    transaction.insert::<content_occurrence::Entity>(rows).await
}

async fn unlist(transaction: &Transaction, ids: &[Uuid]) -> Result<(), StoreError> {
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

/// Takes an item off the public site. Its links and its slugs are kept.
///
/// # Errors
/// There is no such item, or its newest revision is another than expected.
pub async fn unpublish(
    transaction: &Transaction,
    target: impl Into<Target>,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    let target = target.into();
    let id = target.id;
    let found = hold(transaction, &[target]).await?.remove(&id);
    let item = found.ok_or(ContentError::NotFound(id))?;
    target.check(&item)?;
    if item.published_revision_id.is_none() {
        return Ok(());
    }
    let nothing = Option::<Uuid>::None;
    transaction
        .update::<content_item::Entity>(
            [(content_item::Column::PublishedRevisionId, nothing.into())],
            content_item::Column::Id.eq(id.0),
        )
        .await?;
    resize(transaction, &[item.id], &[]).await?;
    unlist(transaction, &[item.id]).await?;
    let items = [(id, read_type(&item.content_type)?, None)];
    Ok(record(transaction, &items, ChangeKind::Unpublished, now).await?)
}
