//! What Meilisearch holds of a document: flat, and nothing that is not public.

use std::collections::BTreeSet;

use municipio_domain::{
    content::{ContentType, fold},
    ids::TenantId,
    search::{Document, DocumentKey, Held, Language, Position},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// How many documents are sent at a time, and how many bytes of them: the server refuses more than 100 MB.
const AT_ONCE: usize = 500;
const LARGEST: usize = 20 * 1024 * 1024;
/// What a document takes beside its long texts, about.
const SURROUNDINGS: usize = 4 * 1024;

/// The id of a document: unique among all tenants, because the ids of items are.
pub(super) fn id(key: &DocumentKey) -> String {
    format!("{}_{}", key.item, key.locale)
}

/// The id of the document that says how far the index follows a tenant.
pub(super) fn position_id(tenant: TenantId) -> String {
    format!("position_{tenant}")
}

/// That document: of no tenant, so that no query finds it.
pub(super) fn position(tenant: TenantId, position: &Position) -> Value {
    json!({ "id": position_id(tenant), "sequence": position.sequence, "recipe": position.recipe })
}

/// A document as the index holds it. Words that say nothing are left out of the texts.
pub(super) fn document(tenant: TenantId, document: &Document) -> Value {
    let language = Language::of(&document.key.locale);
    let mut stems = BTreeSet::new();
    let mut read = |text: &str| {
        let mut words = Vec::new();
        for word in language.telling_words(text) {
            stems.insert(word.stem);
            words.push(word.folded);
        }
        words.join(" ")
    };
    let title = read(&document.title);
    let keywords: Vec<String> = document.keywords.iter().map(|words| read(words)).collect();
    let summary = read(&document.summary);
    let names: Vec<String> = document.names.iter().map(|name| read(name)).collect();
    let (body, attachments) = (read(&document.body), read(&document.attachments));
    let mut row = json!({
        "id": id(&document.key),
        "tenant": tenant,
        "item": document.key.item,
        "locale": document.key.locale,
        "digest": document.digest(),
        "title": title,
        "title_key": fold(&document.title),
        "keywords": keywords,
        "summary": summary,
        "names": names,
        "body": body,
        "attachments": attachments,
        "stems": stems.into_iter().collect::<Vec<_>>().join(" "),
        "date": document.date,
        "type_rank": type_rank(document.content_type),
        "popularity": document.popularity,
        "_geo": document.place.map(|place| json!({ "lat": place.latitude, "lng": place.longitude })),
    });
    if let Value::Object(row) = &mut row {
        add_facets(row, document);
    }
    row
}

/// Documents as they are sent together: as many as make no request that is too large.
pub(super) fn parts(mut rows: &[Value]) -> impl Iterator<Item = &[Value]> {
    std::iter::from_fn(move || {
        let mut size = 0;
        let fits = |row: &&Value| {
            size += SURROUNDINGS + long_texts(row);
            size <= LARGEST
        };
        let count = rows.iter().take(AT_ONCE).take_while(fits).count();
        // One that is too large alone is for the server to refuse.
        let (part, rest) = rows.split_at(count.max(1).min(rows.len()));
        rows = rest;
        (!part.is_empty()).then_some(part)
    })
}

/// The length of the texts of a document that may be long.
fn long_texts(row: &Value) -> usize {
    let texts = ["body", "attachments"].into_iter();
    let texts = texts.filter_map(|name| row.get(name)?.as_str());
    texts.map(str::len).sum()
}

fn add_facets(row: &mut Map<String, Value>, document: &Document) {
    for (field, value) in &document.facets {
        let values = row.entry(field.as_str()).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(json!(value));
        }
    }
}

/// Services are what people look for.
fn type_rank(content_type: ContentType) -> u8 {
    match content_type {
        ContentType::Service => 0,
        ContentType::Topic | ContentType::Office => 1,
        _ => 2,
    }
}

/// A document as it is given back.
#[derive(Debug, Deserialize)]
pub(super) struct Stored {
    item: String,
    locale: String,
    digest: String,
}

impl Stored {
    /// What it is of; nothing when somebody else wrote it.
    pub(super) fn held(&self) -> Option<Held> {
        let key = DocumentKey::new(self.item.parse().ok()?, self.locale.parse().ok()?);
        Some(Held {
            key,
            digest: self.digest.clone(),
        })
    }
}

/// The position as it is given back.
#[derive(Debug, Deserialize)]
pub(super) struct StoredPosition {
    pub(super) sequence: i64,
    pub(super) recipe: String,
}
