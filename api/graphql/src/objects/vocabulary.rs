//! Controlled vocabularies and their terms.

use async_graphql::{Object, Result};
use municipio_domain::vocabularies::{self, Code, Term, VocabularyId};

use crate::{error::ErrorCode, view::Reader};

/// A controlled vocabulary (vocabolario controllato): a closed list of codes published by AgID, the
/// European Union or the national model.
pub(crate) struct Vocabulary {
    vocabulary: &'static vocabularies::Vocabulary,
    reader: Reader,
}

impl Vocabulary {
    pub(crate) fn all(reader: &Reader) -> Vec<Self> {
        let all = vocabularies::all().iter();
        all.map(|vocabulary| Self::new(vocabulary, reader))
            .collect()
    }

    pub(crate) fn find(id: &str, reader: &Reader) -> Option<Self> {
        vocabularies::get(id).map(|vocabulary| Self::new(vocabulary, reader))
    }

    fn new(vocabulary: &'static vocabularies::Vocabulary, reader: &Reader) -> Self {
        let reader = reader.clone();
        Self { vocabulary, reader }
    }

    fn terms_of(&self, terms: impl Iterator<Item = &'static Term>) -> Vec<VocabularyTerm> {
        terms
            .map(|term| VocabularyTerm::new(term, &self.reader))
            .collect()
    }
}

/// A controlled vocabulary (vocabolario controllato): a closed list of codes published by AgID, the
/// European Union or the national model.
#[Object]
impl Vocabulary {
    /// Its name here, such as `service-categories`.
    async fn id(&self) -> &str {
        &self.vocabulary.id
    }

    /// What it lists (titolo).
    async fn title(&self) -> Option<String> {
        self.reader.text(&self.vocabulary.title)
    }

    /// Who publishes it (fonte).
    async fn source(&self) -> &str {
        &self.vocabulary.source
    }

    /// The licence of the list (licenza).
    async fn licence(&self) -> &str {
        &self.vocabulary.licence
    }

    /// The date of the copy (versione).
    async fn version(&self) -> &str {
        &self.vocabulary.version
    }

    /// The official URI of the list.
    async fn uri(&self) -> Option<&str> {
        self.vocabulary.uri.as_deref()
    }

    /// All terms, in the published order (termini).
    async fn terms(&self) -> Vec<VocabularyTerm> {
        self.terms_of(self.vocabulary.terms.iter())
    }

    /// The terms at the top of the hierarchy.
    async fn top_terms(&self) -> Vec<VocabularyTerm> {
        self.terms_of(self.vocabulary.children(None))
    }

    /// One term.
    async fn term(
        &self,
        #[graphql(desc = "The code of the term.")] code: String,
    ) -> Result<VocabularyTerm> {
        match self.vocabulary.term(&code) {
            Some(term) => Ok(VocabularyTerm::new(term, &self.reader)),
            None => {
                let shown: String = code.chars().take(60).collect();
                let message = format!(
                    "the vocabulary {} has no term «{shown}»",
                    self.vocabulary.id
                );
                Err(ErrorCode::UnknownCode.about("code", message))
            }
        }
    }
}

/// A term of a controlled vocabulary.
pub(crate) struct VocabularyTerm {
    term: &'static Term,
    reader: Reader,
}

impl VocabularyTerm {
    pub(crate) fn new(term: &'static Term, reader: &Reader) -> Self {
        let reader = reader.clone();
        Self { term, reader }
    }

    pub(crate) fn of<V: VocabularyId>(code: &Option<Code<V>>, reader: &Reader) -> Option<Self> {
        code.map(|code| Self::new(code.term(), reader))
    }

    pub(crate) fn all<V: VocabularyId>(codes: &[Code<V>], reader: &Reader) -> Vec<Self> {
        codes
            .iter()
            .map(|code| Self::new(code.term(), reader))
            .collect()
    }

    fn vocabulary(&self) -> Option<&'static vocabularies::Vocabulary> {
        vocabularies::get(&self.term.vocabulary)
    }
}

/// A term of a controlled vocabulary.
#[Object]
impl VocabularyTerm {
    /// The code (codice).
    async fn code(&self) -> &str {
        &self.term.code
    }

    /// The label in the locale of the read, or in Italian (etichetta).
    async fn label(&self) -> String {
        let label = self.reader.text(&self.term.label);
        label.unwrap_or_else(|| self.term.label.italian().unwrap_or_default().to_owned())
    }

    /// The official URI of the term.
    async fn uri(&self) -> Option<&str> {
        self.term.uri.as_deref()
    }

    /// The vocabulary it belongs to.
    async fn vocabulary_id(&self) -> &str {
        &self.term.vocabulary
    }

    /// The broader term (termine più ampio).
    async fn parent(&self) -> Option<VocabularyTerm> {
        let parent = self.vocabulary()?.term(self.term.parent.as_deref()?)?;
        Some(Self::new(parent, &self.reader))
    }

    /// The narrower terms (termini più specifici).
    async fn children(&self) -> Vec<VocabularyTerm> {
        let Some(vocabulary) = self.vocabulary() else {
            return Vec::new();
        };
        let children = vocabulary.children(Some(&self.term.code));
        children.map(|term| Self::new(term, &self.reader)).collect()
    }
}
