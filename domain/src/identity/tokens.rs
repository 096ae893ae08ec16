//! Tokens and keys: random texts that say what they are (`mun_at_…`) and carry a checksum, so that
//! scanners find them where they should not be, and a mistyped one costs no look-up. Stored is their
//! SHA-256 alone: they have 190 random bits, which no slow hash could protect better.

use std::fmt;

use crate::digest::sha256;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Calls the API for some minutes.
    Access,
    /// Is exchanged for new tokens, once.
    Refresh,
    /// Calls the API for a program.
    ApiKey,
    /// Sets a new password, once.
    Reset,
    /// Shows what is not public yet.
    Preview,
    /// Completes the sign-in that its owner began.
    SignIn,
    /// Lets App IO fetch the content of messages.
    RemoteContent,
}

impl TokenKind {
    const ALL: [Self; 7] = [
        Self::Access,
        Self::Refresh,
        Self::ApiKey,
        Self::Reset,
        Self::Preview,
        Self::SignIn,
        Self::RemoteContent,
    ];

    /// With what it begins.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Access => "mun_at_",
            Self::Refresh => "mun_rt_",
            Self::ApiKey => "mun_key_",
            Self::Reset => "mun_pr_",
            Self::Preview => "mun_pv_",
            Self::SignIn => "mun_si_",
            Self::RemoteContent => "mun_io_",
        }
    }
}

/// Digits and letters.
pub(super) const DIGITS: &[u8; 62] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Random characters; 62 different ones each.
const RANDOM: usize = 32;
/// Characters of the checksum: 62 to the power of 6 is more than 2 to the power of 32.
const CHECKSUM: usize = 6;

/// The operating system gives no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random numbers: {0}")]
pub struct NoRandomness(#[from] getrandom::Error);

/// A token as its owner has it. It is not shown by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}…)", self.hint())
    }
}

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn generate(kind: TokenKind) -> Result<Self, NoRandomness> {
        let mut token = kind.prefix().to_owned();
        token.push_str(&random_text(DIGITS, RANDOM)?);
        token.push_str(&checksum(&token));
        Ok(Self(token))
    }

    /// Reads one; nothing when it cannot be a token of ours.
    pub fn read(text: &str) -> Option<(TokenKind, Self)> {
        let kind = TokenKind::ALL.iter().copied();
        let kind = kind
            .into_iter()
            .find(|kind| text.starts_with(kind.prefix()))?;
        let is_whole = text.is_ascii() && text.len() == kind.prefix().len() + RANDOM + CHECKSUM;
        let (rest, sum) = text.split_at_checked(text.len().checked_sub(CHECKSUM)?)?;
        (is_whole && checksum(rest) == sum).then(|| (kind, Self(text.to_owned())))
    }

    /// The token itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// By which it is found.
    pub fn hash(&self) -> String {
        sha256(&self.0)
    }

    /// Its first characters, by which people know it.
    pub fn hint(&self) -> String {
        let random = self.0.rfind('_').map_or(0, |end| end + 1);
        self.0.chars().take(random + 4).collect()
    }
}

/// As many random characters of these.
pub(super) fn random_text(alphabet: &[u8], length: usize) -> Result<String, NoRandomness> {
    // What is beyond the last whole round would make some characters more frequent.
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 64];
    while text.len() < length {
        getrandom::fill(&mut bytes)?;
        let fair = bytes
            .iter()
            .map(|byte| usize::from(*byte))
            .filter(|byte| *byte < fair);
        let wanted = fair.take(length - text.len());
        text.extend(wanted.map(|byte| char::from(alphabet[byte % alphabet.len()])));
    }
    Ok(text)
}

/// The CRC-32 of a text in base 62.
fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes()) as usize;
    let mut digits = [DIGITS[0]; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[rest % DIGITS.len()];
        rest /= DIGITS.len();
    }
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_say_what_they_are_and_notice_a_wrong_character() {
        for kind in TokenKind::ALL {
            let token = Token::generate(kind).unwrap();
            assert!(token.reveal().starts_with(kind.prefix()));
            assert_eq!(Token::read(token.reveal()), Some((kind, token.clone())));
            assert_ne!(token, Token::generate(kind).unwrap());
            assert_eq!(token.hint().len(), kind.prefix().len() + 4);
            for place in kind.prefix().len()..token.reveal().len() {
                let mut changed = token.reveal().to_owned().into_bytes();
                changed[place] = if changed[place] == b'x' { b'y' } else { b'x' };
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(Token::read(&changed), None, "{changed}");
            }
        }
        for wrong in [
            "",
            "mun_at_",
            "mun_",
            "Bearer",
            "mun_at_è",
            &"mun_at_0".repeat(9),
        ] {
            assert_eq!(Token::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn tokens_are_not_logged() {
        let token = Token::generate(TokenKind::Access).unwrap();
        assert!(!format!("{token:?}").contains(token.reveal()));
    }

    #[test]
    fn the_checksum_is_a_crc_32_in_base_62() {
        // The check value of CRC-32/ISO-HDLC, 0xCBF43926.
        assert_eq!(checksum("123456789"), "3jZRME");
    }
}
