//! Objects that only the roots give: routes, menus, the home page, categories with their services,
//! and the calendar.

use std::collections::BTreeMap;

use async_graphql::{Context, Object, Result, SimpleObject, Union, connection::PageInfo};
use municipio_domain::{
    content::{
        Address, Body, ContentType, Direction, Filter, Found, ListQuery, MenuEntry,
        OccurrenceEntry, OrderBy, Page, Window, menus, parse_path,
    },
    vocabularies::{self, Term},
};

use crate::{
    connection::{Connection, ContentOrder, ListArguments, by_title, page_info, page_size},
    context::{LinkedList, data},
    error::internal,
    objects::{Content, Event, EventOccurrence, NewsItem, Service},
    scalars,
    view::{ContentObject, Reader, View},
};

/// What is found at a path.
#[derive(Union)]
pub(crate) enum Route {
    /// Content.
    Content(RouteContent),
    /// The content has another path now.
    Redirect(RouteRedirect),
    /// Content was here and is not published any more.
    Gone(RouteGone),
}

/// Content at its path.
#[derive(SimpleObject)]
pub(crate) struct RouteContent {
    /// The content.
    content: Content,
}

/// A permanent redirect.
#[derive(SimpleObject)]
pub(crate) struct RouteRedirect {
    /// The path of today.
    path: String,
    /// The status to answer with: 301.
    status_code: i32,
}

/// Nothing is published here any more.
#[derive(SimpleObject)]
pub(crate) struct RouteGone {
    /// The status to answer with: 410.
    status_code: i32,
}

impl Route {
    pub(crate) async fn find(
        ctx: &Context<'_>,
        path: &str,
        asked: Option<scalars::Locale>,
    ) -> Result<Option<Self>> {
        let data = data(ctx)?;
        let Address { locale, content } =
            parse_path(path, |locale| data.tenant.locales.contains(locale));
        // Texts are in the locale of the path, or else in the one that was asked for; the path is
        // compared in its own.
        let written = Reader::new(ctx, locale.clone().map(scalars::Locale))?;
        let reader = Reader::new(ctx, locale.map(scalars::Locale).or(asked))?;
        let bare = path.split(['?', '#']).next().unwrap_or_default();
        if bare.trim_matches('/').is_empty() || bare.trim_matches('/') == written.locale().as_str()
        {
            let item = data.settings().await?;
            let view = item.map(|item| View { item, reader });
            return Ok(view.and_then(|view| Self::at(view, &written, bare)));
        }
        let Some((content_type, slug)) = content else {
            return Ok(None);
        };
        // What has the slug today goes before what had it once.
        let mut moved = None;
        let mut gone = false;
        for locale in written.locales.iter() {
            let found = data.contents.by_slug(content_type, locale, &slug).await;
            match found.map_err(internal)? {
                Found::Item(item) => {
                    let reader = reader.clone();
                    return Ok(Self::at(View { item, reader }, &written, bare));
                }
                Found::Moved(item) => {
                    moved.get_or_insert(item);
                }
                Found::Gone => gone = true,
                Found::Nothing => {}
            }
        }
        if let Some(item) = moved {
            return Ok(Self::at(View { item, reader }, &written, bare));
        }
        Ok(gone.then_some(Self::Gone(RouteGone { status_code: 410 })))
    }

    /// The content, or a redirect when its path is another.
    fn at(view: View, written: &Reader, path: &str) -> Option<Self> {
        let today = written.path(&view.item)?;
        if today != path && !(path.is_empty() && today == "/") {
            let redirect = RouteRedirect {
                path: today,
                status_code: 301,
            };
            return Some(Self::Redirect(redirect));
        }
        let content = Content::new(view)?;
        Some(Self::Content(RouteContent { content }))
    }
}

/// A menu of the first level, or an entry of it (voce di menu).
#[derive(SimpleObject)]
pub(crate) struct Menu {
    /// Its code: `management`, `news`, `services`, `live`, or that of the entry.
    code: String,
    /// What it says (etichetta).
    label: String,
    /// Its path on the site.
    path: String,
    /// The `data-element` attribute that the national validator looks for.
    data_element: String,
    /// How many published items stand behind it; a portal hides what has none.
    item_count: u64,
    /// The entries below it.
    children: Vec<Menu>,
}

