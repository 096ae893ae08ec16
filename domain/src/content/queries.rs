//! Reading content. Pointers are read from the database each time; bodies never change and are
//! kept in memory by revision id.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use moka::sync::Cache;
use municipio_entities::{content_item, content_occurrence, content_revision, content_slug};
use sea_orm::{
    ColumnTrait, DbErr, QueryResult,
    sea_query::{Alias, Condition, Expr, ExprTrait, Func, Order, Query},
};
use serde_json::Value;

use super::{
    Body, ContentType, Cursor, Item, ListQuery, OrderBy, OrderValue, Page, Slug, Slugs, Window,
    listing,
};
use crate::{
    ids::{ItemId, RevisionId},
    locale::Locale,
    store::{StoreError, TenantStore},
};

/// Typed bodies by revision id, shared by all tenants.
pub type BodyCache = Cache<RevisionId, Body>;

/// The content of one tenant, for readers.
#[derive(Clone, Debug)]
pub struct Contents {
    store: TenantStore,
    bodies: BodyCache,
}

/// What is found under a slug.
#[derive(Clone, Debug)]
pub enum Found {
    /// The item, under its current slug.
    Item(Item),
    /// The item had this slug once; its address is another now.
    Moved(Item),
    /// An item was here, and is not published any more.
    Gone,
    /// Nothing was ever here.
    Nothing,
}

/// An occurrence of an event.
#[derive(Clone, Debug)]
pub struct OccurrenceEntry {
    /// The event.
    pub item: Item,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// It takes whole days.
    pub all_day: bool,
}

struct Pointer {
    id: ItemId,
    content_type: ContentType,
    revision: RevisionId,
    slugs: Slugs,
    published_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
}

impl Contents {
    /// Memory for the bodies of about this many revisions.
    pub fn cache(capacity: u64) -> BodyCache {
        Cache::new(capacity)
    }

    /// The content of the tenant of this store.
    pub fn new(store: TenantStore, bodies: BodyCache) -> Self {
        Self { store, bodies }
    }

    /// The rows of the tenant.
    pub(super) fn store(&self) -> &TenantStore {
        &self.store
    }

    /// The published items among these, in no order; unpublished and foreign ids are not there.
    ///
    /// # Errors
    /// The database failed.
    pub async fn published(&self, ids: &[ItemId]) -> Result<Vec<Item>, StoreError> {
        let ids = ids.iter().map(|id| id.0);
        let filter = Condition::all()
            .add(content_item::Column::Id.is_in(ids))
            .add(content_item::Column::PublishedRevisionId.is_not_null());
        let rows = self
            .store
            .read()
            .all::<content_item::Entity>(filter)
            .await?;
        let pointers = rows.into_iter().map(Pointer::from_model);
        self.items(pointers.collect::<Result<_, _>>()?).await
    }

    /// The single item of a type that has one per tenant, if it is published.
    ///
    /// # Errors
    /// The database failed.
    pub async fn singleton(&self, content_type: ContentType) -> Result<Option<Item>, StoreError> {
        let filter = Condition::all()
            .add(content_item::Column::ContentType.eq(content_type.as_str()))
            .add(content_item::Column::PublishedRevisionId.is_not_null());
        let row = self
            .store
            .read()
            .one::<content_item::Entity>(filter)
            .await?;
        let pointers = row.into_iter().map(Pointer::from_model);
        Ok(self.items(pointers.collect::<Result<_, _>>()?).await?.pop())
    }

    /// What is published under a slug of a locale.
    ///
    /// # Errors
    /// The database failed.
    pub async fn by_slug(
        &self,
        content_type: ContentType,
        locale: &Locale,
        slug: &Slug,
    ) -> Result<Found, StoreError> {
        let filter = Condition::all()
            .add(content_slug::Column::ContentType.eq(content_type.as_str()))
            .add(content_slug::Column::Locale.eq(locale.as_str()))
            .add(content_slug::Column::Slug.eq(slug.as_str()));
        let Some(row) = self
            .store
            .read()
            .one::<content_slug::Entity>(filter)
            .await?
        else {
            return Ok(Found::Nothing);
        };
        let filter = content_item::Column::Id.eq(row.item_id);
        let read = self.store.read();
        let Some(row) = read.one::<content_item::Entity>(filter).await? else {
            return Ok(Found::Nothing);
        };
        if row.published_revision_id.is_none() {
            // A draft that nobody ever saw is not told of.
            let was_public = row.published_at.is_some();
            return Ok(if was_public {
                Found::Gone
            } else {
                Found::Nothing
            });
        }
        let item = self.items(vec![Pointer::from_model(row)?]).await?.pop();
        Ok(match item {
            None => Found::Gone,
            Some(item) if item.slugs.get(locale) == Some(slug) => Found::Item(item),
            Some(item) => Found::Moved(item),
        })
    }

