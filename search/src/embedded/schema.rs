//! What an index holds of a document. Texts are read by the domain, into words and their stems; they are not
//! kept: hits are shown from the content itself.

use std::collections::BTreeSet;

use municipio_domain::{
    content::{ContentType, fold},
    search::{Document, DocumentKey, FacetField, Language},
};
use tantivy::{
    TantivyDocument,
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
    },
    tokenizer::{PreTokenizedString, Token},
};

/// Texts that weigh the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextClass {
    /// Its words as they are written.
    pub(super) words: Field,
    /// Their stems.
    pub(super) stems: Field,
    /// How much a word of it says of what a document is about.
    pub(super) weight: f32,
}

/// The fields of an index.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    pub(super) key: Field,
    pub(super) locale: Field,
    pub(super) facet: Field,
    pub(super) date: Field,
    /// Every word once: what queries with mistakes are compared with.
    pub(super) vocabulary: Field,
    pub(super) title: TextClass,
    pub(super) keywords: TextClass,
    pub(super) summary: TextClass,
    pub(super) body: TextClass,
    item: Field,
    digest: Field,
    title_key: Field,
    latitude: Field,
    longitude: Field,
    boost: Field,
}

/// The names of the columns that are read when hits are collected.
pub(super) mod columns {
    pub(in super::super) const ITEM: &str = "item";
    pub(in super::super) const LOCALE: &str = "locale";
    pub(in super::super) const DIGEST: &str = "digest";
    pub(in super::super) const FACET: &str = "facet";
    pub(in super::super) const DATE: &str = "date";
    pub(in super::super) const TITLE_KEY: &str = "title_key";
    pub(in super::super) const LATITUDE: &str = "latitude";
    pub(in super::super) const LONGITUDE: &str = "longitude";
    pub(in super::super) const BOOST: &str = "boost";
}

/// The schema of an index.
pub(super) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let mut text = |name: &str, option| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_index_option(option);
        schema.add_text_field(name, TextOptions::default().set_indexing_options(indexing))
    };
    let mut class = |name: &str, weight| TextClass {
        words: text(name, IndexRecordOption::WithFreqs),
        stems: text(&format!("{name}_stems"), IndexRecordOption::WithFreqs),
        weight,
    };
    let (title, keywords, summary, body) = (
        class("title", 8.0),
        class("keywords", 6.0),
        class("summary", 3.0),
        class("body", 1.0),
    );
    let vocabulary = text("vocabulary", IndexRecordOption::Basic);
    let fields = Fields {
        vocabulary,
        title,
        keywords,
        summary,
        body,
        key: schema.add_text_field("key", STRING),
        item: schema.add_text_field(columns::ITEM, FAST),
        locale: schema.add_text_field(columns::LOCALE, STRING | FAST),
        digest: schema.add_text_field(columns::DIGEST, FAST),
        facet: schema.add_text_field(columns::FACET, STRING | FAST),
        date: schema.add_i64_field(columns::DATE, INDEXED | FAST),
        title_key: schema.add_text_field(columns::TITLE_KEY, FAST),
        latitude: schema.add_f64_field(columns::LATITUDE, FAST),
        longitude: schema.add_f64_field(columns::LONGITUDE, FAST),
        boost: schema.add_f64_field(columns::BOOST, FAST),
    };
    (schema.build(), fields)
}

/// A value of a field, as the index holds it.
pub(super) fn facet(field: FacetField, value: &str) -> String {
    format!("{}={value}", field.as_str())
}

/// A key, as the index holds it.
pub(super) fn key(key: &DocumentKey) -> String {
    format!("{}:{}", key.item, key.locale)
}

impl Fields {
    /// The texts, the most telling first.
    pub(super) fn classes(&self) -> [TextClass; 4] {
        [self.title, self.keywords, self.summary, self.body]
    }

    /// A document as the index holds it.
    pub(super) fn document(&self, document: &Document) -> TantivyDocument {
        let mut row = TantivyDocument::default();
        row.add_text(self.key, key(&document.key));
        row.add_text(self.item, document.key.item.to_string());
        row.add_text(self.locale, document.key.locale.as_str());
        row.add_text(self.digest, document.digest());
        for (field, value) in &document.facets {
            row.add_text(self.facet, facet(*field, value));
        }
        row.add_i64(self.date, document.date);
        row.add_text(self.title_key, fold(&document.title));
        if let Some(place) = document.place {
            row.add_f64(self.latitude, place.latitude);
            row.add_f64(self.longitude, place.longitude);
        }
        row.add_f64(self.boost, boost(document));
        self.add_texts(&mut row, document);
        row
    }

    fn add_texts(&self, row: &mut TantivyDocument, document: &Document) {
        let language = Language::of(&document.key.locale);
        let mut vocabulary = BTreeSet::new();
        let mut add = |class: TextClass, texts: &[&str]| {
            let (mut words, mut stems) = (Vec::new(), Vec::new());
            for word in texts.iter().flat_map(|text| language.telling_words(text)) {
                vocabulary.insert(word.folded.clone());
                words.push(word.folded);
                stems.push(word.stem);
            }
            row.add_pre_tokenized_text(class.words, tokens(words));
            row.add_pre_tokenized_text(class.stems, tokens(stems));
        };
        let keywords: Vec<&str> = document.keywords.iter().map(String::as_str).collect();
        let names = document.names.iter().map(String::as_str);
        let long: Vec<&str> = [document.body.as_str(), &document.attachments]
            .into_iter()
            .chain(names)
            .collect();
        add(self.title, &[&document.title]);
        add(self.keywords, &keywords);
        add(self.summary, &[&document.summary]);
        add(self.body, &long);
        row.add_pre_tokenized_text(self.vocabulary, tokens(vocabulary));
    }
}

fn tokens(words: impl IntoIterator<Item = String>) -> PreTokenizedString {
    let tokens = words.into_iter().enumerate();
    let tokens = tokens.map(|(position, text)| Token {
        position,
        text,
        ..Token::default()
    });
    PreTokenizedString {
        text: String::new(),
        tokens: tokens.collect(),
    }
}

/// What makes one of two documents that fit alike come first: services are what people look for, and what
/// others chose is probably right.
fn boost(document: &Document) -> f64 {
    let of_type = match document.content_type {
        ContentType::Service => 1.3,
        ContentType::Topic | ContentType::Office => 1.05,
        _ => 1.0,
    };
    of_type * (1.0 + f64::from(document.popularity).ln_1p() / 50.0)
}
