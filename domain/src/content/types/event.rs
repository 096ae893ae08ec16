//! Event (Evento): schema:Event.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{ContactPoint, Office, Person, Place, Topic};
use crate::{
    content::{
        Content, ContentType, FileReference, ImageReference, Link, LocalizedRichText, Relations,
        fields::{Amount, GeoPoint, PostalAddress, WebAddress, short, valid_currency},
        valid_schedule,
    },
    ids::ItemId,
    locale::{Locale, LocalizedText},
    time::EventSchedule,
    vocabularies::{Code, ids},
};

/// Something that takes place, once, several times or by a rule (evento).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Event {
    /// Title (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Second title (sottotitolo).
    #[validate(custom(function = "short"))]
    pub subtitle: LocalizedText,
    /// Short description (descrizione breve).
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// Kind of event (tipo di evento).
    pub event_type: Option<Code<ids::EventTypes>>,
    /// Topics (argomenti).
    pub topics: Vec<Link<Topic>>,
    /// Picture (immagine).
    #[validate(nested)]
    pub image: Option<ImageReference>,
    /// Full description (descrizione completa).
    pub body: LocalizedRichText,
    /// Who it is for (a chi è rivolto).
    pub audience: LocalizedRichText,
    /// When (data e orario): occurrences and a recurrence rule.
    #[validate(custom(function = "valid_schedule"))]
    pub schedule: EventSchedule,
    /// Where (luogo).
    pub place: Option<Link<Place>>,
    /// Where, when it is not a place of the catalogue (indirizzo).
    #[validate(nested)]
    pub address: Option<PostalAddress>,
    /// Position of `address` (posizione).
    #[validate(nested)]
    pub geo: Option<GeoPoint>,
    /// What it costs (costo).
    #[validate(nested)]
    pub costs: Vec<Ticket>,
    /// Offices that organise it (organizzato da).
    pub organizers: Vec<Link<Office>>,
    /// Who else organises it (organizzatore esterno).
    #[validate(nested)]
    pub external_organizer: Option<Organisation>,
    /// Who supports it (con il supporto di).
    #[validate(nested)]
    pub supporters: Vec<Organisation>,
    /// Under whose patronage (patrocinato da).
    #[validate(nested)]
    pub patronage: Vec<Organisation>,
    /// Sponsors (sponsor).
    #[validate(nested)]
    pub sponsors: Vec<Organisation>,
    /// The event it is part of (evento genitore).
    pub parent_event: Option<Link<Event>>,
    /// People of the administration who take part (persone).
    pub people: Vec<Link<Person>>,
    /// Contact points (punti di contatto).
    pub contact_points: Vec<Link<ContactPoint>>,
    /// Attached files (allegati).
    #[validate(nested)]
    pub attachments: Vec<FileReference>,
    /// Further pictures (galleria).
    #[validate(nested)]
    pub gallery: Vec<ImageReference>,
    /// Address of a video (video).
    pub video: Option<WebAddress>,
    /// Transcript of the video (trascrizione).
    pub transcript: LocalizedRichText,
    /// Further information (ulteriori informazioni).
    pub further_information: LocalizedRichText,
}

/// A price of an event (prezzo).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Ticket {
    /// What it is, such as «Intero» or «Ingresso libero» (tipo di biglietto).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// How much; nothing when it is free or not fixed (importo).
    pub price: Option<Amount>,
    /// Currency of ISO 4217; EUR when empty (valuta).
    #[validate(custom(function = "valid_currency"))]
    pub currency: Option<String>,
    /// More about it (descrizione).
    pub description: LocalizedText,
}

/// A body that is not part of the administration (ente o organizzazione).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its name (nome).
    #[validate(length(min = 1, max = 255, message = "1 to 255 characters"))]
    pub name: String,
    /// Its site (sito).
    #[serde(default)]
    pub url: Option<WebAddress>,
}

impl Content for Event {
    const TYPE: ContentType = ContentType::Event;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    fn date(&self) -> Option<NaiveDate> {
        let first = self.schedule.occurrences.first()?;
        Some(first.starts_at.date())
    }

    fn schedule(&self) -> Option<&EventSchedule> {
        Some(&self.schedule)
    }

    fn offices(&self) -> Vec<ItemId> {
        Link::ids(&self.organizers)
    }

    fn keywords(&self, locales: &[Locale]) -> Vec<String> {
        let subtitle = self.subtitle.resolve(locales);
        subtitle.into_iter().map(|(_, text)| text.clone()).collect()
    }

    fn position(&self) -> Option<GeoPoint> {
        self.geo
    }

    fn relations(&self, relations: &mut Relations) {
        relations.asset("image", &self.image);
        relations.assets("attachments", &self.attachments);
        relations.assets("gallery", &self.gallery);
        relations.codes("event_type", &self.event_type);
        relations.links("topics", &self.topics);
        relations.one("place", &self.place);
        relations.links("organizers", &self.organizers);
        relations.one("parent_event", &self.parent_event);
        relations.links("people", &self.people);
        relations.links("contact_points", &self.contact_points);
        relations.rich_text("body", &self.body);
        relations.rich_text("audience", &self.audience);
        relations.rich_text("transcript", &self.transcript);
        relations.rich_text("further_information", &self.further_information);
    }
}
