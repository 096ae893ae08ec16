//! Reading content. Pointers are read from the database each time; bodies never change and are
//! kept in memory by revision id.

mod calendar;
mod pointer;

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use moka::sync::Cache;
use municipio_entities::{content_item, content_revision, content_slug};
use sea_orm::{
    QueryResult,
    sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    Body, ContentType, Cursor, Item, ListQuery, OrderBy, OrderValue, Page, Slug, Window, listing,
    perspective::Overlay, types::Municipality,
};
use crate::{
    ids::{ItemId, RevisionId},
    locale::Locale,
    store::{Pending, StoreError, TenantStore, Transaction},
};

pub use calendar::OccurrenceEntry;
use pointer::Pointer;
pub(super) use pointer::{parse_slugs, read_body, read_slugs, read_type};

/// Typed bodies by revision id, shared by all tenants.
pub type BodyCache = Cache<RevisionId, Body>;

/// The content of one tenant, for readers.
#[derive(Clone, Debug)]
pub struct Contents {
    store: TenantStore,
    bodies: BodyCache,
    /// What is seen in place of the published state.
    overlay: Option<Arc<Overlay>>,
    /// The moment of the public record that is seen.
    as_of: Option<DateTime<Utc>>,
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

impl Contents {
    /// Memory for the bodies of about this many revisions.
    pub fn cache(capacity: u64) -> BodyCache {
        Cache::new(capacity)
    }

    /// The content of the tenant of this store.
    pub fn new(store: TenantStore, bodies: BodyCache) -> Self {
        Self {
            store,
            bodies,
            overlay: None,
            as_of: None,
        }
    }

    /// The same content through an overlay; of the public record, with its moment.
    pub(super) fn through(&self, overlay: Arc<Overlay>, as_of: Option<DateTime<Utc>>) -> Self {
        Self {
            overlay: Some(overlay),
            as_of,
            ..self.clone()
        }
    }

    /// Refuses to list what was public of a type while some of it is lost.
    pub(super) fn refuse_lost(
        &self,
        content_type: impl Into<Option<ContentType>>,
    ) -> Result<(), StoreError> {
        let overlay = self.overlay();
        overlay.map_or(Ok(()), |overlay| overlay.refuse_lost_type(content_type))
    }

    /// Refuses to show what was public of an item while that is lost.
    ///
    /// # Errors
    /// The item is not on the public record of the moment that is seen.
    pub fn refuse_lost_item(&self, id: ItemId) -> Result<(), StoreError> {
        let overlay = self.overlay();
        overlay.map_or(Ok(()), |overlay| overlay.refuse_lost_item(id))
    }

    /// What is seen is not public, or not yet.
    pub fn is_of_drafts(&self) -> bool {
        self.overlay.is_some() && self.as_of.is_none()
    }

    /// What is seen is the public record of a moment.
    pub fn is_of_record(&self) -> bool {
        self.as_of.is_some()
    }

    pub(super) fn overlay(&self) -> Option<&Overlay> {
        self.overlay.as_deref()
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// The database does not answer.
    pub fn begin(&self) -> Pending<'_, Transaction> {
        self.store.begin()
    }

    /// Tells this program that something was scheduled; the others look from time to time.
    pub fn wake(&self) {
        self.store.alarm().notify_one();
    }

    /// The rows of the tenant.
    pub fn store(&self) -> &TenantStore {
        &self.store
    }

    /// The published items among these, in no order; unpublished and foreign ids are not there.
    ///
    /// # Errors
    /// One of them is not on the public record of the moment that is seen, or the database failed.
    pub async fn published(&self, ids: &[ItemId]) -> Result<Vec<Item>, StoreError> {
        ids.iter().try_for_each(|id| self.refuse_lost_item(*id))?;
        let ids = ids.iter().map(|id| id.0);
        let item = |column| Expr::col((content_item::Entity, column));
        let mut select = Query::select();
        select
            .from(content_item::Entity)
            .and_where(item(content_item::Column::Id).is_in(ids));
        self.items(self.pointers(select).await?).await
    }

    /// The single item of a type that has one per tenant, if it is published.
    ///
    /// # Errors
    /// The database failed.
    pub async fn singleton(&self, content_type: ContentType) -> Result<Option<Item>, StoreError> {
        self.refuse_lost(content_type)?;
        let item = |column| Expr::col((content_item::Entity, column));
        let mut select = Query::select();
        select
            .from(content_item::Entity)
            .and_where(item(content_item::Column::ContentType).eq(content_type.as_str()))
            .limit(1);
        Ok(self.items(self.pointers(select).await?).await?.pop())
    }

