//! Writing content. Each operation runs inside a transaction that the caller opened, so that one
//! or many make one change; what is decided is decided by plain functions.
//!
//! Operations take a batch: the statements are the same whether it has one item or a thousand. Each
//! item has an outcome of its own; what is refused is not written, and keeps nothing else from being
//! written. Whether a refusal undoes all of it is for the caller to say, who ends the transaction.

mod create;
mod duplicate;
mod links;
mod listing;
mod lock;
mod move_slug;
mod occurrences;
mod publish;
mod release;
mod restore_revision;
mod retire;
mod revise;
mod schedule;
mod slugs;
mod target;
mod unpublish;
mod working_draft;

use std::collections::HashMap;

use municipio_entities::{content_item, content_revision};
use sea_orm::{ConnectionTrait, sea_query::Condition};
use uuid::Uuid;

use super::{Body, FieldError, ItemState, PublishReport, Slugs, gate};
use crate::{
    ids::{ItemId, RevisionId},
    store::{Pending, Scope, StoreError, Transaction},
};

pub use create::{create, create_all};
pub use duplicate::duplicate;
pub(super) use listing::listing_rows;
pub use lock::{LOCKED_FOR, Lock, Worker, lock, unlock};
pub use move_slug::move_slug;
pub use occurrences::extend_occurrences;
pub(super) use occurrences::occurrence_rows;
pub use publish::{publish, publish_all, publish_revision};
pub use release::{
    MOST_CHANGES, Release, ReleaseAction, ReleaseChange, ReleaseError, ReleaseIssue, ReleaseStatus,
    ReleasedChange, add_to_release, create_release, hold_release, publish_release, released_items,
    remove_from_release, roll_back_release, schedule_release,
};
pub use restore_revision::restore_revision;
pub use retire::{LifeStep, move_on, move_on_all, purge};
pub use revise::{revise, revise_all};
pub use schedule::{
    Plan, ScheduleStatus, Scheduled, ScheduledAction, cancel_schedule, fire_due, schedule,
};
pub use target::Target;
pub use unpublish::{unpublish, unpublish_all};
pub use working_draft::{WorkingDraft, working_draft, working_drafts};

/// How many rows a statement changes that names each of them: databases limit its parameters.
pub(super) const AT_ONCE: usize = 1_000;

/// What a new revision says.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The body.
    pub body: Body,
    /// Slugs by locale; locales that are left out keep theirs, or get one from the title.
    pub slugs: Slugs,
    /// Who wrote it.
    pub author: String,
    /// Why.
    pub note: Option<String>,
}

/// Why content cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
    /// No such item.
    #[error("there is no content with the id {0}")]
    NotFound(ItemId),
    /// Fields are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// Somebody else wrote since the caller read it, or at the same time.
    #[error("somebody else changed the content meanwhile; load it again")]
    Conflict {
        /// The revision that the caller expected to be the newest; none when it named none.
        expected: Option<RevisionId>,
        /// The newest revision that there is; none when it is not known.
        actual: Option<RevisionId>,
    },
    /// The publishing gate refused.
    #[error("the content cannot be published: {}", errors(.0))]
    NotPublishable(PublishReport),
}

impl From<StoreError> for ContentError {
    fn from(error: StoreError) -> Self {
        if error.is_conflict() {
            Self::Conflict {
                expected: None,
                actual: None,
            }
        } else {
            Self::Store(error)
        }
    }
}

impl ContentError {
    /// Why something is not done when nobody is there to be answered: for those who asked for it earlier.
    ///
    /// # Errors
    /// The database failed; what it holds and cannot be read is a reason.
    fn reasons(self) -> Result<Vec<FieldError>, StoreError> {
        Ok(match self {
            Self::Invalid(errors) => errors,
            Self::NotPublishable(report) => {
                let errors = report.issues.into_iter();
                errors
                    .filter(|issue| issue.severity == gate::Severity::Error)
                    .map(|issue| FieldError::new(&issue.code, issue.path, issue.message_it))
                    .collect()
            }
            Self::NotFound(_) => {
                vec![FieldError::new("NOT_FOUND", "", "there is no such content")]
            }
            Self::Conflict { .. } => vec![FieldError::new("CONFLICT", "", self.to_string())],
            Self::Store(error) if error.is_unreadable() => {
                tracing::error!(%error, "what is stored cannot be read");
                vec![FieldError::new(
                    "UNREADABLE",
                    "",
                    "what is stored cannot be read",
                )]
            }
            Self::Store(error) => return Err(error),
        })
    }
}

fn errors(report: &PublishReport) -> String {
    let errors = report
        .issues
        .iter()
        .filter(|issue| issue.severity == gate::Severity::Error);
    errors
        .map(|issue| format!("{} ({})", issue.path, issue.code))
        .collect::<Vec<_>>()
        .join(", ")
}

fn invalid(code: &str, path: impl Into<String>, message: impl Into<String>) -> ContentError {
    ContentError::Invalid(vec![FieldError::new(code, path, message)])
}

