//! Page (Pagina): schema:WebPage.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::Topic;
use crate::{
    content::{
        AnyContent, Content, ContentType, ImageReference, Link, LocalizedRichText, Relations,
        fields::short,
    },
    locale::LocalizedText,
};

/// A page of free text: privacy, legal notes, accessibility, and whatever else a site needs (pagina).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Page {
    /// Title (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Short description (descrizione breve).
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// Picture (immagine).
    #[validate(nested)]
    pub image: Option<ImageReference>,
    /// The text (testo).
    pub body: LocalizedRichText,
    /// The page above it (pagina superiore).
    pub parent_page: Option<Link<Page>>,
    /// Content the page leads to (contenuti correlati).
    pub related: Vec<Link<AnyContent>>,
    /// Topics (argomenti).
    pub topics: Vec<Link<Topic>>,
}

impl Content for Page {
    const TYPE: ContentType = ContentType::Page;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    fn relations(&self, relations: &mut Relations) {
        relations.asset("image", &self.image);
        relations.one("parent_page", &self.parent_page);
        relations.links("related", &self.related);
        relations.links("topics", &self.topics);
        relations.rich_text("body", &self.body);
    }
}
