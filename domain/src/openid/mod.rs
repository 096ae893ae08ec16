//! OpenID Connect and OAuth 2.0 as a relying party speaks them: what an issuer publishes of itself, its keys,
//! the tokens that it signs, and the exchange of a code. It knows no tenants and keeps nothing in the
//! database; who may sign in, and as whom, is decided in `identity`. Whatever verifies a token of an issuer,
//! whoever carries it, does it here.

mod code;
mod error;
mod issuers;
mod keys;
mod metadata;
mod published;
mod token;

pub use code::{Client, CodeGrant, Tokens};
pub use error::{OpenIdError, TokenFault};
pub use issuers::{Issuers, KeysAt, verify_with};
pub use keys::{InvalidKeys, check_keys};
pub use metadata::{Metadata, is_issuer};
pub use token::{Algorithm, Claims, Expected, Recipient, claim, is_signed, named_issuer};
