//! The small values of CPSV-AP: texts with their language, concepts, documents, durations.

use serde_json::{Value, json};

use crate::{
    catalogue::{hours, node::Node},
    content::LocalizedRichText,
    locale::{Locale, LocalizedText},
    time::OpeningHours,
    vocabularies::{self, Term},
};

/// A text in one language.
pub(super) fn text(language: &str, text: &str) -> Option<Value> {
    let text = text.trim();
    (!text.is_empty()).then(|| json!({ "@value": text, "@language": language }))
}

/// A text in every language it is written in.
pub(super) fn texts(texts: &LocalizedText) -> Vec<Value> {
    let texts = texts.iter();
    texts
        .filter_map(|(locale, it)| text(locale.as_str(), it))
        .collect()
}

/// A rich text in every language it is written in, as plain text.
pub(super) fn plain(texts: &LocalizedRichText) -> Vec<Value> {
    let texts = texts.iter();
    texts
        .filter_map(|(locale, it)| text(locale.as_str(), &it.plain_text()))
        .collect()
}

/// A text that Municipio itself says.
pub(super) fn own_words(it: &str, de: &str, en: &str) -> Vec<Value> {
    let texts = [("it", it), ("de", de), ("en", en)];
    texts
        .into_iter()
        .filter_map(|(language, it)| text(language, it))
        .collect()
}

/// A term of a vocabulary, by its official URI where there is one.
pub(super) fn concept(term: &Term) -> Value {
    let scheme = vocabularies::get(&term.vocabulary).and_then(|list| list.uri.as_deref());
    let scheme = scheme.map(|uri| json!({ "@id": uri }));
    Node::of("skos:Concept")
        .with("@id", term.uri.as_deref())
        .with("skos:notation", term.code.as_str())
        .with("skos:prefLabel", texts(&term.label))
        .with("skos:inScheme", scheme)
        .into()
}

/// A page or file on the web.
pub(super) fn document(url: &str) -> Value {
    Node::of("foaf:Document").with("@id", url).into()
}

/// A number of days as a duration.
pub(super) fn days(days: Option<u16>) -> Option<Value> {
    days.map(|days| json!({ "@value": format!("P{days}D"), "@type": "xsd:duration" }))
}

/// The languages of these locales that the EU Publications Office knows.
pub(super) fn linguistic_systems<'a>(locales: impl Iterator<Item = &'a Locale>) -> Vec<Value> {
    let list = vocabularies::get("languages");
    let terms = list.map_or(&[][..], |list| &list.terms);
    let known = locales.filter_map(|locale| {
        let language = locale.as_str().split('-').next().unwrap_or_default();
        let is_it = |term: &&Term| {
            term.facts
                .get("iso639_1")
                .is_some_and(|code| code == language)
                || term.code.eq_ignore_ascii_case(language)
        };
        let term = terms.iter().find(is_it)?;
        let node = Node::of("dct:LinguisticSystem")
            .with("@id", term.uri.as_deref())
            .with("dct:identifier", term.code.as_str());
        Some(node.into())
    });
    known.collect()
}

/// Opening hours; CPSV-AP has only words for them.
pub(super) fn opening_hours(hours: Option<&OpeningHours>) -> Option<Value> {
    let lines = hours::in_words(hours?);
    let lines = lines
        .iter()
        .filter_map(|(language, lines)| text(language, lines));
    Node::of("time:TemporalEntity")
        .with("dct:description", lines.collect::<Vec<_>>())
        .unless_bare()
}
