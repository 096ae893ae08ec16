//! Whether something newer was published since a release was put together.

use std::collections::{HashMap, HashSet};

use municipio_entities::{content_item, content_revision};
use sea_orm::{
    ConnectionTrait,
    sea_query::{Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{ReleaseAction, ReleaseChange, ReleaseIssue, issues};
use crate::{
    content::{FieldError, operations::AT_ONCE},
    ids::{ItemId, RevisionId},
    store::{Scope, StoreError},
};

/// Those of these changes that would put an older revision in the place of a newer one that is public, and were
/// not told to.
pub(super) async fn overtaken<C: ConnectionTrait>(
    scope: &Scope<C>,
    changes: &[ReleaseChange],
    items: &HashMap<ItemId, content_item::Model>,
) -> Result<HashSet<ReleaseChange>, StoreError> {
    let replaced = changes.iter().filter_map(|change| {
        let ReleaseAction::Publish(Some(RevisionId(revision))) = change.action else {
            return None;
        };
        let public = items.get(&change.item)?.published_revision_id?;
        let differs = public != revision && !change.replaces_newer;
        differs.then_some((*change, revision, public))
    });
    let replaced: Vec<_> = replaced.collect();
    let ids = replaced.iter().flat_map(|(_, one, other)| [*one, *other]);
    let numbers = numbers(scope, ids.collect()).await?;
    let older = replaced
        .into_iter()
        .filter(|(_, revision, public)| numbers.get(revision) < numbers.get(public));
    Ok(older.map(|(change, ..)| change).collect())
}

/// What is told of such a change.
pub(super) fn issue(change: &ReleaseChange) -> Vec<ReleaseIssue> {
    let message =
        "a newer revision is public; say `replaceNewer` to put the older one in its place";
    let reason = FieldError::new("NEWER_PUBLISHED", "", message);
    issues(Some(change.item), [reason])
}

/// The numbers of these revisions in the history of their items.
async fn numbers<C: ConnectionTrait>(
    scope: &Scope<C>,
    ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, i32>, StoreError> {
    use content_revision::{Column, Entity};
    let mut numbers = HashMap::new();
    for ids in ids.chunks(AT_ONCE) {
        let mut select = Query::select();
        select
            .from(Entity)
            .columns([(Entity, Column::Id), (Entity, Column::Number)])
            .and_where(Expr::col((Entity, Column::Id)).is_in(ids.iter().copied()));
        for row in scope.rows::<Entity>(select).await? {
            numbers.insert(row.try_get("", "id")?, row.try_get("", "number")?);
        }
    }
    Ok(numbers)
}
