//! Content as those who edit it see it: where items stand, their drafts and their history.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use municipio_entities::{content_item, content_lock, content_revision, content_schedule};
use sea_orm::{
    ColumnTrait, FromQueryResult, Iterable, QueryResult,
    sea_query::{Alias, Condition, Expr, ExprTrait, Order, Query, SelectStatement},
};
use serde_json::Value;

use super::{
    ContentType, Contents, Cursor, Direction, InvalidCursor, Item, ItemState, Lock, OrderBy,
    OrderValue, Page, Scheduled, Slugs, Window,
    cursor::{seal, unseal},
    fold,
    queries::{read_body, read_slugs, read_type},
};
use crate::{
    ids::{ItemId, RevisionId},
    store::StoreError,
    tenants::IpaCode,
};

/// An item as those who edit it see it.
#[derive(Clone, Debug)]
pub struct WorkItem {
    /// Its id.
    pub id: ItemId,
    /// Its type.
    pub content_type: ContentType,
    /// Where it stands.
    pub state: ItemState,
    /// The newest revision.
    pub draft: Option<RevisionId>,
    /// The revision that readers see.
    pub published: Option<RevisionId>,
    /// The slugs under which it is, or was last, published.
    pub slugs: Arc<Slugs>,
    /// When it was first published.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was last published.
    pub updated_at: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last edited.
    pub edited_at: DateTime<Utc>,
    /// Since when it is archived.
    pub archived_at: Option<DateTime<Utc>>,
    /// Since when it is deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl WorkItem {
    pub(super) fn from_row(row: content_item::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ItemId(row.id),
            content_type: read_type(&row.content_type)?,
            state: ItemState::of(&row),
            draft: row.draft_revision_id.map(RevisionId),
            published: row.published_revision_id.map(RevisionId),
            slugs: Arc::new(read_slugs(row.slugs)?),
            published_at: row.published_at,
            updated_at: row.updated_at,
            created_at: row.created_at,
            edited_at: DateTime::from_timestamp_millis(row.edited_key).unwrap_or(row.created_at),
            archived_at: row.archived_at,
            deleted_at: row.deleted_at,
        })
    }

    /// The item with the body of one of its revisions, as a reader would see it.
    ///
    /// # Errors
    /// The body cannot be read.
    pub fn at(&self, revision: &Revision) -> Result<Item, StoreError> {
        Ok(Item {
            id: self.id,
            revision_id: revision.id,
            slugs: match self.published == Some(revision.id) {
                true => Arc::clone(&self.slugs),
                false => Arc::new(revision.slugs.clone()),
            },
            published_at: self.published_at,
            updated_at: self.updated_at,
            body: read_body(self.content_type, revision.id, revision.body.clone())?,
        })
    }
}

/// A revision of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Its id.
    pub id: RevisionId,
    /// The item.
    pub item: ItemId,
    /// 1 for the first of the item, 2 for the next.
    pub number: i32,
    /// The body as it is stored.
    pub body: Value,
    /// The slugs that the item has once it is published.
    pub slugs: Slugs,
    /// Who wrote it.
    pub author: String,
    /// Why.
    pub note: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl Revision {
    /// The place of a revision with this number in the history, as an opaque string for readers of this
    /// municipality.
    pub fn cursor(number: i32, municipality: &IpaCode) -> String {
        seal(municipality, &("r", number))
    }

    /// Reads such a string: the number of a revision.
    ///
    /// # Errors
    /// The text is no place in a history, or one of another municipality.
    pub fn decode_cursor(text: &str, municipality: &IpaCode) -> Result<i32, InvalidCursor> {
        match unseal::<(String, i32)>(text, municipality)? {
            (kind, number) if kind == "r" => Ok(number),
            _ => Err(InvalidCursor::OtherOrder),
        }
    }

    fn from_row(row: content_revision::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: RevisionId(row.id),
            item: ItemId(row.item_id),
            number: row.number,
            body: row.body,
            slugs: read_slugs(row.slugs)?,
            author: row.author,
            note: row.note,
            created_at: row.created_at,
        })
    }
}

