//! The Gulpease index: how hard an Italian text is to read, from 0 (hardest) to 100. It was gauged on
//! Italian readers: below 80 a text is hard for who has a primary school certificate, below 60 for who
//! left school after eight years, below 40 for who has a diploma (Lucisano and Piemontese 1988).

/// 89 + (300 · sentences − 10 · letters) / words; nothing of texts with fewer words than these, for
/// which the index says little.
pub(super) fn index(text: &str, least: usize) -> Option<u8> {
    let words = text.split_whitespace();
    let words = words.filter(|word| word.chars().any(char::is_alphanumeric));
    let words = words.count();
    if words < least.max(1) {
        return None;
    }
    let letters = text
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .count();
    let index = 89.0 + (300.0 * sentences(text) as f64 - 10.0 * letters as f64) / words as f64;
    // Between 0 and 100, so it fits.
    Some(index.round().clamp(0.0, 100.0) as u8)
}

/// Sentences end at a stop, and at the end of a line. The stop of an abbreviation («art. 5», «D.Lgs.»)
/// ends none: what follows it is a number or begins small.
fn sentences(text: &str) -> usize {
    text.lines().map(in_line).sum::<usize>().max(1)
}

fn in_line(line: &str) -> usize {
    let mut count = 0;
    let mut has_words = false;
    let mut rest = line.chars().peekable();
    while let Some(character) = rest.next() {
        has_words |= character.is_alphanumeric();
        if !has_words || !matches!(character, '.' | '!' | '?' | '…' | ';') {
            continue;
        }
        let mut ahead = rest.clone();
        let ends = match ahead.next() {
            None => true,
            Some(next) if next.is_whitespace() => {
                let begin = ahead.find(|next| next.is_alphanumeric());
                character != '.'
                    || begin.is_none_or(|begin| !begin.is_lowercase() && !begin.is_numeric())
            }
            Some(_) => false,
        };
        if ends {
            count += 1;
            has_words = false;
        }
    }
    count + usize::from(has_words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_formula_is_that_of_the_literature() {
        // 2 sentences, 8 words, 34 letters: 89 + (600 - 340) / 8 is more than the 100 where the index ends.
        let text = "Il gatto dorme. La bambina mangia una mela.";
        let letters = text
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .count();
        assert_eq!((letters, sentences(text)), (34, 2));
        assert_eq!(index(text, 1), Some(100));
        let long = "Amministrazione procedimentale conseguentemente autocertificata";
        // 1 sentence, 4 words, 60 letters: 89 + (300 - 600) / 4.
        assert_eq!(
            long.chars()
                .filter(|letter| letter.is_alphanumeric())
                .count(),
            60
        );
        assert_eq!(index(long, 1), Some(14));
        assert_eq!(index(long, 5), None);
    }

    #[test]
    fn abbreviations_end_no_sentence() {
        for (text, count) in [
            (
                "Ai sensi dell'art. 5 del D.Lgs. 33/2013 e del d.P.R. 445/2000.",
                1,
            ),
            ("Vieni. Porta la foto! Hai dubbi? Chiama", 4),
            ("- uno\n- due\n\n- tre", 3),
            ("...", 1),
            ("", 1),
        ] {
            assert_eq!(sentences(text), count, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_index_or_none(text in ".{0,400}") {
            prop_assert!(index(&text, 1).is_none_or(|index| index <= 100));
        }

        #[test]
        fn longer_words_are_never_easier(words in prop::collection::vec("[a-z]{1,12}", 10..40)) {
            let text = words.join(" ");
            let longer: Vec<_> = words.iter().map(|word| format!("{word}zza")).collect();
            prop_assert!(index(&longer.join(" "), 1) <= index(&text, 1));
        }
    }
}
