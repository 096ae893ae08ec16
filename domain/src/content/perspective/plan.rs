//! Which items a perspective shows otherwise than the public site does.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use municipio_entities::{content_item, content_release_change, content_revision};
use sea_orm::{
    QueryResult,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

use super::{MOST_ITEMS, Perspective, PerspectiveError, Sight, record::Lost};
use crate::{
    content::{
        ContentType, Contents, Slugs,
        queries::{parse_slugs, read_type},
    },
    ids::{ItemId, ReleaseId, RevisionId},
    locale::Locale,
    store::StoreError,
};

/// What an overlay is made of; two that are equal make the same overlay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Plan {
    /// The items that differ, in the order of their ids.
    pub(super) entries: Vec<Entry>,
    pub(super) locales: Vec<Locale>,
    /// What of the public record was lost.
    pub(super) lost: Lost,
    /// The day of the public record, for the calendar; within a day it stays the same overlay.
    pub(super) day: Option<NaiveDate>,
}

impl Plan {
    /// Nothing is shown otherwise than it is public.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.lost == Lost::default()
    }
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
    /// A slug can be moved without a new revision.
    pub(super) slugs: Arc<Slugs>,
    pub(super) published_at: Option<DateTime<Utc>>,
    pub(super) updated_at: DateTime<Utc>,
}

/// A row of an item, with the revision that may be shown of it.
pub(super) struct ItemRow {
    pub(super) id: ItemId,
    pub(super) content_type: ContentType,
    public: Option<RevisionId>,
    pub(super) published_at: Option<DateTime<Utc>>,
    pub(super) updated_at: DateTime<Utc>,
    written: Option<Written>,
}

/// A revision as it was written.
struct Written {
    revision: RevisionId,
    slugs: Slugs,
    at: DateTime<Utc>,
}

impl ItemRow {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let content_type: String = row.try_get("", "content_type")?;
        let public: Option<Uuid> = row.try_get("", "published_revision_id")?;
        let written: Option<Uuid> = row.try_get("", "revision_id")?;
        let written = match written {
            None => None,
            Some(revision) => Some(Written {
                revision: RevisionId(revision),
                slugs: parse_slugs(&row.try_get::<String>("", "slugs")?)?,
                at: row.try_get("", "written_at")?,
            }),
        };
        Ok(Self {
            id: ItemId(row.try_get("", "id")?),
            content_type: read_type(&content_type)?,
            public: public.map(RevisionId),
            published_at: row.try_get("", "published_at")?,
            updated_at: row.try_get("", "updated_at")?,
            written,
        })
    }

    /// The item with the revision that is not public yet, or without any. It is shown as if it had been
    /// published when it was written: that stays the same from one page of a list to the next.
    fn ahead(mut self) -> Entry {
        let shows = self.written.take().map(|written| Shows {
            revision: written.revision,
            slugs: Arc::new(written.slugs),
            published_at: self.published_at,
            updated_at: std::cmp::max(written.at, self.updated_at),
        });
        self.showing(shows)
    }

    pub(super) fn showing(self, shows: Option<Shows>) -> Entry {
        Entry {
            item: self.id,
            content_type: self.content_type,
            public: self.public,
            public_since: self.updated_at,
            shows,
        }
    }
}

impl Contents {
    /// What a perspective is made of.
    pub(super) async fn plan(
        &self,
        perspective: &Perspective,
        sight: &Sight<'_>,
    ) -> Result<Plan, PerspectiveError> {
        let (mut entries, lost) = match *perspective {
            Perspective::Published => Default::default(),
            Perspective::Drafts => (self.drafts(None).await?, Lost::default()),
            Perspective::DraftOf(item) => (self.drafts(Some(item)).await?, Lost::default()),
            Perspective::Release(id) => (self.changed_by(id).await?, Lost::default()),
            Perspective::AsOf(time) if time > sight.now => return Err(PerspectiveError::ToCome),
            Perspective::AsOf(time) => self.record(time).await?,
        };
        let day = perspective.moment().map(|time| time.date_naive());
        if let (Some(types), None) = (sight.types, day) {
            entries.retain(|entry| types.contains(&entry.content_type));
        }
        entries.sort_by_key(|entry| entry.item);
        Ok(Plan {
            entries,
            locales: sight.locales.to_vec(),
            lost,
            day,
        })
    }

    /// The drafts that differ from what is public, or that of one item.
    async fn drafts(&self, only: Option<ItemId>) -> Result<Vec<Entry>, PerspectiveError> {
        let mut select = item_rows(content_item::Column::DraftRevisionId);
        // Written as the partial index has it.
        select.and_where(Expr::cust(
            "\"content_item\".\"draft_revision_id\" IS DISTINCT FROM \"content_item\".\"published_revision_id\"",
        ));
        // What is archived or deleted will not be read again as it is.
        for gone in [
            content_item::Column::ArchivedAt,
            content_item::Column::DeletedAt,
        ] {
            select.and_where(Expr::col((content_item::Entity, gone)).is_null());
        }
        if let Some(ItemId(id)) = only {
            let column = (content_item::Entity, content_item::Column::Id);
            select.and_where(Expr::col(column).eq(id));
        }
        let rows = self.item_rows(select).await?.into_iter();
        Ok(rows.map(ItemRow::ahead).collect())
    }

    /// What a release changes.
    async fn changed_by(&self, id: ReleaseId) -> Result<Vec<Entry>, PerspectiveError> {
        use content_release_change::{Column, Entity};
        let of = |column: Column| Expr::col((Entity, column));
        let item = Expr::col((content_item::Entity, content_item::Column::Id));
        let mut select = Query::select();
        select
            .from(content_item::Entity)
            .inner_join(Entity, of(Column::ItemId).eq(item))
            .and_where(of(Column::TenantId).eq(self.store().tenant_id().0))
            .and_where(of(Column::ReleaseId).eq(id.0));
        with_revision(&mut select, of(Column::RevisionId));
        let rows = self.item_rows(select).await?.into_iter();
        Ok(rows.map(ItemRow::ahead).collect())
    }

    /// The items that a statement selects, unless they are too many.
    pub(super) async fn item_rows(
        &self,
        mut select: SelectStatement,
    ) -> Result<Vec<ItemRow>, PerspectiveError> {
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

/// Items with the revision that a column of theirs names.
pub(super) fn item_rows(revision: content_item::Column) -> SelectStatement {
    let mut select = Query::select();
    select.from(content_item::Entity);
    with_revision(&mut select, Expr::col((content_item::Entity, revision)));
    select
}

/// Selects items with the revision that a column names.
fn with_revision(select: &mut SelectStatement, revision: Expr) {
    use content_item::{Column, Entity};
    let columns = [
        Column::Id,
        Column::ContentType,
        Column::PublishedRevisionId,
        Column::PublishedAt,
        Column::UpdatedAt,
    ];
    let of = |column: content_revision::Column| Expr::col((content_revision::Entity, column));
    select
        .left_join(
            content_revision::Entity,
            of(content_revision::Column::Id).eq(revision),
        )
        .columns(columns.map(|column| (Entity, column)))
        .expr_as(of(content_revision::Column::Id), "revision_id")
        .expr_as(of(content_revision::Column::CreatedAt), "written_at")
        .expr_as(of(content_revision::Column::Slugs).cast_as("text"), "slugs");
}
