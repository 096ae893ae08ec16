//! Procedure sheet (Procedimento): the facts that art. 35 D.Lgs. 33/2013 makes public; cpsv:Rule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{Document, Office, Person};
use crate::{
    content::{
        Content, ContentType, Link, LocalizedRichText, Relations, WebAddress, fields::short,
    },
    ids::ItemId,
    locale::LocalizedText,
    procedures::Definition,
};

/// What an administrative procedure is, who answers for it and how long it takes. It is separate
/// from the service sheet and is listed in «Amministrazione trasparente» (procedimento).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Procedure {
    /// Title (titolo).
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Short description (descrizione breve).
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// Who starts it: the person or the office (modalità di avvio).
    pub start_mode: LocalizedText,
    /// Description of the procedure (descrizione del procedimento).
    pub description: LocalizedRichText,
    /// Offices that take part (unità organizzative coinvolte).
    pub offices_involved: Vec<Link<Office>>,
    /// When the term begins (decorrenza dei termini).
    pub term_start: LocalizedText,
    /// When the procedure must be concluded (fine dei termini).
    pub term_end: LocalizedText,
    /// Average time (tempo medio).
    pub average_time: LocalizedText,
    /// The term, in calendar days (termine di conclusione).
    pub term_days: Option<u16>,
    /// Silence means assent (silenzio assenso).
    pub tacit_consent: bool,
    /// A declaration of the person replaces the act (dichiarazione sostitutiva).
    pub declaration_replaces_act: bool,
    /// The final act (provvedimento finale).
    pub final_act: LocalizedText,
    /// Who is responsible for the procedure (responsabile del procedimento).
    pub procedure_officer: Option<Link<Person>>,
    /// Who adopts the final act (dirigente).
    pub manager: Option<Link<Person>>,
    /// The body competent for the final act (organo competente).
    pub competent_body: Option<Link<Office>>,
    /// How to ask about one's procedure (modalità di richiesta informazioni).
    pub info_request_mode: LocalizedRichText,
    /// The procedure on line (procedura informatizzata).
    pub online_procedure: Option<WebAddress>,
    /// Other ways to apply (altre modalità di invio).
    pub other_submission: LocalizedRichText,
    /// What must be attached (atti e documenti da allegare).
    pub required_attachments: LocalizedRichText,
    /// Forms (modulistica).
    pub forms: Vec<Link<Document>>,
    /// Where the forms are found (reperimento della modulistica).
    pub forms_location: LocalizedRichText,
    /// How to pay (pagamenti).
    pub payments: LocalizedRichText,
    /// Remedies (strumenti di tutela giurisdizionale e amministrativa).
    pub legal_remedies: LocalizedRichText,
    /// Who steps in when nothing happens (titolare del potere sostitutivo).
    pub substitute_power_holder: Option<Link<Person>>,
    /// Results of satisfaction surveys (customer satisfaction).
    pub customer_satisfaction: LocalizedRichText,
    /// Legal references (riferimenti normativi).
    pub legal_references: LocalizedRichText,
    /// How its cases go from one state to the next; nothing when cases are not kept here (definizione del
    /// procedimento).
    #[validate(nested)]
    pub definition: Option<Definition>,
}

impl Content for Procedure {
    const TYPE: ContentType = ContentType::Procedure;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    fn offices(&self) -> Vec<ItemId> {
        Link::ids(self.offices_involved.iter().chain(&self.competent_body))
    }

    fn relations(&self, relations: &mut Relations) {
        relations.links("offices_involved", &self.offices_involved);
        relations.one("procedure_officer", &self.procedure_officer);
        relations.one("manager", &self.manager);
        relations.one("competent_body", &self.competent_body);
        relations.links("forms", &self.forms);
        let offices = self.definition.iter().flat_map(|definition| {
            let offices = definition.offices();
            offices.map(|(path, office)| (format!("definition.{path}"), office))
        });
        relations.nested("definition", offices);
        relations.one("substitute_power_holder", &self.substitute_power_holder);
        for (field, text) in [
            ("description", &self.description),
            ("info_request_mode", &self.info_request_mode),
            ("other_submission", &self.other_submission),
            ("required_attachments", &self.required_attachments),
            ("forms_location", &self.forms_location),
            ("payments", &self.payments),
            ("legal_remedies", &self.legal_remedies),
            ("customer_satisfaction", &self.customer_satisfaction),
            ("legal_references", &self.legal_references),
        ] {
            relations.rich_text(field, text);
        }
    }
}