impl Menu {
    pub(crate) async fn all(ctx: &Context<'_>, reader: Reader) -> Result<Vec<Self>> {
        let data = data(ctx)?;
        let entries = menus().iter().flat_map(|menu| &menu.children);
        let mut fields: Vec<&str> = entries.map(|entry| entry.shows.field.as_str()).collect();
        fields.push("");
        fields.sort_unstable();
        fields.dedup();
        let counts = data
            .contents
            .counts(&reader.default, &fields)
            .await
            .map_err(internal)?;
        let count = |entry: &MenuEntry| {
            let shows = &entry.shows;
            let key = (
                shows.content_type.clone(),
                shows.field.clone(),
                shows.value.clone(),
            );
            counts.get(&key).copied().unwrap_or_default()
        };
        let prefix = match reader.locale() == &reader.default {
            true => String::new(),
            false => format!("/{}", reader.locale()),
        };
        // The municipality may call the fourth menu «Vivere …» with its own name.
        let settings = data.municipality().await?;
        let live = settings.and_then(|settings| reader.text(&settings.live_label));
        let all = menus().iter().map(|menu| {
            let children: Vec<_> = menu
                .children
                .iter()
                .map(|entry| Self {
                    code: entry.code.clone(),
                    label: reader.text(&entry.label).unwrap_or_default(),
                    path: format!("{prefix}{}", entry.path),
                    data_element: entry.data_element.clone(),
                    item_count: count(entry),
                    children: Vec::new(),
                })
                .collect();
            // An item may stand behind several entries; it counts once.
            let behind = |entry: &MenuEntry, field: &str, value: &str| {
                let key = (
                    entry.shows.content_type.clone(),
                    field.to_owned(),
                    value.to_owned(),
                );
                counts.get(&key).copied().unwrap_or_default()
            };
            let mut totals: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
            for entry in &menu.children {
                let total = totals.entry(&entry.shows.content_type).or_default();
                total.0 += count(entry);
                total.1 = behind(entry, "", "");
            }
            let item_count = totals.values().map(|(sum, all)| sum.min(all)).sum();
            let own = live.clone().filter(|_| menu.code == "live");
            Self {
                code: menu.code.clone(),
                label: own.or_else(|| reader.text(&menu.label)).unwrap_or_default(),
                path: format!("{prefix}{}", menu.path),
                data_element: menu.data_element.clone(),
                item_count,
                children,
            }
        });
        Ok(all.collect())
    }
}

/// What a home page shows (pagina iniziale).
pub(crate) struct Home {
    reader: Reader,
}

impl Home {
    pub(crate) fn new(reader: Reader) -> Self {
        Self { reader }
    }

    fn view(&self, item: municipio_domain::content::Item) -> View {
        let reader = self.reader.clone();
        View { item, reader }
    }
}

/// What a home page shows (pagina iniziale).
#[Object]
impl Home {
    /// The newest news that still matter (ultime novità).
    async fn latest_news(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100.", default = 3)] first: i32,
    ) -> Result<Vec<NewsItem>> {
        let data = data(ctx)?;
        let today = data
            .now()
            .with_timezone(&municipio_domain::time::ROME)
            .date_naive();
        let query = ListQuery {
            content_type: ContentType::NewsItem,
            locale: self.reader.locale().clone(),
            filter: Filter::NotExpired(today),
            order: OrderBy::Date,
            direction: Direction::Descending,
        };
        let window = Window::first(page_size(Some(first), "first")?);
        let page = data
            .contents
            .list(&query, &window)
            .await
            .map_err(internal)?;
        let items = page.entries.into_iter().map(|(_, item)| item);
        Ok(items
            .filter_map(|item| NewsItem::new(self.view(item)))
            .collect())
    }

