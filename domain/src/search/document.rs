//! What search knows of an item in one locale: flat, public, and nothing that is about people who are not
//! public.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveTime;

use super::{FacetField, Synonyms};
use crate::{
    content::{Body, ContentType, Item, fields::GeoPoint, localized_texts},
    digest::sha256,
    ids::{ItemId, RevisionId},
    locale::{Locale, LocalizedText},
    time::LocalDateTime,
    vocabularies,
};

/// The longest body that is indexed, in bytes: engines ignore what comes after some ten thousand words.
const LONGEST_BODY: usize = 200_000;

/// How much of a hash tells two documents with one key apart, in characters.
const DIGEST: usize = 16;

/// The fields of bodies whose values are counted, and what they are counted as.
const FACETS: [(&str, FacetField); 10] = [
    ("category", FacetField::Category),
    ("news_type", FacetField::Kind),
    ("event_type", FacetField::Kind),
    ("document_type", FacetField::Kind),
    ("place_type", FacetField::Kind),
    ("office_type", FacetField::Kind),
    ("topics", FacetField::Topic),
    ("life_events", FacetField::LifeEvent),
    ("business_events", FacetField::BusinessEvent),
    ("status", FacetField::Status),
];

/// What names a document of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentKey {
    /// The item.
    pub item: ItemId,
    /// The locale.
    pub locale: Locale,
}

/// An item in one locale, as search knows it. Texts are in the locale, or in its fallback.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its key.
    pub key: DocumentKey,
    /// The revision that it was made of.
    pub revision: RevisionId,
    /// The type of the item.
    pub content_type: ContentType,
    /// The title.
    pub title: String,
    /// Other titles, keywords, and the words that people say for them.
    pub keywords: Vec<String>,
    /// The short description.
    pub summary: String,
    /// All other texts.
    pub body: String,
    /// The names of its offices and topics, and the labels of its codes.
    pub names: Vec<String>,
    /// What is written in its files.
    pub attachments: String,
    /// What it is counted and chosen by.
    pub facets: Vec<(FacetField, String)>,
    /// Its day, in seconds since 1970.
    pub date: i64,
    /// Where it is.
    pub place: Option<GeoPoint>,
    /// How often it was chosen among hits.
    pub popularity: u32,
}

/// What documents are made with, besides the items themselves.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The locales of the tenant, each with its fallbacks.
    pub locales: &'a [Vec<Locale>],
    /// The items that these link to.
    pub linked: &'a HashMap<ItemId, Item>,
    /// What is written in files that these link to.
    pub files: &'a HashMap<ItemId, String>,
    /// What people say for what is written.
    pub synonyms: &'a Synonyms,
    /// How often items were chosen among hits.
    pub popularity: &'a HashMap<ItemId, u32>,
}

/// The items whose names a document shows: its topics and its offices.
pub fn shown_items(body: &Body) -> Vec<ItemId> {
    let facets = body.relations().facets.into_iter();
    let topics = facets.filter(|facet| facet.field == "topics");
    let topics = topics.filter_map(|facet| facet.value.parse().ok());
    topics.map(ItemId).chain(body.offices()).collect()
}

/// The files in which a hit may be found. Those of people are for who looks at the person: what they earn is
/// published by law, not to be found by a word.
pub fn searched_files(body: &Body) -> Vec<ItemId> {
    if body.content_type() == ContentType::Person {
        return Vec::new();
    }
    let links = body.relations().links.into_iter();
    let assets = links.filter(|link| link.target_type == Some(ContentType::Asset));
    assets.map(|link| link.target).collect()
}

impl Document {
    /// The documents of an item, one for each locale of the tenant.
    pub fn of(item: &Item, around: &Surroundings<'_>) -> Vec<Self> {
        let body = item.body.to_json().unwrap_or_default();
        let texts = by_path(localized_texts(item.content_type(), &body));
        let locales = around.locales.iter();
        let documents =
            locales.filter_map(|locales| Self::in_locale(item, &texts, locales, around));
        documents.collect()
    }

    /// By which one that is held is known to be this one. How popular it is makes no other of it: that is counted
    /// when it changes otherwise.
    pub fn digest(&self) -> String {
        let parts = (
            (&self.key, self.revision, self.content_type, &self.title),
            (&self.keywords, &self.summary, &self.body, &self.names),
            (&self.attachments, &self.facets, self.date, self.place),
        );
        let mut digest = sha256(format!("{parts:?}"));
        digest.truncate(DIGEST);
        digest
    }

