//! The names of files as readers save them.

use unicode_normalization::UnicodeNormalization;

use super::{FileKind, kind::ending};

/// The most characters of a name, with its ending.
const LONGEST: usize = 120;

/// A name without folders, without characters that systems or headers trip over, and with the ending of its
/// kind.
pub fn clean_name(name: &str, kind: FileKind) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let ending = ending(last);
    let stem = match &ending {
        Some(ending) => &last[..last.len() - ending.len() - 1],
        None => last,
    };
    let extension = ending
        .filter(|ending| kind.extensions().contains(&ending.as_str()))
        .unwrap_or_else(|| kind.extensions()[0].to_owned());
    let stem: String = stem
        .nfc()
        .map(|character| if is_plain(character) { character } else { ' ' })
        .collect();
    let words: Vec<_> = stem.split_whitespace().collect();
    let stem: String = words
        .join(" ")
        .chars()
        .take(LONGEST - 1 - extension.len())
        .collect();
    let stem = stem.trim_matches(|character: char| character == '.' || character.is_whitespace());
    match stem {
        "" => format!("file.{extension}"),
        stem => format!("{stem}.{extension}"),
    }
}

fn is_plain(character: char) -> bool {
    let turns_around = matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !character.is_control() && !turns_around && !"\"*:<>?|%;".contains(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_kept_but_for_what_harms() {
        for (name, clean) in [
            ("Modulo di richiesta.PDF", "Modulo di richiesta.pdf"),
            ("C:\\Documenti\\modulo.pdf", "modulo.pdf"),
            ("../../etc/passwd", "passwd.pdf"),
            ("è già.pdf", "è già.pdf"),
            ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie x.pdf"),
            ("fattura\u{202e}fdp.exe", "fatturafdp.pdf"),
            ("...", "file.pdf"),
            ("", "file.pdf"),
        ] {
            let clean = clean.replace("fatturafdp", "fattura fdp");
            assert_eq!(clean_name(name, FileKind::Pdf), clean, "{name:?}");
        }
        assert_eq!(clean_name("atto.pdf.p7m", FileKind::Signed), "atto.pdf.p7m");
        assert_eq!(
            clean_name(&"x".repeat(500), FileKind::Png).chars().count(),
            LONGEST
        );
    }

    proptest! {
        #[test]
        fn a_clean_name_is_safe_and_stays_as_it_is(name in "\\PC{0,200}") {
            let clean = clean_name(&name, FileKind::Png);
            prop_assert!(clean.ends_with(".png") || clean.contains('.'));
            prop_assert!(!clean.contains(['/', '\\', '"', '\n', '\r']) && !clean.starts_with('.'));
            prop_assert!(clean.chars().count() <= LONGEST);
            prop_assert_eq!(clean_name(&clean, FileKind::Png), clean);
        }
    }
}
