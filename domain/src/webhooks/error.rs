//! What goes wrong with webhooks.

use crate::{
    identity::{IdentityError, NoRandomness, Refusal},
    store::StoreError,
};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Keys cannot be made or used.
    #[error("the keys of a webhook cannot be used: {0}")]
    Keys(String),
    /// The input is at fault.
    #[error(transparent)]
    Refused(#[from] WebhookRefusal),
}

impl From<NoRandomness> for WebhookError {
    fn from(error: NoRandomness) -> Self {
        Self::Keys(error.to_string())
    }
}

impl From<IdentityError> for WebhookError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Refused(Refusal::NoSecret) => WebhookRefusal::NoSecret.into(),
            IdentityError::Store(error) => error.into(),
            other => Self::Keys(other.to_string()),
        }
    }
}

/// What the user can mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefusal {
    /// The address may not be called.
    #[error("{0}")]
    Url(String),
    /// No type of events.
    #[error("name at least one type of events")]
    Events,
    /// Too long.
    #[error("the description is too long: write at most {0} characters")]
    Description(usize),
    /// There are many already.
    #[error("there are {0} webhooks already: delete one first")]
    TooMany(usize),
    /// There is no key to encrypt secrets with.
    #[error("secrets cannot be kept here: who runs the service must set MUNICIPIO_SECRET")]
    NoSecret,
    /// There is no such address or delivery.
    #[error("there is no such {0}")]
    NotFound(&'static str),
}

impl WebhookRefusal {
    /// The code by which programs know it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url(_) => "INVALID_URL",
            Self::Events => "INVALID_EVENTS",
            Self::Description(_) => "TOO_LONG",
            Self::TooMany(_) => "TOO_MANY_WEBHOOKS",
            Self::NoSecret => "SECRET_UNAVAILABLE",
            Self::NotFound(_) => "NOT_FOUND",
        }
    }

    /// The field of the input that is at fault.
    pub fn path(&self) -> Option<&'static str> {
        match self {
            Self::Url(_) => Some("url"),
            Self::Events => Some("events"),
            Self::Description(_) => Some("description"),
            Self::NotFound(_) => Some("id"),
            Self::TooMany(_) | Self::NoSecret => None,
        }
    }
}
