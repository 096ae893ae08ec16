//! Pages of short lists: a municipality has some hundred accounts and keys at the most, so that the whole
//! list is read and a page of it is shown.

use std::borrow::Cow;

use async_graphql::{Object, OutputType, Result, TypeName, connection::PageInfo};

use crate::{connection::page_size, error::ErrorCode};

/// A part of a short list.
pub(crate) struct List<T> {
    edges: Vec<ListEdge<T>>,
    has_previous: bool,
    has_next: bool,
    total: usize,
}

/// Something in a list, with its place.
pub(crate) struct ListEdge<T> {
    cursor: String,
    node: T,
}

/// The part after a place; the cursor of an item is its key.
pub(crate) fn listed<I, T>(
    items: Vec<I>,
    key: impl Fn(&I) -> String,
    show: impl Fn(I) -> T,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<List<T>> {
    let size = page_size(first, "first")?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let begin = match after {
        None => 0,
        Some(after) => {
            let place = items.iter().position(|item| key(item) == after);
            let message = "the cursor is not one of this list, or its item is gone";
            place.ok_or_else(|| ErrorCode::InvalidCursor.about("after", message))? + 1
        }
    };
    let total = items.len();
    let shown = items.into_iter().skip(begin).take(size);
    let edges: Vec<_> = shown
        .map(|item| ListEdge {
            cursor: key(&item),
            node: show(item),
        })
        .collect();
    Ok(List {
        has_previous: begin > 0,
        has_next: begin + edges.len() < total,
        edges,
        total,
    })
}

impl<T: OutputType> TypeName for List<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

impl<T: OutputType> TypeName for ListEdge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// Something in a list, with its place in it.
#[Object(name_type)]
impl<T: OutputType> ListEdge<T> {
    /// Its place, for `after`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The thing itself.
    async fn node(&self) -> &T {
        &self.node
    }
}

/// A part of a list (Relay connection): at most 100, in a fixed order.
#[Object(name_type)]
impl<T: OutputType> List<T> {
    /// All of this part with their places.
    async fn edges(&self) -> &[ListEdge<T>] {
        &self.edges
    }

    /// All of this part.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Whether there is more, and how to go on.
    async fn page_info(&self) -> PageInfo {
        let place = |edge: Option<&ListEdge<T>>| edge.map(|edge| edge.cursor.clone());
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: place(self.edges.first()),
            end_cursor: place(self.edges.last()),
        }
    }

    /// How many there are in the whole list.
    async fn total_count(&self) -> usize {
        self.total
    }
}
