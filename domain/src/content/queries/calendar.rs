//! The calendar: events at the times at which they take place.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    DbErr,
    sea_query::{Alias, Expr, ExprTrait, Func, Order, Query},
};

use super::Contents;
use crate::{
    content::{ContentType, Cursor, Item, ListQuery, OrderBy, OrderValue, Page, Window, listing},
    ids::ItemId,
    store::StoreError,
};

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

impl Contents {
    /// Occurrences in a range, in the order in which they begin; each with its place in the list.
    ///
    /// # Errors
    /// The database failed.
    pub async fn occurrences(
        &self,
        from: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
        filter: Option<&ListQuery>,
        window: &Window,
    ) -> Result<Page<OccurrenceEntry>, StoreError> {
        use municipio_entities::content_occurrence::{Column, Entity};
        self.refuse_lost(ContentType::Event)?;
        let of = |column: Column| Expr::col((Entity, column));
        let scope = self.store.read();
        let order = match window.from_end {
            true => Order::Desc,
            false => Order::Asc,
        };
        let mut select = Query::select();
        select
            .from(Entity)
            .columns([
                (Entity, Column::StartsAt),
                (Entity, Column::EndsAt),
                (Entity, Column::AllDay),
            ])
            .cond_where(listing::within(from, until))
            .order_by((Entity, Column::StartsAt), order.clone())
            .order_by((Entity, Column::ItemId), order)
            .limit(window.size + 1);
        if let Some(query) = filter {
            let ids = query.ids(scope.tenant_id(), self.overlay());
            select.and_where(of(Column::ItemId).in_subquery(ids));
        }
        for (cursor, later) in [(&window.after, true), (&window.before, false)] {
            let Some(cursor) = cursor else { continue };
            let OrderValue::Time(start) = *cursor.value() else {
                return Ok(Page::empty(window));
            };
            let place = Expr::tuple([of(Column::StartsAt), of(Column::ItemId)]);
            let known = Expr::tuple([Expr::value(start), Expr::value(cursor.id().0)]);
            select.and_where(match later {
                true => place.gt(known),
                false => place.lt(known),
            });
        }
        listing::select_pointers(&mut select, (Entity, Column::ItemId), self.overlay());
        if let Some(overlay) = self.overlay() {
            select.with_cte(overlay.times(scope.tenant_id()));
        }
        let rows = scope.rows::<Entity>(select).await?;
        let size = usize::try_from(window.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        let mut times = Vec::new();
        let mut pointers = Vec::new();
        for row in rows.iter().take(size) {
            let starts_at: i64 = row.try_get("", "starts_at")?;
            let ends_at: i64 = row.try_get("", "ends_at")?;
            let all_day: bool = row.try_get("", "all_day")?;
            if let Some(pointer) = self.pointer(row)? {
                times.push((pointer.id, starts_at, ends_at, all_day));
                pointers.push(pointer);
            }
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
        Ok(Page::of(window, entries, more))
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
        use municipio_entities::content_occurrence::{Column, Entity};
        self.refuse_lost(ContentType::Event)?;
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
        if let Some(overlay) = self.overlay() {
            select.with_cte(overlay.times(self.store.tenant_id()));
        }
        let rows = self.store.read().rows::<Entity>(select).await?;
        let ids = rows
            .iter()
            .map(|row| row.try_get("", "item_id").map(ItemId))
            .collect::<Result<Vec<_>, DbErr>>()?;
        let items = self.published(&ids).await?;
        let mut items: HashMap<_, _> = items.into_iter().map(|item| (item.id, item)).collect();
        Ok(ids.iter().filter_map(|id| items.remove(id)).collect())
    }
}
