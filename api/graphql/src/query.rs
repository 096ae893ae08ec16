//! The roots: what everyone may read, and what those read who signed in.

use async_graphql::{Context, ID, Object, OneofObject, Result};
use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use municipio_domain::{
    content::{ContentType, Filter, Found, ListQuery, OrderBy},
    ids::{
        AccountId, ApiKeyId, ItemId, PreviewTokenId, ProviderId, ReleaseId, RevisionId,
        WebhookDeliveryId, WebhookId,
    },
};
use uuid::Uuid;

use crate::{
    changes::ContentChangeConnection,
    connection::{
        Connection, ContentOrder, ListArguments, Part, by_order, by_title, newest_first, page_size,
    },
    context::{RequestData, data},
    error::internal,
    filters::{self, DateRange, FilterInput},
    global_id::{self, Kind},
    identity::{
        Account, AccountRole, ApiKey, IdentityProvider, List, Me, Permission, SignInProvider,
    },
    objects::{
        Asset, AuditEntryConnection, AuditEntryFilter, ContactPoint, ContentTypeName, Dataset,
        Document, Event, Faq, Municipality, NewsItem, Node, Office, Page, Person, Place, Procedure,
        Role, Service, Topic, Vocabulary,
    },
    outbox::{OutboxJobConnection, OutboxJobFilter, OutboxStatistics},
    preview::PreviewToken,
    release::{Release, ReleaseConnection},
    roots::{Home, Menu, OccurrenceConnection, Route, ServiceCategory, TermOfServices},
    scalars,
    search::{
        self, Asked, SearchConnection, SearchFacetField, SearchFilter, SearchInsight, SearchNear,
        SearchOrder, SearchSynonyms, Suggestion, by_relevance,
    },
    view::{ContentObject, Reader, View},
    webhook::{Webhook, WebhookDelivery, WebhookDeliveryConnection, WebhookDeliveryStatus},
    work::{
        ContentItem, ContentItemConnection, ContentItemFilter, ContentItemOrder, ContentRevision,
        MyWork, ReviewRule, newest_edit_first,
    },
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
) -> Result<Option<municipio_domain::content::Item>> {
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

/// Defines the root object: for each content type one field that reads one item and one that lists
/// many, and the fields that are written out.
macro_rules! query {
    (
        types { $($single:ident, $list:ident: $type:ident by $filter:ident in $order:literal, $one:literal, $many:literal;)* }
        fields { $($fields:tt)* }
    ) => {
        /// Everything that can be read of a municipality: what is public by everyone, the rest by those who may.
        #[derive(Clone, Copy, Debug, Default)]
        pub struct Query;

        /// Everything that can be read of a municipality: what is public by everyone, the rest by those who may.
        #[Object]
        impl Query {
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

            $($fields)*
        }
    };
}

query! {
    types {
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
    fields {
        /// Who calls, and what they may do.
        async fn me(&self, ctx: &Context<'_>) -> Option<Result<Me>> {
            Some(Me::find(ctx))
        }

        /// The actions that roles and API keys can allow (permessi).
        async fn permissions(&self) -> Vec<Permission> {
            Permission::all()
        }

        /// The accounts, by name, for who manages them (utenze).
        async fn accounts(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
            first: Option<i32>,
            #[graphql(desc = "Only those after this place.")] after: Option<String>,
            #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
            #[graphql(desc = "Only those before this place.")] before: Option<String>,
        ) -> Option<Result<List<Account>>> {
            Some(Account::list(ctx, Part { first, after, last, before }).await)
        }

        /// The roles of accounts, for who manages roles or accounts (ruoli delle utenze).
        async fn account_roles(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
            first: Option<i32>,
            #[graphql(desc = "Only those after this place.")] after: Option<String>,
            #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
            #[graphql(desc = "Only those before this place.")] before: Option<String>,
        ) -> Option<Result<List<AccountRole>>> {
            Some(AccountRole::list(ctx, Part { first, after, last, before }).await)
        }

        /// The API keys, the newest first, for who manages them (chiavi API).
        async fn api_keys(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
            first: Option<i32>,
            #[graphql(desc = "Only those after this place.")] after: Option<String>,
            #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
            #[graphql(desc = "Only those before this place.")] before: Option<String>,
        ) -> Option<Result<List<ApiKey>>> {
            Some(ApiKey::list(ctx, Part { first, after, last, before }).await)
        }

        /// The identity providers, by name; for callers who manage the settings (fornitori di identità).
        async fn identity_providers(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
            first: Option<i32>,
            #[graphql(desc = "Only those after this place.")] after: Option<String>,
            #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
            #[graphql(desc = "Only those before this place.")] before: Option<String>,
        ) -> Option<Result<List<IdentityProvider>>> {
            Some(IdentityProvider::list(ctx, Part { first, after, last, before }).await)
        }

        /// The addresses that are told of events, in the order in which they were set up; for callers who manage the
        /// settings (webhook).
        async fn webhooks(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
            first: Option<i32>,
            #[graphql(desc = "Only those after this place.")] after: Option<String>,
            #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
            #[graphql(desc = "Only those before this place.")] before: Option<String>,
        ) -> Option<Result<List<Webhook>>> {
            Some(Webhook::list(ctx, Part { first, after, last, before }).await)
        }

        /// What webhooks are and were told, newest first; for callers who manage the settings (consegne dei webhook).
        #[allow(clippy::too_many_arguments)]
        async fn webhook_deliveries(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "Of this webhook, by its global id; of all when left out.")] webhook: Option<ID>,
            #[graphql(desc = "That stand like this; all when left out.")]
            status: Option<WebhookDeliveryStatus>,
            #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
            first: Option<i32>,
            #[graphql(desc = "Only those after this place.")] after: Option<String>,
            #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
            #[graphql(desc = "Only those before this place.")] before: Option<String>,
        ) -> Option<Result<WebhookDeliveryConnection>> {
            let part = Part { first, after, last, before };
            Some(WebhookDeliveryConnection::read(ctx, webhook, status, part).await)
        }

        /// What is to be done after changes were committed, and what was, newest first; for callers who manage the
        /// settings (lavori in uscita).
        async fn outbox_jobs(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "Which ones; all when left out.")] filter: Option<OutboxJobFilter>,
            #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
            first: Option<i32>,
            #[graphql(desc = "Only those after this place.")] after: Option<String>,
            #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
            #[graphql(desc = "Only those before this place.")] before: Option<String>,
        ) -> Option<Result<OutboxJobConnection>> {
            Some(OutboxJobConnection::read(ctx, filter, Part { first, after, last, before }).await)
        }

        /// How many jobs of each topic stand how, and for how long they have waited; for callers who manage the
        /// settings (statistiche dei lavori in uscita).
        async fn outbox_statistics(&self, ctx: &Context<'_>) -> Option<Result<Vec<OutboxStatistics>>> {
            Some(OutboxStatistics::all(ctx).await)
        }

        /// The identity providers through which those who work for the municipality sign in, by name (fornitori
        /// di identità per l'accesso).
        async fn sign_in_providers(&self, ctx: &Context<'_>) -> Option<Result<Vec<SignInProvider>>> {
            Some(SignInProvider::all(ctx).await)
        }

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

        // Relay's compiler refuses a `node` with a second argument.
        /// Whatever has this global id (Relay), in the default locale; `nodes` reads in others.
        async fn node(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "Global id.")] id: ID,
        ) -> Option<Result<Node>> {
            let read = async || -> Result<Option<Node>> {
                let mut nodes = nodes(ctx, &[id], |_| "id".to_owned(), None).await?;
                nodes.pop().flatten().transpose()
            };
            read().await.transpose()
        }

        /// Whatever has these global ids, in their order; nothing in the place of what is not there.
        async fn nodes(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "Global ids, at most 100.")] ids: Vec<ID>,
            #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
            locale: Option<scalars::Locale>,
        ) -> Result<Vec<Option<Result<Node>>>> {
            if !ids.is_empty() {
                page_size(i32::try_from(ids.len()).ok().or(Some(i32::MAX)), "ids")?;
            }
            nodes(ctx, &ids, |index| format!("ids[{index}]"), locale).await
        }

        /// Content as those who edit it see it, whatever its state; for callers who may read drafts (contenuto
        /// in lavorazione).
        async fn content_item(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The global id of the content.")] id: ID,
            #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
            locale: Option<scalars::Locale>,
        ) -> Option<Result<ContentItem>> {
            let read = async || -> Result<Option<ContentItem>> {
                let reader = Reader::new(ctx, locale)?;
                let data = data(ctx)?;
                let (content_type, id) = global_id::decode(&id, &data.tenant.ipa_code, "id")?;
                ContentItem::of_type(data, reader, content_type, id).await
            };
            read().await.transpose()
        }

        /// Content as those who edit it see it, drafts included; for callers who may read drafts (contenuti in
        /// lavorazione).
        #[allow(clippy::too_many_arguments)]
        async fn content_items(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "Which; all that is not archived or deleted when left out.")]
            filter: Option<ContentItemFilter>,
            #[graphql(desc = "What the list is ordered by.", default_with = "newest_edit_first()")]
            order_by: ContentItemOrder,
            #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
            first: Option<i32>,
            #[graphql(desc = "Only content after this place.")] after: Option<String>,
            #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
            #[graphql(desc = "Only content before this place.")] before: Option<String>,
            #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
            locale: Option<scalars::Locale>,
        ) -> Result<ContentItemConnection> {
            let reader = Reader::new(ctx, locale)?;
            ContentItemConnection::read(ctx, filter, order_by, Part { first, after, last, before }, reader).await
        }

        /// What waits for the caller: assigned, to be reviewed, sent back, and own drafts (le mie attività).
        async fn my_work(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
            locale: Option<scalars::Locale>,
        ) -> Option<Result<MyWork>> {
            let read = || MyWork::of(ctx, Reader::new(ctx, locale)?);
            Some(read())
        }

        /// For each type whether it is published with four eyes alone; for callers who may read drafts (regole
        /// di revisione).
        async fn review_rules(&self, ctx: &Context<'_>) -> Option<Result<Vec<ReviewRule>>> {
            Some(ReviewRule::all(ctx).await)
        }

        /// What is found at a path of the site: content, a redirect, or gone; nothing when nothing
        /// was ever there.
        async fn route(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The path, such as `/servizi/anagrafe-e-stato-civile/carta-d-identita-elettronica`.")]
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
        ) -> Result<Vec<crate::roots::LifeEvent>> {
            TermOfServices::all(ctx, "life-events", "life_events", locale)
                .await
                .map(|terms| terms.into_iter().map(crate::roots::LifeEvent).collect())
        }

        /// The events in the life of a business (eventi della vita d'impresa).
        async fn business_events(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
            locale: Option<scalars::Locale>,
        ) -> Result<Vec<crate::roots::BusinessEvent>> {
            TermOfServices::all(ctx, "business-events", "business_events", locale)
                .await
                .map(|terms| terms.into_iter().map(crate::roots::BusinessEvent).collect())
        }

        /// Events at each of the times at which they take place, in order (calendario).
        #[allow(clippy::too_many_arguments)]
        async fn event_occurrences(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "In these days; from now on when left out.")] during: Option<DateRange>,
            #[graphql(desc = "Of which events; all when left out.")] filter: Option<filters::EventFilter>,
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
            let part = Part { first, after, last, before };
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
            #[graphql(desc = "What is looked for, at most 500 characters, of which the first ten words count; everything when it has no words.", default)]
            query: String,
            #[graphql(desc = "Among content of these types; all that can be found when left out.")]
            types: Option<Vec<ContentTypeName>>,
            #[graphql(desc = "Which hits; all when left out.")] filter: Option<SearchFilter>,
            #[graphql(desc = "Near a point.")] near: Option<SearchNear>,
            #[graphql(desc = "By which fields to count the hits.")] facets: Option<Vec<SearchFacetField>>,
            #[graphql(desc = "What the hits are ordered by.", default_with = "by_relevance()")]
            order_by: SearchOrder,
            #[graphql(desc = "How many hits: 1 to 100, 20 by default.")] first: Option<i32>,
            #[graphql(desc = "Only hits after this place.")] after: Option<String>,
            #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
            locale: Option<scalars::Locale>,
        ) -> Option<Result<SearchConnection>> {
            let asked = Asked { query, types, filter, near, facets, order_by, first, after };
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

        /// What people looked for, for those who may read drafts (analisi delle ricerche).
        async fn search_insight(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "In how many days until today: 1 to 365.", default = 30)] days: i32,
        ) -> Option<Result<SearchInsight>> {
            Some(SearchInsight::of(ctx, days).await)
        }

        /// Words that mean the same to search, for those who may read drafts (sinonimi).
        async fn search_synonyms(&self, ctx: &Context<'_>) -> Option<Result<SearchSynonyms>> {
            Some(SearchSynonyms::read(ctx).await)
        }

        /// A release; for those who may read drafts (rilascio).
        async fn release(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "Its global id.")] id: ID,
        ) -> Option<Result<Release>> {
            let find = async || {
                let data = data(ctx)?;
                Release::find(data, Release::read_id(data, &id, "id")?).await
            };
            find().await.transpose()
        }

        /// The releases, the newest first; for those who may read drafts (rilasci).
        async fn releases(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
            first: Option<i32>,
            #[graphql(desc = "Only releases after this place.")] after: Option<String>,
            #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
            #[graphql(desc = "Only releases before this place.")] before: Option<String>,
        ) -> Option<Result<ReleaseConnection>> {
            Some(ReleaseConnection::read(ctx, Part { first, after, last, before }).await)
        }

        /// The preview tokens that are valid, the newest first; for those who may read drafts (token di
        /// anteprima).
        async fn preview_tokens(&self, ctx: &Context<'_>) -> Option<Result<Vec<PreviewToken>>> {
            let read = async || PreviewToken::all(data(ctx)?).await;
            Some(read().await)
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
            #[graphql(desc = "Go on after this change: the `endCursor` of the last answer. From the first change on when left out.")]
            after: Option<String>,
            #[graphql(desc = "Of these types; of all when left out.")]
            types: Option<Vec<ContentTypeName>>,
            #[graphql(desc = "How many: 1 to 100, 20 by default.")] first: Option<i32>,
        ) -> Result<ContentChangeConnection> {
            ContentChangeConnection::read(ctx, after, types, first).await
        }

        /// What was done, by whom and when, newest first: every change and every sign-in (registro delle
        /// operazioni).
        async fn audit_entries(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "Which ones; all when left out.")] filter: Option<AuditEntryFilter>,
            #[graphql(desc = "How many from the start of the list: 1 to 100, 20 by default.")]
            first: Option<i32>,
            #[graphql(desc = "Only those after this place.")] after: Option<String>,
            #[graphql(desc = "How many from the end of the list: 1 to 100.")] last: Option<i32>,
            #[graphql(desc = "Only those before this place.")] before: Option<String>,
        ) -> Option<Result<AuditEntryConnection>> {
            Some(AuditEntryConnection::read(ctx, filter, Part { first, after, last, before }).await)
        }
    }
}

