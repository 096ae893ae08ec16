//! Municipality settings (Comune): cv:PublicOrganisation, schema:GovernmentOrganization. One item
//! per tenant.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{ContactPoint, Place};
use crate::{
    content::{
        AnyContent, Content, ContentType, ImageReference, Link, LocalizedRichText, Relations,
        WebAddress, WebLink, fields::short,
    },
    locale::LocalizedText,
    time::{ClosingCalendar, ClosingPeriod, MonthDay},
};

/// What the whole site needs to know of the municipality (Comune).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Municipality {
    /// Name, such as «Comune di …» (nome).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Short description (descrizione breve).
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// Motto (motto).
    #[validate(custom(function = "short"))]
    pub motto: LocalizedText,
    /// What the fourth menu is called, such as «Vivere il Comune» (etichetta del quarto menu).
    #[validate(custom(function = "short"))]
    pub live_label: LocalizedText,
    /// Coat of arms (stemma).
    #[validate(nested)]
    pub crest: Option<ImageReference>,
    /// Region (regione).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub region: Option<String>,
    /// Site of the region (sito della regione).
    pub region_url: Option<WebAddress>,
    /// Address of the municipality's site, without a path; absolute addresses begin with it
    /// (sito del Comune).
    pub site_url: Option<WebAddress>,
    /// VAT number (partita IVA).
    #[validate(length(equal = 11, message = "a VAT number has eleven digits"))]
    pub vat_number: Option<String>,
    /// The town hall (sede).
    pub town_hall: Option<Link<Place>>,
    /// Contact points, switchboard and certified mail among them (contatti).
    pub contact_points: Vec<Link<ContactPoint>>,
    /// Social media (social).
    #[validate(nested)]
    pub social_media: Vec<WebLink>,
    /// Links in the footer (piè di pagina).
    #[validate(nested)]
    pub footer_links: Vec<WebLink>,
    /// Legal notes (note legali).
    pub legal_notes: LocalizedRichText,
    /// Privacy statement (informativa privacy).
    pub privacy_url: Option<WebAddress>,
    /// Accessibility statement on form.agid.gov.it (dichiarazione di accessibilità).
    pub accessibility_url: Option<WebAddress>,
    /// Where inefficiencies are reported (segnalazione disservizio).
    pub report_url: Option<WebAddress>,
    /// Where appointments are booked (prenotazione appuntamento).
    pub booking_url: Option<WebAddress>,
    /// Where assistance is asked for (richiesta di assistenza).
    pub assistance_url: Option<WebAddress>,
    /// Sign-in to the personal area (accesso all'area personale).
    pub personal_area_url: Option<WebAddress>,
    /// Day of the patron saint, a holiday (santo patrono).
    pub patron_saint_day: Option<MonthDay>,
    /// The patron saint (santo patrono).
    #[validate(custom(function = "short"))]
    pub patron_saint: LocalizedText,
    /// Days on which the whole body is closed (chiusure).
    pub closing_periods: Vec<ClosingPeriod>,
    /// Whoever has the code of a case may ask how it stands without signing in (consultazione con codice).
    pub offers_case_codes: bool,
    /// Content shown first on the home page (contenuti in evidenza).
    pub featured: Vec<Link<AnyContent>>,
}

impl Municipality {
    /// The days on which it is closed.
    pub fn closings(&self) -> ClosingCalendar {
        ClosingCalendar {
            patron_saint: self.patron_saint_day,
            patron_saint_name: self.patron_saint.clone(),
            closing_periods: self.closing_periods.clone(),
        }
    }
}

impl Content for Municipality {
    const TYPE: ContentType = ContentType::Municipality;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    fn is_searchable() -> bool {
        false
    }

    fn relations(&self, relations: &mut Relations) {
        relations.asset("crest", &self.crest);
        relations.one("town_hall", &self.town_hall);
        relations.links("contact_points", &self.contact_points);
        relations.links("featured", &self.featured);
        relations.rich_text("legal_notes", &self.legal_notes);
    }
}
