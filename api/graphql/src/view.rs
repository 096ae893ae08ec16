//! How an item is seen in one request: in which locale, with which fallbacks, at which address.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, ID, Result};
use municipio_domain::{
    content::{AnyContent, ContentType, Item, Link, LocalizedRichText, path},
    ids::ItemId,
    locale::{Locale, LocalizedText},
};

use crate::{
    connection::{Connection, ListArguments},
    context::{LinkedKey, LinkedList, data},
    error::internal,
    global_id,
    objects::{Content, PublishReport, RichText, VocabularyTerm},
    scalars,
};

/// The locale of a read.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    /// The locale that was asked for and those to fall back to.
    pub(crate) locales: Arc<[Locale]>,
    /// The default locale of the municipality.
    pub(crate) default: Locale,
}

impl Reader {
    /// Reads in the locale that was asked for.
    pub(crate) fn new(ctx: &Context<'_>, asked: Option<scalars::Locale>) -> Result<Self> {
        let data = data(ctx)?;
        let locale = data.locale(asked.map(|locale| locale.0))?;
        Ok(Self {
            locales: data.tenant.fallbacks(&locale).into(),
            default: data.tenant.default_locale(),
        })
    }

    /// The locale that was asked for.
    pub(crate) fn locale(&self) -> &Locale {
        self.locales.first().unwrap_or(&self.default)
    }

    /// A text in the locale, or in the first fallback that has it.
    pub(crate) fn text(&self, text: &LocalizedText) -> Option<String> {
        text.resolve(&self.locales).map(|(_, text)| text.clone())
    }

    /// The path of an item.
    pub(crate) fn path(&self, item: &Item) -> Option<String> {
        path(item, &self.locales, &self.default)
    }
}

/// An item as a request sees it.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) item: Item,
    pub(crate) reader: Reader,
}

/// A GraphQL object that shows an item.
pub(crate) trait ContentObject: Sized {
    /// The type of the item.
    const TYPE: ContentType;

    /// The object of an item; nothing when the item is of another type.
    fn new(view: View) -> Option<Self>;
}

impl View {
    pub(crate) fn global_id(&self) -> ID {
        global_id::encode(self.item.content_type(), self.item.id)
    }

    pub(crate) fn text(&self, text: &LocalizedText) -> Option<String> {
        self.reader.text(text)
    }

    pub(crate) fn rich(&self, text: &LocalizedRichText) -> Option<RichText> {
        RichText::new(text, &self.reader)
    }

    pub(crate) fn path(&self) -> Option<String> {
        self.reader.path(&self.item)
    }

    pub(crate) async fn url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let site = data(ctx)?.site_url().await?;
        Ok(site
            .zip(self.path())
            .map(|(site, path)| format!("{site}{path}")))
    }

    pub(crate) fn is_fallback(&self) -> bool {
        let locales = self.item.body.locales();
        !locales.is_empty() && !locales.contains(self.reader.locale())
    }

    pub(crate) fn available_locales(&self) -> Vec<scalars::Locale> {
        self.item
            .body
            .locales()
            .into_iter()
            .map(scalars::Locale)
            .collect()
    }

    /// The languages it is written in, as terms of the vocabulary `languages`.
    pub(crate) fn languages(&self) -> Vec<VocabularyTerm> {
        let locales = self.item.body.locales();
        let terms = municipio_domain::vocabularies::get("languages")
            .map(|languages| languages.terms.as_slice())
            .unwrap_or_default();
        let written = terms.iter().filter(|term| {
            let tag = term
                .facts
                .get("iso639_1")
                .map(String::as_str)
                .unwrap_or_default();
            locales.iter().any(|locale| locale.as_str() == tag)
        });
        written
            .map(|term| VocabularyTerm::new(term, &self.reader))
            .collect()
    }

    pub(crate) async fn publish_report(&self, ctx: &Context<'_>) -> Result<PublishReport> {
        let contents = &data(ctx)?.contents;
        let report = contents
            .publish_report(&self.item)
            .await
            .map_err(internal)?;
        Ok(PublishReport::new(report))
    }

    /// The published item that a link leads to.
    pub(crate) async fn one<T: ContentObject, L>(
        &self,
        ctx: &Context<'_>,
        link: Option<&Link<L>>,
    ) -> Result<Option<T>> {
        Ok(self.many(ctx, link).await?.pop())
    }

    /// The published items that links lead to, in the order of the links.
    pub(crate) async fn many<'a, T: ContentObject, L: 'a>(
        &self,
        ctx: &Context<'_>,
        links: impl IntoIterator<Item = &'a Link<L>>,
    ) -> Result<Vec<T>> {
        let items = self
            .items(ctx, links.into_iter().map(Link::id).collect())
            .await?;
        Ok(items.into_iter().filter_map(T::new).collect())
    }

    /// The same for links to items of any type.
    pub(crate) async fn any(
        &self,
        ctx: &Context<'_>,
        links: &[Link<AnyContent>],
    ) -> Result<Vec<Content>> {
        let items = self
            .items(ctx, links.iter().map(Link::id).collect())
            .await?;
        Ok(items.into_iter().filter_map(Content::new).collect())
    }

    async fn items(&self, ctx: &Context<'_>, ids: Vec<ItemId>) -> Result<Vec<View>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = data(ctx)?.items(ids.iter().copied()).await?;
        let items = ids.iter().filter_map(|id| found.get(id).cloned());
        let reader = &self.reader;
        Ok(items
            .map(|item| View {
                item,
                reader: reader.clone(),
            })
            .collect())
    }

    /// A part of the list of the items that link here by `field`.
    pub(crate) async fn linked<T: ContentObject>(
        &self,
        ctx: &Context<'_>,
        field: &'static str,
        arguments: ListArguments,
    ) -> Result<Connection<T>> {
        let (order, direction, window) = arguments.window()?;
        let list = LinkedList {
            field,
            content_type: T::TYPE,
            locale: self.reader.locale().clone(),
            order,
            direction,
            window,
        };
        let mut query = list.query();
        query.filter = municipio_domain::content::Filter::facet(field, [self.item.id.to_string()]);
        let key = LinkedKey {
            target: self.item.id,
            list,
        };
        let page = data(ctx)?.linked(key).await?;
        Ok(Connection::new(page, query, self.reader.clone()))
    }
}

/// The paths of these items, for links in rich text.
pub(crate) async fn paths(
    ctx: &Context<'_>,
    reader: &Reader,
    ids: Vec<ItemId>,
) -> Result<HashMap<ItemId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let items = data(ctx)?.items(ids).await?;
    let paths = items
        .into_iter()
        .filter_map(|(id, item)| Some((id, reader.path(&item)?)));
    Ok(paths.collect())
}
