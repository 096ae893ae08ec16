//! Puts releases together.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_release, content_release_change};
use sea_orm::{ColumnTrait, sea_query::Condition};
use uuid::Uuid;

use super::{MOST_CHANGES, Release, ReleaseAction, ReleaseChange, ReleaseStatus, open, rows};
use crate::{
    content::{
        FieldError, check_text,
        operations::{ContentError, check_is_there, invalid, load, revisions},
    },
    ids::{ItemId, ReleaseId},
    store::Transaction,
};

/// The longest note, in characters.
const LONGEST_NOTE: usize = 5_000;

/// Makes a release without changes.
///
/// # Errors
/// The name is empty, name or note is too long or has U+0000, or the database failed.
pub async fn create_release(
    transaction: &Transaction,
    name: &str,
    note: Option<String>,
    author: String,
    now: DateTime<Utc>,
) -> Result<Release, ContentError> {
    let name = name.trim();
    let texts = [
        ("name", Some(name), 200),
        ("note", note.as_deref(), LONGEST_NOTE),
    ];
    for (path, text, most) in texts {
        let checked = check_text(text.unwrap_or_default(), most, path);
        checked.map_err(|error| ContentError::Invalid(vec![error]))?;
    }
    if name.is_empty() {
        return Err(invalid(
            "INVALID_NAME",
            "name",
            "a name has 1 to 200 characters",
        ));
    }
    let row = content_release::Model {
        id: ReleaseId::generate().0,
        tenant_id: transaction.tenant_id().0,
        name: name.to_owned(),
        note,
        status: ReleaseStatus::Open.as_str().to_owned(),
        due_key: None,
        report: None,
        author,
        created_at: now,
        settled_at: None,
    };
    let release = Release::from_row(row.clone())?;
    transaction.insert::<content_release::Entity>([row]).await?;
    Ok(release)
}

/// Adds changes to a release, in place of what it did to these items before. A change without a revision means
/// the draft as it is now.
///
/// # Errors
/// The release was published already, or an item or a revision is not there; then nothing is added.
pub async fn add_to_release(
    transaction: &Transaction,
    id: ReleaseId,
    changes: &[ReleaseChange],
) -> Result<(), ContentError> {
    open(transaction, id).await?;
    let items: Vec<_> = changes.iter().map(|change| change.item).collect();
    let known = load(transaction, &items).await?;
    let mut added = Vec::new();
    let mut errors = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        match row(transaction, id, *change, &known) {
            Ok(row) => added.push(row),
            Err(ContentError::Invalid(found)) => {
                let path = format!("changes[{index}]");
                let found = found.into_iter();
                errors
                    .extend(found.map(|error| FieldError::new(&error.code, &path, error.message)));
            }
            Err(error) => return Err(error),
        }
    }
    if !errors.is_empty() {
        return Err(ContentError::Invalid(errors));
    }
    check_revisions(transaction, &added).await?;
    remove(transaction, id, &items).await?;
    let there = rows(transaction, id).await?.len();
    if there + added.len() > MOST_CHANGES {
        let message = format!("a release has at most {MOST_CHANGES} changes");
        return Err(invalid("TOO_MANY_CHANGES", "changes", message));
    }
    Ok(transaction
        .insert::<content_release_change::Entity>(added)
        .await?)
}

fn row(
    transaction: &Transaction,
    id: ReleaseId,
    change: ReleaseChange,
    known: &HashMap<ItemId, content_item::Model>,
) -> Result<content_release_change::Model, ContentError> {
    let missing = || invalid("NOT_FOUND", "", "there is no such content");
    let item = known.get(&change.item).ok_or_else(missing)?;
    check_is_there(item)?;
    let (action, revision_id) = match change.action {
        ReleaseAction::Unpublish => ("unpublish", None),
        ReleaseAction::Publish(revision) => {
            let revision = revision.map(|revision| revision.0);
            let revision = revision.or(item.draft_revision_id);
            let nothing = || invalid("NO_DRAFT", "", "there is nothing to publish");
            ("publish", Some(revision.ok_or_else(nothing)?))
        }
    };
    Ok(content_release_change::Model {
        release_id: id.0,
        item_id: change.item.0,
        tenant_id: transaction.tenant_id().0,
        action: action.to_owned(),
        revision_id,
        previous_revision_id: None,
        replaces_newer: change.replaces_newer,
    })
}

/// Each revision must be one of its item, and each item stand here once.
async fn check_revisions(
    transaction: &Transaction,
    added: &[content_release_change::Model],
) -> Result<(), ContentError> {
    let wanted: Vec<Uuid> = added.iter().filter_map(|row| row.revision_id).collect();
    let found = revisions(transaction, wanted).await?;
    let mut seen = HashSet::new();
    for (index, row) in added.iter().enumerate() {
        let path = format!("changes[{index}]");
        if !seen.insert(row.item_id) {
            return Err(invalid("REPEATED", path, "the content stands here twice"));
        }
        let fits = |id: Uuid| {
            found
                .get(&id)
                .is_some_and(|found| found.item_id == row.item_id)
        };
        if row.revision_id.is_some_and(|id| !fits(id)) {
            let message = "the content has no such revision";
            return Err(invalid("REVISION_NOT_FOUND", path, message));
        }
    }
    Ok(())
}

/// Takes changes out of a release.
///
/// # Errors
/// The release was published already, or the database failed.
pub async fn remove_from_release(
    transaction: &Transaction,
    id: ReleaseId,
    items: &[ItemId],
) -> Result<(), ContentError> {
    open(transaction, id).await?;
    remove(transaction, id, items).await
}

async fn remove(
    transaction: &Transaction,
    id: ReleaseId,
    items: &[ItemId],
) -> Result<(), ContentError> {
    use content_release_change::{Column, Entity};
    let filter = Condition::all()
        .add(Column::ReleaseId.eq(id.0))
        .add(Column::ItemId.is_in(items.iter().map(|item| item.0)));
    transaction.delete::<Entity>(filter).await?;
    Ok(())
}

/// Has a release published at a time; or not at any, when none is given.
///
/// # Errors
/// The release was published already or has no changes, or the time is over.
pub async fn schedule_release(
    transaction: &Transaction,
    id: ReleaseId,
    due: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    use content_release::{Column, Entity};
    open(transaction, id).await?;
    let status = match due {
        Some(due) if due <= now => {
            return Err(invalid("IN_THE_PAST", "publish_at", "the time is over"));
        }
        Some(_) if rows(transaction, id).await?.is_empty() => {
            return Err(invalid("EMPTY_RELEASE", "", "the release has no changes"));
        }
        Some(_) => ReleaseStatus::Scheduled,
        None => ReleaseStatus::Open,
    };
    let due = due.map(|due| due.timestamp_millis());
    let values = [
        (Column::Status, status.as_str().into()),
        (Column::DueKey, due.into()),
    ];
    transaction
        .update::<Entity>(values, Column::Id.eq(id.0))
        .await?;
    if let Some(due) = due {
        transaction.wake_by(due).await?;
    }
    Ok(())
}
