//! How search reads text: words without accents and case, apart at apostrophes, with their stems; the words
//! that say nothing left out. Documents and queries are read in the same way, whatever the engine.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::LazyLock,
};

use frostem::{Algorithm, Stemmer};
use serde::Deserialize;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::locale::Locale;

static FILE: &str = include_str!("../../../seeds/search/stop-words.toml");
/// The longest word that is indexed, in characters: longer ones are addresses and numbers of machines.
const LONGEST: usize = 60;

#[derive(Deserialize)]
struct StopWords {
    words: String,
}

#[expect(
    clippy::expect_used,
    reason = "the words are compiled in; unit tests read them"
)]
static STOP_WORDS: LazyLock<HashMap<String, HashSet<String>>> = LazyLock::new(|| {
    let file: HashMap<String, StopWords> =
        toml::from_str(FILE).expect("stop words are well formed");
    let languages = file.into_iter().map(|(language, list)| {
        let words = list.words.split_whitespace().map(str::to_owned);
        (language, words.collect())
    });
    languages.collect()
});

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// Without accents and case.
    pub folded: String,
    /// What is left of it without its ending: the same for singular and plural.
    pub stem: String,
}

/// The language in which text is read.
#[derive(Clone, Copy)]
pub struct Language {
    stemmer: Option<Stemmer>,
    /// Nouns in -era and -are have forms that the stemmer takes for infinitives.
    has_nouns_like_verbs: bool,
    stop_words: Option<&'static HashSet<String>>,
}

impl Language {
    /// The language of a locale. One that is not known has neither stems nor stop words.
    pub fn of(locale: &Locale) -> Self {
        let language = locale.as_str().split('-').next().unwrap_or_default();
        let algorithm = match language {
            "it" => Some(Algorithm::Italian),
            "de" => Some(Algorithm::German),
            "fr" => Some(Algorithm::French),
            "en" => Some(Algorithm::English),
            _ => None,
        };
        Self {
            stemmer: algorithm.map(Stemmer::new),
            has_nouns_like_verbs: language == "it",
            stop_words: STOP_WORDS.get(language),
        }
    }

    /// The words of a text, in their order.
    pub fn words(self, text: &str) -> impl Iterator<Item = Word> {
        ranges(text).filter_map(move |range| {
            let folded = fold(text.get(range.clone())?);
            let is_word = !folded.is_empty() && folded.chars().count() <= LONGEST;
            is_word.then(|| Word {
                range,
                stem: self.stem(&folded),
                folded,
            })
        })
    }

    /// Those that say something of what a text is about.
    pub fn telling_words(self, text: &str) -> impl Iterator<Item = Word> {
        self.words(text)
            .filter(move |word| !self.is_stop_word(word))
    }

    /// The word says nothing of what somebody looks for.
    pub fn is_stop_word(self, word: &Word) -> bool {
        self.stop_words
            .is_some_and(|words| words.contains(&word.folded))
    }

    fn stem(self, folded: &str) -> String {
        match self.stemmer {
            // Numbers and codes have no endings.
            Some(stemmer) if folded.bytes().all(|byte| byte.is_ascii_lowercase()) => {
                let stem = stemmer.stem(folded).into_owned();
                // "tessere" loses what "tessera" keeps; so that both have one stem, that loses it too.
                let is_like_verb = stem.ends_with("er") || stem.ends_with("ar");
                match self.has_nouns_like_verbs && is_like_verb {
                    true => stemmer.stem(&format!("{stem}e")).into_owned(),
                    false => stem,
                }
            }
            _ => folded.to_owned(),
        }
    }
}

/// Where the runs of letters and digits stand.
fn ranges(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part = |character: char| character.is_alphanumeric() || is_combining_mark(character);
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, _) = characters.find(|(_, character)| is_part(*character))?;
        while characters
            .next_if(|(_, character)| is_part(*character))
            .is_some()
        {}
        let end = characters.peek().map_or(text.len(), |(place, _)| *place);
        Some(start..end)
    })
}

/// A word without accents and case. Letters that are no accented ones stay what they are, in any script.
pub fn fold(word: &str) -> String {
    let bare = word
        .nfkd()
        .filter(|character| !is_combining_mark(*character));
    let mut folded = String::with_capacity(word.len());
    for character in bare.flat_map(char::to_lowercase) {
        match character {
            'ß' => folded.push_str("ss"),
            'ø' => folded.push('o'),
            'đ' => folded.push('d'),
            'ł' => folded.push('l'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            character if character.is_alphanumeric() => folded.push(character),
            _ => {}
        }
    }
    folded
}

/// How many letters of a word may be wrong.
pub fn allowed_typos(folded: &str) -> u8 {
    match folded.chars().count() {
        // 2024 and 2025 are two years, not one with a mistake.
        _ if folded.bytes().any(|byte| byte.is_ascii_digit()) => 0,
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn italian() -> Language {
        Language::of(&Locale::italian())
    }

    fn telling(text: &str) -> Vec<String> {
        let words = italian().telling_words(text);
        words.map(|word| word.folded).collect()
    }

    #[test]
    fn elisions_accents_and_stop_words_are_taken_off() {
        for (text, words) in [
            ("Ufficio dell'anagrafe", vec!["ufficio", "anagrafe"]),
            ("la Carta d’identità", vec!["carta", "identita"]),
            ("PERCHÉ l'acqua è così cara?", vec!["acqua", "cosi", "cara"]),
            ("TARI 2026", vec!["tari", "2026"]),
            ("«»…", vec![]),
        ] {
            assert_eq!(telling(text), words, "{text}");
        }
    }

    #[test]
    fn singular_and_plural_have_one_stem() {
        let stem = |word: &str| italian().words(word).next().unwrap().stem;
        for (one, many) in [
            ("casa", "case"),
            ("libro", "libri"),
            ("biblioteca", "biblioteche"),
            ("rifiuto", "rifiuti"),
            ("certificato", "certificati"),
            ("arancia", "arance"),
            ("tessera", "tessere"),
            ("camera", "camere"),
            ("delibera", "delibere"),
            ("mongolfiera", "mongolfiere"),
            ("numero", "numeri"),
            ("familiare", "familiari"),
            ("cantiere", "cantieri"),
        ] {
            assert_eq!(stem(one), stem(many), "{one}");
        }
        assert_eq!(stem("città"), stem("citta"));
    }

    #[test]
    fn words_of_other_scripts_are_words() {
        let unknown = Language::of(&"ar".parse().unwrap());
        let words: Vec<_> = unknown.words("بطاقة الهوية 🙂 кафе").collect();
        assert_eq!(words.len(), 3, "{words:?}");
    }

    proptest! {
        #[test]
        fn every_text_is_read_and_words_stand_where_they_say(text in ".{0,200}") {
            let mut end = 0;
            for word in italian().words(&text) {
                prop_assert!(word.range.start >= end && text.get(word.range.clone()).is_some());
                prop_assert_eq!(fold(&text[word.range.clone()]), word.folded.clone());
                prop_assert_eq!(fold(&word.folded), word.folded);
                end = word.range.end;
            }
        }
    }
}
