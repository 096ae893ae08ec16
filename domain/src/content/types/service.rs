//! Service (Servizio): cpsv:PublicService, schema:GovernmentService.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{ContactPoint, Document, Office, Place, Procedure, Topic};
use crate::{
    content::{
        Content, ContentType, FileReference, ImageReference, Link, LocalizedRichText, Relations,
        WebAddress, WebLink,
        fields::{Amount, short, valid_currency, valid_ipa_code},
    },
    ids::ItemId,
    locale::{Locale, Localized, LocalizedText},
    vocabularies::{Code, ids},
};

/// What the municipality does for citizens and businesses: the service sheet (scheda servizio).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// Title (titolo): 60 characters recommended.
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Second title (sottotitolo).
    #[validate(custom(function = "short"))]
    pub alternative_title: LocalizedText,
    /// Short description (descrizione breve): 160 characters recommended.
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// Identifier in the municipality's catalogue (identificativo); the item id serves when empty.
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub identifier: Option<String>,
    /// Categories (categorie); the first is the breadcrumb and part of the path.
    pub category: Vec<Code<ids::ServiceCategories>>,
    /// Status (stato del servizio).
    pub status: ServiceStatus,
    /// Why the service is not active (motivo dello stato).
    pub status_reason: LocalizedRichText,
    /// Topics (argomenti).
    pub topics: Vec<Link<Topic>>,
    /// Picture (immagine).
    #[validate(nested)]
    pub image: Option<ImageReference>,
    /// Who it is for (a chi è rivolto).
    pub audience: LocalizedRichText,
    /// Who may apply (chi può presentare).
    pub applicants: LocalizedRichText,
    /// Full description (descrizione estesa).
    pub description: LocalizedRichText,
    /// Where it is offered (copertura geografica); the whole municipality when empty.
    pub spatial_coverage: LocalizedRichText,
    /// Places that the service covers (luoghi coperti).
    pub covered_places: Vec<Link<Place>>,
    /// How to get it (come fare).
    pub how_to: LocalizedRichText,
    /// What is needed, in words (cosa serve).
    pub needs_intro: LocalizedRichText,
    /// What is needed, one by one (elenco di cosa serve).
    #[validate(nested)]
    pub needs: Vec<Need>,
    /// What one gets, in words (cosa si ottiene).
    pub output_text: LocalizedRichText,
    /// What one gets, one by one (elenco di cosa si ottiene).
    #[validate(nested)]
    pub outputs: Vec<Output>,
    /// What happens after the outcome (procedure collegate all'esito).
    pub outcome_procedures: LocalizedRichText,
    /// Times and deadlines in words (tempi e scadenze).
    pub timeframe_text: LocalizedRichText,
    /// The longest time until the answer, in calendar days (tempo massimo di risposta).
    pub max_response_days: Option<u16>,
    /// The phases of the service (fasi).
    #[validate(nested)]
    pub phases: Vec<Phase>,
    /// What it costs (costi).
    #[validate(nested)]
    pub costs: Vec<Cost>,
    /// Access on line (canale digitale).
    #[validate(nested)]
    pub digital_channel: Option<DigitalChannel>,
    /// Access in person (canale fisico).
    pub physical_channel: Option<PhysicalChannel>,
    /// Where an appointment is booked (prenota appuntamento).
    #[validate(nested)]
    pub booking: Option<WebLink>,
    /// Ways to sign in (modalità di autenticazione).
    pub authentication_methods: Vec<Code<ids::AuthenticationTypes>>,
    /// Level of interactivity (livello di interattività).
    pub interactivity_level: Option<Code<ids::InteractivityLevels>>,
    /// Constraints (vincoli).
    pub constraints: LocalizedRichText,
    /// Special cases (casi particolari).
    pub special_cases: LocalizedRichText,
    /// Terms of service (condizioni di servizio).
    #[validate(nested)]
    pub terms_of_service: Option<FileReference>,
    /// Contact points (punti di contatto).
    pub contact_points: Vec<Link<ContactPoint>>,
    /// The office in charge (unità organizzativa responsabile).
    pub responsible_office: Option<Link<Office>>,
    /// Documents (documenti).
    pub documents: Vec<Link<Document>>,
    /// Related services (servizi collegati).
    pub related_services: Vec<Link<Service>>,
    /// Links to other sites (link a siti esterni).
    pub external_links: LocalizedRichText,
    /// Life events (eventi della vita delle persone).
    pub life_events: Vec<Code<ids::LifeEvents>>,
    /// Business events (eventi della vita delle imprese).
    pub business_events: Vec<Code<ids::BusinessEvents>>,
    /// IPA code of the body that provides it, when it is not the municipality (codice ente erogatore).
    #[validate(custom(function = "valid_ipa_code"))]
    pub competent_authority_ipa: Option<String>,
    /// Economic sectors, NACE codes (settore merceologico).
    pub sector: Vec<String>,
    /// Keywords and the words people use for it (parole chiave).
    pub keywords: Localized<Vec<String>>,
    /// Information areas of the Single Digital Gateway, Regulation (EU) 2018/1724.
    pub sdg_codes: Vec<Code<ids::SdgInformationAreas>>,
    /// Government functions, COFOG (funzioni di governo).
    pub government_functions: Vec<Code<ids::GovernmentFunctions>>,
    /// Administrative procedures it follows (procedimenti).
    pub procedures: Vec<Link<Procedure>>,
    /// Further information (ulteriori informazioni).
    pub further_information: LocalizedRichText,
}

