//! Brings an old text back.

use chrono::{DateTime, Utc};
use municipio_entities::content_revision;
use sea_orm::{ColumnTrait, sea_query::Condition};

use super::{ContentError, Draft, Target, held, no_revision, revise};
use crate::{
    content::{
        Slugs,
        queries::{read_body, read_type},
    },
    ids::RevisionId,
    store::Transaction,
};

/// Adds a revision with the body of an older one, which stays where it is in the history. The slugs are
/// those that the item has.
///
/// # Errors
/// There is no such item or revision, the newest revision is another than expected, or the old body links
/// to what is not there any more.
pub async fn restore_revision(
    transaction: &Transaction,
    target: impl Into<Target>,
    revision: RevisionId,
    author: String,
    note: Option<String>,
    now: DateTime<Utc>,
) -> Result<RevisionId, ContentError> {
    let target = target.into();
    let item = held(transaction, target).await?;
    let filter = Condition::all()
        .add(content_revision::Column::Id.eq(revision.0))
        .add(content_revision::Column::ItemId.eq(item.id));
    let found = transaction.one::<content_revision::Entity>(filter).await?;
    let old = found.ok_or_else(no_revision)?;
    let draft = Draft {
        body: read_body(read_type(&item.content_type)?, revision, old.body)?,
        slugs: Slugs::new(),
        author,
        note: note.or_else(|| Some(format!("Ripristina la revisione {}", old.number))),
    };
    revise(transaction, target, draft, now).await
}
