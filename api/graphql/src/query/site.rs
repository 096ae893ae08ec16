//! What the site of the municipality is made of beside single items: its paths and menus, lists by category and by day, search.

use async_graphql::{Context, Object, Result};
use chrono::{DateTime, Utc};
use municipio_domain::content::{ContentType, ListQuery, OrderBy};

use crate::{
    changes::ContentChangeConnection,
    connection::{Part, by_order},
    context::data,
    error::internal,
    filters::{DateRange, EventFilter, FilterInput},
    objects::{ContentTypeName, Municipality, Vocabulary},
    roots::{
        BusinessEvent, Home, LifeEvent, Menu, OccurrenceConnection, Route, ServiceCategory,
        TermOfServices,
    },
    scalars,
    search::{
        self, Asked, SearchConnection, SearchFacetField, SearchFilter, SearchNear, SearchOrder,
        Suggestion, by_relevance,
    },
    view::{ContentObject, Reader, View},
};

#[derive(Default)]
pub(crate) struct SiteQuery;

#[Object]
impl SiteQuery {
    /// The municipality and its settings (Comune).
    async fn municipality(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Option<Result<Municipality>> {
        let read = async || -> Result<Option<Municipality>> {
            let reader = Reader::new(ctx, locale)?;
            let item = data(ctx)?.settings().await?;
            Ok(item.and_then(|item| Municipality::new(View { item, reader })))
        };
        read().await.transpose()
    }

    /// What is found at a path of the site: content, a redirect, or gone; nothing when nothing
    /// was ever there.
    async fn route(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The path, such as `/servizi/anagrafe-e-stato-civile/carta-d-identita-elettronica`."
        )]
        path: String,
        #[graphql(desc = "Locale of the texts, when the path does not begin with one.")]
        locale: Option<scalars::Locale>,
    ) -> Option<Result<Route>> {
        Route::find(ctx, &path, locale).await.transpose()
    }

    /// The menus, with the labels that the national validator expects (menu).
    async fn navigation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Locale of the labels; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Result<Vec<Menu>> {
        Menu::all(ctx, Reader::new(ctx, locale)?).await
    }

    /// What a home page shows (pagina iniziale).
    async fn home(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Result<Home> {
        Ok(Home::new(Reader::new(ctx, locale)?))
    }

    /// The fifteen categories of services (categorie dei servizi).
    async fn service_categories(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Result<Vec<ServiceCategory>> {
        TermOfServices::all(ctx, "service-categories", "category", locale)
            .await
            .map(|terms| terms.into_iter().map(ServiceCategory).collect())
    }

    /// The life events of people (eventi della vita).
    async fn life_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Result<Vec<LifeEvent>> {
        TermOfServices::all(ctx, "life-events", "life_events", locale)
            .await
            .map(|terms| terms.into_iter().map(LifeEvent).collect())
    }

    /// The events in the life of a business (eventi della vita d'impresa).
    async fn business_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Result<Vec<BusinessEvent>> {
        TermOfServices::all(ctx, "business-events", "business_events", locale)
            .await
            .map(|terms| terms.into_iter().map(BusinessEvent).collect())
    }

    /// Events at each of the times at which they take place, in order (calendario).
    #[allow(clippy::too_many_arguments)]
    async fn event_occurrences(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In these days; from now on when left out.")] during: Option<DateRange>,
        #[graphql(desc = "Of which events; all when left out.")] filter: Option<EventFilter>,
        #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
        first: Option<i32>,
        #[graphql(desc = "Only those after this place.")] after: Option<String>,
        #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this place.")] before: Option<String>,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Result<OccurrenceConnection> {
        let reader = Reader::new(ctx, locale)?;
        let data = data(ctx)?;
        let (from, until) = match during {
            Some(range) => range.bounds("during")?,
            None => (Some(data.now()), None::<DateTime<Utc>>),
        };
        let part = Part::new(first, after, last, before);
        let window = part.window(by_order(data, OrderBy::Occurrence))?;
        let filter = filter
            .map(|filter| filter.filter(data, "filter"))
            .transpose()?
            .map(|filter| ListQuery::filtered(ContentType::Event, reader.locale().clone(), filter));
        let page = data
            .contents
            .occurrences(from, until, filter.as_ref(), &window)
            .await
            .map_err(internal)?;
        Ok(OccurrenceConnection::new(page, reader))
    }

    /// Looks for content (ricerca). Words are found in any number and gender, with mistakes, and as they are
    /// begun; there are no operators. Of the public site as it is now, whatever the perspective.
    #[allow(clippy::too_many_arguments)]
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "What is looked for, at most 500 characters, of which the first ten words count; everything when it has no words.",
            default
        )]
        query: String,
        #[graphql(desc = "Among content of these types; all that can be found when left out.")]
        types: Option<Vec<ContentTypeName>>,
        #[graphql(desc = "Which hits; all when left out.")] filter: Option<SearchFilter>,
        #[graphql(desc = "Near a point.")] near: Option<SearchNear>,
        #[graphql(desc = "By which fields to count the hits.")] facets: Option<
            Vec<SearchFacetField>,
        >,
        #[graphql(
            desc = "What the hits are ordered by.",
            default_with = "by_relevance()"
        )]
        order_by: SearchOrder,
        #[graphql(desc = "How many hits: 1 to 100, 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only hits after this place.")] after: Option<String>,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Option<Result<SearchConnection>> {
        let asked = Asked {
            query,
            types,
            filter,
            near,
            facets,
            order_by,
            first,
            after,
        };
        Some(SearchConnection::read(ctx, asked, locale).await)
    }

    /// What somebody may be about to look for, by its title: services first, then topics and offices
    /// (suggerimenti di ricerca).
    async fn suggest(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is written until now.")] prefix: String,
        #[graphql(desc = "How many: 1 to 100, 8 by default.")] first: Option<i32>,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Option<Result<Vec<Suggestion>>> {
        Some(search::suggest(ctx, &prefix, first, locale).await)
    }

    /// The controlled vocabularies (vocabolari controllati).
    async fn vocabularies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Locale of the labels; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Result<Vec<Vocabulary>> {
        Ok(Vocabulary::all(&Reader::new(ctx, locale)?))
    }

    /// One controlled vocabulary.
    async fn vocabulary(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id, such as `service-categories`.")] id: String,
        #[graphql(desc = "Locale of the labels; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Option<Result<Vocabulary>> {
        let read = async || -> Result<Option<Vocabulary>> {
            Ok(Vocabulary::find(&id, &Reader::new(ctx, locale)?))
        };
        read().await.transpose()
    }

    /// Content that was published, published anew, or taken off the public site: every change once and in the
    /// order in which it happened, for those who would rather ask than be told (registro delle modifiche).
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Go on after this change: the `endCursor` of the last answer. From the first change on when left out."
        )]
        after: Option<String>,
        #[graphql(desc = "Of these types; of all when left out.")] types: Option<
            Vec<ContentTypeName>,
        >,
        #[graphql(desc = "How many: 1 to 100, 20 by default.")] first: Option<i32>,
    ) -> Result<ContentChangeConnection> {
        ContentChangeConnection::read(ctx, after, types, first).await
    }
}
