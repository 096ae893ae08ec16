//! Asset (Allegato, immagine): schema:MediaObject.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::{
    content::{Content, ContentType, Relations, fields::short},
    locale::LocalizedText,
    media::{AssetFile, FocalPoint},
    vocabularies::{Code, ids},
};

/// A file of the municipality: a picture, a form, a recording (allegato).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Asset {
    /// What it is called for those who work with it, and for readers of a document (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Alternative text of a picture (testo alternativo); needed to publish unless `decorative`.
    #[validate(custom(function = "short"))]
    pub alt: LocalizedText,
    /// The picture adds nothing to the text and is skipped by screen readers (decorativa).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub decorative: bool,
    /// Caption (didascalia).
    pub caption: LocalizedText,
    /// Who made it (crediti).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub credit: Option<String>,
    /// Licence (licenza).
    pub licence: Option<Code<ids::Licences>>,
    /// What must stay in the picture when some of it is cut off (punto focale).
    #[validate(nested)]
    pub focal_point: Option<FocalPoint>,
    /// Who may see it; everybody when left out (accesso).
    pub access: Option<Access>,
    /// The file (file).
    #[validate(nested)]
    pub file: Option<AssetFile>,
}

/// Who may see a file (accesso).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AssetAccess")]
pub enum Access {
    /// Everybody (pubblico).
    Public,
    /// Who may read drafts, by addresses that are good for a short time (riservato).
    Private,
}

impl Asset {
    /// Everybody may see it once it is published.
    pub fn is_public(&self) -> bool {
        self.access != Some(Access::Private)
    }
}

impl Content for Asset {
    const TYPE: ContentType = ContentType::Asset;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    /// A file is found through what shows it.
    fn is_searchable() -> bool {
        false
    }

    fn relations(&self, relations: &mut Relations) {
        relations.codes("licence", &self.licence);
        let facts = self.file.as_ref().and_then(|file| file.facts.as_ref());
        let Some(facts) = facts else { return };
        relations.value("media_type", &facts.media_type);
        if self.is_public() {
            // By which a request for a file, and for one cut around this point, is known to be of something public.
            let point = self.focal_point.unwrap_or_default();
            relations.value("public_file", facts.sha256.as_str());
            if point != FocalPoint::default() {
                relations.value(
                    "public_file",
                    &format!("{}@{},{}", facts.sha256, point.x, point.y),
                );
            }
        }
    }
}
