//! Takes the steps of reviews, and asks for approvals before something is published.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_review, content_revision, review_rule};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use uuid::Uuid;

use super::{Review, ReviewError, ReviewState, Step, Subject};
use crate::{
    content::{ContentError, ContentType, FieldError, queries::read_type},
    ids::{ItemId, RevisionId},
    store::{Scope, StoreError, Transaction},
};

impl From<ReviewError> for ContentError {
    fn from(error: ReviewError) -> Self {
        let error = FieldError::new(error.code(), error.path(), error.to_string());
        Self::Invalid(vec![error])
    }
}

impl Review {
    pub(super) fn from_row(row: content_review::Model) -> Result<Self, StoreError> {
        Ok(Self {
            revision: RevisionId(row.revision_id),
            state: row.state.parse()?,
            submitted_by: row.submitted_by,
            submitted_at: row.submitted_at,
            assignee: row.assignee,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            comment: row.comment,
        })
    }

    fn into_row(self, item: ItemId, transaction: &Transaction) -> content_review::Model {
        content_review::Model {
            item_id: item.0,
            tenant_id: transaction.tenant_id().0,
            revision_id: self.revision.0,
            state: self.state.as_str().to_owned(),
            submitted_by: self.submitted_by,
            submitted_at: self.submitted_at,
            assignee: self.assignee,
            decided_by: self.decided_by,
            decided_at: self.decided_at,
            comment: self.comment,
        }
    }
}

/// Submits the newest revision of an item for review.
///
/// # Errors
/// There is no such item, nothing to review, or it waits or is approved already.
pub async fn submit(
    transaction: &Transaction,
    id: ItemId,
    assignee: Option<String>,
    step: Step<'_>,
) -> Result<Review, ContentError> {
    let (subject, before) = load(transaction, id).await?;
    let review = Review::submit(before.as_ref(), &subject, assignee, step)?;
    keep(transaction, id, before.as_ref(), review).await
}

/// Says who is to look at an item that waits for a review; anybody when nobody is named.
///
/// # Errors
/// There is no such item, or it does not wait.
pub async fn assign(
    transaction: &Transaction,
    id: ItemId,
    assignee: Option<String>,
) -> Result<Review, ContentError> {
    let (_, before) = load(transaction, id).await?;
    let waiting = before.clone().ok_or(ReviewError::NotSubmitted)?;
    let review = waiting.assign(assignee)?;
    keep(transaction, id, before.as_ref(), review).await
}

/// Approves the revision that was submitted.
///
/// # Errors
/// There is no such item, it does not wait, was revised since, or who approves it wrote it.
pub async fn approve(
    transaction: &Transaction,
    id: ItemId,
    comment: Option<&str>,
    step: Step<'_>,
) -> Result<Review, ContentError> {
    let (subject, before) = load(transaction, id).await?;
    let waiting = before.clone().ok_or(ReviewError::NotSubmitted)?;
    let review = waiting.approve(&subject, comment, step)?;
    keep(transaction, id, before.as_ref(), review).await
}

/// Sends the revision that was submitted back to its author.
///
/// # Errors
/// There is no such item, it does not wait, was revised since, or the comment is missing.
pub async fn reject(
    transaction: &Transaction,
    id: ItemId,
    comment: &str,
    step: Step<'_>,
) -> Result<Review, ContentError> {
    let (subject, before) = load(transaction, id).await?;
    let waiting = before.clone().ok_or(ReviewError::NotSubmitted)?;
    let review = waiting.reject(&subject, comment, step)?;
    keep(transaction, id, before.as_ref(), review).await
}

async fn load(
    transaction: &Transaction,
    id: ItemId,
) -> Result<(Subject, Option<Review>), ContentError> {
    let of_item = content_item::Column::Id.eq(id.0);
    let item = transaction.one::<content_item::Entity>(of_item).await?;
    let item = item.filter(|item| item.deleted_at.is_none());
    let item = item.ok_or(ContentError::NotFound(id))?;
    let draft = content_revision::Column::Id.eq(item.draft_revision_id);
    let draft = transaction.one::<content_revision::Entity>(draft).await?;
    let of_item = content_review::Column::ItemId.eq(id.0);
    let reviews = transaction.all::<content_review::Entity>(of_item).await?;
    let review = reviews.into_iter().max_by_key(last);
    let of_type = review_rule::Column::ContentType.eq(item.content_type.as_str());
    let rule = transaction.one::<review_rule::Entity>(of_type).await?;
    let subject = Subject {
        item: id,
        draft: item.draft_revision_id.map(RevisionId),
        published: item.published_revision_id.map(RevisionId),
        written_by: draft.map(|draft| draft.author).unwrap_or_default(),
        four_eyes: rule.is_some(),
    };
    Ok((subject, review.map(Review::from_row).transpose()?))
}

