//! Publishes releases, all of it or nothing, and takes them back.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_release, content_release_change};
use sea_orm::{
    ColumnTrait,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{
    ReleaseAction, ReleaseChange, ReleaseIssue, ReleaseStatus, held, issues, open,
    overtaken::{self, overtaken},
    rows,
};
use crate::{
    content::{
        FieldError,
        operations::{
            ContentError, Target, hold,
            publish::{Approval, Wanted, move_pointers},
            unpublish::take_off,
        },
    },
    ids::{ItemId, ReleaseId, RevisionId},
    locale::Locale,
    store::{StoreError, Transaction},
};

/// Why a release is not published or rolled back.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The database failed, the release is not there, or somebody else wrote at the same time.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// Some of its items cannot be published; nothing was.
    #[error("some of the content keeps the release back")]
    Refused(Vec<ReleaseIssue>),
}

impl From<StoreError> for ReleaseError {
    fn from(error: StoreError) -> Self {
        Self::Content(error.into())
    }
}

impl ReleaseError {
    /// What kept the release back.
    pub(super) fn report(self) -> Result<Vec<ReleaseIssue>, StoreError> {
        match self {
            Self::Refused(report) => Ok(report),
            Self::Content(error) => Ok(issues(None, error.reasons()?)),
        }
    }
}

/// Publishes everything in a release. When it is refused, the transaction is to be dropped.
///
/// # Errors
/// The release was published already, or something in it cannot be published.
pub async fn publish_release(
    transaction: &Transaction,
    id: ReleaseId,
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<(), ReleaseError> {
    open(transaction, id).await?;
    let changes = changes(&rows(transaction, id).await?)?;
    if changes.is_empty() {
        let empty = super::invalid("EMPTY_RELEASE", "", "the release has no changes");
        return Err(empty.into());
    }
    let items = hold_all(transaction, &changes).await?;
    let overtaken = overtaken(transaction, &changes, &items).await?;
    remember(transaction, id).await?;
    let approval = Approval::Asked;
    let mut refused = move_all(transaction, &changes, &items, approval, locales, now).await?;
    refused.extend(overtaken.iter().flat_map(overtaken::issue));
    match refused.is_empty() {
        true => Ok(settle(transaction, id, ReleaseStatus::Published, &[], now).await?),
        false => Err(ReleaseError::Refused(refused)),
    }
}

/// Keeps what is public of the items of a release before it is published.
async fn remember(transaction: &Transaction, id: ReleaseId) -> Result<(), StoreError> {
    use content_release_change::{Column, Entity};
    let item = |column| Expr::col((content_item::Entity, column));
    let public = Query::select()
        .from(content_item::Entity)
        .expr(item(content_item::Column::PublishedRevisionId))
        .and_where(item(content_item::Column::Id).eq(Expr::col((Entity, Column::ItemId))))
        .to_owned();
    let public = Expr::SubQuery(None, Box::new(public.into()));
    let values = [(Column::PreviousRevisionId, public)];
    transaction
        .set::<Entity>(&values, Column::ReleaseId.eq(id.0))
        .await?;
    Ok(())
}

/// Puts everything in a release back to what was public before it.
///
/// # Errors
/// The release is not published, somebody published or took off one of its items since and it is not forced,
/// or what was public before cannot be published any more; then nothing changed.
pub async fn roll_back_release(
    transaction: &Transaction,
    id: ReleaseId,
    force: bool,
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<(), ReleaseError> {
    let release = held(transaction, id).await?;
    if release.status != ReleaseStatus::Published {
        let message = "the release is not published";
        return Err(super::invalid("RELEASE_NOT_PUBLISHED", "", message).into());
    }
    let rows = rows(transaction, id).await?;
    let items = hold_all(transaction, &changes(&rows)?).await?;
    let moved = rows.iter().filter(|row| {
        let item = items.get(&ItemId(row.item_id));
        item.is_some_and(|item| item.published_revision_id != row.revision_id)
    });
    let moved: Vec<_> = moved.flat_map(changed_since).collect();
    if !moved.is_empty() && !force {
        return Err(ReleaseError::Refused(moved));
    }
    let back = rows.iter().map(|row| ReleaseChange {
        item: ItemId(row.item_id),
        action: match row.previous_revision_id {
            Some(revision) => ReleaseAction::Publish(Some(RevisionId(revision))),
            None => ReleaseAction::Unpublish,
        },
        replaces_newer: true,
    });
    let back: Vec<_> = back.collect();
    // It was public before: nobody is asked again.
    let approval = Approval::Given;
    let refused = move_all(transaction, &back, &items, approval, locales, now).await?;
    match refused.is_empty() {
        true => Ok(settle(transaction, id, ReleaseStatus::RolledBack, &[], now).await?),
        false => Err(ReleaseError::Refused(refused)),
    }
}

fn changed_since(row: &content_release_change::Model) -> Vec<ReleaseIssue> {
    let message = "somebody published or took off the content after the release";
    let reason = FieldError::new("CHANGED_SINCE", "", message);
    issues(Some(ItemId(row.item_id)), [reason])
}

fn changes(rows: &[content_release_change::Model]) -> Result<Vec<ReleaseChange>, StoreError> {
    rows.iter().map(ReleaseChange::from_row).collect()
}

async fn hold_all(
    transaction: &Transaction,
    changes: &[ReleaseChange],
) -> Result<HashMap<ItemId, content_item::Model>, StoreError> {
    let targets = changes.iter().map(|change| Target::from(change.item));
    let targets: Vec<_> = targets.collect();
    hold(transaction, &targets).await
}

/// Moves the pointers of all items; gives what keeps some of them from it.
async fn move_all(
    transaction: &Transaction,
    changes: &[ReleaseChange],
    items: &HashMap<ItemId, content_item::Model>,
    approval: Approval,
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<Vec<ReleaseIssue>, ReleaseError> {
    let (mut published, mut gone) = (Vec::new(), Vec::new());
    for change in changes {
        match change.action {
            ReleaseAction::Publish(revision) => published.push((change.item.into(), revision)),
            ReleaseAction::Unpublish => gone.extend(items.get(&change.item)),
        }
    }
    let ids: Vec<_> = published
        .iter()
        .map(|(target, _): &Wanted| target.id)
        .collect();
    let moved = move_pointers(transaction, published, approval, locales, now).await?;
    let (outcomes, moved) = moved;
    let mut refused = Vec::new();
    for (id, outcome) in ids.into_iter().zip(outcomes) {
        if let Err(error) = outcome {
            refused.extend(issues(Some(id), error.reasons()?));
        }
    }
    if refused.is_empty() {
        let moved = moved.and(take_off(transaction, &gone).await?);
        moved.tell(transaction, now).await?;
    }
    Ok(refused)
}

/// Ends a release, and keeps what it was refused for.
pub(super) async fn settle(
    transaction: &Transaction,
    id: ReleaseId,
    status: ReleaseStatus,
    report: &[ReleaseIssue],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use content_release::{Column, Entity};
    let report = (!report.is_empty()).then(|| serde_json::to_value(report));
    let report = report.transpose();
    let report = report.map_err(|error| StoreError::corrupt("report of a release", error))?;
    let values = [
        (Column::Status, status.as_str().into()),
        (Column::DueKey, Option::<i64>::None.into()),
        (Column::Report, report.into()),
        (Column::SettledAt, Some(now).into()),
    ];
    transaction
        .update::<Entity>(values, Column::Id.eq(id.0))
        .await?;
    Ok(())
}
