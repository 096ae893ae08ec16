//! Publishes releases, all of it or nothing, and takes them back.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_release, content_release_change};
use sea_orm::{ColumnTrait, sea_query::Condition};

use super::{
    Release, ReleaseAction, ReleaseChange, ReleaseIssue, ReleaseStatus, held, issues, open, rows,
};
use crate::{
    audit::{self, Actor, Deed},
    content::{
        named_global_id,
        operations::{
            ContentError, Target, hold,
            publish::{publish_revisions, take_off},
        },
    },
    ids::{ItemId, ReleaseId, RevisionId},
    locale::Locale,
    store::{StoreError, TenantStore, Transaction},
    tenants::Tenant,
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

/// Publishes everything in a release. When it is refused, the transaction is to be dropped; then
/// [`refuse_release`] keeps the report.
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
    let mut rows = rows(transaction, id).await?;
    let changes = changes(&rows)?;
    if changes.is_empty() {
        let empty = super::invalid("EMPTY_RELEASE", "", "the release has no changes");
        return Err(empty.into());
    }
    let items = hold_all(transaction, &changes).await?;
    let refused = move_all(transaction, &changes, &items, locales, now).await?;
    if !refused.is_empty() {
        return Err(ReleaseError::Refused(refused));
    }
    for row in &mut rows {
        let item = items.get(&ItemId(row.item_id));
        row.previous_revision_id = item.and_then(|item| item.published_revision_id);
    }
    use content_release_change::{Column, Entity};
    transaction
        .delete::<Entity>(Column::ReleaseId.eq(id.0))
        .await?;
    transaction.insert::<Entity>(rows).await?;
    settle(transaction, id, ReleaseStatus::Published, &[], now).await
}

/// Keeps why a release was refused.
///
/// # Errors
/// The database failed, or the release was published meanwhile.
pub async fn refuse_release(
    transaction: &Transaction,
    id: ReleaseId,
    report: &[ReleaseIssue],
    now: DateTime<Utc>,
) -> Result<(), ReleaseError> {
    open(transaction, id).await?;
    settle(transaction, id, ReleaseStatus::Refused, report, now).await
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
    let moved: Vec<_> = moved.map(changed_since).collect();
    if !moved.is_empty() && !force {
        return Err(ReleaseError::Refused(moved));
    }
    let back = rows.iter().map(|row| ReleaseChange {
        item: ItemId(row.item_id),
        action: match row.previous_revision_id {
            Some(revision) => ReleaseAction::Publish(Some(RevisionId(revision))),
            None => ReleaseAction::Unpublish,
        },
    });
    let back: Vec<_> = back.collect();
    let refused = move_all(transaction, &back, &items, locales, now).await?;
    match refused.is_empty() {
        true => settle(transaction, id, ReleaseStatus::RolledBack, &[], now).await,
        false => Err(ReleaseError::Refused(refused)),
    }
}

fn changed_since(row: &content_release_change::Model) -> ReleaseIssue {
    ReleaseIssue {
        item: ItemId(row.item_id),
        code: "CHANGED_SINCE".to_owned(),
        path: String::new(),
        message: "somebody published or took off the content after the release".to_owned(),
    }
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
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<Vec<ReleaseIssue>, ReleaseError> {
    let published = changes.iter().filter_map(|change| match change.action {
        ReleaseAction::Publish(revision) => Some((Target::from(change.item), revision)),
        ReleaseAction::Unpublish => None,
    });
    let published: Vec<_> = published.collect();
    let ids: Vec<_> = published.iter().map(|(target, _)| target.id).collect();
    let outcomes = publish_revisions(transaction, published, locales, now).await?;
    let mut refused = Vec::new();
    for (id, outcome) in ids.into_iter().zip(outcomes) {
        match outcome {
            Ok(_) => {}
            Err(ContentError::Store(error)) => return Err(error.into()),
            Err(error) => refused.extend(issues(id, error)),
        }
    }
    if !refused.is_empty() {
        return Ok(refused);
    }
    for change in changes {
        let item = items.get(&change.item);
        if let (ReleaseAction::Unpublish, Some(item)) = (change.action, item) {
            take_off(transaction, item, now).await?;
        }
    }
    Ok(refused)
}

async fn settle(
    transaction: &Transaction,
    id: ReleaseId,
    status: ReleaseStatus,
    report: &[ReleaseIssue],
    now: DateTime<Utc>,
) -> Result<(), ReleaseError> {
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

/// Publishes the releases of a tenant whose time has come. Whoever else does the same at the same time does
/// none of it twice.
pub(in crate::content::operations) async fn fire_releases(
    store: &TenantStore,
    tenant: &Tenant,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use content_release::{Column, Entity};
    let due = || {
        Condition::all()
            .add(Column::Status.eq(ReleaseStatus::Scheduled.as_str()))
            .add(Column::DueKey.lte(now.timestamp_millis()))
    };
    let mut rows = store.read().all::<Entity>(due()).await?;
    rows.sort_by_key(|row| (row.due_key, row.id));
    let subject = |id: ReleaseId| named_global_id(Release::TYPE_NAME, &tenant.ipa_code, id);
    for row in rows {
        let id = ReleaseId(row.id);
        let transaction = store.begin().await?;
        // Another node may have done it, or an editor called it off.
        let still_due = |release: &Release| {
            release.status == ReleaseStatus::Scheduled
                && release.due_at.is_some_and(|due| due <= now)
        };
        match held(&transaction, id).await {
            Ok(release) if still_due(&release) => {}
            Err(ContentError::Store(error)) => return Err(error),
            _ => continue,
        }
        let report = match publish_release(&transaction, id, &tenant.locales, now).await {
            Ok(()) => {
                let deed = Deed::to("release.publish", subject(id));
                audit::record(&transaction, &Actor::system(), &deed, now).await?;
                transaction.commit().await?;
                continue;
            }
            Err(ReleaseError::Content(ContentError::Store(error))) => return Err(error),
            // Somebody writes one of the items at this moment: the next time.
            Err(ReleaseError::Content(ContentError::Conflict { .. })) => continue,
            Err(ReleaseError::Content(_)) => Vec::new(),
            Err(ReleaseError::Refused(report)) => report,
        };
        drop(transaction);
        let transaction = store.begin().await?;
        match refuse_release(&transaction, id, &report, now).await {
            Ok(()) => {
                let deed = Deed::to("release.refuse", subject(id));
                audit::record(&transaction, &Actor::system(), &deed, now).await?;
                transaction.commit().await?;
            }
            Err(ReleaseError::Content(ContentError::Store(error))) => return Err(error),
            Err(_) => continue,
        }
        let codes: Vec<_> = report.iter().map(|issue| issue.code.as_str()).collect();
        tracing::warn!(tenant = %tenant.ipa_code, release = %id, ?codes, "a scheduled release was refused");
    }
    Ok(())
}
