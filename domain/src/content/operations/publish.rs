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
    AT_ONCE, ContentError, Outcomes, Target, accepted, check_is_there, held, hold, invalid,
    listing::listing_rows, no_revision, occurrences::occurrence_rows, only, refuse, revisions,
    schedule, slugs, slugs_json,
};
use crate::{
    content::{
        Body, ChangeKind, ItemState, PublishReport, Slugs,
        changes::record,
        gate,
        queries::{read_body, read_slugs, read_type},
        review::{Asked, ReviewError, not_approved},
        sizes::{self, resize},
    },
    ids::{ItemId, RevisionId},
    locale::Locale,
    store::{StoreError, Transaction},
};

/// An item on its way to the public site.
pub(super) struct Publishing {
    pub(super) item: content_item::Model,
    pub(super) body: Body,
    pub(super) slugs: Slugs,
    /// The revision that readers are to see.
    revision: Uuid,
    /// Who wrote it.
    author: String,
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
    let targets = targets.iter().map(|target| ((*target).into(), None));
    publish_revisions(transaction, targets.collect(), locales, now).await
}

/// Publishes a certain revision of an item, whatever its draft is by now.
///
/// # Errors
/// There is no such item or revision, or the publishing gate refuses.
pub async fn publish_revision(
    transaction: &Transaction,
    target: impl Into<Target>,
    revision: RevisionId,
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<PublishReport, ContentError> {
    let targets = vec![(target.into(), Some(revision))];
    only(publish_revisions(transaction, targets, locales, now).await?)
}

/// Publishes these revisions of items, or their drafts where none is named.
pub(super) async fn publish_revisions(
    transaction: &Transaction,
    targets: Vec<(Target, Option<RevisionId>)>,
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<Outcomes<PublishReport>, ContentError> {
    let items: Vec<_> = targets.iter().map(|(target, _)| *target).collect();
    let mut known = hold(transaction, &items).await?;
    let wanted = targets.iter().filter_map(|(target, revision)| {
        let draft = known.get(&target.id)?.draft_revision_id;
        revision.map(|revision| revision.0).or(draft)
    });
    let mut revisions = revisions(transaction, wanted.collect()).await?;
    let mut batch: Outcomes<Publishing> = targets
        .into_iter()
        .map(|(target, revision)| {
            let id = target.id;
            let item = known.remove(&id).ok_or(ContentError::NotFound(id))?;
            target.check(&item)?;
            Publishing::new(item, revision, &mut revisions)
        })
        .collect();
    refuse(&mut batch, Publishing::ask_gate);
    ask_for_approvals(transaction, &mut batch).await?;
    slugs::claim(transaction, &mut batch, now).await?;
    point(transaction, &batch, now).await?;
    list(transaction, &batch, locales, now).await?;
    let published: Vec<_> = accepted(&batch).map(|work| work.item.id).collect();
    schedule::supersede(transaction, &published, now).await?;
    let items = accepted(&batch).map(|work| {
        let public = (RevisionId(work.revision), slugs_json(&work.slugs)?);
        Ok((ItemId(work.item.id), work.body.content_type(), Some(public)))
    });
    let items: Vec<_> = items.collect::<Result<_, StoreError>>()?;
    if !items.is_empty() {
        record(transaction, &items, ChangeKind::Published, now).await?;
    }
    let outcomes = batch.into_iter();
    Ok(outcomes.map(|work| work.map(|work| work.report)).collect())
}

impl Publishing {
    fn new(
        item: content_item::Model,
        revision: Option<RevisionId>,
        revisions: &mut HashMap<Uuid, content_revision::Model>,
    ) -> Result<Self, ContentError> {
        check_is_there(&item)?;
        let wanted = revision
            .map(|revision| revision.0)
            .or(item.draft_revision_id);
        let found = wanted.and_then(|id| revisions.remove(&id));
        let found = found.filter(|revision| revision.item_id == item.id);
        let found = found.ok_or_else(|| match revision {
            None => invalid("NO_DRAFT", "", "there is nothing to publish"),
            Some(_) => no_revision(),
        })?;
        let content_type = read_type(&item.content_type)?;
        Ok(Self {
            body: read_body(content_type, RevisionId(found.id), found.body)?,
            slugs: read_slugs(found.slugs)?,
            revision: found.id,
            author: found.author,
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

/// Refuses what nobody else approved, where the municipality wants four eyes.
async fn ask_for_approvals(
    transaction: &Transaction,
    batch: &mut Outcomes<Publishing>,
) -> Result<(), StoreError> {
    let asked = accepted(batch).map(|work| Asked {
        item: ItemId(work.item.id),
        content_type: work.body.content_type(),
        revision: RevisionId(work.revision),
        written_by: work.author.clone(),
    });
    let asked = asked.collect();
    let missing = not_approved(transaction, asked).await?;
    refuse(batch, |work| {
        match missing.contains(&ItemId(work.item.id)) {
            true => Err(ReviewError::NotApproved.into()),
            false => Ok(()),
        }
    });
    Ok(())
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
        (Column::PublishedAt, first.clone().into()),
        (Column::UpdatedAt, Expr::value(now)),
        (Column::State, Expr::value(ItemState::Published.as_str())),
    ];
    let (drafts, others): (Vec<_>, Vec<_>) =
        accepted(batch).partition(|work| work.item.draft_revision_id == Some(work.revision));
    for work in others {
        let values = [
            (Column::PublishedRevisionId, Expr::value(work.revision)),
            (Column::Slugs, Expr::value(slugs_json(&work.slugs)?)),
            (Column::PublishedAt, first.clone().into()),
            (Column::UpdatedAt, Expr::value(now)),
            (Column::State, Expr::value(ItemState::Changed.as_str())),
        ];
        transaction
            .set::<Entity>(&values, Column::Id.eq(work.item.id))
            .await?;
    }
    for works in drafts.chunks(AT_ONCE) {
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
    let changes = sizes::changes(transaction, &listed, &rows).await?;
    unlist(transaction, &listed).await?;
    transaction.insert::<content_listing::Entity>(rows).await?;
    let rows = accepted(batch).flat_map(|work| {
        let schedule = work.body.schedule();
        let rows = schedule.map(|schedule| occurrence_rows(ItemId(work.item.id), schedule, now));
        rows.into_iter().flatten()
    });
    transaction
        .insert::<content_occurrence::Entity>(rows)
        .await?;
    resize(transaction, changes).await
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
    let item = held(transaction, target.into()).await?;
    Ok(take_off(transaction, &item, now).await?)
}

/// Takes an item that is held off the public site, if it is there.
pub(super) async fn take_off(
    transaction: &Transaction,
    item: &content_item::Model,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use content_item::Column;
    if item.published_revision_id.is_none() {
        return Ok(());
    }
    let nothing = Option::<Uuid>::None;
    let values = [
        (Column::PublishedRevisionId, nothing.into()),
        (Column::State, ItemState::Draft.as_str().into()),
    ];
    transaction
        .update::<content_item::Entity>(values, Column::Id.eq(item.id))
        .await?;
    let changes = sizes::changes(transaction, &[item.id], &[]).await?;
    unlist(transaction, &[item.id]).await?;
    resize(transaction, changes).await?;
    let items = [(ItemId(item.id), read_type(&item.content_type)?, None)];
    record(transaction, &items, ChangeKind::Unpublished, now).await
}
