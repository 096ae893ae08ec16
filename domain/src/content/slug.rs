//! Slugs: the last part of an item's path in one locale.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::locale::Blank;

/// Lower-case ASCII letters, digits and single hyphens; 1 to 255 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

/// Text that is no slug.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "«{0}» is not a slug: use lower-case letters, digits and single hyphens, such as carta-d-identita"
)]
pub struct InvalidSlug(String);

impl Slug {
    const MAX: usize = 255;

    /// The slug of a title; nothing when the title holds no letter or digit.
    pub fn from_title(title: &str) -> Option<Self> {
        let mut slug = fold(title).replace(' ', "-");
        slug.truncate(Self::MAX);
        let slug = slug.trim_end_matches('-');
        (!slug.is_empty()).then(|| Self(slug.to_owned()))
    }

    /// This slug with a number at its end, for a title that another item has already.
    pub fn numbered(&self, number: usize) -> Self {
        let suffix = format!("-{number}");
        let kept = self.0.len().min(Self::MAX - suffix.len());
        Self(format!("{}{suffix}", self.0[..kept].trim_end_matches('-')))
    }

    /// The slug as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text reduced to lower-case ASCII words divided by single spaces: accents and punctuation go.
/// Titles are ordered and found by it.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    for character in text
        .nfkd()
        .filter(|character| !is_combining_mark(*character))
    {
        let replacement = match character {
            'ß' => "ss",
            'ø' | 'Ø' => "o",
            'đ' | 'Đ' => "d",
            'ł' | 'Ł' => "l",
            'æ' | 'Æ' => "ae",
            'œ' | 'Œ' => "oe",
            _ => "",
        };
        if character.is_ascii_alphanumeric() || !replacement.is_empty() {
            if gap && !folded.is_empty() {
                folded.push(' ');
            }
            gap = false;
            if replacement.is_empty() {
                folded.push(character.to_ascii_lowercase());
            } else {
                folded.push_str(replacement);
            }
        } else {
            gap = true;
        }
    }
    folded
}

impl Blank for Slug {
    fn is_blank(&self) -> bool {
        false
    }
}

impl FromStr for Slug {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let valid = (1..=Self::MAX).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSlug(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn titles_become_slugs() {
        for (title, slug) in [
            (
                "Carta d'identità elettronica",
                "carta-d-identita-elettronica",
            ),
            ("  TARI — riduzioni (2026) ", "tari-riduzioni-2026"),
            ("Straße nach Bruneck", "strasse-nach-bruneck"),
            ("Šola v Žužemberku", "sola-v-zuzemberku"),
        ] {
            assert_eq!(Slug::from_title(title).unwrap().as_str(), slug);
        }
        assert_eq!(Slug::from_title("—"), None);
    }

    proptest! {
        #[test]
        fn every_title_gives_a_valid_slug_or_none(title in ".{0,400}", number in 2usize..10_000) {
            if let Some(slug) = Slug::from_title(&title) {
                prop_assert_eq!(slug.as_str().parse::<Slug>(), Ok(slug.clone()));
                let again = Slug::from_title(slug.as_str());
                prop_assert_eq!(again.as_ref(), Some(&slug));
                let numbered = slug.numbered(number);
                prop_assert_eq!(numbered.as_str().parse::<Slug>(), Ok(numbered.clone()));
            }
        }

        #[test]
        fn folding_is_idempotent(text in ".{0,200}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