/// What became of each item of a batch, in the order of the batch.
pub type Outcomes<T> = Vec<Result<T, ContentError>>;

/// The outcome of a batch of one.
fn only<T>(outcomes: Outcomes<T>) -> Result<T, ContentError> {
    let none = || Err(StoreError::corrupt("batch of one", "it has no outcome").into());
    outcomes.into_iter().next().unwrap_or_else(none)
}

/// Refuses what a check finds wrong among what is not refused yet.
fn refuse<W>(batch: &mut Outcomes<W>, mut check: impl FnMut(&mut W) -> Result<(), ContentError>) {
    for outcome in batch {
        if let Ok(work) = outcome
            && let Err(error) = check(work)
        {
            *outcome = Err(error);
        }
    }
}

/// What is not refused.
fn accepted<W>(batch: &Outcomes<W>) -> impl Iterator<Item = &W> {
    batch.iter().filter_map(|outcome| outcome.as_ref().ok())
}

/// Those of these items that exist.
fn load<'a, C: ConnectionTrait>(
    scope: &'a Scope<C>,
    ids: &[ItemId],
) -> Pending<'a, HashMap<ItemId, content_item::Model>> {
    let ids = ids.iter().map(|id| id.0);
    let rows =
        scope.all_of::<content_item::Entity>(content_item::Column::Id, ids, Condition::all());
    Box::pin(async {
        let rows = rows.await?;
        Ok(rows.into_iter().map(|row| (ItemId(row.id), row)).collect())
    })
}

/// The items of these targets that exist, kept from all others until the transaction ends.
fn hold<'a>(
    transaction: &'a Transaction,
    targets: &[Target],
) -> Pending<'a, HashMap<ItemId, content_item::Model>> {
    let mut ids: Vec<_> = targets.iter().map(|target| target.id.0).collect();
    ids.sort_unstable();
    let rows = transaction.hold_of::<content_item::Entity>(content_item::Column::Id, ids);
    Box::pin(async {
        let rows = rows.await?;
        Ok(rows.into_iter().map(|row| (ItemId(row.id), row)).collect())
    })
}

/// The revisions that are the drafts of these items.
fn drafts<'a>(
    transaction: &'a Transaction,
    items: &HashMap<ItemId, content_item::Model>,
) -> Pending<'a, HashMap<Uuid, content_revision::Model>> {
    let ids = items.values().filter_map(|item| item.draft_revision_id);
    let ids: Vec<_> = ids.collect();
    let rows = revisions(transaction, ids.clone());
    Box::pin(async move {
        let found = rows.await?;
        match ids.iter().find(|id| !found.contains_key(id)) {
            Some(id) => Err(StoreError::corrupt(
                format!("revision {id}"),
                "it is missing",
            )),
            None => Ok(found),
        }
    })
}

/// Those of these revisions that there are.
fn revisions<C: ConnectionTrait>(
    scope: &Scope<C>,
    ids: Vec<Uuid>,
) -> Pending<'_, HashMap<Uuid, content_revision::Model>> {
    let rows = scope.all_of::<content_revision::Entity>(
        content_revision::Column::Id,
        ids,
        Condition::all(),
    );
    Box::pin(async { Ok(rows.await?.into_iter().map(|row| (row.id, row)).collect()) })
}

/// The item of a target, as its caller knows it, kept from all others until the transaction ends.
async fn held(
    transaction: &Transaction,
    target: Target,
) -> Result<content_item::Model, ContentError> {
    let found = hold(transaction, &[target]).await?.remove(&target.id);
    let item = found.ok_or(ContentError::NotFound(target.id))?;
    target.check(&item)?;
    Ok(item)
}

/// Refuses what was archived or deleted.
fn check_is_there(item: &content_item::Model) -> Result<(), ContentError> {
    check_state(ItemState::of(item))
}

fn check_state(state: ItemState) -> Result<(), ContentError> {
    match state {
        ItemState::Archived => {
            let message = "the content is archived; unarchive it first";
            Err(invalid("ARCHIVED", "", message))
        }
        ItemState::Deleted => {
            let message = "the content was deleted; restore it first";
            Err(invalid("DELETED", "", message))
        }
        _ => Ok(()),
    }
}

/// Refuses what was deleted.
fn check_is_not_deleted(item: &content_item::Model) -> Result<(), ContentError> {
    match ItemState::of(item) {
        state @ ItemState::Deleted => check_state(state),
        _ => Ok(()),
    }
}

/// What the publishing rules say of a body that they do not refuse.
fn ask_gate(body: &Body) -> Result<PublishReport, ContentError> {
    let report = gate::publish_report(body);
    match report.is_publishable() {
        true => Ok(report),
        false => Err(ContentError::NotPublishable(report)),
    }
}

fn no_revision() -> ContentError {
    let message = "the content has no such revision";
    invalid("REVISION_NOT_FOUND", "revision", message)
}

fn slugs_json(slugs: &Slugs) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(slugs).map_err(|error| StoreError::corrupt("slugs", error))
}
