//! Topic (Argomento): skos:Concept, schema:DefinedTerm.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::Office;
use crate::{
    content::{
        AnyContent, Content, ContentType, ImageReference, Link, LocalizedRichText, Relations,
        fields::short,
    },
    ids::ItemId,
    locale::LocalizedText,
    vocabularies::{Code, ids},
};

/// The page of a topic. Topics, service categories and life events are different things (argomento).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Topic {
    /// Title (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Short description (descrizione breve).
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// The topic of the national model, with its EuroVoc URI (argomento nazionale).
    pub code: Option<Code<ids::Topics>>,
    /// Picture (immagine).
    #[validate(nested)]
    pub image: Option<ImageReference>,
    /// Name of an icon of the portal's icon set (icona).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub icon: Option<String>,
    /// What the topic is about (descrizione estesa).
    pub description: LocalizedRichText,
    /// The offices in charge (unità organizzative responsabili).
    pub responsible_offices: Vec<Link<Office>>,
    /// Content shown first (contenuti in evidenza).
    pub highlighted: Vec<Link<AnyContent>>,
}

impl Content for Topic {
    const TYPE: ContentType = ContentType::Topic;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    fn offices(&self) -> Vec<ItemId> {
        Link::ids(&self.responsible_offices)
    }

    fn relations(&self, relations: &mut Relations) {
        relations.asset("image", &self.image);
        relations.codes("code", &self.code);
        relations.links("responsible_offices", &self.responsible_offices);
        relations.links("highlighted", &self.highlighted);
        relations.rich_text("description", &self.description);
    }
}
