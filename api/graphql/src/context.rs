//! What a request brings with it: the municipality it is for, its content, the moment, and the
//! loaders that turn many look-ups into one statement.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_graphql::{
    Context, Error, Request, Result,
    dataloader::{DataLoader, Loader},
    runtime::{TokioSpawner, TokioTimer},
};
use chrono::{DateTime, Utc};
use municipio_domain::{
    content::{
        Body, ContentType, Contents, Direction, Filter, Item, ListQuery, OrderBy, Page, Window,
    },
    ids::ItemId,
    locale::Locale,
    store::StoreError,
    tenants::Tenant,
    time::ClosingCalendar,
};
use tokio::sync::OnceCell;

use crate::error::{ErrorCode, internal};

/// What a request brings with it.
pub struct RequestData {
    /// The municipality.
    pub tenant: Arc<Tenant>,
    /// Its content.
    pub contents: Contents,
    /// The moment of the request.
    pub now: DateTime<Utc>,
    settings: OnceCell<Option<Item>>,
    items: DataLoader<ItemLoader>,
    linked: DataLoader<LinkedLoader>,
}

impl RequestData {
    /// The data of one request.
    pub fn new(tenant: Arc<Tenant>, contents: Contents, now: DateTime<Utc>) -> Self {
        // A loader runs when the request that asked waits: no delay is needed to gather its keys.
        let items = ItemLoader(contents.clone());
        let linked = LinkedLoader(contents.clone());
        let spawner = TokioSpawner::current;
        let items = DataLoader::new(items, spawner(), TokioTimer::default());
        let linked = DataLoader::new(linked, spawner(), TokioTimer::default());
        Self {
            tenant,
            contents,
            now,
            settings: OnceCell::new(),
            items: items.delay(Duration::ZERO),
            linked: linked.delay(Duration::ZERO),
        }
    }

    /// A GraphQL request that brings this data.
    pub fn attach(self, request: Request) -> Request {
        request.data(self)
    }

    pub(crate) async fn items(
        &self,
        ids: impl IntoIterator<Item = ItemId>,
    ) -> Result<HashMap<ItemId, Item>> {
        self.items.load_many(ids).await.map_err(shared)
    }

    pub(crate) async fn linked(&self, key: LinkedKey) -> Result<Option<Page<Item>>> {
        self.linked.load_one(key).await.map_err(shared)
    }

    /// The settings of the municipality, read once for each request.
    pub(crate) async fn settings(&self) -> Result<Option<&Item>> {
        let settings = self
            .settings
            .get_or_try_init(|| self.contents.singleton(ContentType::Municipality))
            .await
            .map_err(internal)?;
        Ok(settings.as_ref())
    }

    /// The days on which the municipality is closed.
    pub(crate) async fn closings(&self) -> Result<ClosingCalendar> {
        Ok(match self.settings().await?.map(|item| &item.body) {
            Some(Body::Municipality(settings)) => ClosingCalendar {
                patron_saint: settings.patron_saint_day,
                patron_saint_name: settings.patron_saint.clone(),
                closing_periods: settings.closing_periods.clone(),
            },
            _ => ClosingCalendar::default(),
        })
    }

    /// The address of the municipality's site, without a slash at its end.
    pub(crate) async fn site_url(&self) -> Result<Option<String>> {
        let set = match self.settings().await?.map(|item| &item.body) {
            Some(Body::Municipality(settings)) => settings.site_url.as_ref(),
            _ => None,
        };
        let set = set.map(|url| url.as_str().trim_end_matches('/').to_owned());
        Ok(set.or_else(|| {
            self.tenant
                .hosts
                .first()
                .map(|host| format!("https://{host}"))
        }))
    }

    /// The locale that was asked for, or the default.
    pub(crate) fn locale(&self, asked: Option<Locale>) -> Result<Locale> {
        match asked {
            None => Ok(self.tenant.default_locale()),
            Some(locale) if self.tenant.locales.contains(&locale) => Ok(locale),
            Some(locale) => {
                let known: Vec<_> = self.tenant.locales.iter().map(Locale::as_str).collect();
                let message = format!(
                    "the municipality has no content in «{locale}»; it has {}",
                    known.join(", ")
                );
                Err(ErrorCode::UnknownLocale.about("locale", message))
            }
        }
    }
}

/// The data of the request.
pub(crate) fn data<'a>(ctx: &Context<'a>) -> Result<&'a RequestData> {
    ctx.data::<RequestData>()
}

fn shared(error: Arc<StoreError>) -> Error {
    internal(StoreError::Corrupt {
        what: "a batch".to_owned(),
        reason: error.to_string(),
    })
}

struct ItemLoader(Contents);

impl Loader<ItemId> for ItemLoader {
    type Value = Item;
    type Error = Arc<StoreError>;

    async fn load(&self, ids: &[ItemId]) -> Result<HashMap<ItemId, Item>, Self::Error> {
        let items = self.0.published(ids).await.map_err(Arc::new)?;
        Ok(items.into_iter().map(|item| (item.id, item)).collect())
    }
}

struct LinkedLoader(Contents);

/// The items of a type that link to `target` by `field`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LinkedKey {
    pub(crate) target: ItemId,
    pub(crate) list: LinkedList,
}

/// Which part of the list, the same for all targets that are asked for at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LinkedList {
    pub(crate) field: &'static str,
    pub(crate) content_type: ContentType,
    pub(crate) locale: Locale,
    pub(crate) order: OrderBy,
    pub(crate) direction: Direction,
    pub(crate) window: Window,
}

impl LinkedList {
    pub(crate) fn query(&self) -> ListQuery {
        ListQuery {
            content_type: self.content_type,
            locale: self.locale.clone(),
            filter: Filter::everything(),
            order: self.order,
            direction: self.direction,
        }
    }
}

impl Loader<LinkedKey> for LinkedLoader {
    type Value = Page<Item>;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[LinkedKey],
    ) -> Result<HashMap<LinkedKey, Page<Item>>, Self::Error> {
        let mut lists: HashMap<&LinkedList, Vec<ItemId>> = HashMap::new();
        for key in keys {
            lists.entry(&key.list).or_default().push(key.target);
        }
        let mut found = HashMap::new();
        for (list, targets) in lists {
            let pages = self
                .0
                .linked_by(&list.query(), list.field, &targets, &list.window)
                .await
                .map_err(Arc::new)?;
            found.extend(pages.into_iter().map(|(target, page)| {
                let list = list.clone();
                (LinkedKey { target, list }, page)
            }));
        }
        Ok(found)
    }
}
