//! Citizens: people whom a municipality serves, who sign in elsewhere (SPID, CIE) and bring a token. It keeps no
//! accounts of them: a person is the keyed hash of a fiscal code, and what is known of them is encrypted.

mod citizen;
mod delegation;
mod delegations;
mod demo;
mod error;
mod fiscal_code;
mod issuer;
mod keys;
mod level;
mod settings;

pub use crate::sealing::SealError;
pub use citizen::{Citizen, identify};
pub use delegation::{DelegationKind, DelegationRefused, Term, delegation_term};
pub use delegations::{
    Delegation, DelegationError, NewDelegation, delegations_about, delegations_of,
    forget_delegations, grant_delegation, revoke_delegations,
};
pub use demo::{DEMO_CITIZENS, DemoCitizen, DemoIssuer};
pub use error::{CitizenError, LevelTooLow};
pub(crate) use fiscal_code::is_fiscal_code;
pub use fiscal_code::{FiscalCode, InvalidFiscalCode};
#[cfg(test)]
pub(crate) use fiscal_code::{MONTHS, check_character};
pub use issuer::{
    CitizenIssuer, CitizenIssuerChange, NewCitizenIssuer, create_citizen_issuer,
    delete_citizen_issuer, update_citizen_issuer,
};
pub use keys::{CitizenId, CitizenKeys, DataKey, InvalidCitizenId, WrappedKey};
pub use level::{LevelOfAssurance, LevelWord};
pub use settings::{ClaimMap, IssuerSettings};
