//! Reads what a change starts from.

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_revision};
use serde_json::json;

use super::{ContentError, Outcomes, Target, check_state, drafts, hold, only};
use crate::{
    content::{
        Body, ContentType, ItemState, Slugs,
        queries::{read_body, read_slugs, read_type},
    },
    ids::{ItemId, RevisionId},
    store::Transaction,
};

/// The newest revision of an item, which a change starts from.
#[derive(Clone, Debug)]
pub struct WorkingDraft {
    /// The item.
    pub id: ItemId,
    /// The type of the item.
    pub content_type: ContentType,
    /// Where the item stands.
    pub state: ItemState,
    /// The revision; none when the item has none yet.
    pub revision: Option<RevisionId>,
    /// Its body; without a revision an empty one.
    pub body: Body,
    /// The slugs that the item has once it is published.
    pub slugs: Slugs,
    /// When the item was first published.
    pub published_at: Option<DateTime<Utc>>,
}

/// The newest revision of an item, which nobody else changes until the transaction ends.
///
/// # Errors
/// There is no such item, or its newest revision is another than expected.
pub async fn working_draft(
    transaction: &Transaction,
    target: Target,
) -> Result<WorkingDraft, ContentError> {
    only(working_drafts(transaction, &[target]).await?)
}

/// The newest revisions of these items, of which each stands here once.
///
/// # Errors
/// The database failed.
pub async fn working_drafts(
    transaction: &Transaction,
    targets: &[Target],
) -> Result<Outcomes<WorkingDraft>, ContentError> {
    let mut known = hold(transaction, targets).await?;
    let mut revisions = drafts(transaction, &known).await?;
    let found = targets.iter().map(|target| {
        let item = known.remove(&target.id);
        let item = item.ok_or(ContentError::NotFound(target.id))?;
        target.check(&item)?;
        let revision = item.draft_revision_id.and_then(|id| revisions.remove(&id));
        WorkingDraft::new(item, revision)
    });
    Ok(found.collect())
}

impl WorkingDraft {
    /// Refuses what nobody may change as it stands.
    ///
    /// # Errors
    /// The item is archived or deleted.
    pub fn check_is_there(&self) -> Result<(), ContentError> {
        check_state(self.state)
    }

    fn new(
        item: content_item::Model,
        revision: Option<content_revision::Model>,
    ) -> Result<Self, ContentError> {
        let content_type = read_type(&item.content_type)?;
        let state = ItemState::of(&item);
        let (revision, body, slugs) = match revision {
            Some(revision) => (Some(RevisionId(revision.id)), revision.body, revision.slugs),
            None => (None, json!({}), json!({})),
        };
        let id = revision.unwrap_or(RevisionId(item.id));
        Ok(Self {
            id: ItemId(item.id),
            content_type,
            state,
            revision,
            body: read_body(content_type, id, body)?,
            slugs: read_slugs(slugs)?,
            published_at: item.published_at,
        })
    }
}
