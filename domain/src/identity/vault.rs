//! Secrets that must be read again, such as that of a second factor, or an answer that is given once: encrypted with a key that is not in
//! the database (AES-256-GCM), and bound to the place where they are kept, so that one cannot be put in
//! the place of another.

use std::sync::Arc;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hkdf::{HKDF_SHA256, Salt},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{IdentityError, Refusal};

/// Encrypts and decrypts.
#[derive(Clone, Debug)]
pub struct Vault(Option<Arc<RandomizedNonceKey>>);

/// The shortest secret from which a key is made: 32 characters of hexadecimal have 128 bits.
pub const SHORTEST_SECRET: usize = 32;

impl Vault {
    /// With the key that belongs to this secret.
    ///
    /// # Errors
    /// The cryptographic library refuses.
    pub fn new(secret: &str) -> Result<Self, IdentityError> {
        let key = key_for("secrets of accounts", secret).ok_or_else(|| failed("no key"))?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &key).map_err(|_| failed("no key"))?;
        Ok(Self(Some(Arc::new(key))))
    }

    /// Without a key: nothing can be encrypted or read.
    pub fn without_key() -> Self {
        Self(None)
    }

    /// Encrypts what is kept at this place.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> Result<String, IdentityError> {
        let key = self.0.as_ref().ok_or(Refusal::NoSecret)?;
        let mut sealed = plain.to_vec();
        let nonce = key.seal_in_place_append_tag(Aad::from(place), &mut sealed);
        let nonce = nonce.map_err(|_| failed("not encrypted"))?;
        let text = [nonce.as_ref().as_slice(), &sealed].concat();
        Ok(STANDARD.encode(text))
    }

    /// Decrypts what is kept at this place.
    pub(crate) fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, IdentityError> {
        let key = self
            .0
            .as_ref()
            .ok_or_else(|| failed("there is no MUNICIPIO_SECRET"))?;
        let wrong = || failed("it was encrypted with another key: set MUNICIPIO_SECRET as before");
        let bytes = STANDARD.decode(sealed).map_err(|_| wrong())?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut rest = rest.to_vec();
        let plain = key.open_in_place(nonce, Aad::from(place), &mut rest);
        Ok(plain.map_err(|_| wrong())?.to_vec())
    }
}

/// The key for a purpose that belongs to a secret; nothing when the cryptographic library refuses.
pub(crate) fn key_for(purpose: &str, secret: &str) -> Option<[u8; 32]> {
    let salt = Salt::new(HKDF_SHA256, b"municipio");
    let mut key = [0; 32];
    salt.extract(secret.as_bytes())
        .expand(&[purpose.as_bytes()], HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key))
        .ok()?;
    Some(key)
}

fn failed(why: &str) -> IdentityError {
    IdentityError::Vault(why.to_owned())
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
