//! What goes wrong with an issuer and with its tokens.

use crate::outgoing::OutgoingError;

/// Why an issuer is of no help.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenIdError {
    /// It cannot be reached, or fails.
    #[error("the identity provider does not answer: {0}")]
    Unavailable(String),
    /// It answers something else than the specification says.
    #[error("the identity provider answers what cannot be used: {0}")]
    Invalid(String),
    /// It does not know us.
    #[error("the identity provider refuses the client: check client id and client secret ({0})")]
    ClientRefused(String),
    /// It does not know the code, or gave it to somebody else.
    #[error("the identity provider refuses the code: it was used, has expired or is not for us")]
    CodeRefused,
    /// A token is not what it should be.
    #[error(transparent)]
    Token(#[from] TokenFault),
}

impl From<OutgoingError> for OpenIdError {
    fn from(error: OutgoingError) -> Self {
        match error {
            OutgoingError::Insecure(_)
            | OutgoingError::Internal(_)
            | OutgoingError::TooLarge(_) => Self::Invalid(error.to_string()),
            OutgoingError::Unreached(..) | OutgoingError::Failed(..) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}

/// What is wrong with a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not a signed token, or a claim is missing or of another kind.
    #[error("the token cannot be read: {0}")]
    Malformed(String),
    /// Signed in a way that is not accepted, or not at all.
    #[error("the token is signed with «{0}», which is not accepted")]
    Algorithm(String),
    /// Signed with a key that the issuer does not publish.
    #[error("the token is signed with a key that its issuer does not publish")]
    UnknownKey,
    /// Changed, or signed by somebody else.
    #[error("the signature of the token is wrong")]
    Signature,
    /// Of another issuer.
    #[error("the token is of another issuer than was expected")]
    Issuer,
    /// For somebody else.
    #[error("the token is for somebody else")]
    Audience,
    /// Over.
    #[error("the token has expired")]
    Expired,
    /// Of the future.
    #[error("the token is not valid yet: compare the clocks")]
    NotYetValid,
    /// Of another sign-in.
    #[error("the token belongs to another sign-in")]
    Nonce,
    /// Not the one that came with the access token.
    #[error("the token does not belong to the access token that came with it")]
    AccessTokenHash,
}