    fn in_locale(
        item: &Item,
        texts: &[(String, LocalizedText)],
        locales: &[Locale],
        around: &Surroundings<'_>,
    ) -> Option<Self> {
        let body = &item.body;
        let locale = locales.first()?.clone();
        let resolve = |text: &LocalizedText| text.resolve(locales).map(|(_, text)| text.clone());
        let title = resolve(&body.title()).unwrap_or_default();
        let summary = body.short_description().and_then(resolve);
        let mut keywords = body.keywords(locales);
        let said = std::iter::once(&title).chain(&keywords).map(String::as_str);
        let synonyms = around
            .synonyms
            .of(said.collect::<Vec<_>>().join("\n").as_str(), &locale);
        keywords.extend(synonyms);
        let facets = facets(item);
        Some(Self {
            names: names(body, &facets, locales, around),
            key: DocumentKey {
                item: item.id,
                locale,
            },
            revision: item.revision_id,
            content_type: item.content_type(),
            title,
            keywords,
            summary: summary.unwrap_or_default(),
            body: long_text(texts, &resolve),
            attachments: attachments(body, around.files),
            facets,
            date: day(item),
            place: body.position(),
            popularity: around.popularity.get(&item.id).copied().unwrap_or_default(),
        })
    }
}

/// Everything but what has a field of its own.
pub(super) fn long_text(
    texts: &[(String, LocalizedText)],
    resolve: &impl Fn(&LocalizedText) -> Option<String>,
) -> String {
    let mut long = String::new();
    let others = texts
        .iter()
        .filter(|(path, _)| !matches!(path.as_str(), "title" | "question" | "short_description"));
    for text in others.filter_map(|(_, text)| resolve(text)) {
        if long.len() + text.len() > LONGEST_BODY {
            break;
        }
        long.push_str(text.trim());
        long.push('\n');
    }
    long
}

/// What is written in the files of an item; no more than of its own texts.
fn attachments(body: &Body, files: &HashMap<ItemId, String>) -> String {
    let mut written = String::new();
    let texts = searched_files(body).into_iter();
    for text in texts.filter_map(|file| files.get(&file)) {
        if written.len() + text.len() > LONGEST_BODY {
            break;
        }
        written.push_str(text);
        written.push('\n');
    }
    written
}

fn facets(item: &Item) -> Vec<(FacetField, String)> {
    let body = &item.body;
    let mut facets = vec![(FacetField::Type, body.content_type().as_str().to_owned())];
    for facet in body.relations().facets {
        let known = FACETS.iter().find(|(field, _)| *field == facet.field);
        facets.extend(known.map(|(_, field)| (*field, facet.value)));
    }
    let offices = body.offices().into_iter();
    facets.extend(offices.map(|office| (FacetField::Office, office.to_string())));
    // What is named twice counts once.
    facets.sort_unstable();
    facets.dedup();
    facets
}

/// What people call what an item belongs to.
fn names(
    body: &Body,
    facets: &[(FacetField, String)],
    locales: &[Locale],
    around: &Surroundings<'_>,
) -> Vec<String> {
    let resolve = |text: &LocalizedText| text.resolve(locales).map(|(_, text)| text.clone());
    let linked = shown_items(body).into_iter();
    let linked = linked.filter_map(|id| resolve(&around.linked.get(&id)?.body.title()));
    let labels = facets.iter();
    let labels = labels.filter_map(|(field, code)| resolve(&facet_term(*field, code)?.label));
    linked.chain(labels).collect()
}

/// The vocabularies of a field whose values are codes.
fn vocabularies_of(field: FacetField) -> &'static [&'static str] {
    match field {
        FacetField::Category => &["service-categories"],
        FacetField::Kind => &[
            "news-types",
            "event-types",
            "document-types",
            "place-types",
            "office-types",
        ],
        FacetField::LifeEvent => &["life-events"],
        FacetField::BusinessEvent => &["business-events"],
        FacetField::Status => &["service-statuses"],
        FacetField::Type | FacetField::Topic | FacetField::Office => &[],
    }
}

/// The term that a value of a field is the code of.
pub fn facet_term(field: FacetField, code: &str) -> Option<&'static vocabularies::Term> {
    let mut vocabularies = vocabularies_of(field).iter();
    vocabularies.find_map(|id| vocabularies::get(id)?.term(code))
}

/// The day of an item: its own, or that of its first publication.
fn day(item: &Item) -> i64 {
    let own = item.body.date().map(|day| {
        let midnight = LocalDateTime::from(day.and_time(NaiveTime::MIN));
        midnight.to_utc()
    });
    own.or(item.published_at)
        .unwrap_or(item.updated_at)
        .timestamp()
}

/// The texts of a body in all locales, by the path of their field.
pub(super) fn by_path(texts: Vec<(String, Locale, String)>) -> Vec<(String, LocalizedText)> {
    let mut order = Vec::new();
    let mut fields: HashMap<String, BTreeMap<Locale, String>> = HashMap::new();
    for (path, locale, text) in texts {
        let field = fields.entry(path.clone()).or_insert_with(|| {
            order.push(path);
            BTreeMap::new()
        });
        field.insert(locale, text);
    }
    let fields = order.into_iter().filter_map(|path| {
        let texts = fields.remove(&path)?;
        Some((path, texts.into_iter().collect()))
    });
    fields.collect()
}