/// A list of items for those who edit them.
#[derive(Clone, Debug)]
pub struct WorkQuery {
    /// Of these types; of all when there is none.
    pub types: Vec<ContentType>,
    /// Those that stand here; what is not archived or deleted when there is none.
    pub states: Vec<ItemState>,
    /// Whose title begins with this, accents and case apart.
    pub title_prefix: Option<String>,
    /// By title, or by the last edit.
    pub order: OrderBy,
    /// Up or down.
    pub direction: Direction,
}

fn of(column: content_item::Column) -> Expr {
    Expr::col((content_item::Entity, column))
}

impl WorkQuery {
    fn key(&self) -> content_item::Column {
        match self.order {
            OrderBy::Title => content_item::Column::TitleKey,
            _ => content_item::Column::EditedKey,
        }
    }

    fn value(&self, row: &content_item::Model) -> OrderValue {
        match self.order {
            OrderBy::Title => OrderValue::Text(row.title_key.clone()),
            _ => OrderValue::Time(row.edited_key),
        }
    }

    fn condition(&self) -> Condition {
        use content_item::Column;
        let types = self.types.iter().map(|content_type| content_type.as_str());
        let states = self.states.iter().map(|state| state.as_str());
        let shown = match self.states.is_empty() {
            true => of(Column::State)
                .is_not_in([ItemState::Archived.as_str(), ItemState::Deleted.as_str()]),
            false => of(Column::State).is_in(states),
        };
        let prefix = self.title_prefix.as_ref().map(|text| {
            let prefix = fold(text);
            if prefix.is_empty() && !text.trim().is_empty() {
                // No title begins with what is left out of the order.
                return Expr::value(1).eq(0);
            }
            let end = format!("{prefix}\u{7f}");
            of(Column::TitleKey)
                .gte(prefix)
                .and(of(Column::TitleKey).lt(end))
        });
        Condition::all()
            .add(shown)
            .add_option((!self.types.is_empty()).then(|| of(Column::ContentType).is_in(types)))
            .add_option(prefix)
    }

    fn page(&self, window: &Window) -> SelectStatement {
        use content_item::{Column, Entity};
        let ascending = (self.direction == Direction::Ascending) != window.from_end;
        let order = match ascending {
            true => Order::Asc,
            false => Order::Desc,
        };
        let mut select = Query::select();
        select
            .from(Entity)
            .columns(Column::iter().map(|column| (Entity, column)))
            .cond_where(self.condition())
            .order_by((Entity, self.key()), order.clone())
            .order_by((Entity, Column::Id), order)
            .limit(window.size + 1);
        for (cursor, later) in [(&window.after, true), (&window.before, false)] {
            let Some(cursor) = cursor else { continue };
            let value = match cursor.value() {
                OrderValue::Text(text) => Expr::value(text.clone()),
                OrderValue::Time(time) => Expr::value(*time),
            };
            let place = Expr::tuple([of(self.key()), of(Column::Id)]);
            let known = Expr::tuple([value, Expr::value(cursor.id().0)]);
            let upwards = later == (self.direction == Direction::Ascending);
            select.and_where(match upwards {
                true => place.gt(known),
                false => place.lt(known),
            });
        }
        select
    }
}

