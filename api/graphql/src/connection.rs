//! Relay connections over keyset pages.

use std::borrow::Cow;

use async_graphql::{Context, Enum, Object, OutputType, Result, TypeName, connection::PageInfo};
use municipio_domain::content::{
    Cursor, Direction, InvalidCursor, Item, ListQuery, OrderBy, Page, Window,
};

use crate::{
    context::{LinkedList, LinkedPart, RequestData, data},
    error::{ErrorCode, cursor, internal},
    view::{ContentObject, Reader, View},
};

/// The most items that one page may hold.
pub const MAX_PAGE: i32 = 100;
const DEFAULT_PAGE: u64 = 20;

/// What a list is ordered by. Items that are equal in it keep a fixed order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ContentOrder {
    /// By title in the locale of the read, A to Z; people by family name.
    TitleAsc,
    /// By title in the locale of the read, Z to A; people by family name.
    TitleDesc,
    /// By the day of the content, oldest first: the date of the news, the start of the event or
    /// role, the protocol date of the document; the first publication where there is none.
    DateAsc,
    /// By the day of the content, newest first.
    DateDesc,
    /// By last publication, oldest first.
    UpdatedAsc,
    /// By last publication, newest first.
    UpdatedDesc,
}

impl ContentOrder {
    fn split(self) -> (OrderBy, Direction) {
        match self {
            Self::TitleAsc => (OrderBy::Title, Direction::Ascending),
            Self::TitleDesc => (OrderBy::Title, Direction::Descending),
            Self::DateAsc => (OrderBy::Date, Direction::Ascending),
            Self::DateDesc => (OrderBy::Date, Direction::Descending),
            Self::UpdatedAsc => (OrderBy::Updated, Direction::Ascending),
            Self::UpdatedDesc => (OrderBy::Updated, Direction::Descending),
        }
    }
}

/// The default order of most lists.
pub(crate) fn by_title() -> ContentOrder {
    ContentOrder::TitleAsc
}

/// The default order of news and of what else has a day.
pub(crate) fn newest_first() -> ContentOrder {
    ContentOrder::DateDesc
}

/// The default order of parts that follow one another.
pub(crate) fn oldest_first() -> ContentOrder {
    ContentOrder::DateAsc
}

/// The arguments of every list.
pub(crate) struct ListArguments {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
    pub(crate) order_by: ContentOrder,
}

impl ListArguments {
    /// The longest page from the start, newest first.
    pub(crate) fn all() -> Self {
        Self {
            first: Some(MAX_PAGE),
            after: None,
            last: None,
            before: None,
            order_by: ContentOrder::DateDesc,
        }
    }

    pub(crate) fn window(&self, data: &RequestData) -> Result<(OrderBy, Direction, Window)> {
        let (order, direction) = self.order_by.split();
        let part = Part {
            first: self.first,
            after: self.after.clone(),
            last: self.last,
            before: self.before.clone(),
        };
        Ok((order, direction, part.window(by_order(data, order))?))
    }
}

/// The part of a list that is asked for, by `first` and `after` or by `last` and `before`.
pub(crate) struct Part {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
}

impl Part {
    /// The part that the arguments of a list ask for.
    pub(crate) fn new(
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Self {
        Self {
            first,
            after,
            last,
            before,
        }
    }

    /// The same with its places, which this reads.
    pub(crate) fn window<P>(
        &self,
        place: impl Fn(&str) -> std::result::Result<P, InvalidCursor>,
    ) -> Result<Window<P>> {
        if self.first.is_some() && self.last.is_some() {
            let message = "give `first` or `last`, not both";
            return Err(ErrorCode::InvalidArgument.about("last", message));
        }
        let from_end = self.last.is_some();
        let size = match from_end {
            true => page_size(self.last, "last")?,
            false => page_size(self.first, "first")?,
        };
        let read = |text: Option<&str>, argument: &str| {
            let place = text.map(&place).transpose();
            place.map_err(|error| cursor(argument, error))
        };
        Ok(Window {
            size,
            after: read(self.after.as_deref(), "after")?,
            before: read(self.before.as_deref(), "before")?,
            from_end,
        })
    }
}

/// Reads cursors of lists with this order.
pub(crate) fn by_order(
    data: &RequestData,
    order: OrderBy,
) -> impl Fn(&str) -> std::result::Result<Cursor, InvalidCursor> {
    move |text| Cursor::decode(text, &data.tenant.ipa_code, order)
}

/// Checks the size of a page.
pub(crate) fn page_size(size: Option<i32>, argument: &str) -> Result<u64> {
    match size {
        None => Ok(DEFAULT_PAGE),
        Some(size) if (1..=MAX_PAGE).contains(&size) => Ok(size.unsigned_abs().into()),
        Some(size) => Err(ErrorCode::InvalidArgument.about(
            argument,
            format!("`{argument}` lies between 1 and {MAX_PAGE}, not {size}"),
        )),
    }
}

/// A part of a list of content.
pub(crate) struct Connection<T> {
    page: Option<Page<Item>>,
    list: List,
    reader: Reader,
    node: std::marker::PhantomData<fn() -> T>,
}

/// The list that a connection is a part of.
enum List {
    Query(ListQuery),
    Linked(LinkedList),
}

impl<T: ContentObject> Connection<T> {
    fn new(page: Option<Page<Item>>, list: List, reader: Reader) -> Self {
        Self {
            page,
            list,
            reader,
            node: std::marker::PhantomData,
        }
    }

