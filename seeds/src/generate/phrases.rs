//! Text from phrases: what stands in braces is put in. `seeds/generate/phrases.toml` says how.

use std::collections::{BTreeMap, HashMap};

use fastrand::Rng;
use serde::Deserialize;

/// Phrases by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Phrases {
    once: BTreeMap<String, Vec<String>>,
    each: BTreeMap<String, Vec<String>>,
}

/// Writes the texts of one item.
pub(super) struct Writer<'a> {
    phrases: &'a Phrases,
    values: HashMap<&'a str, String>,
    pub(super) rng: Rng,
}

impl<'a> Writer<'a> {
    pub(super) fn new(phrases: &'a Phrases, rng: Rng) -> Self {
        Self {
            phrases,
            values: HashMap::new(),
            rng,
        }
    }

    /// Gives a name a value.
    pub(super) fn set(&mut self, name: &'a str, value: impl Into<String>) {
        self.values.insert(name, value.into());
    }

    /// One of these texts, written.
    pub(super) fn one_of(&mut self, texts: &'a [String]) -> String {
        match self.rng.choice(texts) {
            Some(text) => self.write(text),
            None => String::new(),
        }
    }

    /// The text with everything in braces put in.
    pub(super) fn write(&mut self, text: &'a str) -> String {
        let mut written = String::with_capacity(text.len() * 2);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            written.push_str(before);
            let (inside, after) = after.split_once('}').unwrap_or((after, ""));
            written.push_str(&self.put_in(inside));
            rest = after;
        }
        written.push_str(rest);
        written
    }

    /// What stands for `3..9`, `name`, `Name` or `di name`.
    fn put_in(&mut self, inside: &'a str) -> String {
        if let Some((least, most)) = inside.split_once("..") {
            let (least, most) = (least.parse().unwrap_or(0), most.parse().unwrap_or(0u32));
            return self.rng.u32(least..=most.max(least)).to_string();
        }
        let (preposition, name) = inside.split_once(' ').unwrap_or(("", inside));
        let capital = inside.starts_with(char::is_uppercase);
        let value = self.value(&name.to_lowercase());
        let value = match preposition {
            "" => value,
            preposition => joined(&preposition.to_lowercase(), &value),
        };
        if capital { capitalised(&value) } else { value }
    }

    fn value(&mut self, name: &str) -> String {
        if let Some(value) = self.values.get(name) {
            return value.clone();
        }
        let phrases = self.phrases;
        if let Some((name, texts)) = phrases.once.get_key_value(name) {
            let value = self.one_of(texts);
            self.values.insert(name, value.clone());
            return value;
        }
        match phrases.each.get(name) {
            Some(texts) => self.one_of(texts),
            // A name that stands for nothing is left as it is; a test finds it.
            None => format!("{{{name}}}"),
        }
    }
}

/// A noun divided into its article, if it has one, and the rest.
pub(super) fn article(noun: &str) -> (&str, &str) {
    let articles = ["il ", "lo ", "la ", "l'", "i ", "gli ", "le "];
    let found = articles.iter().find(|article| noun.starts_with(**article));
    noun.split_at(found.map_or(0, |article| article.len()))
}

/// A preposition joined to the article of a noun: «di» and «il passo» make «del passo».
fn joined(preposition: &str, noun: &str) -> String {
    let stem = match preposition {
        "di" => "de",
        "in" => "ne",
        other => other,
    };
    match article(noun) {
        ("", noun) => format!("{preposition} {noun}"),
        ("il ", noun) => format!("{stem}l {noun}"),
        (article @ ("i " | "gli "), noun) => format!("{stem}{article}{noun}"),
        (article, noun) => format!("{stem}l{article}{noun}"),
    }
}

/// The text with a capital at its beginning.
pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prepositions_join_articles() {
        for (preposition, noun, wanted) in [
            ("di", "il passo", "del passo"),
            ("a", "lo sportello", "allo sportello"),
            ("da", "la scuola", "dalla scuola"),
            ("di", "l'[ufficio](x)", "dell'[ufficio](x)"),
            ("in", "i parchi", "nei parchi"),
            ("su", "gli alberi", "sugli alberi"),
            ("da", "le fonti", "dalle fonti"),
            ("da", "l'8 marzo", "dall'8 marzo"),
            ("di", "Borgo Marolo", "di Borgo Marolo"),
        ] {
            assert_eq!(joined(preposition, noun), wanted);
        }
    }

    #[test]
    fn what_is_chosen_once_stays() {
        let phrases: Phrases = toml::from_str(
            "[once]\nora = [\"9\", \"10\", \"11\", \"12\"]\n[each]\nsaluto = [\"alle {ora}, {via}\"]\n",
        )
        .unwrap();
        for seed in 0..20 {
            let mut writer = Writer::new(&phrases, Rng::with_seed(seed));
            writer.set("via", "la via");
            let text = writer.write("{Saluto}; {ora} {di via} {Di via} {Via} {7..7} {nulla}");
            let hour = text.split([' ', ',']).nth(1).unwrap();
            let wanted =
                format!("Alle {hour}, la via; {hour} della via Della via La via 7 {{nulla}}");
            assert_eq!(text, wanted);
        }
    }
}
