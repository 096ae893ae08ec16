//! A code of a controlled vocabulary that is known to exist: checked when it is read, so that no
//! stored content ever carries an unknown one.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Term, Vocabulary, get};

/// Names a vocabulary at compile time.
pub trait VocabularyId {
    /// The id of the vocabulary, as in `seeds/vocabularies/vocabularies.toml`.
    const ID: &'static str;
}

/// A term of the vocabulary `V`.
pub struct Code<V>(&'static Term, PhantomData<fn() -> V>);

impl<V: VocabularyId> Code<V> {
    /// The term itself.
    pub fn term(&self) -> &'static Term {
        self.0
    }

    /// The code as a string.
    pub fn as_str(&self) -> &'static str {
        &self.0.code
    }

    /// The vocabulary of this code.
    pub fn vocabulary() -> Option<&'static Vocabulary> {
        get(V::ID)
    }
}

/// A code that the vocabulary does not have.
#[derive(Debug, thiserror::Error)]
#[error("«{code}» is not a code of the vocabulary {vocabulary}{}", suggestion(.vocabulary, .code))]
pub struct UnknownCode {
    vocabulary: &'static str,
    code: String,
}

fn suggestion(vocabulary: &str, code: &str) -> String {
    let wanted = code.to_lowercase();
    let Some(terms) = get(vocabulary).map(|vocabulary| &vocabulary.terms) else {
        return String::new();
    };
    terms
        .iter()
        .find(|term| {
            let label = term.label.italian().unwrap_or_default().to_lowercase();
            label == wanted || (wanted.len() > 2 && term.code.contains(&wanted))
        })
        .map(|term| format!("; did you mean «{}»?", term.code))
        .unwrap_or_default()
}

impl<V: VocabularyId> FromStr for Code<V> {
    type Err = UnknownCode;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        get(V::ID)
            .and_then(|vocabulary| vocabulary.term(code))
            .map(|term| Self(term, PhantomData))
            .ok_or_else(|| UnknownCode {
                vocabulary: V::ID,
                code: code.chars().take(80).collect(),
            })
    }
}

impl<V> Clone for Code<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Code<V> {}

impl<V> PartialEq for Code<V> {
    fn eq(&self, other: &Self) -> bool {
        self.0.code == other.0.code
    }
}

impl<V> fmt::Debug for Code<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.vocabulary, self.0.code)
    }
}

impl<V> Serialize for Code<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.code)
    }
}

impl<'de, V: VocabularyId> Deserialize<'de> for Code<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<V>(PhantomData<V>);

        impl<V: VocabularyId> de::Visitor<'_> for Visitor<V> {
            type Value = Code<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a code of the vocabulary {}", V::ID)
            }

            fn visit_str<E: de::Error>(self, code: &str) -> Result<Self::Value, E> {
                code.parse().map_err(E::custom)
            }

            // Numeric codes are often written without quotes in YAML.
            fn visit_u64<E: de::Error>(self, code: u64) -> Result<Self::Value, E> {
                self.visit_str(&code.to_string())
            }

            fn visit_i64<E: de::Error>(self, code: i64) -> Result<Self::Value, E> {
                self.visit_str(&code.to_string())
            }
        }

        deserializer.deserialize_any(Visitor(PhantomData))
    }
}

macro_rules! vocabulary_ids {
    ($($name:ident = $id:literal),* $(,)?) => {
        /// The vocabularies that content refers to.
        pub mod ids {
            $(
                #[doc = concat!("The vocabulary `", $id, "`.")]
                #[derive(Clone, Copy, Debug)]
                pub enum $name {}

                impl super::VocabularyId for $name {
                    const ID: &'static str = $id;
                }
            )*

            #[cfg(test)]
            #[test]
            fn each_exists() {
                for id in [$($id),*] {
                    assert!(super::super::get(id).is_some(), "{id}");
                }
            }
        }
    };
}

vocabulary_ids! {
    Topics = "topics",
    ServiceCategories = "service-categories",
    LifeEvents = "life-events",
    BusinessEvents = "business-events",
    AuthenticationTypes = "authentication-types",
    InteractivityLevels = "interactivity-levels",
    ChannelTypes = "channel-types",
    ServiceInputsOutputs = "service-inputs-outputs",
    GovernmentFunctions = "government-functions",
    SdgInformationAreas = "sdg-information-areas",
    OfficeTypes = "office-types",
    PlaceTypes = "place-types",
    RoleTypes = "role-types",
    ContactPointTypes = "contact-point-types",
    NewsTypes = "news-types",
    EventTypes = "event-types",
    DocumentTypes = "document-types",
    NoticeBoardTypes = "notice-board-types",
    Licences = "licences",
    DatasetThemes = "dataset-themes",
    UpdateFrequencies = "update-frequencies",
}
