//! Lists of items for those who edit them, and of revisions.

use async_graphql::{
    Context, Enum, InputObject, Object, Result, SimpleObject, connection::PageInfo,
};
use municipio_domain::{
    content::{self, Direction, OrderBy, Page, WorkItem, WorkQuery},
    identity::{Action, Subject},
};

use super::{
    item::{ContentItem, ContentStatus},
    revision::ContentRevision,
};
use crate::{
    connection::{Part, by_order, page_info},
    context::{RequestData, data},
    error::{cursor, internal},
    objects::ContentTypeName,
    view::Reader,
};

/// What a list of content for those who edit it is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ContentItemOrder {
    /// By the last edit, oldest first.
    EditedAsc,
    /// By the last edit, newest first.
    EditedDesc,
    /// By title, A to Z.
    TitleAsc,
    /// By title, Z to A.
    TitleDesc,
}

pub(crate) fn newest_edit_first() -> ContentItemOrder {
    ContentItemOrder::EditedDesc
}

impl ContentItemOrder {
    fn split(self) -> (OrderBy, Direction) {
        match self {
            Self::EditedAsc => (OrderBy::Updated, Direction::Ascending),
            Self::EditedDesc => (OrderBy::Updated, Direction::Descending),
            Self::TitleAsc => (OrderBy::Title, Direction::Ascending),
            Self::TitleDesc => (OrderBy::Title, Direction::Descending),
        }
    }
}

/// Which content those who edit it want to see (filtro). All that is given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct ContentItemFilter {
    /// Of these types (tipo).
    #[graphql(name = "type")]
    types: Option<Vec<ContentTypeName>>,
    /// That stands at one of these points; all but archived and deleted content when left out (stato).
    status: Option<Vec<ContentStatus>>,
    /// Whose title begins with this text, accents and case apart (titolo).
    title_prefix: Option<String>,
}

/// A part of a list of content for those who edit it (Relay connection): at most 100 items, in a fixed order.
pub(crate) struct ContentItemConnection {
    page: Page<WorkItem>,
    query: WorkQuery,
    reader: Reader,
}

/// Content in a list, with its place in it.
#[derive(SimpleObject)]
pub(crate) struct ContentItemEdge {
    /// The place, for `after` and `before`.
    cursor: String,
    /// The content.
    node: ContentItem,
}

impl ContentItemConnection {
    pub(crate) async fn read(
        ctx: &Context<'_>,
        filter: Option<ContentItemFilter>,
        order: ContentItemOrder,
        part: Part,
        reader: Reader,
    ) -> Result<Self> {
        let data = data(ctx)?;
        let filter = filter.unwrap_or_default();
        let types = filter.types.unwrap_or_default().into_iter();
        let types: Vec<content::ContentType> = types.map(Into::into).collect();
        authorise(data, &types)?;
        let (order, direction) = order.split();
        let window = part.window(by_order(data, order))?;
        let states = filter.status.unwrap_or_default().into_iter();
        let query = WorkQuery {
            types,
            states: states.map(Into::into).collect(),
            title_prefix: filter.title_prefix,
            order,
            direction,
        };
        let page = data.contents.work_list(&query, &window).await;
        Ok(Self {
            page: page.map_err(internal)?,
            query,
            reader,
        })
    }

    fn entries(&self) -> impl Iterator<Item = ContentItemEdge> {
        let entries = self.page.entries.iter();
        entries.map(|(cursor, item)| ContentItemEdge {
            cursor: self.reader.cursor(cursor),
            node: ContentItem::new(item.clone(), self.reader.clone()),
        })
    }
}

/// Who may read drafts of some types only has to name them.
fn authorise(data: &RequestData, types: &[content::ContentType]) -> Result<()> {
    if types.is_empty() {
        return data.authorise(Action::ReadDrafts, &Subject::WHOLE);
    }
    for content_type in types {
        data.authorise(Action::ReadDrafts, &Subject::of_type(*content_type))?;
    }
    Ok(())
}

/// A part of a list of content for those who edit it (Relay connection): at most 100 items, in a fixed order.
#[Object]
impl ContentItemConnection {
    /// The content with its places.
    async fn edges(&self) -> Vec<ContentItemEdge> {
        self.entries().collect()
    }

    /// The content alone.
    async fn nodes(&self) -> Vec<ContentItem> {
        self.entries().map(|edge| edge.node).collect()
    }

    /// Whether there is more, and how to go on.
    async fn page_info(&self) -> PageInfo {
        page_info(Some(&self.page), &self.reader)
    }

    /// How much content the whole list has; counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        let count = data(ctx)?.contents.work_count(&self.query).await;
        count.map_err(internal)
    }
}

/// A part of the history of content (Relay connection): at most 100 revisions, the newest first.
#[derive(SimpleObject)]
pub(crate) struct ContentRevisionConnection {
    /// The revisions with their places.
    edges: Vec<ContentRevisionEdge>,
    /// The revisions alone.
    nodes: Vec<ContentRevision>,
    /// Whether there is more, and how to go on.
    page_info: PageInfo,
}

/// A revision with its place in the history.
#[derive(SimpleObject)]
pub(crate) struct ContentRevisionEdge {
    /// The place, for `after`.
    cursor: String,
    /// The revision.
    node: ContentRevision,
}

impl ContentRevisionConnection {
    /// Reads a place in the history: the number of a revision.
    pub(super) fn place(data: &RequestData, after: Option<&str>) -> Result<Option<i32>> {
        let read = |text| content::Revision::decode_cursor(text, &data.tenant.ipa_code);
        let place = after.map(read).transpose();
        place.map_err(|error| cursor("after", error))
    }

    /// Of revisions that are one more than asked for when there are more.
    pub(super) fn new(
        data: &RequestData,
        mut revisions: Vec<ContentRevision>,
        size: u64,
        has_previous: bool,
    ) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let has_next = revisions.len() > size;
        revisions.truncate(size);
        let edges = revisions.iter().map(|revision| ContentRevisionEdge {
            cursor: content::Revision::cursor(revision.place(), &data.tenant.ipa_code),
            node: revision.clone(),
        });
        let edges: Vec<_> = edges.collect();
        let cursor = |edge: Option<&ContentRevisionEdge>| edge.map(|edge| edge.cursor.clone());
        Self {
            page_info: PageInfo {
                has_previous_page: has_previous,
                has_next_page: has_next,
                start_cursor: cursor(edges.first()),
                end_cursor: cursor(edges.last()),
            },
            nodes: revisions,
            edges,
        }
    }
}
