//! What goes wrong with accounts, sessions and keys.

use super::{Denied, tokens::NoRandomness};
use crate::store::StoreError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many passwords are being checked.
    #[error("too many sign in at the moment")]
    Busy,
    /// A password cannot be hashed, or its hash cannot be read.
    #[error("a password cannot be hashed: {0}")]
    Hash(String),
    /// A secret cannot be made.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The caller may not do it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The input is at fault.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// What the user can mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// One answer for everything that does not fit, so that nobody learns which accounts there are.
    #[error(
        "e-mail address, password or code are wrong, or there were too many attempts: wait and try again"
    )]
    Credentials,
    /// The password is right; the account has a second factor.
    #[error("send the code of the second factor too")]
    SecondFactorRequired,
    /// Neither known nor valid any more.
    #[error("the token is not known, has expired or was used before: sign in again")]
    Token,
    /// There is an account with this address already.
    #[error("there is an account with the e-mail address {0} already")]
    EmailTaken(String),
    /// Not an e-mail address.
    #[error(transparent)]
    Email(#[from] super::InvalidEmail),
    /// Nobody can be shown without a name.
    #[error("write a name of 1 to {0} characters")]
    Name(usize),
    /// Neither a built-in role nor one of the municipality.
    #[error("there is no role «{0}»")]
    UnknownRole(String),
    /// Too short.
    #[error("the password is too short: write at least {0} characters, such as four or five words")]
    PasswordTooShort(usize),
    /// Too long.
    #[error("the password is too long: write at most {0} characters")]
    PasswordTooLong(usize),
    /// Easy to guess.
    #[error(
        "the password is easy to guess: choose words that have nothing to do with each other or with you"
    )]
    PasswordTooCommon,
}

impl Refusal {
    /// The code by which programs know it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Credentials => "INVALID_CREDENTIALS",
            Self::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
            Self::Token => "INVALID_TOKEN",
            Self::EmailTaken(_) => "EMAIL_TAKEN",
            Self::Email(_) => "INVALID_EMAIL",
            Self::Name(_) => "INVALID_NAME",
            Self::UnknownRole(_) => "UNKNOWN_ROLE",
            Self::PasswordTooShort(_) => "PASSWORD_TOO_SHORT",
            Self::PasswordTooLong(_) => "PASSWORD_TOO_LONG",
            Self::PasswordTooCommon => "PASSWORD_TOO_COMMON",
        }
    }

    /// The field of the input that is at fault.
    pub fn path(&self) -> Option<&'static str> {
        match self {
            Self::Credentials => None,
            Self::SecondFactorRequired => Some("code"),
            Self::Token => Some("token"),
            Self::EmailTaken(_) | Self::Email(_) => Some("email"),
            Self::Name(_) => Some("name"),
            Self::UnknownRole(_) => Some("roles"),
            Self::PasswordTooShort(_) | Self::PasswordTooLong(_) | Self::PasswordTooCommon => {
                Some("password")
            }
        }
    }
}
