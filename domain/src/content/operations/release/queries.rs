//! Reads releases.

use std::collections::{HashMap, HashSet};

use municipio_entities::{content_item, content_release, content_release_change};
use sea_orm::{
    ColumnTrait, ConnectionTrait,
    sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query},
};
use uuid::Uuid;

use super::{
    Release, ReleaseAction, ReleaseChange, ReleaseIssue, ReleaseStatus, ReleasedChange, issues,
    overtaken::{self, overtaken},
    rows,
};
use crate::{
    content::{
        ContentType, Contents, FieldError, Page, Window,
        operations::{
            AT_ONCE, load,
            publish::{Approval, examine},
        },
        queries::read_type,
    },
    ids::{ItemId, ReleaseId, RevisionId},
    store::{Scope, StoreError, Transaction},
};

impl Contents {
    /// A release.
    ///
    /// # Errors
    /// The database failed.
    pub async fn release(&self, id: ReleaseId) -> Result<Option<Release>, StoreError> {
        Ok(self.releases_among(&[id]).await?.pop())
    }

    /// Those of these releases that there are, in no order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn releases_among(&self, ids: &[ReleaseId]) -> Result<Vec<Release>, StoreError> {
        use content_release::{Column, Entity};
        let (read, ids) = (self.store().read(), ids.iter().map(|id| id.0));
        let rows = read.all_of::<Entity>(Column::Id, ids, Condition::all());
        rows.await?.into_iter().map(Release::from_row).collect()
    }

    /// A part of the list of releases, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn releases(
        &self,
        window: &Window<ReleaseId>,
    ) -> Result<Page<Release, ReleaseId>, StoreError> {
        use content_release::{Column, Entity};
        let mut select = Query::select();
        select.from(Entity).column((Entity, Column::Id));
        window.select_down::<Entity, _>(&mut select, Column::Id, |release| release.0);
        let read = self.store().read();
        let rows = read.rows::<Entity>(select).await?;
        let size = usize::try_from(window.size).unwrap_or(usize::MAX);
        let ids = rows.iter().take(size);
        let ids = ids.map(|row| Ok(row.try_get::<Uuid>("", "id")?));
        let ids = ids.collect::<Result<Vec<_>, StoreError>>()?;
        let mut found = read.all::<Entity>(Column::Id.is_in(ids)).await?;
        found.sort_by_key(|row| match window.from_end {
            true => (Some(row.id), None),
            false => (None, Some(std::cmp::Reverse(row.id))),
        });
        let found = found.into_iter();
        let entries = found.map(|row| Ok((ReleaseId(row.id), Release::from_row(row)?)));
        let entries = entries.collect::<Result<_, StoreError>>()?;
        Ok(Page::of(window, entries, rows.len() > size))
    }

    /// The changes of these releases, in the order of the items.
    ///
    /// # Errors
    /// The database failed.
    pub async fn release_changes(
        &self,
        releases: &[ReleaseId],
    ) -> Result<HashMap<ReleaseId, Vec<ReleasedChange>>, StoreError> {
        use content_release_change::{Column, Entity};
        let read = self.store().read();
        let ids = releases.iter().map(|id| id.0);
        let rows = read
            .all_of::<Entity>(Column::ReleaseId, ids, Condition::all())
            .await?;
        let items: Vec<_> = rows.iter().map(|row| ItemId(row.item_id)).collect();
        let items = load(&read, &items).await?;
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            if let Some(item) = items.get(&ItemId(row.item_id)) {
                let changes = found.entry(ReleaseId(row.release_id)).or_default();
                changes.push(ReleasedChange {
                    change: ReleaseChange::from_row(&row)?,
                    content_type: read_type(&item.content_type)?,
                    previous: row.previous_revision_id.map(RevisionId),
                });
            }
        }
        for changes in found.values_mut() {
            changes.sort_by_key(|released| released.change.item);
        }
        Ok(found)
    }

    /// What keeps each of these releases from being published today, as far as it can be told without trying.
    ///
    /// # Errors
    /// The database failed.
    pub async fn release_reports(
        &self,
        releases: &[ReleaseId],
    ) -> Result<HashMap<ReleaseId, Vec<ReleaseIssue>>, StoreError> {
        let released = self.release_changes(releases).await?;
        let changes = released.values().flatten();
        let changes: Vec<_> = changes.map(|released| released.change).collect();
        let read = self.store().read();
        let items: Vec<_> = changes.iter().map(|change| change.item).collect();
        let items = load(&read, &items).await?;
        let overtaken = overtaken(&read, &changes, &items).await?;
        let refused = refused(&read, &changes, &items).await?;
        let report = |changes: Vec<ReleasedChange>| {
            let changes = changes.into_iter().map(|released| released.change);
            changes
                .flat_map(|change| {
                    let reasons = refused.get(&(change.item, change.action));
                    let mut issues =
                        issues(Some(change.item), reasons.into_iter().flatten().cloned());
                    if overtaken.contains(&change) {
                        issues.extend(overtaken::issue(&change));
                    }
                    issues
                })
                .collect()
        };
        Ok(released
            .into_iter()
            .map(|(id, changes)| (id, report(changes)))
            .collect())
    }
}

