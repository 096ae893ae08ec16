//! Document (Documento pubblico): eli:LegalResource when normative, schema:DigitalDocument.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use super::{Dataset, Office, Person, Service, Topic};
use crate::{
    content::{
        Content, ContentType, FileReference, ImageReference, Link, LocalizedRichText, Relations,
        WebAddress,
        fields::{in_order, short},
    },
    ids::ItemId,
    locale::{Locale, LocalizedText},
    vocabularies::{Code, ids},
};

/// A form, an act, a plan, a regulation (documento pubblico).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
#[validate(schema(function = "validity_in_order"))]
pub struct Document {
    /// Title (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Short description (descrizione breve).
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// Kind of document (tipo di documento).
    pub document_type: Option<Code<ids::DocumentTypes>>,
    /// Kind of act on the notice board (tipo di documento dell'albo pretorio).
    pub notice_board_type: Option<Code<ids::NoticeBoardTypes>>,
    /// Topics (argomenti).
    pub topics: Vec<Link<Topic>>,
    /// Picture (immagine).
    #[validate(nested)]
    pub image: Option<ImageReference>,
    /// Full description (descrizione estesa).
    pub description: LocalizedRichText,
    /// Identifier of the document (identificativo).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub document_identifier: Option<String>,
    /// Protocol number (numero di protocollo).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub protocol_number: Option<String>,
    /// Protocol date (data di protocollo).
    pub protocol_date: Option<NaiveDate>,
    /// The files (documento).
    #[validate(nested)]
    pub files: Vec<FileReference>,
    /// The address, when the document is kept elsewhere (indirizzo del documento).
    pub url: Option<WebAddress>,
    /// Formats in words (formati disponibili); derived from the files when empty.
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub formats: Option<String>,
    /// Licence (licenza); CC BY 4.0 is the rule.
    pub licence: Option<Code<ids::Licences>>,
    /// The office in charge (ufficio responsabile).
    pub responsible_office: Option<Link<Office>>,
    /// Authors (autori).
    pub authors: Vec<Link<Person>>,
    /// Services that use it (servizi).
    pub services: Vec<Link<Service>>,
    /// Datasets (dataset).
    pub datasets: Vec<Link<Dataset>>,
    /// Related documents (documenti collegati).
    pub related_documents: Vec<Link<Document>>,
    /// Legal references (riferimenti normativi).
    pub legal_references: LocalizedRichText,
    /// First day of validity (data di inizio).
    pub valid_from: Option<NaiveDate>,
    /// Last day of validity (data di fine).
    pub valid_to: Option<NaiveDate>,
    /// Life events (eventi della vita delle persone).
    pub life_events: Vec<Code<ids::LifeEvents>>,
    /// Business events (eventi della vita delle imprese).
    pub business_events: Vec<Code<ids::BusinessEvents>>,
    /// Further information (ulteriori informazioni).
    pub further_information: LocalizedRichText,
}

fn validity_in_order(document: &Document) -> Result<(), ValidationError> {
    in_order(document.valid_from, document.valid_to, "valid_to")
}

impl Content for Document {
    const TYPE: ContentType = ContentType::Document;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    fn date(&self) -> Option<NaiveDate> {
        self.protocol_date.or(self.valid_from)
    }

    fn expires_at(&self) -> Option<NaiveDate> {
        self.valid_to
    }

    fn offices(&self) -> Vec<ItemId> {
        Link::ids(&self.responsible_office)
    }

    fn keywords(&self, _locales: &[Locale]) -> Vec<String> {
        let numbers = [&self.document_identifier, &self.protocol_number];
        numbers.into_iter().flatten().cloned().collect()
    }

    fn relations(&self, relations: &mut Relations) {
        relations.asset("image", &self.image);
        relations.assets("files", &self.files);
        relations.codes("document_type", &self.document_type);
        relations.codes("notice_board_type", &self.notice_board_type);
        relations.links("topics", &self.topics);
        relations.codes("licence", &self.licence);
        relations.one("responsible_office", &self.responsible_office);
        relations.links("authors", &self.authors);
        relations.links("services", &self.services);
        relations.links("datasets", &self.datasets);
        relations.links("related_documents", &self.related_documents);
        relations.codes("life_events", &self.life_events);
        relations.codes("business_events", &self.business_events);
        relations.rich_text("description", &self.description);
        relations.rich_text("legal_references", &self.legal_references);
        relations.rich_text("further_information", &self.further_information);
    }
}
