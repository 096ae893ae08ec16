//! The keys that an issuer publishes (JWK Set, RFC 7517).

use std::collections::BTreeSet;

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
/// What only the owner of a key knows of it (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Why keys cannot be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    /// Not a set of keys.
    #[error("write a JWK Set: an object with a list «keys»")]
    Shape,
    /// Somebody could sign with them.
    #[error(
        "one of these keys is private or shared: write public keys, and replace that one, which was shown"
    )]
    Private,
    /// Nothing can be verified with them.
    #[error("none of these keys is for signatures with an accepted algorithm")]
    Useless,
}

/// Whether keys that are written down are public, and one of them is for one of these algorithms.
///
/// # Errors
/// They are not.
pub fn check_keys(jwks: &Value, accepted: &BTreeSet<Algorithm>) -> Result<(), InvalidKeys> {
    let keys = jwks.get("keys").and_then(Value::as_array);
    let keys = keys.ok_or(InvalidKeys::Shape)?;
    let is_private = |key: &Value| PRIVATE.iter().any(|name| key.get(name).is_some());
    if keys.iter().any(is_private) {
        return Err(InvalidKeys::Private);
    }
    let read = keys.iter().take(MOST).cloned().filter_map(Key::read);
    let mut read = read.filter(|key| accepted.iter().any(|one| key.is_for(*one)));
    read.next().map(drop).ok_or(InvalidKeys::Useless)
}

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
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        // One curve is for one algorithm.
        let of_curve = match text("crv") {
            Some("P-256") => Some("ES256"),
            Some("P-384") => Some("ES384"),
            _ => None,
        };
        let algorithm = text("alg").or(of_curve).map(str::to_owned);
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