    /// A part of a list.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list(&self, query: &ListQuery, window: &Window) -> Result<Page<Item>, StoreError> {
        let scope = self.store.read();
        let select = query.page(scope.tenant_id(), window);
        let rows = scope
            .rows::<municipio_entities::content_listing::Entity>(select)
            .await?;
        let placed = rows
            .iter()
            .map(|row| Ok((query.order.value(row)?, Pointer::from_row(row)?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let mut pages = self.pages(query.order, window, vec![placed]).await?;
        Ok(pages.pop().unwrap_or_else(|| Page::empty(window)))
    }

    /// The size of a whole list.
    ///
    /// # Errors
    /// The database failed.
    pub async fn count(&self, query: &ListQuery) -> Result<u64, StoreError> {
        let scope = self.store.read();
        let select = query.count(scope.tenant_id());
        let rows = scope
            .rows::<municipio_entities::content_listing::Entity>(select)
            .await?;
        let total: i64 = match rows.first() {
            Some(row) => row.try_get("", "total")?,
            None => 0,
        };
        Ok(u64::try_from(total).unwrap_or_default())
    }

    /// How many published items there are for each type and for each value of each of its fields:
    /// `(type, field, value)`; the field is empty for all of a type.
    ///
    /// # Errors
    /// The database failed.
    pub async fn counts(
        &self,
        locale: &Locale,
        fields: &[&str],
    ) -> Result<HashMap<(String, String, String), u64>, StoreError> {
        use municipio_entities::content_listing::{Column, Entity};
        let mut select = Query::select();
        let columns = [Column::ContentType, Column::Field, Column::Value];
        for column in columns {
            select
                .column((Entity, column))
                .group_by_col((Entity, column));
        }
        select
            .from(Entity)
            .expr_as(
                Expr::col((Entity, Column::ItemId)).count(),
                Alias::new("total"),
            )
            .and_where(Expr::col((Entity, Column::Locale)).eq(locale.as_str()))
            .and_where(Expr::col((Entity, Column::Field)).is_in(fields.iter().copied()));
        let rows = self.store.read().rows::<Entity>(select).await?;
        rows.iter()
            .map(|row| {
                let total: i64 = row.try_get("", "total")?;
                let name = |column: &str| row.try_get::<String>("", column);
                let key = (name("content_type")?, name("field")?, name("value")?);
                Ok((key, u64::try_from(total).unwrap_or_default()))
            })
            .collect()
    }

    /// For each of these values of a field (a code, or the id of a linked item), the same part of the
    /// list of the items that have it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn linked_by(
        &self,
        query: &ListQuery,
        field: &'static str,
        values: &[String],
        window: &Window,
    ) -> Result<HashMap<String, Page<Item>>, StoreError> {
        let scope = self.store.read();
        let select = query.first_of_each(scope.tenant_id(), field, values, window);
        let rows = scope
            .rows::<municipio_entities::content_listing::Entity>(select)
            .await?;
        let mut groups: HashMap<String, Vec<(OrderValue, Pointer)>> = HashMap::new();
        for row in &rows {
            let value: String = row.try_get("", "value")?;
            let placed = (query.order.value(row)?, Pointer::from_row(row)?);
            groups.entry(value).or_default().push(placed);
        }
        let groups: Vec<_> = values
            .iter()
            .map(|value| groups.remove(value).unwrap_or_default())
            .collect();
        let pages = self.pages(query.order, window, groups).await?;
        Ok(values.iter().cloned().zip(pages).collect())
    }

    /// For each of these values of a field, how many items of the list have it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn count_each(
        &self,
        query: &ListQuery,
        field: &'static str,
        values: &[String],
    ) -> Result<HashMap<String, u64>, StoreError> {
        let scope = self.store.read();
        let select = query.count_of_each(field, values, scope.tenant_id());
        let rows = scope
            .rows::<municipio_entities::content_listing::Entity>(select)
            .await?;
        rows.iter()
            .map(|row| {
                let total: i64 = row.try_get("", "total")?;
                Ok((
                    row.try_get("", "value")?,
                    u64::try_from(total).unwrap_or_default(),
                ))
            })
            .collect()
    }

