//! Contact point (Punto di contatto): cv:ContactPoint, schema:ContactPoint.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidateEmail, ValidationError};

use super::Person;
use crate::{
    content::{
        Content, ContentType, Link, Relations,
        fields::{WebAddress, short},
        valid_hours,
    },
    locale::LocalizedText,
    time::OpeningHours,
    vocabularies::{Code, ids},
};

/// Ways to reach an office, a person or a place (punto di contatto).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct ContactPoint {
    /// Name (titolo), such as «Contatti dell'ufficio anagrafe».
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Telephone numbers, addresses and the like (voci).
    #[validate(nested)]
    pub entries: Vec<ContactEntry>,
    /// Who answers (persona).
    pub person: Option<Link<Person>>,
    /// When it is answered (orari).
    #[validate(custom(function = "valid_hours"))]
    pub opening_hours: Option<OpeningHours>,
}

/// One way to reach someone (voce).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "value_fits_type"))]
pub struct ContactEntry {
    /// Its kind: `telefono`, `email`, `pec`, `url`, `indirizzo`, an `account.…` (tipo).
    #[serde(rename = "type")]
    pub kind: Code<ids::ContactPointTypes>,
    /// The number or address itself (valore).
    #[validate(length(min = 1, max = 255, message = "1 to 255 characters"))]
    pub value: String,
    /// What it is for (descrizione).
    #[serde(default)]
    #[validate(custom(function = "short"))]
    pub description: LocalizedText,
}

fn value_fits_type(entry: &ContactEntry) -> Result<(), ValidationError> {
    let value = entry.value.trim();
    let expected = match entry.kind.as_str() {
        "email" | "pec" if !value.validate_email() => "an e-mail address",
        "url" if value.parse::<WebAddress>().is_err() => "a web address with https://",
        "telefono" | "account.whatsapp" if !is_telephone(value) => {
            "a telephone number: digits, spaces and a leading +"
        }
        _ => return Ok(()),
    };
    let message = format!("«{}» is not {expected}", entry.value);
    Err(ValidationError::new("INVALID_CONTACT").with_message(message.into()))
}

fn is_telephone(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let allowed = |byte: u8| byte.is_ascii_digit() || b" +-./()".contains(&byte);
    (3..=20).contains(&digits) && value.bytes().all(allowed)
}

impl Content for ContactPoint {
    const TYPE: ContentType = ContentType::ContactPoint;

    fn title(&self) -> LocalizedText {
        self.title.clone()
    }

    fn is_searchable() -> bool {
        false
    }

    fn relations(&self, relations: &mut Relations) {
        relations.codes("entries", self.entries.iter().map(|entry| &entry.kind));
        relations.one("person", &self.person);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: &str, value: &str) -> ContactEntry {
        serde_json::from_value(serde_json::json!({ "type": kind, "value": value })).unwrap()
    }

    #[test]
    fn a_value_must_fit_its_type() {
        for (kind, value) in [
            ("telefono", "+39 0461 123456"),
            ("email", "anagrafe@comune.esempio.it"),
            ("url", "https://www.comune.esempio.it"),
            ("indirizzo", "Piazza Roma 1"),
        ] {
            assert!(entry(kind, value).validate().is_ok(), "{kind} {value}");
        }
        for (kind, value) in [
            ("telefono", "chiamare Anna"),
            ("pec", "pec"),
            ("url", "www"),
        ] {
            assert!(entry(kind, value).validate().is_err(), "{kind} {value}");
        }
    }
}