    /// The settings of the municipality, if they are published.
    ///
    /// # Errors
    /// The database failed.
    pub async fn municipality(&self) -> Result<Option<Arc<Municipality>>, StoreError> {
        let item = self.singleton(ContentType::Municipality).await?;
        Ok(match item.map(|item| item.body) {
            Some(Body::Municipality(settings)) => Some(settings),
            _ => None,
        })
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
        use content_slug::{Column, Entity};
        let of = |column| Expr::col((Entity, column));
        let mut select = Query::select();
        select
            .from(Entity)
            .and_where(of(Column::ContentType).eq(content_type.as_str()))
            .and_where(of(Column::Locale).eq(locale.as_str()))
            .and_where(of(Column::Slug).eq(slug.as_str()));
        listing::join_items(&mut select, (Entity, Column::ItemId));
        if let Some(overlay) = self.overlay() {
            let laid = overlay.by_slug(content_type, locale, slug);
            if let Some((id, shown)) = laid {
                let item = self.items(vec![Pointer::shown(id, shown)]).await?.pop();
                return Ok(item.map_or(Found::Nothing, Found::Item));
            }
        }
        if let Some(time) = self.as_of {
            let claimed = of(Column::ClaimedAt);
            select.and_where(claimed.clone().is_null().or(claimed.lte(time)));
        }
        let rows = self.store.read().rows::<Entity>(select).await?;
        let Some(row) = rows.first() else {
            // What was purged took its slugs along.
            self.refuse_lost(content_type)?;
            return Ok(Found::Nothing);
        };
        let Some(pointer) = self.pointer(row)? else {
            // A draft that nobody ever saw is not told of.
            let was_public: Option<DateTime<Utc>> = row.try_get("", "published_at")?;
            return Ok(match was_public {
                Some(_) => Found::Gone,
                None => Found::Nothing,
            });
        };
        let item = self.items(vec![pointer]).await?.pop();
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
        self.refuse_lost(query.content_type)?;
        let scope = self.store.read();
        let select = query.page(scope.tenant_id(), window, self.overlay());
        let rows = scope
            .rows::<municipio_entities::content_listing::Entity>(select)
            .await?;
        let mut placed = Vec::with_capacity(rows.len());
        for row in &rows {
            if let Some(pointer) = self.pointer(row)? {
                placed.push((query.order.value(row)?, pointer));
            }
        }
        let mut pages = self.pages(query.order, window, vec![placed]).await?;
        Ok(pages.pop().unwrap_or_else(|| Page::empty(window)))
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
        self.refuse_lost(query.content_type)?;
        let scope = self.store.read();
        let mut groups: HashMap<String, Vec<(OrderValue, Pointer)>> = HashMap::new();
        for values in values.chunks(listing::MOST_VALUES) {
            let (tenant, backend) = (scope.tenant_id(), scope.backend());
            let select =
                query.first_of_each(tenant, field, values, window, backend, self.overlay());
            let rows = scope
                .rows::<municipio_entities::content_listing::Entity>(select)
                .await?;
            for row in &rows {
                let value: String = row.try_get("", "value")?;
                if let Some(pointer) = self.pointer(row)? {
                    let placed = (query.order.value(row)?, pointer);
                    groups.entry(value).or_default().push(placed);
                }
            }
        }
        let groups: Vec<_> = values
            .iter()
            .map(|value| groups.remove(value).unwrap_or_default())
            .collect();
        let pages = self.pages(query.order, window, groups).await?;
        Ok(values.iter().cloned().zip(pages).collect())
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
            Page::of(window, entries.collect(), more)
        });
        Ok(pages.collect())
    }

    /// The pointers of the published items that this statement selects.
    async fn pointers(&self, mut select: SelectStatement) -> Result<Vec<Pointer>, StoreError> {
        listing::pointer_columns(&mut select);
        if self.overlay.is_none() {
            let published = content_item::Column::PublishedRevisionId;
            select.and_where(Expr::col((content_item::Entity, published)).is_not_null());
        }
        let rows = self
            .store
            .read()
            .rows::<content_item::Entity>(select)
            .await?;
        let pointers = rows.iter().filter_map(|row| self.pointer(row).transpose());
        pointers.collect()
    }

    /// What is seen of the item of a row, if anything is.
    fn pointer(&self, row: &QueryResult) -> Result<Option<Pointer>, StoreError> {
        if let Some(overlay) = self.overlay() {
            let id = ItemId(row.try_get("", "id")?);
            overlay.refuse_lost_item(id)?;
            if let Some(shown) = overlay.item(id) {
                return Ok(shown.map(|shown| Pointer::shown(id, shown)));
            }
        }
        Pointer::from_row(row)
    }

    /// The bodies of these revisions, as they are stored.
    async fn stored(&self, revisions: Vec<Uuid>) -> Result<Vec<(RevisionId, String)>, StoreError> {
        use content_revision::{Column, Entity};
        let of = |column| Expr::col((Entity, column));
        let mut select = Query::select();
        select
            .from(Entity)
            .expr(of(Column::Id))
            // Read once, into what it is; as JSON it would be read into a tree before.
            .expr_as(of(Column::Body).cast_as("text"), Alias::new("body"))
            .and_where(of(Column::Id).is_in(revisions));
        let rows = self.store.read().rows::<Entity>(select).await?;
        rows.iter()
            .map(|row| Ok((RevisionId(row.try_get("", "id")?), row.try_get("", "body")?)))
            .collect()
    }

    /// The bodies of these revisions: from memory, and what is not there in one statement.
    pub(crate) async fn bodies(
        &self,
        revisions: &[(RevisionId, ContentType)],
    ) -> Result<HashMap<RevisionId, Body>, StoreError> {
        let mut bodies = HashMap::new();
        let mut missing = Vec::new();
        for (revision, _) in revisions {
            match self.bodies.get(revision) {
                Some(body) => {
                    bodies.insert(*revision, body);
                }
                None => missing.push(revision.0),
            }
        }
        if missing.is_empty() {
            return Ok(bodies);
        }
        let types: HashMap<_, _> = revisions.iter().copied().collect();
        for (id, body) in self.stored(missing).await? {
            if let Some(&content_type) = types.get(&id) {
                let body = Body::read_stored(content_type, &body)
                    .map_err(|error| StoreError::corrupt(format!("revision {id}"), error))?;
                self.bodies.insert(id, body.clone());
                bodies.insert(id, body);
            }
        }
        Ok(bodies)
    }

    /// Gives the pointers their bodies.
    async fn items(&self, pointers: Vec<Pointer>) -> Result<Vec<Item>, StoreError> {
        let revisions: Vec<_> = pointers
            .iter()
            .map(|pointer| (pointer.revision, pointer.content_type))
            .collect();
        let bodies = self.bodies(&revisions).await?;
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