    /// Occurrences in a range, in the order in which they begin; each with its place in the list.
    ///
    /// # Errors
    /// The database failed.
    pub async fn occurrences(
        &self,
        from: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
        filter: Option<&ListQuery>,
        size: u64,
        after: Option<&Cursor>,
    ) -> Result<Page<OccurrenceEntry>, StoreError> {
        use content_occurrence::{Column, Entity};
        let of = |column: Column| Expr::col((Entity, column));
        let scope = self.store.read();
        let mut select = Query::select();
        select
            .from(Entity)
            .columns([
                (Entity, Column::StartsAt),
                (Entity, Column::EndsAt),
                (Entity, Column::AllDay),
            ])
            .cond_where(listing::within(from, until))
            .order_by((Entity, Column::StartsAt), Order::Asc)
            .order_by((Entity, Column::ItemId), Order::Asc)
            .limit(size + 1);
        if let Some(query) = filter {
            let ids = query.ids(scope.tenant_id());
            select.and_where(of(Column::ItemId).in_subquery(ids));
        }
        if let Some(cursor) = after {
            let OrderValue::Time(start) = *cursor.value() else {
                return Ok(Page::empty(&Window::first(size)));
            };
            let place = Expr::tuple([of(Column::StartsAt), of(Column::ItemId)]);
            select.and_where(place.gt(Expr::tuple([
                Expr::value(start),
                Expr::value(cursor.id().0),
            ])));
        }
        listing::select_pointers(&mut select, (Entity, Column::ItemId));
        let rows = scope.rows::<Entity>(select).await?;
        let has_next = rows.len() as u64 > size;
        let mut times = Vec::new();
        let mut pointers = Vec::new();
        for row in rows
            .iter()
            .take(usize::try_from(size).unwrap_or(usize::MAX))
        {
            let starts_at: i64 = row.try_get("", "starts_at")?;
            let ends_at: i64 = row.try_get("", "ends_at")?;
            let all_day: bool = row.try_get("", "all_day")?;
            let pointer = Pointer::from_row(row)?;
            times.push((pointer.id, starts_at, ends_at, all_day));
            pointers.push(pointer);
        }
        let items = self.items(pointers).await?;
        let items: HashMap<_, _> = items.into_iter().map(|item| (item.id, item)).collect();
        let entries = times
            .into_iter()
            .filter_map(|(id, starts_at, ends_at, all_day)| {
                let cursor = Cursor::new(OrderBy::Occurrence, OrderValue::Time(starts_at), id);
                let entry = OccurrenceEntry {
                    item: items.get(&id)?.clone(),
                    starts_at: DateTime::from_timestamp(starts_at, 0)?,
                    ends_at: DateTime::from_timestamp(ends_at, 0)?,
                    all_day,
                };
                Some((cursor, entry))
            })
            .collect();
        Ok(Page {
            entries,
            has_previous: after.is_some(),
            has_next,
        })
    }

    /// The events that take place next, each once, with the occurrence that makes it so.
    ///
    /// # Errors
    /// The database failed.
    pub async fn next_events(
        &self,
        now: DateTime<Utc>,
        size: u64,
    ) -> Result<Vec<Item>, StoreError> {
        use content_occurrence::{Column, Entity};
        let of = |column: Column| Expr::col((Entity, column));
        let first = Func::min(of(Column::StartsAt));
        let mut select = Query::select();
        select
            .from(Entity)
            .column((Entity, Column::ItemId))
            .expr_as(first.clone(), Alias::new("first"))
            .cond_where(listing::within(Some(now), None))
            .group_by_col((Entity, Column::ItemId))
            .order_by_expr(first.into(), Order::Asc)
            .order_by((Entity, Column::ItemId), Order::Asc)
            .limit(size);
        let rows = self.store.read().rows::<Entity>(select).await?;
        let ids = rows
            .iter()
            .map(|row| row.try_get("", "item_id").map(ItemId))
            .collect::<Result<Vec<_>, DbErr>>()?;
        let items = self.published(&ids).await?;
        let mut items: HashMap<_, _> = items.into_iter().map(|item| (item.id, item)).collect();
        Ok(ids.iter().filter_map(|id| items.remove(id)).collect())
    }

