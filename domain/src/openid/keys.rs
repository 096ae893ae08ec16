//! The keys that an issuer publishes (JWK Set, RFC 7517).

use jsonwebtoken::{
    DecodingKey,
    crypto::verify,
    jwk::{Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

use super::{Algorithm, OpenIdError, TokenFault, token::Signed};

/// The keys of an issuer.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: Option<String>,
    /// The algorithm that the issuer names.
    algorithm: Option<String>,
    key: DecodingKey,
}

/// More keys than any issuer has.
const MOST: usize = 100;

impl Keys {
    /// Reads a set. Keys of a kind that is not known are left out, as RFC 7517 says.
    pub(super) fn read(json: &[u8]) -> Result<Self, OpenIdError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(json)
            .map_err(|error| OpenIdError::Invalid(format!("its keys: {error}")))?;
        Ok(Self(
            set.keys
                .into_iter()
                .take(MOST)
                .filter_map(Key::read)
                .collect(),
        ))
    }

    /// Checks the signature of a token with the key that it names. One that names none is checked if there is
    /// one key alone that fits.
    pub(super) fn verify(&self, token: &Signed<'_>) -> Result<(), TokenFault> {
        let fits = |key: &&Key| {
            key.is_for(token.algorithm) && (token.key_id.is_none() || key.id == token.key_id)
        };
        let mut fitting = self.0.iter().filter(fits);
        let (Some(key), None) = (fitting.next(), fitting.next()) else {
            return Err(TokenFault::UnknownKey);
        };
        let message = token.message.as_bytes();
        match verify(
            token.signature,
            message,
            &key.key,
            token.algorithm.library(),
        ) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(TokenFault::Signature),
        }
    }
}

impl Key {
    fn read(json: Value) -> Option<Self> {
        let algorithm = json.get("alg").and_then(Value::as_str).map(str::to_owned);
        let jwk: Jwk = serde_json::from_value(json).ok()?;
        if !matches!(
            jwk.common.public_key_use,
            None | Some(PublicKeyUse::Signature)
        ) {
            return None;
        }
        Some(Self {
            key: DecodingKey::from_jwk(&jwk).ok()?,
            id: jwk.common.key_id,
            algorithm,
        })
    }

    fn is_for(&self, algorithm: Algorithm) -> bool {
        let of_its_kind = self
            .key
            .family()
            .algorithms()
            .contains(&algorithm.library());
        let named = self.algorithm.as_deref();
        of_its_kind && named.is_none_or(|named| named == algorithm.as_str())
    }
}
