//! For each content type a root that reads one item and one that lists many.

use async_graphql::{Context, ID, Object, OneofObject, Result};
use municipio_domain::content::{ContentType, Filter, Found, Item, ListQuery};

use crate::{
    connection::{Connection, ContentOrder, ListArguments, by_title, newest_first},
    context::{RequestData, data},
    error::internal,
    filters::{self, FilterInput},
    objects::{
        Asset, ContactPoint, Dataset, Document, Event, Faq, NewsItem, Office, Page, Person, Place,
        Procedure, Role, Service, Topic,
    },
    scalars,
    view::{ContentObject, Reader, View},
};

/// Names one item: by its id or by its slug.
#[derive(Clone, Debug, OneofObject)]
pub(crate) enum ContentKey {
    /// Its global id.
    Id(ID),
    /// Its slug in the locale of the read, or in the default locale; old slugs work too.
    Slug(scalars::Slug),
}

async fn single<T: ContentObject>(
    ctx: &Context<'_>,
    by: ContentKey,
    locale: Option<scalars::Locale>,
) -> Result<Option<T>> {
    let reader = Reader::new(ctx, locale)?;
    let data = data(ctx)?;
    let item = match by {
        ContentKey::Id(id) => {
            let id = data.item_id(&id, T::TYPE, "by.id")?;
            data.items([id]).await?.remove(&id)
        }
        ContentKey::Slug(slug) => by_slug(data, &reader, T::TYPE, &slug).await?,
    };
    Ok(item.and_then(|item| T::new(View { item, reader })))
}

async fn by_slug(
    data: &RequestData,
    reader: &Reader,
    content_type: ContentType,
    slug: &scalars::Slug,
) -> Result<Option<Item>> {
    let mut moved = None;
    for locale in reader.locales.iter() {
        let found = data.contents.by_slug(content_type, locale, &slug.0).await;
        match found.map_err(internal)? {
            Found::Item(item) => return Ok(Some(item)),
            Found::Moved(item) => {
                moved.get_or_insert(item);
            }
            Found::Gone | Found::Nothing => {}
        }
    }
    Ok(moved)
}

async fn list<T: ContentObject>(
    ctx: &Context<'_>,
    filter: Option<impl FilterInput>,
    arguments: ListArguments,
    locale: Option<scalars::Locale>,
) -> Result<Connection<T>> {
    let reader = Reader::new(ctx, locale)?;
    let data = data(ctx)?;
    let filter = filter
        .map(|filter| filter.filter(data, "filter"))
        .transpose()?;
    let (order, direction, window) = arguments.window(data)?;
    let query = ListQuery {
        content_type: T::TYPE,
        locale: reader.locale().clone(),
        filter: filter.unwrap_or_else(Filter::everything),
        order,
        direction,
    };
    Connection::read(ctx, query, &window, reader).await
}

/// Defines the roots of content: for each type one field that reads one item and one that lists many.
macro_rules! roots {
    ($($single:ident, $list:ident: $type:ident by $filter:ident in $order:literal, $one:literal, $many:literal;)*) => {
        #[derive(Default)]
        pub(crate) struct ContentQuery;

        #[Object]
        impl ContentQuery {
            $(
                #[doc = $one]
                async fn $single(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "Which one.")] by: ContentKey,
                    #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
                    locale: Option<scalars::Locale>,
                ) -> Option<Result<$type>> {
                    single(ctx, by, locale).await.transpose()
                }

                #[doc = $many]
                #[allow(clippy::too_many_arguments)]
                async fn $list(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "Which ones; all when left out.")] filter: Option<filters::$filter>,
                    #[graphql(desc = "What the list is ordered by.", default_with = $order)]
                    order_by: ContentOrder,
                    #[graphql(desc = "How many items from the start of the list: 1 to 100, 20 by default.")]
                    first: Option<i32>,
                    #[graphql(desc = "Only items after this place.")] after: Option<String>,
                    #[graphql(desc = "How many items from the end of the list: 1 to 100.")]
                    last: Option<i32>,
                    #[graphql(desc = "Only items before this place.")] before: Option<String>,
                    #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
                    locale: Option<scalars::Locale>,
                ) -> Result<Connection<$type>> {
                    let arguments = ListArguments { first, after, last, before, order_by };
                    list(ctx, filter, arguments, locale).await
                }
            )*
        }
    };
}

roots! {
    service, services: Service by ServiceFilter in "by_title()", "A service (servizio).", "Services (servizi).";
    office, offices: Office by OfficeFilter in "by_title()", "An office (unità organizzativa).", "Offices (unità organizzative).";
    place, places: Place by PlaceFilter in "by_title()", "A place (luogo).", "Places (luoghi).";
    person, people: Person by PersonFilter in "by_title()", "A person (persona pubblica).", "People (persone pubbliche).";
    role, roles: Role by RoleFilter in "newest_first()", "A role (incarico).", "Roles (incarichi).";
    contact_point, contact_points: ContactPoint by ContactPointFilter in "by_title()", "A contact point (punto di contatto).", "Contact points (punti di contatto).";
    news_item, news: NewsItem by NewsItemFilter in "newest_first()", "A news item (novità).", "News (novità), newest first.";
    event, events: Event by EventFilter in "newest_first()", "An event (evento).", "Events (eventi).";
    document, documents: Document by DocumentFilter in "newest_first()", "A document (documento pubblico).", "Documents (documenti pubblici).";
    dataset, datasets: Dataset by DatasetFilter in "by_title()", "A dataset.", "Datasets (dataset).";
    topic, topics: Topic by TopicFilter in "by_title()", "A topic (argomento).", "Topics (argomenti).";
    page, pages: Page by PageFilter in "by_title()", "A page (pagina).", "Pages (pagine).";
    faq, faqs: Faq by FaqFilter in "by_title()", "A frequently asked question (domanda frequente).", "Frequently asked questions (domande frequenti).";
    procedure, procedures: Procedure by ProcedureFilter in "by_title()", "A procedure sheet, art. 35 D.Lgs. 33/2013 (procedimento).", "Procedure sheets (procedimenti).";
    asset, assets: Asset by AssetFilter in "by_title()", "A file (allegato).", "Files (allegati).";
}