async fn nodes(
    ctx: &Context<'_>,
    ids: &[ID],
    argument: impl Fn(usize) -> String,
    locale: Option<scalars::Locale>,
) -> Result<Vec<Option<Result<Node>>>> {
    let reader = Reader::new(ctx, locale)?;
    let data = data(ctx)?;
    let mut named = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        let municipality = &data.tenant.ipa_code;
        named.push(global_id::decode_any(id, municipality, &argument(index))?);
    }
    let nodes = named
        .into_iter()
        .map(|(kind, id)| node(data, &reader, kind, id));
    let nodes = join_all(nodes).await.into_iter();
    Ok(nodes.map(Result::transpose).collect())
}

/// What has this id, under the same conditions as at the root that shows it.
async fn node(data: &RequestData, reader: &Reader, kind: Kind, id: Uuid) -> Result<Option<Node>> {
    let reader = reader.clone();
    Ok(match kind {
        Kind::Content(content_type) => {
            let item = data.items([ItemId(id)]).await?.remove(&ItemId(id));
            let item = item.filter(|item| item.content_type() == content_type);
            item.and_then(|item| Node::new(View { item, reader }))
        }
        Kind::Item => {
            let item = ContentItem::find(data, reader, ItemId(id)).await?;
            item.map(Node::ContentItem)
        }
        Kind::Revision => {
            let revision = ContentRevision::find(data, reader, RevisionId(id)).await?;
            revision.map(Node::ContentRevision)
        }
        Kind::Release => Release::find(data, ReleaseId(id)).await?.map(Node::Release),
        Kind::PreviewToken => {
            let token = PreviewToken::find(data, PreviewTokenId(id)).await?;
            token.map(Node::PreviewToken)
        }
        Kind::Account => Account::find(data, AccountId(id)).await?.map(Node::Account),
        Kind::ApiKey => ApiKey::find(data, ApiKeyId(id)).await?.map(Node::ApiKey),
        Kind::IdentityProvider => {
            let provider = IdentityProvider::find(data, ProviderId(id)).await?;
            provider.map(Node::IdentityProvider)
        }
        Kind::Webhook => Webhook::find(data, WebhookId(id)).await?.map(Node::Webhook),
        Kind::WebhookDelivery => {
            let delivery = WebhookDelivery::find(data, WebhookDeliveryId(id)).await?;
            delivery.map(Node::WebhookDelivery)
        }
    })
}
