//! Pages of short lists: a municipality has some hundred accounts and keys at the most, so that the whole
//! list is read and a page of it is shown.

use std::borrow::Cow;

use async_graphql::{Object, OutputType, Result, TypeName, connection::PageInfo};

use municipio_domain::content::{decode_key, encode_key};

use crate::{connection::Part, context::RequestData, error::ErrorCode};

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

/// A part of the whole list; the key of an item is its place.
pub(crate) fn listed<I, T: OutputType>(
    data: &RequestData,
    items: Vec<I>,
    key: impl Fn(&I) -> String,
    show: impl Fn(I) -> T,
    part: &Part,
) -> Result<List<T>> {
    let (name, municipality) = (T::type_name(), &data.tenant.ipa_code);
    let window = part.window(|text| decode_key(text, &name, municipality))?;
    let place = |wanted: &str, argument: &str| {
        let place = items.iter().position(|item| key(item) == wanted);
        let message = "the item of the cursor is gone";
        place.ok_or_else(|| ErrorCode::InvalidCursor.about(argument, message))
    };
    let total = items.len();
    let begin = match &window.after {
        Some(after) => place(after, "after")? + 1,
        None => 0,
    };
    let end = match &window.before {
        Some(before) => place(before, "before")?.max(begin),
        None => total,
    };
    let size = usize::try_from(window.size).unwrap_or(usize::MAX);
    let (begin, end) = match window.from_end {
        true => (begin.max(end.saturating_sub(size)), end),
        false => (begin, end.min(begin.saturating_add(size))),
    };
    let shown = items.into_iter().skip(begin).take(end - begin);
    let edges = shown.map(|item| ListEdge {
        cursor: encode_key(&name, &key(&item), municipality),
        node: show(item),
    });
    Ok(List {
        edges: edges.collect(),
        has_previous: begin > 0,
        has_next: end < total,
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
    /// Its place, for `after` and `before`.
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
