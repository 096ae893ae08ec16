//! Which items a perspective shows otherwise than the public site does.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use municipio_entities::{content_change, content_item};
use sea_orm::{
    QueryResult,
    sea_query::{Alias, Expr, ExprTrait, Func, Query, SelectStatement},
};
use uuid::Uuid;

use super::{MOST_ITEMS, Perspective, PerspectiveError, Sight};
use crate::{
    content::{ContentType, Contents, queries::read_type},
    ids::{ItemId, RevisionId},
    locale::Locale,
    store::StoreError,
};

/// What an overlay is made of; two that are equal make the same overlay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Plan {
    /// The items that differ, in the order of their ids.
    pub(super) entries: Vec<Entry>,
    pub(super) locales: Vec<Locale>,
    /// The moment of the public record.
    pub(super) as_of: Option<DateTime<Utc>>,
}

/// An item that differs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub(super) item: ItemId,
    pub(super) content_type: ContentType,
    /// What is public of it now, and since when: lists hold it so.
    pub(super) public: Option<RevisionId>,
    pub(super) public_since: DateTime<Utc>,
    /// What is shown in its place.
    pub(super) shows: Option<Shows>,
}

/// A revision that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shows {
    pub(super) revision: RevisionId,
    pub(super) published_at: Option<DateTime<Utc>>,
    pub(super) updated: Updated,
}

/// When what is shown was last published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Updated {
    /// Then.
    At(DateTime<Utc>),
    /// It was not yet: as if it had been when it was written, which stays the same from one page of a list to
    /// the next; but not before this.
    WhenWritten(DateTime<Utc>),
}

/// A row of an item.
pub(super) struct ItemRow {
    id: ItemId,
    content_type: ContentType,
    draft: Option<RevisionId>,
    public: Option<RevisionId>,
    published_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
}

impl ItemRow {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let content_type: String = row.try_get("", "content_type")?;
        let revision = |name: &str| row.try_get::<Option<Uuid>>("", name);
        Ok(Self {
            id: ItemId(row.try_get("", "id")?),
            content_type: read_type(&content_type)?,
            draft: revision("draft_revision_id")?.map(RevisionId),
            public: revision("published_revision_id")?.map(RevisionId),
            published_at: row.try_get("", "published_at")?,
            updated_at: row.try_get("", "updated_at")?,
        })
    }

    /// The item with a revision that is not public yet, or without any.
    fn with(self, revision: Option<RevisionId>) -> Entry {
        let shows = revision.map(|revision| Shows {
            revision,
            published_at: self.published_at,
            updated: Updated::WhenWritten(self.updated_at),
        });
        self.showing(shows)
    }

    fn showing(self, shows: Option<Shows>) -> Entry {
        Entry {
            item: self.id,
            content_type: self.content_type,
            public: self.public,
            public_since: self.updated_at,
            shows,
        }
    }
}

/// What was public of an item.
struct Was {
    is_public: bool,
    revision: Option<RevisionId>,
    since: DateTime<Utc>,
}

impl Contents {
    /// What a perspective is made of.
    pub(super) async fn plan(&self, sight: &Sight<'_>) -> Result<Plan, PerspectiveError> {
        let (mut entries, as_of) = match *sight.perspective {
            Perspective::Published => (Vec::new(), None),
            Perspective::Drafts => (self.drafts(None).await?, None),
            Perspective::DraftOf(item) => (self.drafts(Some(item)).await?, None),
            Perspective::Release(_) => return Err(PerspectiveError::NoSuchRelease),
            Perspective::AsOf(time) if time > sight.now => return Err(PerspectiveError::ToCome),
            Perspective::AsOf(time) => (self.record(time).await?, Some(time)),
        };
        if let (Some(types), None) = (sight.types, as_of) {
            entries.retain(|entry| types.contains(&entry.content_type));
        }
        entries.sort_by_key(|entry| entry.item);
        Ok(Plan {
            entries,
            locales: sight.locales.to_vec(),
            as_of,
        })
    }

