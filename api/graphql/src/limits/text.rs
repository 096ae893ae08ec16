//! The limits of the text, before it is parsed: the parser recurses, so depth is bounded here.

use async_graphql::ServerError;

use super::Limits;
use crate::error::ErrorCode;

/// The deepest nesting of brackets of any kind. Deep enough for every document within the limits.
const MAX_NESTING: usize = 64;

/// The longest name or number.
const MAX_WORD: usize = 128;

/// Counts bytes, tokens and nesting, without building anything.
///
/// # Errors
/// There are too many bytes or tokens, a name is too long, or brackets nest too deep.
pub fn scan(text: &str, limits: &Limits) -> Result<(), ServerError> {
    if text.len() > limits.document {
        let message = format!("the query has more than {} bytes", limits.document);
        return Err(ErrorCode::DocumentTooLarge.refuse(message));
    }
    let bytes = text.as_bytes();
    let mut position = 0;
    let mut tokens = 0;
    let mut nesting = 0_usize;
    while let Some(&byte) = bytes.get(position) {
        position = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                position += 1;
                continue;
            }
            // A byte order mark means nothing wherever it stands.
            0xef if bytes[position..].starts_with("\u{feff}".as_bytes()) => {
                position += 3;
                continue;
            }
            b'#' => {
                position = end_of_line(bytes, position);
                continue;
            }
            b'"' => end_of_string(bytes, position),
            b'.' => {
                position
                    + bytes[position..]
                        .iter()
                        .take(3)
                        .take_while(|byte| **byte == b'.')
                        .count()
            }
            b'{' | b'[' | b'(' => {
                nesting += 1;
                position + 1
            }
            b'}' | b']' | b')' => {
                nesting = nesting.saturating_sub(1);
                position + 1
            }
            _ if is_word(byte) => {
                let is_number = !byte.is_ascii_alphabetic();
                let within = |byte: &&u8| is_word(**byte) || (is_number && **byte == b'.');
                let length = bytes[position..].iter().take_while(within).count();
                if length > MAX_WORD {
                    let message = format!("a name or number has more than {MAX_WORD} characters");
                    return Err(ErrorCode::DocumentTooLarge.refuse(message));
                }
                position + length
            }
            _ => position + 1,
        };
        tokens += 1;
        if tokens > limits.tokens {
            let message = format!("the query has more than {} tokens", limits.tokens);
            return Err(ErrorCode::TooManyTokens.refuse(message));
        }
        if nesting > MAX_NESTING {
            let message = format!("the query nests deeper than {MAX_NESTING} brackets");
            return Err(ErrorCode::TooDeep.refuse(message));
        }
    }
    Ok(())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+') || !byte.is_ascii()
}

fn end_of_line(bytes: &[u8], start: usize) -> usize {
    let rest = bytes[start..].iter();
    start
        + rest
            .take_while(|byte| !matches!(byte, b'\n' | b'\r'))
            .count()
}

/// The position after a string or a block string; the end of the text when it does not end.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let is_block = bytes[start..].starts_with(b"\"\"\"");
    let mut position = start + if is_block { 3 } else { 1 };
    while let Some(&byte) = bytes.get(position) {
        let rest = &bytes[position..];
        position += match byte {
            b'\\' if is_block && rest.starts_with(b"\\\"\"\"") => 4,
            b'\\' if !is_block => 2,
            b'"' if is_block && rest.starts_with(b"\"\"\"") => return position + 3,
            b'"' if !is_block => return position + 1,
            b'\n' | b'\r' if !is_block => return position,
            _ => 1,
        };
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_within(text: &str, tokens: usize) -> bool {
        let limits = Limits {
            tokens,
            ..Limits::default()
        };
        scan(text, &limits).is_ok()
    }

    #[test]
    fn tokens_are_counted_as_the_specification_does() {
        for (text, tokens) in [
            ("{ a }", 3),
            ("{a,b c}#{{{{{\n", 5),
            ("\u{feff}{ a \u{feff}\u{feff} }", 3),
            (r#"{ a(b: "x { \" [ y") }"#, 8),
            (r#"{ a(b: """ " { \""" ( """) }"#, 8),
            ("query Q($a: [Int!]!) { ...F }", 16),
            ("{ a(b: -1.5e+3) }", 8),
        ] {
            assert!(is_within(text, tokens), "{text} has more than {tokens}");
            assert!(
                !is_within(text, tokens - 1),
                "{text} has fewer than {tokens}"
            );
        }
    }

    #[test]
    fn deep_nesting_is_refused_before_parsing() {
        for bracket in ["{a", "[", "("] {
            assert!(scan(&bracket.repeat(65), &Limits::default()).is_err());
            assert!(scan(&bracket.repeat(64), &Limits::default()).is_ok());
        }
        assert!(scan(&"[]".repeat(2_000), &Limits::default()).is_ok());
    }

    #[test]
    fn names_and_texts_have_a_length() {
        assert!(scan(&format!("{{ {} }}", "x".repeat(128)), &Limits::default()).is_ok());
        assert!(scan(&format!("{{ {} }}", "x".repeat(129)), &Limits::default()).is_err());
        let most = Limits::default().document;
        assert!(scan(&"#".repeat(most), &Limits::default()).is_ok());
        assert!(scan(&"#".repeat(most + 1), &Limits::default()).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_scanned(text in ".{0,300}") {
            let _ = scan(&text, &Limits::default());
        }

        #[test]
        fn a_text_has_no_more_tokens_than_bytes(text in r#"[ {}\[\]()"\\.a1#,\n]{0,80}"#) {
            let brackets = text.matches(['{', '[', '(']).count();
            prop_assert!(brackets > MAX_NESTING || is_within(&text, text.len().max(1)));
        }
    }
}