    /// Reads a part of a list.
    pub(crate) async fn read(
        ctx: &Context<'_>,
        query: ListQuery,
        window: &Window,
        reader: Reader,
    ) -> Result<Self> {
        let page = data(ctx)?
            .contents
            .list(&query, window)
            .await
            .map_err(internal)?;
        Ok(Self::new(Some(page), List::Query(query), reader))
    }

    /// Reads a part of the list of what links to something, together with the same part of the
    /// lists of its siblings.
    pub(crate) async fn linked(
        ctx: &Context<'_>,
        list: LinkedList,
        arguments: ListArguments,
        reader: Reader,
    ) -> Result<Self> {
        let (order, direction, window) = arguments.window(data(ctx)?)?;
        let part = LinkedPart {
            list: list.clone(),
            order,
            direction,
            window,
        };
        let page = data(ctx)?.linked(part).await?;
        Ok(Self::new(page, List::Linked(list), reader))
    }

    /// The items.
    pub(crate) fn into_nodes(self) -> Vec<T> {
        self.entries().map(|(_, node)| node).collect()
    }

    fn entries(&self) -> impl Iterator<Item = (&Cursor, T)> {
        let entries = self.page.iter().flat_map(|page| &page.entries);
        entries.filter_map(|(cursor, item)| {
            let view = View {
                item: item.clone(),
                reader: self.reader.clone(),
            };
            Some((cursor, T::new(view)?))
        })
    }
}

impl<T: OutputType> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

/// An item in a list, with its place.
pub(crate) struct Edge<T> {
    cursor: String,
    node: T,
}

impl<T: OutputType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// An item in a list, with its place in it.
#[Object(name_type)]
impl<T: ContentObject + OutputType> Edge<T> {
    /// The place of the item, for `after` and `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The item.
    async fn node(&self) -> &T {
        &self.node
    }
}

/// A part of a list (Relay connection): at most 100 items, in a fixed order.
#[Object(name_type)]
impl<T: ContentObject + OutputType> Connection<T> {
    /// The items with their places.
    async fn edges(&self) -> Vec<Edge<T>> {
        let edges = self.entries().map(|(cursor, node)| Edge {
            cursor: self.reader.cursor(cursor),
            node,
        });
        edges.collect()
    }

    /// The items alone.
    async fn nodes(&self) -> Vec<T> {
        self.entries().map(|(_, node)| node).collect()
    }

    /// Whether there is more, and how to go on.
    async fn page_info(&self) -> PageInfo {
        page_info(self.page.as_ref(), &self.reader)
    }

    /// How many items the whole list has; counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        let data = data(ctx)?;
        match &self.list {
            List::Query(query) => data.contents.count(query).await.map_err(internal),
            List::Linked(list) => data.linked_count(list.clone()).await,
        }
    }
}

pub(crate) fn page_info<T>(page: Option<&Page<T>>, reader: &Reader) -> PageInfo {
    places(page, |cursor| reader.cursor(cursor))
}

/// Whether there is more than a page, and how to go on, with places that are shown like this.
pub(crate) fn places<T, P>(page: Option<&Page<T, P>>, show: impl Fn(&P) -> String) -> PageInfo {
    let place = |entry: Option<&(P, T)>| entry.map(|(place, _)| show(place));
    PageInfo {
        has_previous_page: page.is_some_and(|page| page.has_previous),
        has_next_page: page.is_some_and(|page| page.has_next),
        start_cursor: page.and_then(|page| place(page.entries.first())),
        end_cursor: page.and_then(|page| place(page.entries.last())),
    }
}