    /// The drafts that differ from what is public, or that of one item.
    async fn drafts(&self, only: Option<ItemId>) -> Result<Vec<Entry>, PerspectiveError> {
        let mut select = item_rows();
        // Written as the partial index has it.
        select.and_where(Expr::cust(
            "\"content_item\".\"draft_revision_id\" IS DISTINCT FROM \"content_item\".\"published_revision_id\"",
        ));
        if let Some(ItemId(id)) = only {
            let column = (content_item::Entity, content_item::Column::Id);
            select.and_where(Expr::col(column).eq(id));
        }
        let rows = self.item_rows(select).await?.into_iter();
        Ok(rows
            .map(|row| {
                let draft = row.draft;
                row.with(draft)
            })
            .collect())
    }

    /// Everything that changed since a moment, as it was public then.
    async fn record(&self, time: DateTime<Utc>) -> Result<Vec<Entry>, PerspectiveError> {
        let tenant = self.store().tenant_id().0;
        let of = |alias: &'static str, column: content_change::Column| {
            Expr::col((Alias::new(alias), column))
        };
        use content_change::Column;
        let changed = Query::select()
            .from_as(content_change::Entity, "later")
            .expr(of("later", Column::ItemId))
            .and_where(of("later", Column::TenantId).eq(tenant))
            .and_where(of("later", Column::ChangedAt).gt(time))
            .to_owned();
        let mut select = item_rows();
        let id = Expr::col((content_item::Entity, content_item::Column::Id));
        select.and_where(id.in_subquery(changed.clone()));
        let items = self.item_rows(select).await?;
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let newest = Query::select()
            .from_as(content_change::Entity, "earlier")
            .expr(Func::max(of("earlier", Column::Sequence)))
            .and_where(of("earlier", Column::TenantId).eq(tenant))
            .and_where(of("earlier", Column::ChangedAt).lte(time))
            .and_where(of("earlier", Column::ItemId).in_subquery(changed))
            .group_by_col(("earlier", Column::ItemId))
            .to_owned();
        let was = self.last_changes(newest).await?;
        let entries = items.into_iter().map(|item| {
            let shows = match was.get(&item.id) {
                Some(was) if !was.is_public => None,
                Some(was) => Some(Shows {
                    revision: was.revision.ok_or(PerspectiveError::NotOnRecord)?,
                    published_at: item.published_at,
                    updated: Updated::At(was.since),
                }),
                // Published before there was a log.
                None if item.published_at.is_some_and(|first| first <= time) => {
                    return Err(PerspectiveError::NotOnRecord);
                }
                None => None,
            };
            Ok(item.showing(shows))
        });
        entries.collect()
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
            .and_where(Expr::col((Entity, Column::Sequence)).in_subquery(newest));
        let rows = self.store().read().rows::<Entity>(select).await?;
        rows.iter()
            .map(|row| {
                let kind: String = row.try_get("", "kind")?;
                let revision: Option<Uuid> = row.try_get("", "revision_id")?;
                let was = Was {
                    is_public: kind.parse::<crate::content::ChangeKind>()?
                        == crate::content::ChangeKind::Published,
                    revision: revision.map(RevisionId),
                    since: row.try_get("", "changed_at")?,
                };
                Ok((ItemId(row.try_get("", "item_id")?), was))
            })
            .collect()
    }

    /// The items that a statement selects, unless they are too many.
    async fn item_rows(&self, mut select: SelectStatement) -> Result<Vec<ItemRow>, PerspectiveError> {
        select.limit(MOST_ITEMS + 1);
        let read = self.store().read();
        let rows = read.rows::<content_item::Entity>(select).await?;
        if rows.len() as u64 > MOST_ITEMS {
            return Err(PerspectiveError::TooLarge);
        }
        let rows = rows.iter().map(ItemRow::read);
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn item_rows() -> SelectStatement {
    use content_item::{Column, Entity};
    let columns = [
        Column::Id,
        Column::ContentType,
        Column::DraftRevisionId,
        Column::PublishedRevisionId,
        Column::PublishedAt,
        Column::UpdatedAt,
    ];
    Query::select()
        .from(Entity)
        .columns(columns.map(|column| (Entity, column)))
        .to_owned()
}
