//! Secrets that must be read again, such as that of a second factor, or an answer that is given once: encrypted with a
//! key that is not in the database. The keys of what is known of citizens come from the same secret.

use std::sync::Arc;

use super::{IdentityError, Refusal};
use crate::{
    citizens::CitizenKeys,
    sealing::{SealError, SealingKey, key_for},
};

/// Encrypts and decrypts.
#[derive(Clone, Debug)]
pub struct Vault(Option<Arc<Keys>>);

#[derive(Debug)]
struct Keys {
    secrets: SealingKey,
    citizens: CitizenKeys,
}

/// The shortest secret from which a key is made: 32 characters of hexadecimal have 128 bits.
pub const SHORTEST_SECRET: usize = 32;

impl Vault {
    /// With the keys that belong to this secret.
    ///
    /// # Errors
    /// The cryptographic library refuses.
    pub fn new(secret: &str) -> Result<Self, IdentityError> {
        let key = key_for("secrets of accounts", secret).ok_or(SealError::Library)?;
        Ok(Self(Some(Arc::new(Keys {
            secrets: SealingKey::new(&key)?,
            citizens: CitizenKeys::new(secret)?,
        }))))
    }

    /// Without keys: nothing can be encrypted or read.
    pub fn without_key() -> Self {
        Self(None)
    }

    /// The keys of what is known of citizens; nothing when there is no secret.
    pub fn citizens(&self) -> Option<&CitizenKeys> {
        self.0.as_ref().map(|keys| &keys.citizens)
    }

    /// Encrypts what is kept at this place.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> Result<String, IdentityError> {
        let keys = self.0.as_ref().ok_or(Refusal::NoSecret)?;
        Ok(keys.secrets.seal(place, plain)?)
    }

    /// Decrypts what is kept at this place.
    pub(crate) fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, IdentityError> {
        let missing = || IdentityError::Vault("there is no MUNICIPIO_SECRET".to_owned());
        let keys = self.0.as_ref().ok_or_else(missing)?;
        Ok(keys.secrets.open(place, sealed)?)
    }
}

impl From<SealError> for IdentityError {
    fn from(error: SealError) -> Self {
        Self::Vault(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_with_the_same_key_at_the_same_place() {
        let vault = Vault::new("one secret of 32 characters at least").unwrap();
        let sealed = vault.seal("here", b"secret").unwrap();
        assert_ne!(sealed, vault.seal("here", b"secret").unwrap());
        assert_eq!(vault.open("here", &sealed).unwrap(), b"secret");
        assert!(vault.open("there", &sealed).is_err());
        assert!(vault.open("here", "AAAA").is_err());
        let other = Vault::new("another secret of 32 characters").unwrap();
        assert!(other.open("here", &sealed).is_err());
    }
}
