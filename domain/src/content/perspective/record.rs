//! The public record: what was public at a moment, told from the log of changes. What was purged since, or
//! published before the log kept revisions, is lost: it is known that it was public, not what it said.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use municipio_entities::{content_change, content_item};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query, SelectStatement};
use uuid::Uuid;

use super::{
    MOST_ITEMS, PerspectiveError,
    plan::{Entry, Shows, item_rows},
};
use crate::{
    content::{
        ChangeKind, ContentType, Contents, Slugs,
        queries::{parse_slugs, read_type},
    },
    ids::{ItemId, RevisionId},
    store::StoreError,
};

/// What was public at a moment, and cannot be shown any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Lost {
    items: BTreeMap<ItemId, ContentType>,
    /// From when on nothing is lost.
    whole_since: DateTime<Utc>,
}

impl Lost {
    /// Nothing of a type is lost; any type when left out.
    pub(super) fn refuse_type(&self, content_type: Option<ContentType>) -> Result<(), StoreError> {
        let mut types = self.items.values();
        let is_lost = types.any(|lost| content_type.is_none_or(|wanted| wanted == *lost));
        self.refuse(is_lost)
    }

    /// An item is not lost.
    pub(super) fn refuse_item(&self, item: ItemId) -> Result<(), StoreError> {
        self.refuse(self.items.contains_key(&item))
    }

    fn refuse(&self, is_lost: bool) -> Result<(), StoreError> {
        match is_lost {
            true => Err(StoreError::NotOnRecord(self.whole_since)),
            false => Ok(()),
        }
    }

    fn add(&mut self, item: ItemId, content_type: ContentType, last: DateTime<Utc>) {
        self.items.insert(item, content_type);
        self.extend(last);
    }

    fn extend(&mut self, last: DateTime<Utc>) {
        self.whole_since = std::cmp::max(self.whole_since, last);
    }
}

/// What was public of an item.
struct Was {
    is_public: bool,
    /// The revision and the slugs, as long as they were written down.
    shown: Option<(RevisionId, Slugs)>,
    since: DateTime<Utc>,
}

/// An item that is not there any more, and changed after the moment.
struct Purged {
    item: ItemId,
    content_type: ContentType,
    last: DateTime<Utc>,
}

fn of(alias: &'static str, column: content_change::Column) -> Expr {
    Expr::col((Alias::new(alias), column))
}

impl Contents {
    /// Everything that changed since a moment, as it was public then.
    pub(super) async fn record(
        &self,
        time: DateTime<Utc>,
    ) -> Result<(Vec<Entry>, Lost), PerspectiveError> {
        use content_change::Column;
        let tenant = self.store().tenant_id().0;
        let changed = Query::select()
            .from_as(content_change::Entity, "later")
            .expr(of("later", Column::ItemId))
            .and_where(of("later", Column::TenantId).eq(tenant))
            .and_where(of("later", Column::ChangedAt).gt(time))
            .to_owned();
        let mut select = item_rows(content_item::Column::PublishedRevisionId);
        let id = Expr::col((content_item::Entity, content_item::Column::Id));
        select.and_where(id.in_subquery(changed.clone()));
        let items = self.item_rows(select).await?;
        // In this order: what is purged between the two statements is then lost, not forgotten.
        let purged = self.purged_since(time).await?;
        let (mut entries, mut lost) = (Vec::with_capacity(items.len()), Lost::default());
        if items.is_empty() && purged.is_empty() {
            return Ok((entries, lost));
        }
        let newest = Query::select()
            .from_as(content_change::Entity, "earlier")
            .expr(Func::max(of("earlier", Column::Sequence)))
            .and_where(of("earlier", Column::TenantId).eq(tenant))
            .and_where(of("earlier", Column::ChangedAt).lte(time))
            .and_where(of("earlier", Column::ItemId).in_subquery(changed))
            .group_by_col(("earlier", Column::ItemId))
            .to_owned();
        let mut was = self.last_changes(newest).await?;
        let (mut gone, mut unwritten) = (false, Vec::new());
        for purged in purged {
            lost.extend(purged.last);
            if was.get(&purged.item).is_some_and(|was| was.is_public) {
                gone = true;
                lost.add(purged.item, purged.content_type, purged.last);
            }
        }
        for item in items {
            let shows = match was.remove(&item.id) {
                Some(Was {
                    is_public: false, ..
                }) => None,
                Some(Was {
                    shown: Some((revision, slugs)),
                    since,
                    ..
                }) => Some(Shows {
                    revision,
                    slugs: Arc::new(slugs),
                    published_at: item.published_at,
                    updated_at: since,
                }),
                // Published before the log kept revisions, or before there was a log.
                known
                    if known.is_some() || item.published_at.is_some_and(|first| first <= time) =>
                {
                    unwritten.push((item.id, item.content_type));
                    continue;
                }
                _ => None,
            };
            entries.push(item.showing(shows));
        }
        if !unwritten.is_empty() {
            gone = true;
            let last = self.last_changed(&unwritten, time).await?;
            for (item, content_type) in unwritten {
                lost.add(item, content_type, last);
            }
        }
        Ok((entries, if gone { lost } else { Lost::default() }))
    }