/// Reads rows that hold all columns of items.
fn items(rows: &[QueryResult]) -> Result<Vec<content_item::Model>, StoreError> {
    let rows = rows.iter();
    let rows = rows.map(|row| content_item::Model::from_query_result(row, ""));
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Contents {
    /// Those of these items that there are, whatever their state.
    ///
    /// # Errors
    /// The database failed.
    pub async fn work_items(&self, ids: &[ItemId]) -> Result<Vec<WorkItem>, StoreError> {
        let read = self.store().read();
        let rows = read.all_of::<content_item::Entity>(
            content_item::Column::Id,
            ids.iter().map(|id| id.0),
            Condition::all(),
        );
        rows.await?.into_iter().map(WorkItem::from_row).collect()
    }

    /// A part of a list of items.
    ///
    /// # Errors
    /// The database failed.
    pub async fn work_list(
        &self,
        query: &WorkQuery,
        window: &Window,
    ) -> Result<Page<WorkItem>, StoreError> {
        let read = self.store().read();
        let rows = read
            .rows::<content_item::Entity>(query.page(window))
            .await?;
        let size = usize::try_from(window.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        let entries = items(&rows)?.into_iter().take(size).map(|row| {
            let cursor = Cursor::new(query.order, query.value(&row), ItemId(row.id));
            Ok((cursor, WorkItem::from_row(row)?))
        });
        let entries = entries.collect::<Result<_, StoreError>>()?;
        Ok(Page::of(window, entries, more))
    }

    /// The size of such a list.
    ///
    /// # Errors
    /// The database failed.
    pub async fn work_count(&self, query: &WorkQuery) -> Result<u64, StoreError> {
        let mut select = Query::select();
        select
            .from(content_item::Entity)
            .expr_as(of(content_item::Column::Id).count(), Alias::new("total"))
            .cond_where(query.condition());
        let read = self.store().read();
        let rows = read.rows::<content_item::Entity>(select).await?;
        let total = rows.first().map(|row| row.try_get::<i64>("", "total"));
        let total = total.transpose()?.unwrap_or_default();
        Ok(u64::try_from(total).unwrap_or_default())
    }

    /// Those of these revisions that there are.
    ///
    /// # Errors
    /// The database failed.
    pub async fn revisions(&self, ids: &[RevisionId]) -> Result<Vec<Revision>, StoreError> {
        let read = self.store().read();
        let rows = read.all_of::<content_revision::Entity>(
            content_revision::Column::Id,
            ids.iter().map(|id| id.0),
            Condition::all(),
        );
        rows.await?.into_iter().map(Revision::from_row).collect()
    }

    /// The newest revisions of each of these items, at most so many, before this number.
    ///
    /// # Errors
    /// The database failed.
    pub async fn history(
        &self,
        of_items: &[ItemId],
        before: Option<i32>,
        size: u64,
    ) -> Result<HashMap<ItemId, Vec<Revision>>, StoreError> {
        use content_revision::{Column, Entity};
        let earlier = Condition::all().add_option(before.map(|number| Column::Number.lt(number)));
        let (read, ids) = (self.store().read(), of_items.iter().map(|id| id.0));
        let rows = read.last_of_each::<Entity>(Column::ItemId, ids, Column::Number, size, earlier);
        let mut history: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows.await? {
            let revision = Revision::from_row(row)?;
            history.entry(revision.item).or_default().push(revision);
        }
        Ok(history)
    }

    /// What is and was scheduled for each of these items, the latest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn schedules(
        &self,
        ids: &[ItemId],
    ) -> Result<HashMap<ItemId, Vec<Scheduled>>, StoreError> {
        let read = self.store().read();
        let rows = read.all_of::<content_schedule::Entity>(
            content_schedule::Column::ItemId,
            ids.iter().map(|id| id.0),
            Condition::all(),
        );
        let mut rows = rows.await?;
        rows.sort_by_key(|row| std::cmp::Reverse((row.due_key, row.id)));
        let mut schedules: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let scheduled = Scheduled::from_row(row)?;
            schedules.entry(scheduled.item).or_default().push(scheduled);
        }
        Ok(schedules)
    }

    /// Who works on these items.
    ///
    /// # Errors
    /// The database failed.
    pub async fn locks(
        &self,
        ids: &[ItemId],
        now: DateTime<Utc>,
    ) -> Result<HashMap<ItemId, Lock>, StoreError> {
        let read = self.store().read();
        let rows = read.all_of::<content_lock::Entity>(
            content_lock::Column::ItemId,
            ids.iter().map(|id| id.0),
            Condition::all(),
        );
        let rows = rows.await?.into_iter();
        let locks = rows.filter_map(|row| Some((ItemId(row.item_id), Lock::from_row(row, now)?)));
        Ok(locks.collect())
    }
}
