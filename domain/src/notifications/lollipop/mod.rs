//! Proof that the device of a citizen asked for a message (LolliPoP). The app signs what it asks with a key that never leaves
//! the device, App IO hands the signature on, and the assertion with which the citizen signed in to App IO by SPID or CIE names
//! that key. The assertion is fetched from PagoPA, whose word for it is taken: the signature of who identified the citizen is not
//! looked at again.

mod assertion;
mod key;
mod signature;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use moka::future::Cache;

use super::{AppIo, CallError, CallFault, NotificationError, account};
use crate::{identity::Vault, ids::TenantId};

use key::DeviceKey;

/// How many readers are remembered, and how long: files of a message are asked for one by one.
const REMEMBERED: u64 = 10_000;
const FOR: Duration = Duration::from_secs(10 * 60);

const ORIGINAL_METHOD: &str = "x-pagopa-lollipop-original-method";
const ORIGINAL_URL: &str = "x-pagopa-lollipop-original-url";
const PUBLIC_KEY: &str = "x-pagopa-lollipop-public-key";
const ASSERTION_REF: &str = "x-pagopa-lollipop-assertion-ref";
const ASSERTION_TYPE: &str = "x-pagopa-lollipop-assertion-type";
const AUTH_JWT: &str = "x-pagopa-lollipop-auth-jwt";
const USER_ID: &str = "x-pagopa-lollipop-user-id";
const SIGNATURE_INPUT: &str = "signature-input";
const SIGNATURE: &str = "signature";

/// The header of a request with this name, when there is one.
pub type Header<'a> = &'a dyn Fn(&str) -> Option<&'a str>;

/// Why a request proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LollipopFlaw {
    /// A header is not there.
    #[error("the header {0} is missing")]
    Missing(String),
    /// A header is not as it should be.
    #[error("the header {0} cannot be read")]
    Unreadable(&'static str),
    /// It is of another citizen than the one who reads.
    #[error("{USER_ID} is not who reads")]
    OtherReader,
    /// It is not what reads a message.
    #[error("the device did not ask to read anything")]
    OtherDeed,
    /// The key is another one than the assertion names.
    #[error("{ASSERTION_REF} is not of {PUBLIC_KEY}")]
    OtherKey,
    /// The signature says nothing of what was asked.
    #[error("no signature covers {ORIGINAL_METHOD} and {ORIGINAL_URL}")]
    Uncovered,
    /// The signature is not of this key.
    #[error("the signature {0} is not of {PUBLIC_KEY}, or of a kind that is not known")]
    NotSigned(String),
    /// `PagoPA` has no such assertion, or not any more.
    #[error("there is no assertion of this key")]
    NoAssertion,
    /// The assertion is of something else than is known here.
    #[error("the assertion cannot be read")]
    UnreadableAssertion,
    /// It is of somebody else, or of another key.
    #[error("the assertion is not of this citizen and this key")]
    OtherAssertion,
    /// It is older than a year, or not good yet.
    #[error("the assertion is not good any more")]
    Expired,
}

/// Why it is not known whether the device asked.
#[derive(Debug, thiserror::Error)]
pub enum LollipopError {
    /// It did not.
    #[error(transparent)]
    Flaw(#[from] LollipopFlaw),
    /// The assertion could not be asked for.
    #[error("the assertion cannot be fetched: {0}")]
    Unanswered(CallError),
    /// The key of the municipality cannot be read.
    #[error(transparent)]
    Key(#[from] NotificationError),
}

/// The key with which a municipality fetches assertions, as it is kept.
#[derive(Clone)]
pub struct LollipopKey(pub(super) String);

/// Asks for proof that the device of a citizen asked.
#[derive(Clone)]
pub struct Lollipop {
    appio: Arc<dyn AppIo>,
    vault: Vault,
    /// Of which municipality, by which key of a device, and who.
    proved: Cache<(TenantId, String, String), ()>,
}

impl Lollipop {
    /// Fetches assertions here, with keys that are kept in this vault.
    pub fn new(appio: Arc<dyn AppIo>, vault: Vault) -> Self {
        let proved = Cache::builder().max_capacity(REMEMBERED);
        Self {
            appio,
            vault,
            proved: proved.time_to_live(FOR).build(),
        }
    }

    /// Whether the device of the citizen with this fiscal code signed the request with these headers.
    ///
    /// # Errors
    /// It did not, or that cannot be found out now.
    pub async fn verify(
        &self,
        (tenant, key): (TenantId, &LollipopKey),
        fiscal_code: &str,
        header: Header<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), LollipopError> {
        let signed = Signed::read(fiscal_code, header)?;
        let reader = (tenant, signed.reference.to_owned(), fiscal_code.to_owned());
        if self.proved.contains_key(&reader) {
            return Ok(());
        }
        let key = account::open(&self.vault, account::LOLLIPOP_PLACE, &key.0)?;
        let fetched = self
            .appio
            .assertion(&key, signed.reference, signed.authorization);
        let xml = fetched.await.map_err(|error| match error.fault {
            CallFault::Refused => LollipopFlaw::NoAssertion.into(),
            _ => LollipopError::Unanswered(error),
        })?;
        assertion::check(&xml, signed.reference, fiscal_code, now)?;
        self.proved.insert(reader, ()).await;
        Ok(())
    }
}

/// What a device signed.
struct Signed<'a> {
    /// The key of the device, as the assertion names it.
    reference: &'a str,
    /// What lets the assertion be fetched.
    authorization: &'a str,
}

impl<'a> Signed<'a> {
    /// Checks everything that can be without the assertion.
    fn read(fiscal_code: &str, header: Header<'a>) -> Result<Self, LollipopFlaw> {
        let there = |name: &str| header(name).ok_or_else(|| LollipopFlaw::Missing(name.to_owned()));
        let (reference, authorization) = (there(ASSERTION_REF)?, there(AUTH_JWT)?);
        if there(USER_ID)? != fiscal_code {
            return Err(LollipopFlaw::OtherReader);
        }
        if there(ASSERTION_TYPE)? != "SAML" {
            return Err(LollipopFlaw::Unreadable(ASSERTION_TYPE));
        }
        if there(ORIGINAL_METHOD)? != "GET" || !there(ORIGINAL_URL)?.starts_with("https://") {
            return Err(LollipopFlaw::OtherDeed);
        }
        let key =
            DeviceKey::read(there(PUBLIC_KEY)?).ok_or(LollipopFlaw::Unreadable(PUBLIC_KEY))?;
        if key.reference() != reference {
            return Err(LollipopFlaw::OtherKey);
        }
        let (input, signature) = (there(SIGNATURE_INPUT)?, there(SIGNATURE)?);
        signature::check(input, signature, &key, header)?;
        Ok(Self {
            reference,
            authorization,
        })
    }
}

#[cfg(test)]
mod tests;
