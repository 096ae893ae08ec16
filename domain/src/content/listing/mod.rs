//! Lists of published content: filters, orders and keyset pages, as one SQL statement whose cost
//! does not grow with the content. All lists read `content_listing`, whose rows exist only for
//! what is published.

mod filter;
mod statement;

use sea_orm::{
    EntityTrait,
    sea_query::{Expr, ExprTrait, Order, SelectStatement},
};
use serde::{Deserialize, Serialize};

use super::{ContentType, Cursor};
use crate::locale::Locale;

pub use filter::Filter;
pub(super) use statement::{MOST_VALUES, join_items, pointer_columns, select_pointers, within};

/// What a list is ordered by. Items that are equal in it are ordered by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderBy {
    /// The title, in the locale of the list.
    #[serde(rename = "t")]
    Title,
    /// The day of the content.
    #[serde(rename = "d")]
    Date,
    /// The last publication.
    #[serde(rename = "u")]
    Updated,
    /// The start of an occurrence; the calendar alone is ordered by it.
    #[serde(rename = "o")]
    Occurrence,
}

/// Whether a list goes up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From A to Z, from old to new.
    Ascending,
    /// From Z to A, from new to old.
    Descending,
}

/// A list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListQuery {
    /// The type of its items.
    pub content_type: ContentType,
    /// The locale of its titles.
    pub locale: Locale,
    /// What it shows.
    pub filter: Filter,
    /// What it is ordered by.
    pub order: OrderBy,
    /// Whether it goes up or down.
    pub direction: Direction,
}

/// The part of a list that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window<P = Cursor> {
    /// How many items at the most.
    pub size: u64,
    /// After this place.
    pub after: Option<P>,
    /// Before this place.
    pub before: Option<P>,
    /// Take the last items of the list instead of the first.
    pub from_end: bool,
}

impl Window {
    /// The first items of a list.
    pub fn first(size: u64) -> Self {
        Self {
            size,
            after: None,
            before: None,
            from_end: false,
        }
    }
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T, P = Cursor> {
    /// The items, each with its place.
    pub entries: Vec<(P, T)>,
    /// There are items before these.
    pub has_previous: bool,
    /// There are items after these.
    pub has_next: bool,
}

impl<P> Window<P> {
    /// The rows of a list that goes down by a column, at the most one more than asked for, in the order of
    /// [`Page::of`].
    pub(crate) fn select_down<E: EntityTrait, V: Into<sea_orm::Value>>(
        &self,
        select: &mut SelectStatement,
        column: E::Column,
        value: impl Fn(&P) -> V,
    ) {
        self.select_by::<E, V>(select, column, Direction::Descending, value);
    }

    /// The same of a list that goes up or down by a column.
    pub(crate) fn select_by<E: EntityTrait, V: Into<sea_orm::Value>>(
        &self,
        select: &mut SelectStatement,
        column: E::Column,
        direction: Direction,
        value: impl Fn(&P) -> V,
    ) {
        let place = || Expr::col((E::default(), column));
        let (low, high) = match direction {
            Direction::Ascending => (&self.after, &self.before),
            Direction::Descending => (&self.before, &self.after),
        };
        if let Some(low) = low {
            select.and_where(place().gt(value(low)));
        }
        if let Some(high) = high {
            select.and_where(place().lt(value(high)));
        }
        let order = match (direction == Direction::Ascending) == self.from_end {
            true => Order::Desc,
            false => Order::Asc,
        };
        select
            .order_by((E::default(), column), order)
            .limit(self.size + 1);
    }
}

impl ListQuery {
    /// A list by title.
    pub fn filtered(content_type: ContentType, locale: Locale, filter: Filter) -> Self {
        Self {
            content_type,
            locale,
            filter,
            order: OrderBy::Title,
            direction: Direction::Ascending,
        }
    }
}

impl<T, P> Page<T, P> {
    /// A page of entries in the order in which they were read: from the end when the window is there.
    pub(crate) fn of(window: &Window<P>, mut entries: Vec<(P, T)>, more: bool) -> Self {
        if window.from_end {
            entries.reverse();
        }
        Self {
            entries,
            has_previous: match window.from_end {
                true => more,
                false => window.after.is_some(),
            },
            has_next: match window.from_end {
                true => window.before.is_some(),
                false => more,
            },
        }
    }

    pub(super) fn empty(window: &Window<P>) -> Self {
        Self {
            entries: Vec::new(),
            has_previous: window.after.is_some(),
            has_next: window.before.is_some(),
        }
    }
}
