//! Encryption of what is kept (AES-256-GCM), bound to the place where it is kept, so that one cannot be put in the
//! place of another; and the keys for each purpose, made of the program's one secret.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hkdf::{HKDF_SHA256, Salt},
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// By how many bytes what is encrypted is longer: the nonce and the tag.
pub(crate) const OVERHEAD: usize = NONCE_LEN + 16;

/// Encrypts and decrypts.
#[derive(Debug)]
pub(crate) struct SealingKey(RandomizedNonceKey);

/// Why something is not encrypted or decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The cryptographic library refuses.
    #[error("the cryptographic library refuses")]
    Library,
    /// Not what was encrypted with this key for this place.
    #[error("it was encrypted with another key: set MUNICIPIO_SECRET as before")]
    OtherKey,
}

impl SealingKey {
    pub(crate) fn new(key: &[u8; 32]) -> Result<Self, SealError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, key);
        key.map(Self).map_err(|_| SealError::Library)
    }

    /// Encrypts what is kept at this place, as text.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> Result<String, SealError> {
        Ok(STANDARD.encode(self.seal_bytes(place, plain)?))
    }

    /// Decrypts what is kept at this place, as text.
    pub(crate) fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        let bytes = STANDARD.decode(sealed).map_err(|_| SealError::OtherKey)?;
        self.open_bytes(place, &bytes)
    }

    /// Encrypts what is kept at this place; it gets longer by [`OVERHEAD`].
    pub(crate) fn seal_bytes(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut sealed = plain.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(place), &mut sealed);
        let nonce = nonce.map_err(|_| SealError::Library)?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// Decrypts what is kept at this place.
    pub(crate) fn open_bytes(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let wrong = SealError::OtherKey;
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong)?;
        let mut rest = rest.to_vec();
        let plain = self.0.open_in_place(nonce, Aad::from(place), &mut rest);
        Ok(plain.map_err(|_| wrong)?.to_vec())
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
