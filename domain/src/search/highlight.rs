//! Why something was found: its title and a part of its text with the words that were looked for marked, and
//! what was probably meant. It is made from the content itself, so that every engine's hits are shown alike.

use std::ops::Range;

use super::{Language, SearchText, Word, document::long_text, words::allowed_typos};
use crate::{
    content::{Item, escaped, localized_texts},
    locale::Locale,
};

/// How long a part of a text is that is shown, in bytes.
const SNIPPET: usize = 200;

/// An item as the hits show it, in one locale.
#[derive(Clone, Debug)]
pub struct Excerpt {
    title: String,
    text: String,
    language: Locale,
}

impl Excerpt {
    /// The texts of an item in the first of these locales, or in its fallbacks.
    pub fn of(item: &Item, locales: &[Locale]) -> Self {
        let resolve = |text: &crate::locale::LocalizedText| {
            text.resolve(locales).map(|(_, text)| text.clone())
        };
        let title = resolve(&item.body.title()).unwrap_or_default();
        let summary = item.body.short_description().and_then(resolve);
        let body = item.body.to_json().unwrap_or_default();
        let texts = localized_texts(item.content_type(), &body);
        let body = long_text(&super::document::by_path(texts), &resolve);
        let summary = summary.map(|text| text + "\n").unwrap_or_default();
        Self {
            title,
            text: summary + &body,
            language: locales.first().cloned().unwrap_or_else(Locale::italian),
        }
    }

    /// The title as HTML, in which `mark` is the only element.
    pub fn title(&self, text: &SearchText) -> String {
        marked(&self.title, &self.found(&self.title, text))
    }

    /// The part of the text in which most of the words stand close together, as HTML in which `mark` is the
    /// only element; the beginning when none does.
    pub fn snippet(&self, text: &SearchText) -> String {
        let found = self.found(&self.text, text);
        let window = densest(&found, SNIPPET);
        let start = window.first().map_or(0, |range| range.start);
        let end = window.last().map_or(0, |range| range.end);
        let shown = around(&self.text, start..end);
        let inside = found
            .iter()
            .filter(|range| range.start >= shown.start && range.end <= shown.end);
        let inside: Vec<_> = inside
            .map(|range| range.start - shown.start..range.end - shown.start)
            .collect();
        let mut snippet = marked(&self.text[shown.clone()], &inside).replace('\n', " ");
        if shown.start > 0 {
            snippet.insert(0, '…');
        }
        if shown.end < self.text.trim_end().len() {
            snippet.push('…');
        }
        snippet
    }

    /// Where words stand that were looked for.
    fn found(&self, text: &str, looked_for: &SearchText) -> Vec<Range<usize>> {
        let words = Language::of(&self.language).words(text);
        let found = words.filter(|word| fits_any(word, looked_for));
        found.map(|word| word.range).collect()
    }
}

/// What was probably meant: for each word that none of these hits holds, the word of their titles that is
/// most like it. Nothing when all words are there.
pub fn did_you_mean(text: &SearchText, hits: &[Excerpt]) -> Option<String> {
    let words = |of: fn(&Excerpt) -> &str| -> Vec<Word> {
        let words = hits
            .iter()
            .flat_map(|hit| Language::of(&hit.language).words(of(hit)));
        words.collect()
    };
    let titles = words(|hit| &hit.title);
    let texts = words(|hit| &hit.text);
    let mut is_other = false;
    let meant: Vec<String> = (text.words().iter().enumerate())
        .map(|(place, wanted)| {
            let is_last = place + 1 == text.words().len();
            let mut written = titles.iter().chain(&texts);
            if written.any(|word| holds(word, wanted, is_last)) {
                return wanted.folded.clone();
            }
            let similar = titles.iter().chain(&texts);
            let similar = similar.filter_map(|word| Some((typos(word, wanted)?, word)));
            match similar.min_by_key(|(typos, _)| *typos) {
                Some((_, word)) => {
                    is_other = true;
                    word.folded.clone()
                }
                None => wanted.folded.clone(),
            }
        })
        .collect();
    is_other.then(|| meant.join(" "))
}

fn fits_any(word: &Word, looked_for: &SearchText) -> bool {
    let last = looked_for.words().len().saturating_sub(1);
    let mut wanted = looked_for.words().iter().enumerate();
    wanted
        .any(|(place, wanted)| holds(word, wanted, place == last) || typos(word, wanted).is_some())
}

/// The word is the one that was looked for, in another number or gender, or it begins with the last one.
fn holds(word: &Word, wanted: &Word, is_last: bool) -> bool {
    word.folded == wanted.folded
        || word.stem == wanted.stem
        || (is_last && wanted.folded.len() > 1 && word.folded.starts_with(&wanted.folded))
}

/// How many letters are wrong, when no more are than may be.
fn typos(word: &Word, wanted: &Word) -> Option<usize> {
    let allowed = usize::from(allowed_typos(&wanted.folded));
    let is_near = word.folded.len().abs_diff(wanted.folded.len()) <= 4 * allowed;
    let distance = || strsim::osa_distance(&word.folded, &wanted.folded);
    (allowed > 0 && is_near)
        .then(distance)
        .filter(|distance| *distance <= allowed)
}

