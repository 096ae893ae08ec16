//! Citizens who call, and the issuers of their tokens.

mod caller;
mod issuer;

pub(crate) use caller::{Citizen, LevelOfAssurance};
pub(crate) use issuer::{CitizenIssuer, CitizenIssuerSettingsInput};
