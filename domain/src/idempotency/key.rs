//! The key that a client gives a mutation.

use std::str::FromStr;

/// A key: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// A header that is no key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "an Idempotency-Key has 1 to 255 visible ASCII characters, such as a UUID, in quotes or without"
)]
pub struct InvalidIdempotencyKey;

impl IdempotencyKey {
    const MAX: usize = 255;

    /// The key as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = InvalidIdempotencyKey;

    /// Reads the header: a string of RFC 9651, as the draft has it, or the bare key, as many clients
    /// send it.
    fn from_str(header: &str) -> Result<Self, Self::Err> {
        let header = header.trim();
        let quoted = header
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let key = match quoted {
            Some(quoted) => unescaped(quoted)?,
            None => header.to_owned(),
        };
        let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        match visible && (1..=Self::MAX).contains(&key.len()) {
            true => Ok(Self(key)),
            false => Err(InvalidIdempotencyKey),
        }
    }
}

fn unescaped(quoted: &str) -> Result<String, InvalidIdempotencyKey> {
    let mut key = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        key.push(match character {
            '"' => return Err(InvalidIdempotencyKey),
            '\\' => match characters.next() {
                Some(escaped @ ('"' | '\\')) => escaped,
                _ => return Err(InvalidIdempotencyKey),
            },
            character => character,
        });
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_quotes_and_without() {
        let read = |header: &str| header.parse::<IdempotencyKey>().map(|key| key.0);
        assert_eq!(read("\"8e03978e-40d5\""), Ok("8e03978e-40d5".to_owned()));
        assert_eq!(read("8e03978e-40d5"), Ok("8e03978e-40d5".to_owned()));
        assert_eq!(read(r#""a\"b\\c""#), Ok(r#"a"b\c"#.to_owned()));
        for wrong in [
            "",
            "\"\"",
            "a b",
            "\"a\"b\"",
            r#""a\b""#,
            "è",
            &"x".repeat(256),
        ] {
            assert_eq!(read(wrong), Err(InvalidIdempotencyKey), "{wrong}");
        }
    }
}