/// Whether a service can be used. The codes are those of the vocabulary `service-statuses`
/// (stato del servizio).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceStatus {
    /// In use (servizio attivo).
    #[default]
    Active,
    /// Not in use (servizio non attivo); a reason is required.
    Inactive,
    /// Being prepared (in sviluppo).
    Planned,
    /// Replaced by another (sostituito).
    Deprecated,
}

impl ServiceStatus {
    /// The code in the vocabulary `service-statuses`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Planned => "planned",
            Self::Deprecated => "deprecated",
        }
    }
}

/// Something the applicant must have (cv:Evidence).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Need {
    /// What it is (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// More about it (descrizione).
    pub description: LocalizedText,
    /// Its kind (tipo).
    pub kind: Option<Code<ids::ServiceInputsOutputs>>,
    /// The form or document to use (modulo o documento).
    pub document: Option<Link<Document>>,
}

/// Something the applicant receives (cv:Output).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Output {
    /// What it is (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// More about it (descrizione).
    pub description: LocalizedText,
    /// Its kind (tipo).
    pub kind: Option<Code<ids::ServiceInputsOutputs>>,
}

/// A step between the application and the outcome (fase).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Phase {
    /// What happens (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Calendar days from the application (giorni).
    pub days: Option<u16>,
    /// More about it (descrizione).
    pub description: LocalizedText,
    /// A fixed date; it wins over `days` (scadenza).
    pub due_date: Option<NaiveDate>,
}

/// What the applicant pays (cv:Cost).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Cost {
    /// For what, and for whom (descrizione del costo).
    pub description: LocalizedText,
    /// How much; nothing when it depends on the case (importo).
    pub value: Option<Amount>,
    /// Currency of ISO 4217; EUR when empty (valuta).
    #[validate(custom(function = "valid_currency"))]
    pub currency: Option<String>,
    /// The channel to which the cost applies (canale).
    pub channel: Option<Code<ids::ChannelTypes>>,
}

/// Access on line (canale digitale).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DigitalChannel {
    /// What one does there (introduzione).
    #[serde(default)]
    pub intro: LocalizedRichText,
    /// What the button says (etichetta del pulsante).
    #[serde(default)]
    #[validate(custom(function = "short"))]
    pub label: LocalizedText,
    /// Where it leads (indirizzo).
    pub url: WebAddress,
    /// The kind of channel (tipo di canale).
    #[serde(default)]
    pub kind: Option<Code<ids::ChannelTypes>>,
}

/// Access in person (canale fisico).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PhysicalChannel {
    /// What one does there (introduzione).
    pub intro: LocalizedRichText,
    /// The offices to go to (uffici).
    pub offices: Vec<Link<Office>>,
}

impl Content for Service {
    const TYPE: ContentType = ContentType::Service;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    fn offices(&self) -> Vec<ItemId> {
        Link::ids(&self.responsible_office)
    }

    fn keywords(&self, locales: &[Locale]) -> Vec<String> {
        let title = self.alternative_title.resolve(locales);
        let keywords = self.keywords.resolve(locales).into_iter();
        let keywords = keywords.flat_map(|(_, words)| words.iter().cloned());
        let titles = title.into_iter().map(|(_, title)| title.clone());
        titles
            .chain(self.identifier.clone())
            .chain(keywords)
            .collect()
    }

    fn relations(&self, relations: &mut Relations) {
        relations.asset("image", &self.image);
        relations.asset("terms_of_service", &self.terms_of_service);
        relations.codes("category", &self.category);
        relations.value("status", self.status.code());
        relations.links("topics", &self.topics);
        relations.links("covered_places", &self.covered_places);
        let needs = self.needs.iter().enumerate();
        let documents = needs.filter_map(|(index, need)| {
            Some((format!("needs[{index}].document"), need.document.as_ref()?))
        });
        relations.nested("needs", documents);
        let channels = self.physical_channel.iter();
        let offices = channels.flat_map(|channel| channel.offices.iter().enumerate());
        let offices =
            offices.map(|(index, office)| (format!("physical_channel.offices[{index}]"), office));
        relations.nested("physical_channel", offices);
        relations.codes("authentication_methods", &self.authentication_methods);
        relations.codes("interactivity_level", &self.interactivity_level);
        relations.links("contact_points", &self.contact_points);
        relations.one("responsible_office", &self.responsible_office);
        relations.links("documents", &self.documents);
        relations.links("related_services", &self.related_services);
        relations.codes("life_events", &self.life_events);
        relations.codes("business_events", &self.business_events);
        relations.codes("sdg_codes", &self.sdg_codes);
        relations.codes("government_functions", &self.government_functions);
        relations.links("procedures", &self.procedures);
        for (field, text) in [
            ("status_reason", &self.status_reason),
            ("audience", &self.audience),
            ("applicants", &self.applicants),
            ("description", &self.description),
            ("spatial_coverage", &self.spatial_coverage),
            ("how_to", &self.how_to),
            ("needs_intro", &self.needs_intro),
            ("output_text", &self.output_text),
            ("outcome_procedures", &self.outcome_procedures),
            ("timeframe_text", &self.timeframe_text),
            ("constraints", &self.constraints),
            ("special_cases", &self.special_cases),
            ("external_links", &self.external_links),
            ("further_information", &self.further_information),
        ] {
            relations.rich_text(field, text);
        }
        if let Some(channel) = &self.digital_channel {
            relations.rich_text("digital_channel", &channel.intro);
        }
        if let Some(channel) = &self.physical_channel {
            relations.rich_text("physical_channel", &channel.intro);
        }
    }
}