    /// When the last of these items changed that did after a moment.
    async fn last_changed(
        &self,
        items: &[(ItemId, ContentType)],
        time: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, StoreError> {
        use content_change::{Column, Entity};
        let change = |column: Column| Expr::col((Entity, column));
        let mut select = Query::select();
        select
            .from(Entity)
            .expr_as(change(Column::ChangedAt).max(), "last")
            .and_where(change(Column::ChangedAt).gt(time))
            .and_where(change(Column::ItemId).is_in(items.iter().map(|(id, _)| id.0)));
        let rows = self.store().read().rows::<Entity>(select).await?;
        let last: Option<DateTime<Utc>> = rows
            .first()
            .map(|row| row.try_get("", "last"))
            .transpose()?
            .flatten();
        Ok(last.unwrap_or(time))
    }

    /// The items that changed after a moment and were purged.
    async fn purged_since(&self, time: DateTime<Utc>) -> Result<Vec<Purged>, PerspectiveError> {
        use content_change::{Column, Entity};
        let change = |column: Column| Expr::col((Entity, column));
        let still = Query::select()
            .from_as(content_item::Entity, "still")
            .expr(Expr::val(1))
            .and_where(
                Expr::col((Alias::new("still"), content_item::Column::Id))
                    .equals((Entity, Column::ItemId)),
            )
            .to_owned();
        let mut select = Query::select();
        select
            .from(Entity)
            .columns([(Entity, Column::ItemId), (Entity, Column::ContentType)])
            .expr_as(change(Column::ChangedAt).max(), "last")
            .and_where(change(Column::ChangedAt).gt(time))
            .and_where(Expr::exists(still).not())
            .group_by_columns([(Entity, Column::ItemId), (Entity, Column::ContentType)])
            .limit(MOST_ITEMS + 1);
        let rows = self.store().read().rows::<Entity>(select).await?;
        if rows.len() as u64 > MOST_ITEMS {
            return Err(PerspectiveError::TooLarge);
        }
        let rows = rows.iter().map(|row| {
            let content_type: String = row.try_get("", "content_type")?;
            Ok(Purged {
                item: ItemId(row.try_get("", "item_id")?),
                content_type: read_type(&content_type)?,
                last: row.try_get("", "last")?,
            })
        });
        Ok(rows.collect::<Result<_, StoreError>>()?)
    }

    async fn last_changes(
        &self,
        newest: SelectStatement,
    ) -> Result<HashMap<ItemId, Was>, StoreError> {
        use content_change::{Column, Entity};
        let mut select = Query::select();
        select
            .from(Entity)
            .columns([
                (Entity, Column::ItemId),
                (Entity, Column::Kind),
                (Entity, Column::RevisionId),
                (Entity, Column::ChangedAt),
            ])
            .expr_as(Expr::col((Entity, Column::Slugs)).cast_as("text"), "slugs")
            .and_where(Expr::col((Entity, Column::Sequence)).in_subquery(newest));
        let rows = self.store().read().rows::<Entity>(select).await?;
        rows.iter()
            .map(|row| {
                let kind: String = row.try_get("", "kind")?;
                let revision: Option<Uuid> = row.try_get("", "revision_id")?;
                let stored: Option<String> = row.try_get("", "slugs")?;
                let stored = stored.as_deref().map(parse_slugs).transpose()?;
                let was = Was {
                    is_public: kind.parse::<ChangeKind>()? == ChangeKind::Published,
                    shown: revision.map(RevisionId).zip(stored),
                    since: row.try_get("", "changed_at")?,
                };
                Ok((ItemId(row.try_get("", "item_id")?), was))
            })
            .collect()
    }
}
