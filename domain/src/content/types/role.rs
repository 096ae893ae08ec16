//! Role (Incarico): cv:Participation, schema:OrganizationRole.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use super::{Document, Office, Person};
use crate::{
    content::{
        Content, ContentType, Link, LocalizedRichText, Relations,
        fields::{in_order, short},
    },
    ids::ItemId,
    locale::LocalizedText,
    vocabularies::{Code, ids},
};

/// What a person does in an office, and for how long. The only join between the two (incarico).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
#[validate(schema(function = "dates_in_order"))]
pub struct Role {
    /// Title (titolo), such as «Sindaco».
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Short description (descrizione breve).
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// Kind of role (tipo di incarico).
    pub role_type: Option<Code<ids::RoleTypes>>,
    /// Who holds it (persona).
    pub person: Option<Link<Person>>,
    /// Where (unità organizzativa).
    pub office: Option<Link<Office>>,
    /// The office this role is the head of (responsabile della struttura).
    pub head_of: Option<Link<Office>>,
    /// First day (data di inizio).
    pub start_date: Option<NaiveDate>,
    /// Day of installation, for political roles (data di insediamento).
    pub installation_date: Option<NaiveDate>,
    /// Last day (data di conclusione).
    pub end_date: Option<NaiveDate>,
    /// Compensation (compensi).
    pub compensation: LocalizedRichText,
    /// Travel expenses paid with public money (importi di viaggio e di servizio).
    pub travel_expenses: LocalizedRichText,
    /// Act of appointment (atto di nomina).
    pub appointment_act: Option<Link<Document>>,
    /// Further information (ulteriori informazioni).
    pub further_information: LocalizedRichText,
}

fn dates_in_order(role: &Role) -> Result<(), ValidationError> {
    in_order(role.start_date, role.end_date, "end_date")
}

impl Content for Role {
    const TYPE: ContentType = ContentType::Role;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    fn date(&self) -> Option<NaiveDate> {
        self.start_date
    }

    fn expires_at(&self) -> Option<NaiveDate> {
        self.end_date
    }

    fn offices(&self) -> Vec<ItemId> {
        Link::ids(self.office.iter().chain(&self.head_of))
    }

    fn is_searchable() -> bool {
        false
    }

    fn relations(&self, relations: &mut Relations) {
        relations.codes("role_type", &self.role_type);
        relations.one("person", &self.person);
        relations.one("office", &self.office);
        relations.one("head_of", &self.head_of);
        relations.one("appointment_act", &self.appointment_act);
        relations.rich_text("compensation", &self.compensation);
        relations.rich_text("travel_expenses", &self.travel_expenses);
        relations.rich_text("further_information", &self.further_information);
    }
}
