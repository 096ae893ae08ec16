//! What somebody looks for, and what is found.

use std::fmt;

use validator::Validate;

use super::{Language, Word};
use crate::{
    content::{ContentType, InvalidCursor, fields::GeoPoint, seal, unseal},
    ids::ItemId,
    locale::Locale,
    tenants::IpaCode,
};

/// The longest text that is looked for, in characters.
pub const LONGEST_TEXT: usize = 500;
/// How many words of it count. Who writes more has said by then what it is about.
const MOST_WORDS: usize = 10;
/// The most hits that can be leafed through; their number is told in full.
pub const MOST_HITS: u64 = 1_000;

/// The text that somebody looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchText {
    words: Vec<Word>,
}

/// A text that is not looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("look for at most {LONGEST_TEXT} characters")]
pub struct TextTooLong;

impl SearchText {
    /// Reads a text in the language of a locale. All of it is words: there are no operators.
    ///
    /// # Errors
    /// It is too long.
    pub fn read(text: &str, locale: &Locale) -> Result<Self, TextTooLong> {
        if text.chars().count() > LONGEST_TEXT {
            return Err(TextTooLong);
        }
        let language = Language::of(locale);
        let mut words: Vec<Word> = language.telling_words(text).collect();
        if words.is_empty() {
            // «Dove sei?» is all that they said.
            words = language.words(text).collect();
        }
        let mut kept: Vec<Word> = Vec::new();
        for word in words {
            if kept.iter().all(|known| known.folded != word.folded) {
                kept.push(word);
            }
        }
        kept.truncate(MOST_WORDS);
        Ok(Self { words: kept })
    }

    /// Its words. The last one may be the beginning of one.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// It has no words.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// The words as they are looked for, apart by blanks: two texts that ask for the same are shown alike.
impl fmt::Display for SearchText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.words.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{}", word.folded)?;
        }
        Ok(())
    }
}

