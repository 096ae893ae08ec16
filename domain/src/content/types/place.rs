//! Place (Luogo): dct:Location with locn:Address, schema:Place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{ContactPoint, Office, Topic};
use crate::{
    content::{
        Content, ContentType, ImageReference, Link, LocalizedRichText, Relations,
        fields::{GeoPoint, short, valid_postal_code},
        valid_hours,
    },
    ids::ItemId,
    locale::{Locale, LocalizedText},
    time::OpeningHours,
    vocabularies::{Code, ids},
};

/// A place of public interest, or the seat of an office (luogo).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Place {
    /// Name (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Other name (nome alternativo).
    #[validate(custom(function = "short"))]
    pub alternative_name: LocalizedText,
    /// Short description (descrizione breve).
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// Kinds of place (tipo di luogo).
    pub place_type: Vec<Code<ids::PlaceTypes>>,
    /// Picture (immagine).
    #[validate(nested)]
    pub image: Option<ImageReference>,
    /// Full description (descrizione estesa).
    pub description: LocalizedRichText,
    /// How to get in, accessibility for disabled people included (modalità di accesso).
    pub access_mode: LocalizedRichText,
    /// Street and number (indirizzo).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub street_address: Option<String>,
    /// Five digits (CAP).
    #[validate(custom(function = "valid_postal_code"))]
    pub postal_code: Option<String>,
    /// City (comune).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub city: Option<String>,
    /// Position (posizione GPS).
    #[validate(nested)]
    pub geo: Option<GeoPoint>,
    /// District (quartiere).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub district: Option<String>,
    /// Constituency (circoscrizione).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub constituency: Option<String>,
    /// Hours for the public (orario per il pubblico).
    #[validate(custom(function = "valid_hours"))]
    pub opening_hours: Option<OpeningHours>,
    /// Contact points (punti di contatto).
    pub contact_points: Vec<Link<ContactPoint>>,
    /// The office that runs the place (struttura responsabile).
    pub managing_office: Option<Link<Office>>,
    /// Who runs the place, when it is not an office of the municipality (gestore esterno).
    #[validate(custom(function = "short"))]
    pub managed_by: LocalizedText,
    /// Related places (luoghi collegati).
    pub related_places: Vec<Link<Place>>,
    /// Identifier in DBUnico or ISIL, for museums and libraries (codice DBUnico o ISIL).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub mic_identifier: Option<String>,
    /// Topics (argomenti).
    pub topics: Vec<Link<Topic>>,
    /// Further information (ulteriori informazioni).
    pub further_information: LocalizedRichText,
}

impl Content for Place {
    const TYPE: ContentType = ContentType::Place;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    fn offices(&self) -> Vec<ItemId> {
        Link::ids(&self.managing_office)
    }

    fn keywords(&self, locales: &[Locale]) -> Vec<String> {
        let name = self.alternative_name.resolve(locales);
        let name = name.into_iter().map(|(_, name)| name.clone());
        name.chain(self.street_address.clone()).collect()
    }

    fn position(&self) -> Option<GeoPoint> {
        self.geo
    }

    fn relations(&self, relations: &mut Relations) {
        relations.asset("image", &self.image);
        relations.codes("place_type", &self.place_type);
        relations.links("contact_points", &self.contact_points);
        relations.one("managing_office", &self.managing_office);
        relations.links("related_places", &self.related_places);
        relations.links("topics", &self.topics);
        relations.rich_text("description", &self.description);
        relations.rich_text("access_mode", &self.access_mode);
        relations.rich_text("further_information", &self.further_information);
    }
}
