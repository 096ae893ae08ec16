//! Reads releases.

use std::collections::HashMap;

use municipio_entities::{content_item, content_release, content_release_change};
use sea_orm::{
    ColumnTrait,
    sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query},
};
use uuid::Uuid;

use super::{Release, ReleaseAction, ReleaseChange, ReleaseIssue, ReleaseStatus, issues};
use crate::{
    content::{
        ContentType, Contents, Page, Window,
        gate::publish_report,
        operations::{AT_ONCE, ContentError},
        queries::read_type,
    },
    ids::ReleaseId,
    store::{StoreError, Transaction},
};

impl Contents {
    /// A release.
    ///
    /// # Errors
    /// The database failed.
    pub async fn release(&self, id: ReleaseId) -> Result<Option<Release>, StoreError> {
        use content_release::{Column, Entity};
        let row = self
            .store()
            .read()
            .one::<Entity>(Column::Id.eq(id.0))
            .await?;
        row.map(Release::from_row).transpose()
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

    /// The changes of these releases, each with the type of its item.
    ///
    /// # Errors
    /// The database failed.
    pub async fn release_changes(
        &self,
        releases: &[ReleaseId],
    ) -> Result<HashMap<ReleaseId, Vec<(ReleaseChange, ContentType)>>, StoreError> {
        use content_release_change::{Column, Entity};
        let read = self.store().read();
        let ids = releases.iter().map(|id| id.0);
        let rows = read
            .all_of::<Entity>(Column::ReleaseId, ids, Condition::all())
            .await?;
        let items: Vec<_> = rows.iter().map(|row| row.item_id).collect();
        let items = read
            .all_of::<content_item::Entity>(content_item::Column::Id, items, Condition::all())
            .await?;
        let types = items
            .iter()
            .map(|item| Ok((item.id, read_type(&item.content_type)?)));
        let types = types.collect::<Result<HashMap<_, _>, StoreError>>()?;
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let change = ReleaseChange::from_row(&row)?;
            if let Some(content_type) = types.get(&row.item_id) {
                let changes = found.entry(ReleaseId(row.release_id)).or_default();
                changes.push((change, *content_type));
            }
        }
        for changes in found.values_mut() {
            changes.sort_by_key(|(change, _)| change.item);
        }
        Ok(found)
    }

    /// What the publishing rules of today say against each of these releases.
    ///
    /// # Errors
    /// The database failed.
    pub async fn release_reports(
        &self,
        releases: &[ReleaseId],
    ) -> Result<HashMap<ReleaseId, Vec<ReleaseIssue>>, StoreError> {
        let changes = self.release_changes(releases).await?;
        let wanted = changes.values().flatten().filter_map(|(change, of)| {
            let ReleaseAction::Publish(Some(revision)) = change.action else {
                return None;
            };
            Some((revision, *of))
        });
        let wanted: Vec<_> = wanted.collect();
        let mut bodies = HashMap::new();
        for wanted in wanted.chunks(AT_ONCE) {
            bodies.extend(self.bodies(wanted).await?);
        }
        let mut reports = HashMap::new();
        for (release, changes) in changes {
            let report: &mut Vec<ReleaseIssue> = reports.entry(release).or_default();
            for (change, _) in changes {
                let ReleaseAction::Publish(Some(revision)) = change.action else {
                    continue;
                };
                let Some(body) = bodies.get(&revision) else {
                    continue;
                };
                let found = publish_report(body);
                if !found.is_publishable() {
                    let error = ContentError::NotPublishable(found);
                    report.extend(issues(change.item, error));
                }
            }
        }
        Ok(reports)
    }
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
