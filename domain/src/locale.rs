//! Locales and localised text. Structure and relations of content are shared between locales; only
//! text is a map by locale (design decision: one revision holds all translations).

use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, de};

/// A language tag of BCP 47 in the form Municipio accepts: a two or three letter language and,
/// optionally, a two letter region (`it`, `de`, `sl`, `fr`, `en`, `de-AT`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Locale(Arc<str>);

impl Locale {
    /// Italian: the locale that every text must have and the last fallback of every read.
    pub fn italian() -> Self {
        Self("it".into())
    }

    /// The tag as it is written: lower-case language, upper-case region.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A string that is not a language tag.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("«{0}» is not a language tag: write a language such as `it`, `de` or `de-AT`")]
pub struct InvalidLocale(String);

impl FromStr for Locale {
    type Err = InvalidLocale;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let letters = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
            lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
        };
        match tag.split_once('-') {
            None if letters(tag, 2..=3) => Ok(Self(tag.to_ascii_lowercase().into())),
            Some((language, region)) if letters(language, 2..=3) && letters(region, 2..=2) => {
                Ok(Self(
                    format!(
                        "{}-{}",
                        language.to_ascii_lowercase(),
                        region.to_ascii_uppercase()
                    )
                    .into(),
                ))
            }
            _ => Err(InvalidLocale(tag.chars().take(35).collect())),
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Locale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// A value by locale, such as `{"it": "Ufficio anagrafe", "de": "Meldeamt"}`. A bare value in the
/// input is taken as Italian.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Localized<T>(BTreeMap<Locale, T>);

/// Localised plain text: one line or a few, without markup.
pub type LocalizedText = Localized<String>;

impl<T> Default for Localized<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Localized<T> {
    /// True when there is no text in any locale.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value in exactly this locale.
    pub fn get(&self, locale: &Locale) -> Option<&T> {
        self.0.get(locale)
    }

    /// The value in the first of these locales that has one, and that locale.
    pub fn resolve<'a>(&'a self, preferred: &'a [Locale]) -> Option<(&'a Locale, &'a T)> {
        preferred
            .iter()
            .find_map(|locale| self.0.get_key_value(locale))
    }

    /// All values, ordered by locale.
    pub fn iter(&self) -> impl Iterator<Item = (&Locale, &T)> {
        self.0.iter()
    }

    /// The locales that have a value.
    pub fn locales(&self) -> impl Iterator<Item = &Locale> {
        self.0.keys()
    }
}

impl LocalizedText {
    /// The Italian text, or nothing.
    pub fn italian(&self) -> Option<&str> {
        self.get(&Locale::italian()).map(String::as_str)
    }
}

impl<T> FromIterator<(Locale, T)> for Localized<T> {
    fn from_iter<I: IntoIterator<Item = (Locale, T)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// A value that may say nothing. A translation that says nothing is none.
pub trait Blank {
    /// It says nothing.
    fn is_blank(&self) -> bool;
}

impl Blank for String {
    fn is_blank(&self) -> bool {
        self.trim().is_empty()
    }
}

impl<T> Blank for Vec<T> {
    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

impl Blank for serde_json::Value {
    fn is_blank(&self) -> bool {
        self.is_null()
    }
}

impl<'de, T: Deserialize<'de> + Blank> Deserialize<'de> for Localized<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Blank> de::Visitor<'de> for Visitor<T> {
            type Value = Localized<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a map from locale to text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                let value = T::deserialize(de::value::StrDeserializer::new(text))?;
                let written = Some(value).filter(|value| !value.is_blank());
                Ok(written
                    .map(|value| (Locale::italian(), value))
                    .into_iter()
                    .collect())
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Localized::default())
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let mut values: BTreeMap<Locale, T> =
                    BTreeMap::deserialize(de::value::MapAccessDeserializer::new(map))?;
                values.retain(|_, value| !value.is_blank());
                Ok(Localized(values))
            }
        }

        deserializer.deserialize_any(Visitor(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_normalised_and_wrong_ones_refused() {
        assert_eq!("DE-at".parse::<Locale>().unwrap().as_str(), "de-AT");
        for wrong in ["", "i", "ital", "it_IT", "it-", "it-Latn", "i1"] {
            assert!(wrong.parse::<Locale>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_bare_text_is_italian() {
        let text: LocalizedText = serde_json::from_str(r#""Ufficio""#).unwrap();
        assert_eq!(text.italian(), Some("Ufficio"));
        let text: LocalizedText = serde_json::from_str(r#"{"it":"Ufficio","de":"Amt"}"#).unwrap();
        let blank: LocalizedText = serde_json::from_str(r#"{"it":"Ufficio","de":" "}"#).unwrap();
        assert_eq!(blank.locales().count(), 1);
        let preferred = ["fr".parse().unwrap(), "de".parse().unwrap()];
        assert_eq!(text.resolve(&preferred).unwrap().1, "Amt");
    }
}
