//! Person (Persona pubblica): foaf:Agent, schema:Person.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::ContactPoint;
use crate::{
    content::{
        Content, ContentType, FileReference, ImageReference, Link, LocalizedRichText, Relations,
        fields::short,
    },
    locale::{Locale, LocalizedText},
};

/// Someone who holds a public role. Roles are items of their own and point here (persona pubblica).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Person {
    /// Given name (nome).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub given_name: Option<String>,
    /// Family name (cognome).
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub family_name: Option<String>,
    /// Short description (descrizione breve).
    #[validate(custom(function = "short"))]
    pub short_description: LocalizedText,
    /// Photograph (foto).
    #[validate(nested)]
    pub photo: Option<ImageReference>,
    /// Further pictures (galleria).
    #[validate(nested)]
    pub gallery: Vec<ImageReference>,
    /// Responsibilities (competenze).
    pub responsibilities: LocalizedRichText,
    /// Delegated matters (deleghe).
    pub delegations: LocalizedRichText,
    /// Biography (biografia).
    pub biography: LocalizedRichText,
    /// Contact points (punti di contatto).
    pub contact_points: Vec<Link<ContactPoint>>,
    /// Curriculum vitae, art. 14 D.Lgs. 33/2013 (curriculum vitae).
    #[validate(nested)]
    pub cv: Option<FileReference>,
    /// Statement of assets, art. 14 D.Lgs. 33/2013 (situazione patrimoniale).
    #[validate(nested)]
    pub asset_statement: Option<FileReference>,
    /// Tax returns, art. 14 D.Lgs. 33/2013 (dichiarazioni dei redditi).
    #[validate(nested)]
    pub tax_returns: Vec<FileReference>,
    /// Electoral expenses, art. 14 D.Lgs. 33/2013 (spese elettorali).
    #[validate(nested)]
    pub election_expenses: Vec<FileReference>,
    /// Changes of the assets, art. 14 D.Lgs. 33/2013 (variazioni patrimoniali).
    #[validate(nested)]
    pub asset_changes: Vec<FileReference>,
    /// Other offices held, art. 14 D.Lgs. 33/2013 (altre cariche).
    #[validate(nested)]
    pub other_offices: Vec<FileReference>,
    /// Further information (ulteriori informazioni).
    pub further_information: LocalizedRichText,
}

impl Person {
    /// Given and family name.
    pub fn full_name(&self) -> String {
        let names = [self.given_name.as_deref(), self.family_name.as_deref()];
        names.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

impl Content for Person {
    const TYPE: ContentType = ContentType::Person;

    fn title(&self) -> LocalizedText {
        let name = self.full_name();
        let title = (!name.is_empty()).then(|| (Locale::italian(), name));
        title.into_iter().collect()
    }

    fn short_description(&self) -> Option<&LocalizedText> {
        Some(&self.short_description)
    }

    /// Names are the same in all locales; what is said of the person is not.
    fn locales(&self) -> BTreeSet<Locale> {
        let texts = self
            .short_description
            .locales()
            .chain(self.biography.locales());
        texts.cloned().collect()
    }

    /// People are listed by family name.
    fn sort_title(&self) -> String {
        let names = [self.family_name.as_deref(), self.given_name.as_deref()];
        names.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    fn relations(&self, relations: &mut Relations) {
        relations.asset("photo", &self.photo);
        relations.assets("gallery", &self.gallery);
        relations.asset("cv", &self.cv);
        relations.asset("asset_statement", &self.asset_statement);
        relations.assets("tax_returns", &self.tax_returns);
        relations.assets("election_expenses", &self.election_expenses);
        relations.assets("asset_changes", &self.asset_changes);
        relations.assets("other_offices", &self.other_offices);
        relations.links("contact_points", &self.contact_points);
        relations.rich_text("responsibilities", &self.responsibilities);
        relations.rich_text("delegations", &self.delegations);
        relations.rich_text("biography", &self.biography);
        relations.rich_text("further_information", &self.further_information);
    }
}
