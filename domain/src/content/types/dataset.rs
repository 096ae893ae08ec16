//! Dataset: dcat:Dataset, schema:Dataset.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{Office, Topic};
use crate::{
    content::{
        Content, ContentType, Link, LocalizedRichText, Relations, WebAddress,
        fields::{short, valid_media_type},
    },
    ids::ItemId,
    locale::LocalizedText,
    vocabularies::{Code, ids},
};

/// Open data of the municipality, with its distributions (DCAT-AP_IT) (dataset).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Dataset {
    /// Title (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Short description (descrizione breve).
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// Full description (descrizione estesa).
    pub description: LocalizedRichText,
    /// Themes (temi).
    pub themes: Vec<Code<ids::DatasetThemes>>,
    /// Files and addresses of the data (distribuzione).
    #[validate(nested)]
    pub distributions: Vec<Distribution>,
    /// Licence (licenza).
    pub licence: Option<Code<ids::Licences>>,
    /// Who owns the data (titolare).
    pub rights_holder: Option<Link<Office>>,
    /// How often it changes (frequenza di aggiornamento).
    pub update_frequency: Option<Code<ids::UpdateFrequencies>>,
    /// When the data last changed (ultima modifica).
    pub last_modified: Option<NaiveDate>,
    /// Topics (argomenti).
    pub topics: Vec<Link<Topic>>,
    /// Further information (ulteriori informazioni).
    pub further_information: LocalizedRichText,
}

/// One form in which the data can be had (dcat:Distribution) (distribuzione).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// What it is (titolo).
    #[serde(default)]
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Where it is (indirizzo).
    pub url: WebAddress,
    /// Media type of RFC 6838, such as `text/csv` (formato).
    #[serde(default)]
    #[validate(custom(function = "valid_media_type"))]
    pub media_type: Option<String>,
}

impl Content for Dataset {
    const TYPE: ContentType = ContentType::Dataset;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    fn date(&self) -> Option<NaiveDate> {
        self.last_modified
    }

    fn offices(&self) -> Vec<ItemId> {
        Link::ids(&self.rights_holder)
    }

    fn relations(&self, relations: &mut Relations) {
        relations.codes("themes", &self.themes);
        relations.codes("licence", &self.licence);
        relations.one("rights_holder", &self.rights_holder);
        relations.codes("update_frequency", &self.update_frequency);
        relations.links("topics", &self.topics);
        relations.rich_text("description", &self.description);
        relations.rich_text("further_information", &self.further_information);
    }
}
