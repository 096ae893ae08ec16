//! Controlled vocabularies: the closed lists of codes that the national model, AgID (OntoPiA) and
//! the European Union publish. They are data in `seeds/vocabularies/`, compiled into the binary,
//! the same for every tenant. A [`Code`] is a reference to a term that is known to exist.

mod code;

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use include_dir::{Dir, include_dir};
use serde::Deserialize;

pub use code::{Code, VocabularyId, ids};

use crate::locale::{Locale, LocalizedText};

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/../seeds/vocabularies");

/// A controlled vocabulary with its terms in the published order.
#[derive(Debug)]
pub struct Vocabulary {
    /// Its name in Municipio, such as `service-categories`.
    pub id: String,
    /// What it lists, in Italian and English.
    pub title: LocalizedText,
    /// Who publishes it.
    pub source: String,
    /// The licence of the list, as an SPDX identifier where one exists.
    pub licence: String,
    /// The date of the copy compiled in.
    pub version: String,
    /// The official URI of the list.
    pub uri: Option<String>,
    /// Its terms.
    pub terms: Vec<Term>,
    positions: HashMap<String, usize>,
}

/// One term of a vocabulary.
#[derive(Debug)]
pub struct Term {
    /// The vocabulary it belongs to.
    pub vocabulary: String,
    /// The code, unique in the vocabulary.
    pub code: String,
    /// The code of the broader term.
    pub parent: Option<String>,
    /// The label by locale; Italian always exists.
    pub label: LocalizedText,
    /// The official URI of the term.
    pub uri: Option<String>,
    /// Further facts of some lists, such as `in_model` of the topics.
    pub facts: BTreeMap<String, String>,
}

impl Vocabulary {
    /// The term with this code.
    pub fn term(&self, code: &str) -> Option<&Term> {
        self.positions
            .get(code)
            .and_then(|&position| self.terms.get(position))
    }

    /// The terms directly below this one, or the top terms.
    pub fn children<'a>(&'a self, parent: Option<&'a str>) -> impl Iterator<Item = &'a Term> {
        self.terms
            .iter()
            .filter(move |term| term.parent.as_deref() == parent)
    }

    /// The term with this code and the broader terms above it, narrowest first.
    pub fn with_ancestors<'a>(&'a self, code: &str) -> impl Iterator<Item = &'a Term> {
        std::iter::successors(self.term(code), |term| {
            term.parent.as_deref().and_then(|parent| self.term(parent))
        })
    }
}

/// All vocabularies, in the order of the manifest.
pub fn all() -> &'static [Vocabulary] {
    &VOCABULARIES
}

/// The vocabulary with this id.
pub fn get(id: &str) -> Option<&'static Vocabulary> {
    VOCABULARIES.iter().find(|vocabulary| vocabulary.id == id)
}

#[expect(
    clippy::expect_used,
    reason = "the lists are compiled in; a unit test reads them all"
)]
static VOCABULARIES: LazyLock<Vec<Vocabulary>> =
    LazyLock::new(|| read(&FILES).expect("the compiled-in vocabularies are well formed"));

#[derive(Deserialize)]
struct Manifest {
    vocabulary: Vec<ManifestEntry>,
}

#[derive(Deserialize)]
struct ManifestEntry {
    id: String,
    title_it: String,
    title_en: String,
    source: String,
    licence: String,
    version: String,
    uri: Option<String>,
}

fn read(files: &Dir) -> Result<Vec<Vocabulary>, String> {
    let text = |name: &str| {
        files
            .get_file(name)
            .and_then(|file| file.contents_utf8())
            .ok_or_else(|| format!("{name} is missing"))
    };
    let manifest: Manifest =
        toml::from_str(text("vocabularies.toml")?).map_err(|error| error.to_string())?;
    manifest
        .vocabulary
        .into_iter()
        .map(|entry| {
            let file = format!("{}.csv", entry.id);
            let terms = csv::Reader::from_reader(text(&file)?.as_bytes())
                .deserialize()
                .map(|row| row.map(|row: BTreeMap<String, String>| term(&entry.id, row)))
                .collect::<Result<Vec<Term>, _>>()
                .map_err(|error| format!("{file}: {error}"))?;
            let positions = terms
                .iter()
                .enumerate()
                .map(|(position, term)| (term.code.clone(), position))
                .collect();
            Ok(Vocabulary {
                id: entry.id,
                title: labels([("it", entry.title_it), ("en", entry.title_en)]),
                source: entry.source,
                licence: entry.licence,
                version: entry.version,
                uri: entry.uri,
                terms,
                positions,
            })
        })
        .collect()
}

fn term(vocabulary: &str, mut row: BTreeMap<String, String>) -> Term {
    let mut take = |column: &str| row.remove(column).unwrap_or_default();
    let optional = |text: String| (!text.is_empty()).then_some(text);
    Term {
        vocabulary: vocabulary.to_owned(),
        code: take("code"),
        parent: optional(take("parent")),
        label: labels([
            ("it", take("label_it")),
            ("en", take("label_en")),
            ("de", take("label_de")),
        ]),
        uri: optional(take("uri")),
        facts: row,
    }
}

fn labels<const N: usize>(labels: [(&str, String); N]) -> LocalizedText {
    labels
        .into_iter()
        .filter(|(_, label)| !label.is_empty())
        .filter_map(|(locale, label)| Some((locale.parse::<Locale>().ok()?, label)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_list_is_well_formed() {
        for vocabulary in all() {
            assert!(!vocabulary.terms.is_empty(), "{}", vocabulary.id);
            let codes: HashSet<_> = vocabulary.terms.iter().map(|term| &term.code).collect();
            assert_eq!(codes.len(), vocabulary.terms.len(), "{}", vocabulary.id);
            for term in &vocabulary.terms {
                assert!(term.label.italian().is_some(), "{term:?}");
                assert!(
                    term.parent
                        .as_ref()
                        .is_none_or(|parent| codes.contains(parent)),
                    "{term:?}"
                );
            }
        }
    }

    #[test]
    fn ancestors_are_narrowest_first() {
        let places = get("office-types").unwrap();
        let codes: Vec<_> = places
            .with_ancestors("struttura-politica.giunta-comunale")
            .map(|term| term.code.as_str())
            .collect();
        assert_eq!(
            codes,
            ["struttura-politica.giunta-comunale", "struttura-politica"]
        );
        assert!(places.with_ancestors("no").next().is_none());
    }

    #[test]
    fn the_model_has_64_topics() {
        let topics = get("topics").unwrap();
        let in_model = topics.terms.iter().filter(|term| {
            term.facts
                .get("in_model")
                .is_some_and(|fact| fact == "true")
        });
        assert_eq!(in_model.count(), 64);
    }
}
