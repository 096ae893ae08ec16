//! Moves the published pointers of items.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_listing, content_occurrence, content_revision};
use sea_orm::{
    ColumnTrait, ConnectionTrait,
    sea_query::{CaseStatement, Condition, Expr, ExprTrait, Func, Query},
};
use uuid::Uuid;

use super::{
    AT_ONCE, ContentError, Outcomes, Target, accepted, ask_gate, check_is_there, hold, invalid,
    listing::listing_rows,
    no_revision,
    occurrences::occurrence_rows,
    only, refuse, revisions, schedule, slugs, slugs_json,
    unpublish::{Moved, unlist},
};
use crate::{
    content::{
        Body, ItemState, PublishReport, Slugs,
        queries::{read_body, read_slugs, read_type},
        review::{Asked, ReviewError, not_approved},
        sizes,
    },
    ids::{ItemId, RevisionId},
    locale::Locale,
    store::{Scope, StoreError, Transaction},
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
async fn publish_revisions(
    transaction: &Transaction,
    targets: Vec<Wanted>,
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<Outcomes<PublishReport>, ContentError> {
    let (outcomes, moved) =
        move_pointers(transaction, targets, Approval::Asked, locales, now).await?;
    moved.tell(transaction, now).await?;
    Ok(outcomes)
}

/// A revision of an item that is to be published; its draft when none is named.
pub(super) type Wanted = (Target, Option<RevisionId>);

/// Whether approvals are asked for, where the municipality wants four eyes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Approval {
    /// They are.
    Asked,
    /// What was public before comes back: the question was answered then.
    Given,
}

/// Points items at these revisions. What has moved is still to be told.
pub(super) async fn move_pointers(
    transaction: &Transaction,
    targets: Vec<Wanted>,
    approval: Approval,
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<(Outcomes<PublishReport>, Moved), ContentError> {
    let items: Vec<_> = targets.iter().map(|(target, _)| *target).collect();
    let known = hold(transaction, &items).await?;
    let mut batch = examine(transaction, &known, targets, approval).await?;
    slugs::claim(transaction, &mut batch, now).await?;
    point(transaction, &batch, now).await?;
    let sizes = list(transaction, &batch, locales, now).await?;
    let published: Vec<_> = accepted(&batch).map(|work| work.item.id).collect();
    schedule::supersede(transaction, &published, now).await?;
    let items = accepted(&batch).map(|work| {
        let public = (RevisionId(work.revision), slugs_json(&work.slugs)?);
        Ok((ItemId(work.item.id), work.body.content_type(), Some(public)))
    });
    let moved = Moved {
        sizes,
        published: items.collect::<Result<_, StoreError>>()?,
        ..Moved::default()
    };
    let outcomes = batch.into_iter();
    let outcomes = outcomes.map(|work| work.map(|work| work.report));
    Ok((outcomes.collect(), moved))
}

/// Asks of each item whether this revision of it can be published: whether it is there, what the rules say,
/// and who approved it.
pub(super) async fn examine<C: ConnectionTrait>(
    scope: &Scope<C>,
    known: &HashMap<ItemId, content_item::Model>,
    targets: Vec<Wanted>,
    approval: Approval,
) -> Result<Outcomes<Publishing>, StoreError> {
    let wanted = targets.iter().filter_map(|(target, revision)| {
        let draft = known.get(&target.id)?.draft_revision_id;
        revision.map(|revision| revision.0).or(draft)
    });
    let mut revisions = revisions(scope, wanted.collect()).await?;
    let mut batch: Outcomes<Publishing> = targets
        .into_iter()
        .map(|(target, revision)| {
            let id = target.id;
            let item = known.get(&id).cloned().ok_or(ContentError::NotFound(id))?;
            target.check(&item)?;
            Publishing::new(item, revision, &mut revisions)
        })
        .collect();
    refuse(&mut batch, |work| {
        work.report = ask_gate(&work.body)?;
        Ok(())
    });
    if approval == Approval::Asked {
        ask_for_approvals(scope, &mut batch).await?;
    }
    Ok(batch)
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
}

/// Refuses what nobody else approved, where the municipality wants four eyes.
async fn ask_for_approvals<C: ConnectionTrait>(
    scope: &Scope<C>,
    batch: &mut Outcomes<Publishing>,
) -> Result<(), StoreError> {
    let asked = accepted(batch).map(|work| Asked {
        content_type: work.body.content_type(),
        revision: RevisionId(work.revision),
        written_by: work.author.clone(),
    });
    let asked = asked.collect();
    let missing = not_approved(scope, asked).await?;
    refuse(batch, |work| {
        match missing.contains(&RevisionId(work.revision)) {
            true => Err(ReviewError::NotApproved.into()),
            false => Ok(()),
        }
    });
    Ok(())
}

/// Moves the published pointers, and makes the slugs of the revisions those of the items.
async fn point(
    transaction: &Transaction,
    batch: &Outcomes<Publishing>,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    use content_item::{Column, Entity};
    let (drafts, others): (Vec<_>, Vec<_>) =
        accepted(batch).partition(|work| work.item.draft_revision_id == Some(work.revision));
    for works in drafts.chunks(AT_ONCE) {
        let draft = Expr::col((Entity, Column::DraftRevisionId));
        // With the draft that the gate has seen: whoever revised the item since is not overtaken.
        let seen = works.iter().filter_map(|work| work.item.draft_revision_id);
        let filter = Condition::all()
            .add(Column::Id.is_in(works.iter().map(|work| work.item.id)))
            .add(Column::DraftRevisionId.is_in(seen));
        let values = pointed(draft, ItemState::Published, now);
        let moved = transaction.set::<Entity>(&values, filter).await?;
        if moved != works.len() as u64 {
            return Err(ContentError::Conflict {
                expected: None,
                actual: None,
            });
        }
    }
    for works in others.chunks(AT_ONCE) {
        let mut revision = CaseStatement::new();
        for work in works {
            let item = Expr::col((Entity, Column::Id)).eq(work.item.id);
            revision = revision.case(item, Expr::value(work.revision));
        }
        let values = pointed(revision.into(), ItemState::Changed, now);
        let filter = Column::Id.is_in(works.iter().map(|work| work.item.id));
        transaction.set::<Entity>(&values, filter).await?;
    }
    Ok(())
}

/// The columns of an item whose published pointer moves to this revision.
fn pointed(
    revision: Expr,
    state: ItemState,
    now: DateTime<Utc>,
) -> [(content_item::Column, Expr); 5] {
    use content_item::{Column, Entity};
    let id = Expr::col((content_revision::Entity, content_revision::Column::Id));
    let slugs = Query::select()
        .from(content_revision::Entity)
        .column((content_revision::Entity, content_revision::Column::Slugs))
        .and_where(id.eq(revision.clone()))
        .to_owned();
    let first = Func::coalesce([Expr::col((Entity, Column::PublishedAt)), Expr::value(now)]);
    [
        (Column::PublishedRevisionId, revision),
        (Column::Slugs, Expr::SubQuery(None, Box::new(slugs.into()))),
        (Column::PublishedAt, first.into()),
        (Column::UpdatedAt, Expr::value(now)),
        (Column::State, Expr::value(state.as_str())),
    ]
}

/// Shows the items in lists, in place of what was there of them; gives by how much the lists grow.
async fn list(
    transaction: &Transaction,
    batch: &Outcomes<Publishing>,
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<sizes::Changes, StoreError> {
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
    Ok(changes)
}