/// Why those of these items that cannot be published cannot.
async fn refused<C: ConnectionTrait>(
    scope: &Scope<C>,
    changes: &[ReleaseChange],
    items: &HashMap<ItemId, content_item::Model>,
) -> Result<HashMap<(ItemId, ReleaseAction), Vec<FieldError>>, StoreError> {
    // Several releases may publish the same.
    let published = changes.iter().filter_map(|change| match change.action {
        ReleaseAction::Publish(revision) => Some((change.item, revision)),
        ReleaseAction::Unpublish => None,
    });
    let published: HashSet<_> = published.collect();
    let published: Vec<_> = published.into_iter().collect();
    let mut refused = HashMap::new();
    for published in published.chunks(AT_ONCE) {
        let wanted = published
            .iter()
            .map(|(item, revision)| ((*item).into(), *revision));
        let wanted = wanted.collect();
        let outcomes = examine(scope, items, wanted, Approval::Asked).await?;
        for ((item, revision), outcome) in published.iter().zip(outcomes) {
            if let Err(error) = outcome {
                let action = ReleaseAction::Publish(*revision);
                refused.insert((*item, action), error.reasons()?);
            }
        }
        // Others go on between.
        tokio::task::yield_now().await;
    }
    Ok(refused)
}

/// The items that a release changes, with their types.
///
/// # Errors
/// The database failed.
pub async fn released_items(
    transaction: &Transaction,
    id: ReleaseId,
) -> Result<Vec<(ContentType, ItemId)>, StoreError> {
    let rows = rows(transaction, id).await?;
    let ids: Vec<_> = rows.iter().map(|row| ItemId(row.item_id)).collect();
    let items = load(transaction, &ids).await?;
    let items = items.values();
    items
        .map(|item| Ok((read_type(&item.content_type)?, ItemId(item.id))))
        .collect()
}

/// When the next release of the tenant is due: milliseconds since 1970-01-01 in UTC.
pub(in crate::content::operations) async fn next_due_release(
    transaction: &Transaction,
) -> Result<Option<i64>, StoreError> {
    use content_release::{Column, Entity};
    let scheduled = ReleaseStatus::Scheduled.as_str();
    let mut select = Query::select();
    select
        .from(Entity)
        .expr_as(
            Func::min(Expr::col((Entity, Column::DueKey))),
            Alias::new("next"),
        )
        .and_where(Expr::col((Entity, Column::Status)).eq(scheduled));
    let rows = transaction.rows::<Entity>(select).await?;
    let next = rows.first().map(|row| row.try_get("", "next"));
    Ok(next.transpose()?.flatten())
}
