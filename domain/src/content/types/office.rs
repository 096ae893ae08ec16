//! Office (Unità organizzativa): org:OrganizationalUnit, schema:GovernmentOrganization.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{ContactPoint, Document, Person, Place, Topic};
use crate::{
    content::{
        Content, ContentType, ImageReference, Link, LocalizedRichText, Relations, fields::short,
        valid_hours,
    },
    ids::ItemId,
    locale::LocalizedText,
    time::OpeningHours,
    vocabularies::{Code, ids},
};

/// A part of the administration: an area, an office, a political body, a body it controls
/// (unità organizzativa).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Office {
    /// Name (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Short description (descrizione breve).
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// Kind of unit (tipo di organizzazione); decides where it stands in the menu.
    pub office_type: Option<Code<ids::OfficeTypes>>,
    /// What it is responsible for (competenze).
    pub responsibilities: LocalizedRichText,
    /// The unit it belongs to (unità genitore).
    pub parent_office: Option<Link<Office>>,
    /// The member of the municipal executive in charge (assessore di riferimento).
    pub councillor: Option<Link<Person>>,
    /// Main site (sede principale).
    pub main_site: Option<Link<Place>>,
    /// Other sites (altre sedi).
    pub other_sites: Vec<Link<Place>>,
    /// Hours for the public (orario per il pubblico).
    #[validate(custom(function = "valid_hours"))]
    pub opening_hours: Option<OpeningHours>,
    /// Contact points (contatti).
    pub contact_points: Vec<Link<ContactPoint>>,
    /// Documents (allegati).
    pub documents: Vec<Link<Document>>,
    /// Topics (argomenti).
    pub topics: Vec<Link<Topic>>,
    /// Picture (immagine).
    #[validate(nested)]
    pub image: Option<ImageReference>,
    /// Further information (ulteriori informazioni).
    pub further_information: LocalizedRichText,
}

impl Content for Office {
    const TYPE: ContentType = ContentType::Office;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    fn offices(&self) -> Vec<ItemId> {
        Link::ids(&self.parent_office)
    }

    fn relations(&self, relations: &mut Relations) {
        relations.asset("image", &self.image);
        relations.codes("office_type", &self.office_type);
        relations.one("parent_office", &self.parent_office);
        relations.one("councillor", &self.councillor);
        relations.one("main_site", &self.main_site);
        relations.links("other_sites", &self.other_sites);
        relations.together("sites", self.main_site.iter().chain(&self.other_sites));
        relations.links("contact_points", &self.contact_points);
        relations.links("documents", &self.documents);
        relations.links("topics", &self.topics);
        relations.rich_text("responsibilities", &self.responsibilities);
        relations.rich_text("further_information", &self.further_information);
    }
}
