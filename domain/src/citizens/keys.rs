//! The keys of what is known of citizens. Nobody is found by a fiscal code that is kept: a person is the keyed hash
//! of it ([`CitizenId`]), another one in each municipality. What is kept of a case is encrypted with a key of its own
//! ([`DataKey`]), which is kept encrypted beside it. Without that key what it encrypted is erased: here at once, and in
//! backups when the last one that holds the key has expired.

use std::{fmt, str::FromStr};

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::FiscalCode;
use crate::{
    ids::TenantId,
    sealing::{SealError, SealingKey, key_for},
};

/// Hides and encrypts what is known of citizens.
#[derive(Debug)]
pub struct CitizenKeys {
    /// Of the hashes by which people are found.
    lookup: hmac::Key,
    /// Encrypts data keys.
    master: SealingKey,
}

impl CitizenKeys {
    pub(crate) fn new(secret: &str) -> Result<Self, SealError> {
        let key = |purpose| key_for(purpose, secret).ok_or(SealError::Library);
        Ok(Self {
            lookup: hmac::Key::new(HMAC_SHA256, &key("fiscal codes of citizens")?),
            master: SealingKey::new(&key("data keys of citizens")?)?,
        })
    }

    /// The person with this fiscal code, as a municipality knows them.
    pub fn citizen(&self, tenant: TenantId, code: &FiscalCode) -> CitizenId {
        let of_tenant = hmac::sign(&self.lookup, tenant.0.as_bytes());
        let key = hmac::Key::new(HMAC_SHA256, of_tenant.as_ref());
        let hash = hmac::sign(&key, code.reveal().as_bytes());
        CitizenId(URL_SAFE_NO_PAD.encode(hash))
    }

    /// A code that somebody was told, as a municipality keeps it.
    pub(crate) fn code(&self, tenant: TenantId, code: &str) -> String {
        let of_codes = [b"codes:".as_slice(), tenant.0.as_bytes()].concat();
        let key = hmac::sign(&self.lookup, &of_codes);
        let key = hmac::Key::new(HMAC_SHA256, key.as_ref());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, code.as_bytes()))
    }

    /// A new key for what is kept at this place, such as a case; and how it is kept itself.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn new_data_key(&self, place: &str) -> Result<(DataKey, WrappedKey), SealError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| SealError::Library)?;
        let wrapped = self.master.seal(&wrapping(place), &bytes)?;
        Ok((DataKey(SealingKey::new(&bytes)?), WrappedKey(wrapped)))
    }

    /// The key of this place, as it was kept.
    ///
    /// # Errors
    /// It is of another place or another secret.
    pub fn data_key(&self, place: &str, wrapped: &WrappedKey) -> Result<DataKey, SealError> {
        let bytes = self.master.open(&wrapping(place), &wrapped.0)?;
        let bytes = bytes.as_slice().try_into();
        Ok(DataKey(SealingKey::new(
            bytes.map_err(|_| SealError::OtherKey)?,
        )?))
    }
}

fn wrapping(place: &str) -> String {
    format!("data key:{place}")
}

/// A key that encrypts what is known of one case.
#[derive(Debug)]
pub struct DataKey(SealingKey);

/// A data key as it is kept: encrypted. Who throws it away erases what it encrypted, once no
/// backup holds it any more.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(String);

impl WrappedKey {
    /// A key that was kept.
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The key as it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrappedKey(…)")
    }
}

impl DataKey {
    /// Encrypts what is kept at this place, such as a field of an event.
    ///
    /// # Errors
    /// The cryptographic library refuses.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<String, SealError> {
        self.0.seal(place, plain)
    }

    /// Encrypts a part of a file that is kept at this place.
    pub(crate) fn seal_bytes(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.0.seal_bytes(place, plain)
    }

    /// Decrypts a part of a file that is kept at this place.
    pub(crate) fn open_bytes(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        self.0.open_bytes(place, sealed)
    }

    /// Decrypts what is kept at this place.
    ///
    /// # Errors
    /// It is of another place or another key.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        self.0.open(place, sealed)
    }
}

/// A person, as one municipality knows them: the keyed hash of their fiscal code. It says nothing without the key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CitizenId(String);

/// Text that is not the id of a citizen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a citizen")]
pub struct InvalidCitizenId;

impl CitizenId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CitizenId {
    type Err = InvalidCitizenId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if bytes.len() == 32 => Ok(Self(text.to_owned())),
            _ => Err(InvalidCitizenId),
        }
    }
}

impl<'de> Deserialize<'de> for CitizenId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secret: &str) -> CitizenKeys {
        CitizenKeys::new(secret).unwrap()
    }

    #[test]
    fn a_person_is_the_same_in_one_municipality_and_with_one_secret_alone() {
        let (here, there) = (TenantId::generate(), TenantId::generate());
        let code = |text: &str| text.parse::<FiscalCode>().unwrap();
        let mario = code("RSSMRA80A01H501U");
        let first = keys("one secret of 32 characters at least");
        let id = first.citizen(here, &mario);
        assert_eq!(id, first.citizen(here, &code("rssmra80a01h501u")));
        assert_ne!(id, first.citizen(here, &code("MRTMTT91D08F205J")));
        assert_ne!(id, first.citizen(there, &mario));
        let second = keys("another secret of 32 characters");
        assert_ne!(id, second.citizen(here, &mario));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("RSSMRA80A01H501U".parse::<CitizenId>().is_err());
    }

    #[test]
    fn what_a_case_keeps_is_read_with_its_own_key_at_its_own_place() {
        let keys = keys("one secret of 32 characters at least");
        let (key, wrapped) = keys.new_data_key("case:1").unwrap();
        let sealed = key.seal("case:1:name", b"Mario Rossi").unwrap();
        let again = keys.data_key("case:1", &wrapped).unwrap();
        assert_eq!(again.open("case:1:name", &sealed).unwrap(), b"Mario Rossi");
        assert!(again.open("case:1:note", &sealed).is_err());
        assert!(keys.data_key("case:2", &wrapped).is_err());
        let (other, _) = keys.new_data_key("case:1").unwrap();
        assert!(other.open("case:1:name", &sealed).is_err());
        let elsewhere = CitizenKeys::new("another secret of 32 characters").unwrap();
        assert!(elsewhere.data_key("case:1", &wrapped).is_err());
        assert!(!format!("{wrapped:?} {key:?}").contains(wrapped.as_str()));
    }
}
