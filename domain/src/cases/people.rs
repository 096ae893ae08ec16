//! What a case says of people. Nothing here is ever logged: `Debug` tells nothing.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::CaseError;
use crate::{
    citizens::{DataKey, FiscalCode},
    ids::CaseId,
    media::SealedFile,
};

/// Somebody of whom a case tells.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The fiscal code.
    #[serde(with = "revealed")]
    pub fiscal_code: FiscalCode,
    /// Given name and family name, as far as they are known.
    pub name: Option<String>,
    /// Where mails reach them: what App IO does not tell them is told there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A fiscal code as it is encrypted.
mod revealed {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::citizens::FiscalCode;

    pub(super) fn serialize<S: Serializer>(code: &FiscalCode, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(code.reveal())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<FiscalCode, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// For whom a case is, who acts for them, and what it is about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct People {
    /// For whom it is.
    pub applicant: Option<Person>,
    /// Who acts for them.
    pub delegate: Option<Person>,
    /// What it is about, in a line.
    pub subject: String,
}

/// What an event says of people.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Personal {
    /// Who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<People>,
    /// The data of the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// What somebody wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The reasons of an outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<String>,
    /// The title of a document, or what else a piece of evidence is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Under which number or address something is kept elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The files that came along with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<SealedFile>,
}

impl Personal {
    /// It says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where an event keeps what it says of people, and at 0 the case itself: none can be put in the place of another.
pub(super) fn drawer(case: CaseId, number: i64) -> String {
    format!("case:{case}:{number}")
}

/// Encrypts what is kept at this place.
pub(crate) fn seal(
    key: &DataKey,
    drawer: &str,
    value: &impl Serialize,
) -> Result<String, CaseError> {
    let text = serde_json::to_vec(value).map_err(|error| CaseError::Sealing(error.to_string()))?;
    Ok(key.seal(drawer, &text)?)
}

/// Reads what is kept at this place.
pub(crate) fn unseal<T: DeserializeOwned>(
    key: &DataKey,
    drawer: &str,
    sealed: &str,
) -> Result<T, CaseError> {
    let text = key.open(drawer, sealed)?;
    // The error of serde would tell what it read.
    serde_json::from_slice(&text)
        .map_err(|_| CaseError::Sealing("it is of another form".to_owned()))
}

/// The place of the key of a case.
pub(super) fn place(case: CaseId) -> String {
    format!("case:{case}")
}

macro_rules! silent {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        })*
    };
}

silent!(Person, People, Personal);