    async fn pages(
        &self,
        order: OrderBy,
        window: &Window,
        groups: Vec<Vec<(OrderValue, Pointer)>>,
    ) -> Result<Vec<Page<Item>>, StoreError> {
        let size = usize::try_from(window.size).unwrap_or(usize::MAX);
        let mut pointers = Vec::new();
        let mut shapes = Vec::new();
        for group in groups {
            let more = group.len() > size;
            let mut cursors = Vec::new();
            for (value, pointer) in group.into_iter().take(size) {
                cursors.push(Cursor::new(order, value, pointer.id));
                pointers.push(pointer);
            }
            shapes.push((cursors, more));
        }
        let items = self.items(pointers).await?;
        let items: HashMap<_, _> = items.into_iter().map(|item| (item.id, item)).collect();
        let pages = shapes.into_iter().map(|(cursors, more)| {
            let entries = cursors.into_iter().filter_map(|cursor| {
                let item = items.get(&cursor.id())?.clone();
                Some((cursor, item))
            });
            let mut entries: Vec<_> = entries.collect();
            if window.from_end {
                entries.reverse();
            }
            Page {
                entries,
                has_previous: if window.from_end {
                    more
                } else {
                    window.after.is_some()
                },
                has_next: if window.from_end {
                    window.before.is_some()
                } else {
                    more
                },
            }
        });
        Ok(pages.collect())
    }

    /// Gives the pointers their bodies: from memory, and what is not there in one statement.
    async fn items(&self, pointers: Vec<Pointer>) -> Result<Vec<Item>, StoreError> {
        let mut bodies = HashMap::new();
        let mut missing = Vec::new();
        for pointer in &pointers {
            match self.bodies.get(&pointer.revision) {
                Some(body) => {
                    bodies.insert(pointer.revision, body);
                }
                None => missing.push(pointer.revision.0),
            }
        }
        if !missing.is_empty() {
            let types: HashMap<_, _> = pointers
                .iter()
                .map(|pointer| (pointer.revision, pointer.content_type))
                .collect();
            let filter = content_revision::Column::Id.is_in(missing);
            let rows = self
                .store
                .read()
                .all::<content_revision::Entity>(filter)
                .await?;
            for row in rows {
                let id = RevisionId(row.id);
                if let Some(&content_type) = types.get(&id) {
                    let body = read_body(content_type, id, row.body)?;
                    self.bodies.insert(id, body.clone());
                    bodies.insert(id, body);
                }
            }
        }
        let items = pointers.into_iter().filter_map(|pointer| {
            Some(Item {
                id: pointer.id,
                revision_id: pointer.revision,
                body: bodies.get(&pointer.revision)?.clone(),
                slugs: pointer.slugs,
                published_at: pointer.published_at,
                updated_at: pointer.updated_at,
            })
        });
        Ok(items.collect())
    }
}

/// Reads a stored body.
pub(super) fn read_body(
    content_type: ContentType,
    id: RevisionId,
    body: Value,
) -> Result<Body, StoreError> {
    Body::read(content_type, body)
        .map_err(|error| StoreError::corrupt(format!("revision {id}"), error))
}

pub(super) fn read_slugs(slugs: Value) -> Result<Slugs, StoreError> {
    serde_json::from_value(slugs).map_err(|error| StoreError::corrupt("slugs", error))
}

pub(super) fn read_type(name: &str) -> Result<ContentType, StoreError> {
    name.parse()
        .map_err(|error| StoreError::corrupt("content type", error))
}

impl<T> Page<T> {
    fn empty(window: &Window) -> Self {
        Self {
            entries: Vec::new(),
            has_previous: window.after.is_some(),
            has_next: window.before.is_some(),
        }
    }
}

impl Pointer {
    fn from_model(row: content_item::Model) -> Result<Self, StoreError> {
        let revision = row
            .published_revision_id
            .ok_or_else(|| StoreError::corrupt("published pointer", "it is empty"))?;
        Ok(Self {
            id: ItemId(row.id),
            content_type: read_type(&row.content_type)?,
            revision: RevisionId(revision),
            slugs: read_slugs(row.slugs)?,
            published_at: row.published_at,
            updated_at: row.updated_at,
        })
    }

    fn from_row(row: &QueryResult) -> Result<Self, StoreError> {
        let content_type: String = row.try_get("", "content_type")?;
        Ok(Self {
            id: ItemId(row.try_get("", "id")?),
            content_type: read_type(&content_type)?,
            revision: RevisionId(row.try_get("", "published_revision_id")?),
            slugs: read_slugs(row.try_get("", "slugs")?)?,
            published_at: row.try_get("", "published_at")?,
            updated_at: row.try_get("", "updated_at")?,
        })
    }
}
