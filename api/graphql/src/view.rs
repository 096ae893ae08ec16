//! How an item is seen in one request: in which locale, with which fallbacks, at which address.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, ID, Result};
use municipio_domain::{
    content::{
        AnyContent, Body, ContentType, Cursor, FileReference, ImageReference, Issue, Item,
        ItemState, Link, LocalizedRichText, Placed, linked_issues, main_site, path, publish_report,
        quality, shape::Shape, types::ContactPoint,
    },
    identity::{Action, Subject},
    ids::ItemId,
    locale::{Locale, LocalizedText},
    notifications::{SheetSources, sheet_issues, web_url},
    tenants::{IpaCode, Tenant},
};

use crate::{
    connection::{Connection, ListArguments},
    context::{LinkedList, RequestData, data},
    error::internal,
    filters::camel,
    global_id,
    objects::{Asset, Content, File, Image, PublishReport, RichText, VocabularyTerm},
    scalars,
};
use chrono::NaiveDate;
use serde_json::Value;

/// The locale of a read.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    /// The locale that was asked for and those to fall back to.
    pub(crate) locales: Arc<[Locale]>,
    /// The default locale of the municipality.
    pub(crate) default: Locale,
    tenant: Arc<Tenant>,
}

impl Reader {
    /// Reads in the locale that was asked for.
    pub(crate) fn new(ctx: &Context<'_>, asked: Option<scalars::Locale>) -> Result<Self> {
        let data = data(ctx)?;
        let locale = data.locale(asked.map(|locale| locale.0))?;
        Ok(Self {
            locales: data.tenant.fallbacks(&locale).into(),
            default: data.tenant.default_locale(),
            tenant: Arc::clone(&data.tenant),
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

    /// The code of the municipality, which cursors name.
    pub(crate) fn municipality(&self) -> &IpaCode {
        &self.tenant.ipa_code
    }

    /// A cursor as the reader gets it.
    pub(crate) fn cursor(&self, cursor: &Cursor) -> String {
        cursor.encode(&self.tenant.ipa_code)
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
        global_id::encode(
            self.item.content_type(),
            &self.reader.tenant.ipa_code,
            self.item.id,
        )
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

    /// What the rules say of the item and of what it links to.
    pub(crate) async fn publish_report(&self, ctx: &Context<'_>) -> Result<PublishReport> {
        let data = data(ctx)?;
        let body = &self.item.body;
        let links = body.relations().links;
        let mut linked = data.items(links.iter().map(|link| link.target)).await?;
        let sites: Vec<_> = linked.values().filter_map(main_site).collect();
        linked.extend(data.items(sites).await?);
        let hidden = links.iter().map(|link| link.target);
        let hidden: Vec<_> = hidden.filter(|id| !linked.contains_key(id)).collect();
        let hidden = hidden_states(data, hidden).await?;
        let linked: Vec<_> = linked.into_values().collect();
        let mut report = publish_report(body);
        let of_links = linked_issues(body, &links, &linked, &hidden);
        report.issues.extend(of_links);
        report
            .issues
            .extend(self.sheet_issues(data, &linked).await?);
        let quality = quality(body, &data.tenant.hosts);
        let dead = data.contents.dead_links(&quality.site_links).await;
        report.issues.extend(quality.issues);
        report.issues.extend(dead.map_err(internal)?);
        Ok(PublishReport::new(report))
    }

    /// What the review of App IO would find in a service that is linked to it.
    async fn sheet_issues(&self, data: &RequestData, linked: &[Item]) -> Result<Vec<Issue>> {
        let Body::Service(service) = &self.item.body else {
            return Ok(Vec::new());
        };
        let Some(sheet) = data.sheet_of(self.item.id).await? else {
            return Ok(Vec::new());
        };
        let municipality = data.municipality().await?;
        let municipality = municipality.as_deref();
        let mut of_site = Vec::new();
        if service.contact_points.is_empty() {
            let links = municipality.iter().flat_map(|site| &site.contact_points);
            of_site.extend(data.items(links.map(Link::id)).await?.into_values());
        }
        let contacts = linked.iter().chain(&of_site).filter_map(contact_point);
        let contacts: Vec<_> = contacts.collect();
        let web_url = web_url(&self.item, &data.tenant, municipality);
        let sources = SheetSources {
            tenant: &data.tenant,
            service,
            contacts: &contacts,
            municipality,
            web_url: web_url.as_deref(),
            settings: &sheet.settings,
        };
        Ok(sheet_issues(&sources.content()))
    }

    /// The fields, such as `costs[0].description`, that are not written in the locale that was asked
    /// for.
    pub(crate) fn fallback_fields(&self) -> Vec<String> {
        let mut fields = Vec::new();
        let body = self.item.body.to_json().unwrap_or_default();
        let shape = Shape::of(self.item.content_type());
        missing(&shape, &body, self.reader.locale(), "", &mut fields);
        fields
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

    /// A picture, if it is to be seen.
    pub(crate) async fn image(
        &self,
        ctx: &Context<'_>,
        image: Option<&ImageReference>,
    ) -> Result<Option<Image>> {
        Ok(self.images(ctx, image).await?.pop())
    }

    /// Those of these pictures that are to be seen.
    pub(crate) async fn images<'a>(
        &self,
        ctx: &Context<'_>,
        images: impl IntoIterator<Item = &'a ImageReference>,
    ) -> Result<Vec<Image>> {
        let placed = self.placed(ctx, images.into_iter().collect()).await?;
        let images = placed
            .into_iter()
            .map(|(image, asset)| Image::new(ctx, self, image, asset));
        images.filter_map(Result::transpose).collect()
    }

    /// A file, if it is to be seen.
    pub(crate) async fn file(
        &self,
        ctx: &Context<'_>,
        file: Option<&FileReference>,
    ) -> Result<Option<File>> {
        Ok(self.files(ctx, file).await?.pop())
    }

    /// Those of these files that are to be seen.
    pub(crate) async fn files<'a>(
        &self,
        ctx: &Context<'_>,
        files: impl IntoIterator<Item = &'a FileReference>,
    ) -> Result<Vec<File>> {
        let placed = self.placed(ctx, files.into_iter().collect()).await?;
        let files = placed
            .into_iter()
            .map(|(file, asset)| File::new(ctx, self, file, asset));
        files.filter_map(Result::transpose).collect()
    }

    /// Pictures or files, each with its asset if it names one.
    async fn placed<'a, T: Placed>(
        &self,
        ctx: &Context<'_>,
        placed: Vec<&'a T>,
    ) -> Result<Vec<(&'a T, Option<Asset>)>> {
        let ids = placed.iter().filter_map(|placed| placed.asset());
        let assets = self.many::<Asset, _>(ctx, ids).await?;
        let find = |id| assets.iter().find(|asset| asset.view.item.id == id);
        let pairs = placed.into_iter().map(|placed| {
            let asset = placed.asset().and_then(|link| find(link.id()));
            (placed, asset.cloned())
        });
        Ok(pairs.collect())
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
        let list = self.linked_list::<T>(field, None);
        Connection::linked(ctx, list, arguments, self.reader.clone()).await
    }

    /// The items that link here by `field` and are current today: the 100 newest of them.
    pub(crate) async fn linked_now<T: ContentObject>(
        &self,
        ctx: &Context<'_>,
        field: &'static str,
    ) -> Result<Vec<T>> {
        let list = self.linked_list::<T>(field, Some(data(ctx)?.today()));
        let reader = self.reader.clone();
        let connection = Connection::linked(ctx, list, ListArguments::all(), reader).await?;
        Ok(connection.into_nodes())
    }

    fn linked_list<T: ContentObject>(
        &self,
        field: &'static str,
        current_on: Option<NaiveDate>,
    ) -> LinkedList {
        LinkedList {
            content_type: T::TYPE,
            field,
            value: self.item.id.to_string(),
            locale: self.reader.locale().clone(),
            current_on,
        }
    }
}

/// Collects the paths of localised values that the locale lacks.
fn missing(shape: &Shape, value: &Value, locale: &Locale, path: &str, fields: &mut Vec<String>) {
    match value {
        Value::Object(texts) if shape.is_localized() => {
            let lacks = !texts.is_empty() && !texts.contains_key(locale.as_str());
            fields.extend(lacks.then(|| path.to_owned()));
        }
        Value::Object(map) => {
            for (name, value) in map {
                let Some(shape) = shape.under(name) else {
                    continue;
                };
                let name = camel(name);
                let path = match path {
                    "" => name,
                    path => format!("{path}.{name}"),
                };
                missing(shape, value, locale, &path, fields);
            }
        }
        Value::Array(items) => {
            let Some(shape) = shape.each() else { return };
            for (index, item) in items.iter().enumerate() {
                missing(shape, item, locale, &format!("{path}[{index}]"), fields);
            }
        }
        _ => {}
    }
}

fn contact_point(item: &Item) -> Option<&ContactPoint> {
    match &item.body {
        Body::ContactPoint(contact) => Some(contact),
        _ => None,
    }
}

/// Where linked content stands that readers do not see. That is for who may read drafts, and is not on the public
/// record: for others it is simply not published.
async fn hidden_states(data: &RequestData, ids: Vec<ItemId>) -> Result<HashMap<ItemId, ItemState>> {
    if data.contents.is_of_record() || data.may(Action::ReadDrafts).is_err() {
        return Ok(ids.into_iter().map(|id| (id, ItemState::Draft)).collect());
    }
    let found = data.work_items(ids).await?.into_iter();
    let states = found.map(|(id, item)| {
        let subject = Subject::of_type(item.content_type);
        match data.caller.authorise(Action::ReadDrafts, &subject) {
            Ok(()) => (id, item.state),
            Err(_) => (id, ItemState::Draft),
        }
    });
    Ok(states.collect())
}

/// Where these items are, for links and pictures in rich text: their paths, and the addresses of the files of assets.
pub(crate) async fn addresses(
    ctx: &Context<'_>,
    reader: &Reader,
    ids: Vec<ItemId>,
) -> Result<HashMap<ItemId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let data = data(ctx)?;
    let items = data.items(ids).await?;
    let addresses = items.into_iter().filter_map(|(id, item)| {
        let address = match &item.body {
            Body::Asset(asset) => data.file_address(&item, asset),
            _ => reader.path(&item),
        };
        Some((id, address?))
    });
    Ok(addresses.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_known_by_their_fields() {
        let body = json!({
            "title": { "it": "Carta", "fur": "Cjarte" },
            "needs": [{ "description": { "it": "Foto", "de": "Foto" } }, { "description": { "fur": "Foto" } }],
            "short_description": {},
        });
        let mut fields = Vec::new();
        let locale = "de".parse().unwrap();
        missing(
            &Shape::of(ContentType::Service),
            &body,
            &locale,
            "",
            &mut fields,
        );
        fields.sort();
        assert_eq!(fields, ["needs[1].description", "title"]);
    }
}
