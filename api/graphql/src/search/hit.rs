//! Hits and suggestions.

use std::sync::OnceLock;

use async_graphql::{Object, SimpleObject};
use municipio_domain::search::{Excerpt, Hit, SearchQuery, SearchText, distance};

use crate::{
    objects::{Content, ContentTypeName},
    view::View,
};

/// Something that was found (risultato).
pub(crate) struct SearchHit {
    view: View,
    item: Content,
    score: f32,
    distance: Option<f64>,
    text: SearchText,
    /// What it says, once somebody asks for it.
    excerpt: OnceLock<Excerpt>,
}

/// A hit with its place among them.
#[derive(SimpleObject)]
pub(crate) struct SearchHitEdge {
    /// The place of the hit, for `after`.
    pub(super) cursor: String,
    /// The hit.
    pub(super) node: SearchHit,
}

impl SearchHit {
    pub(super) fn new(view: View, hit: &Hit, query: &SearchQuery) -> Option<Self> {
        let place = query
            .near
            .map(|near| near.point)
            .zip(view.item.body.position());
        Some(Self {
            item: Content::new(view.clone())?,
            view,
            score: hit.score,
            distance: place.map(|(from, to)| distance(from, to)),
            text: query.text.clone(),
            excerpt: OnceLock::new(),
        })
    }

    fn excerpt(&self) -> &Excerpt {
        self.excerpt
            .get_or_init(|| Excerpt::of(&self.view.item, &self.view.reader.locales))
    }
}

/// Something that was found (risultato).
#[Object]
impl SearchHit {
    /// The content (contenuto).
    async fn item(&self) -> &Content {
        &self.item
    }

    /// The title as HTML with the words that were looked for in `mark`, which is its only element (titolo
    /// evidenziato).
    async fn title(&self) -> String {
        self.excerpt().title(&self.text)
    }

    /// The part of the texts in which the words stand, as HTML in which `mark` is the only element (estratto).
    async fn snippet(&self) -> String {
        self.excerpt().snippet(&self.text)
    }

    /// How well it fits; comparable within one answer alone (punteggio).
    async fn score(&self) -> f64 {
        self.score.into()
    }

    /// How far it is from the point of `near`, in metres (distanza).
    async fn distance(&self) -> Option<f64> {
        self.distance
    }
}

/// What somebody may be about to look for (suggerimento).
#[derive(SimpleObject)]
pub(crate) struct Suggestion {
    /// The title (titolo).
    title: String,
    /// The title as HTML with what was written in `mark`, which is its only element (titolo evidenziato).
    marked_title: String,
    /// What it is (tipo di contenuto).
    content_type: ContentTypeName,
    /// Its path on the site of the municipality (percorso).
    path: Option<String>,
    /// The content (contenuto).
    item: Content,
}

impl Suggestion {
    pub(super) fn new(view: View, text: &SearchText) -> Option<Self> {
        Some(Self {
            title: view.text(&view.item.body.title()).unwrap_or_default(),
            marked_title: Excerpt::of(&view.item, &view.reader.locales).title(text),
            content_type: view.item.content_type().into(),
            path: view.path(),
            item: Content::new(view.clone())?,
        })
    }
}