    /// The events that take place next, each once (prossimi eventi).
    async fn next_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100.", default = 4)] first: i32,
    ) -> Result<Vec<Event>> {
        let data = data(ctx)?;
        let size = page_size(Some(first), "first")?;
        let items = data
            .contents
            .next_events(data.now(), size)
            .await
            .map_err(internal)?;
        Ok(items
            .into_iter()
            .filter_map(|item| Event::new(self.view(item)))
            .collect())
    }

    /// What the municipality shows first (contenuti in evidenza).
    async fn featured(&self, ctx: &Context<'_>) -> Result<Vec<Content>> {
        let Some(item) = data(ctx)?.settings().await? else {
            return Ok(Vec::new());
        };
        match &item.body {
            Body::Municipality(settings) => {
                self.view(item.clone()).any(ctx, &settings.featured).await
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// A term of a vocabulary by which services are grouped.
pub(crate) struct TermOfServices {
    term: &'static Term,
    field: &'static str,
    reader: Reader,
}

impl TermOfServices {
    pub(crate) async fn all(
        ctx: &Context<'_>,
        vocabulary: &str,
        field: &'static str,
        locale: Option<scalars::Locale>,
    ) -> Result<Vec<Self>> {
        let reader = Reader::new(ctx, locale)?;
        let terms = vocabularies::get(vocabulary).map(|vocabulary| vocabulary.terms.iter());
        let terms = terms.into_iter().flatten().map(|term| Self {
            term,
            field,
            reader: reader.clone(),
        });
        Ok(terms.collect())
    }

    async fn services(
        &self,
        ctx: &Context<'_>,
        arguments: ListArguments,
    ) -> Result<Connection<Service>> {
        let list = LinkedList {
            content_type: ContentType::Service,
            field: self.field,
            value: self.term.code.clone(),
            locale: self.reader.locale().clone(),
            current_on: None,
        };
        Connection::linked(ctx, list, arguments, self.reader.clone()).await
    }
}

/// Defines an object that groups services by a term of a vocabulary.
macro_rules! term_of_services {
    ($(#[$doc:meta])* $name:ident) => {
        pub(crate) struct $name(pub(crate) TermOfServices);

        #[Object]
        $(#[$doc])*
        impl $name {
            /// The code (codice).
            async fn code(&self) -> &str {
                &self.0.term.code
            }

            /// The label in the locale of the read, or in Italian (etichetta).
            async fn label(&self) -> String {
                let label = self.0.reader.text(&self.0.term.label);
                label.unwrap_or_else(|| self.0.term.label.italian().unwrap_or_default().to_owned())
            }

            /// The official URI.
            async fn uri(&self) -> Option<&str> {
                self.0.term.uri.as_deref()
            }

            /// Its services (servizi).
            #[allow(clippy::too_many_arguments)]
            async fn services(
                &self,
                ctx: &Context<'_>,
                #[graphql(desc = "How many items from the start of the list: 1 to 100, 20 by default.")]
                first: Option<i32>,
                #[graphql(desc = "Only items after this place.")] after: Option<String>,
                #[graphql(desc = "How many items from the end of the list: 1 to 100.")]
                last: Option<i32>,
                #[graphql(desc = "Only items before this place.")] before: Option<String>,
                #[graphql(
                    desc = "What the list is ordered by.",
                    default_with = "by_title()"
                )]
                order_by: ContentOrder,
            ) -> Result<Connection<Service>> {
                let arguments = ListArguments { first, after, last, before, order_by };
                self.0.services(ctx, arguments).await
            }
        }
    };
}

term_of_services! {
    /// A category of services (categoria del servizio).
    ServiceCategory
}
term_of_services! {
    /// A life event of people (evento della vita).
    LifeEvent
}
term_of_services! {
    /// An event in the life of a business (evento della vita d'impresa).
    BusinessEvent
}

/// A part of the calendar (Relay connection).
#[derive(SimpleObject)]
#[graphql(name = "EventOccurrenceConnection")]
pub(crate) struct OccurrenceConnection {
    /// The occurrences with their places.
    edges: Vec<OccurrenceEdge>,
    /// The occurrences alone.
    nodes: Vec<EventOccurrence>,
    /// Whether there is more, and how to go on.
    page_info: PageInfo,
}

/// An occurrence with its place in the calendar.
#[derive(SimpleObject)]
#[graphql(name = "EventOccurrenceEdge")]
pub(crate) struct OccurrenceEdge {
    /// The place, for `after`.
    cursor: String,
    /// The occurrence.
    node: EventOccurrence,
}

impl OccurrenceConnection {
    pub(crate) fn new(page: Page<OccurrenceEntry>, reader: Reader) -> Self {
        let page_info = page_info(Some(&page), &reader);
        let placed: Vec<_> = page
            .entries
            .into_iter()
            .filter_map(|(cursor, entry)| {
                Some((
                    reader.cursor(&cursor),
                    EventOccurrence::new(entry, &reader)?,
                ))
            })
            .collect();
        let nodes = placed.iter().map(|(_, node)| node.clone()).collect();
        let edges = placed.into_iter();
        Self {
            edges: edges
                .map(|(cursor, node)| OccurrenceEdge { cursor, node })
                .collect(),
            nodes,
            page_info,
        }
    }
}