macro_rules! facet_fields {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// What hits are counted and chosen by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FacetField {
            $($(#[$doc])* $variant,)*
        }

        impl FacetField {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name under which engines know it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

facet_fields! {
    /// The content type.
    Type = "type";
    /// The category of a service; broader ones included.
    Category = "category";
    /// The kind of a news item, event, document, place or office.
    Kind = "kind";
    /// A topic, by its id.
    Topic = "topic";
    /// An office in charge, by its id.
    Office = "office";
    /// A life event.
    LifeEvent = "life_event";
    /// An event in the life of a business.
    BusinessEvent = "business_event";
    /// The status of a service.
    Status = "status";
}

/// Where hits are near to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// The place.
    pub point: GeoPoint,
    /// How far away they may be, in metres; anywhere when left out.
    pub within: Option<u32>,
}

impl Near {
    /// Near this point; nothing when it is not on the earth.
    pub fn new(latitude: f64, longitude: f64, within: Option<u32>) -> Option<Self> {
        let point = GeoPoint {
            latitude,
            longitude,
        };
        point.validate().is_ok().then_some(Self { point, within })
    }
}

/// What hits are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SearchOrder {
    /// How well they fit, the best first.
    #[default]
    Relevance,
    /// The day of the content, the newest first.
    Newest,
    /// The day of the content, the oldest first.
    Oldest,
    /// The title, A to Z.
    Title,
    /// The distance from the place, the nearest first.
    Distance,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchQuery {
    /// The text; everything when it has no words.
    pub text: SearchText,
    /// The locale.
    pub locale: Locale,
    /// Words must stand in titles and keywords: what is in texts is not looked at.
    pub titles_only: bool,
    /// For each of these fields one of its values.
    pub filters: Vec<(FacetField, Vec<String>)>,
    /// The day of the content is not before this moment, in seconds since 1970.
    pub from: Option<i64>,
    /// The day of the content is before this moment.
    pub until: Option<i64>,
    /// Near a place.
    pub near: Option<Near>,
    /// The order.
    pub order: SearchOrder,
    /// The fields by which hits are counted.
    pub facets: Vec<FacetField>,
    /// How many hits to skip.
    pub offset: u64,
    /// How many to give.
    pub size: u64,
}

impl SearchQuery {
    /// The first hits for a text, whatever they are.
    pub fn new(text: SearchText, locale: Locale, size: u64) -> Self {
        Self {
            text,
            locale,
            titles_only: false,
            filters: Vec::new(),
            from: None,
            until: None,
            near: None,
            order: SearchOrder::Relevance,
            facets: Vec::new(),
            offset: 0,
            size,
        }
    }

    /// Among content of these types.
    pub fn of_types(mut self, types: &[ContentType]) -> Self {
        if !types.is_empty() {
            let names = types.iter().map(|name| name.as_str().to_owned());
            self.filters.push((FacetField::Type, names.collect()));
        }
        self
    }
}

/// A hit.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The item.
    pub item: ItemId,
    /// How well it fits; comparable within one answer.
    pub score: f32,
}

/// How many hits have each value of a field, the most frequent first.
pub type FacetCounts = Vec<(String, u64)>;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hits {
    /// How many there are.
    pub total: u64,
    /// Those that were asked for, in order.
    pub hits: Vec<Hit>,
    /// For each field that was asked for, the values that hits have.
    pub facets: Vec<(FacetField, FacetCounts)>,
}

/// The place after so many hits, as an opaque string for readers of this municipality.
pub fn encode_place(hits: u64, municipality: &IpaCode) -> String {
    seal(municipality, &("s", hits))
}

/// Reads such a string.
///
/// # Errors
/// The text is no place among hits, or one of another municipality.
pub fn decode_place(text: &str, municipality: &IpaCode) -> Result<u64, InvalidCursor> {
    match unseal::<(String, u64)>(text, municipality)? {
        (kind, hits) if kind == "s" => Ok(hits),
        _ => Err(InvalidCursor::OtherOrder),
    }
}

/// How far two places are from each other, in metres: along the surface of a sphere.
pub fn distance(one: GeoPoint, other: GeoPoint) -> f64 {
    const RADIUS: f64 = 6_371_000.0;
    let [from, to] = [one, other].map(|point| point.latitude.to_radians());
    let north = (to - from) / 2.0;
    let east = (other.longitude - one.longitude).to_radians() / 2.0;
    let chord = north.sin().powi(2) + from.cos() * to.cos() * east.sin().powi(2);
    2.0 * RADIUS * chord.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_ask_for_the_same_are_shown_alike() {
        for text in ["Carta d'identità", "  la CARTA  di identita carta"] {
            let read = SearchText::read(text, &Locale::italian()).unwrap();
            assert_eq!(read.to_string(), "carta identita");
        }
    }

    #[test]
    fn whatever_is_written_is_words_or_nothing() {
        for (text, words) in [
            ("dove come", 2),
            ("", 0),
            ("\"a\" AND (b OR NOT c) *:* \\ \0", 4),
            ("uno 2 3 4 5 6 7 8 9 10 11 12 13", 10),
        ] {
            let read = SearchText::read(text, &Locale::italian()).unwrap();
            assert_eq!(read.words().len(), words, "{text}");
        }
        let long = "x".repeat(LONGEST_TEXT + 1);
        assert_eq!(
            SearchText::read(&long, &Locale::italian()),
            Err(TextTooLong)
        );
    }

    #[test]
    fn trento_is_fifty_kilometres_from_bolzano() {
        let trento = GeoPoint {
            latitude: 46.0667,
            longitude: 11.1167,
        };
        let bolzano = GeoPoint {
            latitude: 46.4981,
            longitude: 11.3548,
        };
        let metres = distance(trento, bolzano);
        assert!((50_000.0..53_000.0).contains(&metres), "{metres}");
        assert_eq!(distance(trento, trento), 0.0);
    }
}