/// The most of these ranges that lie within so many bytes.
fn densest(ranges: &[Range<usize>], width: usize) -> &[Range<usize>] {
    let mut best = &ranges[..0];
    let mut end = 0;
    for start in 0..ranges.len() {
        while end < ranges.len() && ranges[end].end - ranges[start].start <= width {
            end += 1;
        }
        if end - start.min(end) > best.len() {
            best = &ranges[start..end];
        }
        end = end.max(start + 1);
    }
    best
}

/// A part of a text around this one, some [`SNIPPET`] bytes of whole words.
fn around(text: &str, inner: Range<usize>) -> Range<usize> {
    let spare = SNIPPET.saturating_sub(inner.len());
    let start = text.floor_char_boundary(inner.start.saturating_sub(spare / 4));
    let end = text.ceil_char_boundary((start + SNIPPET.max(inner.len())).min(text.len()));
    let is_gap = |character: char| character.is_whitespace();
    let start = match start {
        0 => 0,
        start => text[start..inner.start]
            .find(is_gap)
            .map_or(inner.start, |gap| start + gap + 1),
    };
    let end = match end == text.len() {
        true => text.trim_end().len().max(start),
        false => {
            let last = inner.end.max(start);
            text[last..end].rfind(is_gap).map_or(last, |gap| last + gap)
        }
    };
    start..end
}

/// A text as HTML with these parts of it marked.
fn marked(text: &str, ranges: &[Range<usize>]) -> String {
    let mut html = String::with_capacity(text.len() + 16 * ranges.len());
    let mut done = 0;
    for range in ranges {
        html.push_str(&escaped(&text[done..range.start]));
        html.push_str("<mark>");
        html.push_str(&escaped(&text[range.clone()]));
        html.push_str("</mark>");
        done = range.end;
    }
    html.push_str(&escaped(&text[done..]));
    html
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn excerpt(title: &str, text: &str) -> Excerpt {
        Excerpt {
            title: title.to_owned(),
            text: text.to_owned(),
            language: Locale::italian(),
        }
    }

    fn read(text: &str) -> SearchText {
        SearchText::read(text, &Locale::italian()).unwrap()
    }

    #[test]
    fn words_are_marked_and_everything_else_is_text() {
        let hit = excerpt("Carta d'identità <b>elettronica</b>", "");
        for (text, title) in [
            (
                "identita",
                "Carta d'<mark>identità</mark> &lt;b&gt;elettronica&lt;/b&gt;",
            ),
            (
                "carte",
                "<mark>Carta</mark> d'identità &lt;b&gt;elettronica&lt;/b&gt;",
            ),
            (
                "eletronica",
                "Carta d'identità &lt;b&gt;<mark>elettronica</mark>&lt;/b&gt;",
            ),
            (
                "elett",
                "Carta d'identità &lt;b&gt;<mark>elettronica</mark>&lt;/b&gt;",
            ),
        ] {
            assert_eq!(hit.title(&read(text)), title, "{text}");
        }
    }

    #[test]
    fn the_part_is_shown_in_which_most_words_stand() {
        let text = format!(
            "La carta. {} Rinnovo della carta in municipio.",
            "parola ".repeat(100)
        );
        let snippet = excerpt("", &text).snippet(&read("rinnovo carta"));
        assert!(snippet.starts_with('…'), "{snippet}");
        assert!(
            snippet.contains("<mark>Rinnovo</mark> della <mark>carta</mark>"),
            "{snippet}"
        );
        let none = excerpt("", &text).snippet(&read("xyz"));
        assert!(
            none.starts_with("La carta.") && none.ends_with('…'),
            "{none}"
        );
    }

    #[test]
    fn what_was_meant_is_told_when_it_is_not_what_was_written() {
        let hits = [excerpt(
            "Carta d'identità elettronica",
            "Prenota un appuntamento",
        )];
        for (text, meant) in [
            ("carta idntita", Some("carta identita")),
            ("carte identità", None),
            ("carta ident", None),
            ("apuntamento", Some("appuntamento")),
            ("zzzzzz", None),
        ] {
            assert_eq!(did_you_mean(&read(text), &hits).as_deref(), meant, "{text}");
        }
    }

    proptest! {
        #[test]
        fn marks_are_the_only_elements(text in "[a-z<>&\"' àè🙂\n]{0,400}", wanted in "[a-zà ]{0,20}") {
            let hit = excerpt(&text, &text);
            let wanted = read(&wanted);
            for html in [hit.title(&wanted), hit.snippet(&wanted)] {
                let bare = html.replace("<mark>", "").replace("</mark>", "");
                prop_assert!(!bare.contains(['<', '>']), "{html}");
            }
            let title = hit.title(&wanted).replace("<mark>", "").replace("</mark>", "");
            prop_assert_eq!(title, escaped(&text));
        }
    }
}
