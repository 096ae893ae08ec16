//! Why somebody is not taken for a citizen.

use super::InvalidFiscalCode;
use crate::{
    openid::{OpenIdError, TokenFault},
    store::StoreError,
};

/// Why a token does not make its bearer a citizen, or not one who may do this.
#[derive(Debug, thiserror::Error)]
pub enum CitizenError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The token is not what it should be, or its issuer is of no help.
    #[error(transparent)]
    OpenId(#[from] OpenIdError),
    /// The token does not say whose it is.
    #[error(
        "the token has no fiscal code: have the issuer give it, or map the claim in which it is"
    )]
    FiscalCodeMissing,
    /// What it says is no fiscal code of a person.
    #[error(transparent)]
    FiscalCode(#[from] InvalidFiscalCode),
    /// It is not sure enough who it is.
    #[error(transparent)]
    Level(#[from] LevelTooLow),
    /// There is no secret from which keys could be made.
    #[error("citizens cannot sign in here: who runs the service must set MUNICIPIO_SECRET")]
    NoSecret,
}

impl From<TokenFault> for CitizenError {
    fn from(fault: TokenFault) -> Self {
        Self::OpenId(fault.into())
    }
}

/// It is not sure enough who somebody is: they sign in anew, at one of these levels (RFC 9470).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sign in again at a higher level")]
pub struct LevelTooLow {
    /// How the issuer calls the levels that are high enough, the lowest first (`acr_values`); empty when it has none,
    /// so that signing in again would not help.
    pub acr_values: String,
}
