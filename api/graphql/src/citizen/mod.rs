//! Citizens who call, and the issuers of their tokens.

mod caller;
mod delegation;
mod export;
mod issuer;

pub(crate) use caller::{Citizen, LevelOfAssurance};
pub(crate) use delegation::{Delegation, DelegationKind};
pub(crate) use export::PersonExport;
pub(crate) use issuer::{CitizenIssuer, CitizenIssuerSettingsInput};