/// By which the review that was submitted last is found.
pub(super) fn last(review: &content_review::Model) -> (DateTime<Utc>, Uuid) {
    (review.submitted_at, review.revision_id)
}

/// Writes a review, in the place of what was read of this revision and of nothing else: of two who decide at
/// the same time one is told of a conflict.
async fn keep(
    transaction: &Transaction,
    id: ItemId,
    before: Option<&Review>,
    review: Review,
) -> Result<Review, ContentError> {
    use content_review::{Column, Entity};
    let row = review.clone().into_row(id, transaction);
    let Some(before) = before.filter(|before| before.revision == review.revision) else {
        transaction.insert::<Entity>([row]).await?;
        return Ok(review);
    };
    let as_read = Condition::all()
        .add(Column::RevisionId.eq(before.revision.0))
        .add(Column::State.eq(before.state.as_str()))
        .add(Column::SubmittedAt.eq(before.submitted_at));
    let values: [(Column, sea_orm::Value); 7] = [
        (Column::State, row.state.into()),
        (Column::SubmittedBy, row.submitted_by.into()),
        (Column::SubmittedAt, row.submitted_at.into()),
        (Column::Assignee, row.assignee.into()),
        (Column::DecidedBy, row.decided_by.into()),
        (Column::DecidedAt, row.decided_at.into()),
        (Column::Comment, row.comment.into()),
    ];
    match transaction.update::<Entity>(values, as_read).await? {
        1 => Ok(review),
        _ => Err(ContentError::Conflict {
            expected: None,
            actual: None,
        }),
    }
}

/// The types that are published with four eyes alone.
pub(super) async fn four_eyes<C: ConnectionTrait>(
    scope: &Scope<C>,
) -> Result<HashSet<ContentType>, StoreError> {
    let rules = scope.all::<review_rule::Entity>(Condition::all()).await?;
    rules
        .iter()
        .map(|rule| read_type(&rule.content_type))
        .collect()
}

/// Sets whether content of a type is published with four eyes alone.
///
/// # Errors
/// The database failed.
pub async fn set_four_eyes(
    transaction: &Transaction,
    content_type: ContentType,
    wanted: bool,
) -> Result<(), StoreError> {
    if wanted {
        let rule = review_rule::Model {
            tenant_id: transaction.tenant_id().0,
            content_type: content_type.as_str().to_owned(),
        };
        // Somebody may be setting it at this moment.
        return transaction
            .insert_missing::<review_rule::Entity>([rule])
            .await;
    }
    let of_type = review_rule::Column::ContentType.eq(content_type.as_str());
    transaction.delete::<review_rule::Entity>(of_type).await?;
    Ok(())
}

/// A revision that is to be published.
pub(in crate::content) struct Asked {
    pub(in crate::content) content_type: ContentType,
    pub(in crate::content) revision: RevisionId,
    pub(in crate::content) written_by: String,
}

/// Those of these that may not be published because nobody else approved them.
pub(in crate::content) async fn not_approved<C: ConnectionTrait>(
    scope: &Scope<C>,
    mut asked: Vec<Asked>,
) -> Result<HashSet<RevisionId>, StoreError> {
    let types = four_eyes(scope).await?;
    asked.retain(|asked| types.contains(&asked.content_type));
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<Uuid> = asked.iter().map(|asked| asked.revision.0).collect();
    let state = content_review::Column::State.eq(ReviewState::Approved.as_str());
    let rows = scope
        .all_of::<content_review::Entity>(content_review::Column::RevisionId, ids, state)
        .await?;
    let mut reviews = HashMap::new();
    for row in rows {
        reviews.insert(RevisionId(row.revision_id), Review::from_row(row)?);
    }
    let refused = asked.into_iter().filter(|asked| {
        let review = reviews.get(&asked.revision);
        !review.is_some_and(|review| review.allows(asked.revision, &asked.written_by))
    });
    Ok(refused.map(|asked| asked.revision).collect())
}
