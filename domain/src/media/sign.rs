//! Addresses that are good because we made them: of files that not everybody may see, for a short time, and of
//! variants in sizes of one's own.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign, verify};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};

use super::ContentHash;
use crate::{
    ids::{CaseId, TenantId},
    sealing::key_for,
};

/// Signs addresses.
#[derive(Clone, Debug)]
pub struct Signer(Key);

/// What an address is of.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// Whose file it is.
    pub tenant: TenantId,
    /// The file.
    pub hash: &'a ContentHash,
    /// The variant, or `original`.
    pub variant: &'a str,
    /// Until when it is good, also for those who may not see the file otherwise. Without an end it is good for what
    /// everybody may see.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Signed<'_> {
    /// What stands in the place of a variant for a file of an event of a case.
    pub fn of_event(case: CaseId, number: i64) -> String {
        format!("case {case} {number}")
    }

    fn message(&self) -> String {
        let Self {
            tenant,
            hash,
            variant,
            expires_at,
        } = self;
        let until = expires_at.map(|time| time.timestamp().to_string());
        format!("{tenant}\n{hash}\n{variant}\n{}", until.unwrap_or_default())
    }
}

impl Signer {
    /// With the key that belongs to this secret.
    pub fn new(secret: &str) -> Option<Self> {
        let key = key_for("addresses of files", secret)?;
        Some(Self(Key::new(HMAC_SHA256, &key)))
    }

    /// The signature of an address.
    pub fn sign(&self, signed: &Signed<'_>) -> String {
        URL_SAFE_NO_PAD.encode(sign(&self.0, signed.message().as_bytes()))
    }

    /// Whether we made an address, and it is still good.
    pub fn is_good(&self, signed: &Signed<'_>, signature: &str, now: DateTime<Utc>) -> bool {
        let in_time = signed.expires_at.is_none_or(|end| now < end);
        let signature = URL_SAFE_NO_PAD.decode(signature);
        let is_ours = |signature: Vec<u8>| verify(&self.0, signed.message().as_bytes(), &signature);
        in_time && signature.is_ok_and(|signature| is_ours(signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn an_address_is_good_for_what_it_says_until_it_ends() {
        let signer = Signer::new("one secret of 32 characters at least").unwrap();
        let hash = ContentHash::of_bytes(b"a");
        let now = DateTime::UNIX_EPOCH;
        let end = Some(now + TimeDelta::seconds(60));
        let signed = Signed {
            tenant: TenantId::generate(),
            hash: &hash,
            variant: "card",
            expires_at: end,
        };
        let signature = signer.sign(&signed);
        assert!(signer.is_good(&signed, &signature, now));
        assert!(!signer.is_good(&signed, &signature, now + TimeDelta::seconds(60)));
        let other = ContentHash::of_bytes(b"b");
        for changed in [
            Signed {
                tenant: TenantId::generate(),
                ..signed
            },
            Signed {
                hash: &other,
                ..signed
            },
            Signed {
                variant: "original",
                ..signed
            },
            Signed {
                expires_at: None,
                ..signed
            },
            Signed {
                expires_at: end.map(|end| end + TimeDelta::seconds(1)),
                ..signed
            },
        ] {
            assert!(!signer.is_good(&changed, &signature, now), "{changed:?}");
        }
        for wrong in ["", "AAAA", "ä"] {
            assert!(!signer.is_good(&signed, wrong, now));
        }
    }
}
