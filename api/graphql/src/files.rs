//! Where files are: the addresses at which this API delivers them.

use std::{fmt::Write, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use municipio_domain::{
    content::{Item, types::Asset},
    ids::{CaseId, TenantId},
    media::{AssetFile, FileFacts, SealedFile, Signed, Signer, Variant},
};

/// How long an address is good that lets somebody see what not everybody may.
const GOOD_FOR: TimeDelta = TimeDelta::minutes(5);

/// The addresses of files, as those who make a request reach them.
#[derive(Clone, Debug, Default)]
pub struct FileAddresses {
    base: Arc<str>,
    signer: Option<Signer>,
}

/// How far an address reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// What everybody may see.
    Public,
    /// This very file, for as long as everybody may see it: the asset may have another by now, or another focal point.
    WhilePublic,
    /// What the caller may see, for a short time from this moment on.
    Caller(DateTime<Utc>),
}

impl FileAddresses {
    /// Addresses that begin with this, and are signed where there is a secret.
    pub fn new(base: impl Into<Arc<str>>, signer: Option<Signer>) -> Self {
        Self {
            base: base.into(),
            signer,
        }
    }

    /// The address of the file of an asset that stays when the file is replaced; the one of this very file, good for a
    /// short time, when not everybody may see it. Nothing when there is no secret to sign it with.
    pub(crate) fn file(
        &self,
        tenant: TenantId,
        item: &Item,
        file: &AssetFile,
        reach: Reach,
    ) -> Option<String> {
        let facts = file.facts.as_ref()?;
        match reach {
            Reach::Public => Some(format!(
                "{}/media/{}/{}",
                self.base,
                item.id,
                escaped(file.name())
            )),
            Reach::WhilePublic | Reach::Caller(_) => {
                self.immutable(tenant, facts, None, file.name(), reach)
            }
        }
    }

    /// The address of a file of a case, good for a short time.
    pub(crate) fn case_file(
        &self,
        tenant: TenantId,
        (case, number): (CaseId, i64),
        file: &SealedFile,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let (hash, end) = (&file.sha256, now + GOOD_FOR);
        let signed = Signed {
            tenant,
            hash,
            variant: &Signed::of_event(case, number),
            expires_at: Some(end),
        };
        let signature = self.signer.as_ref()?.sign(&signed);
        let (base, name, end) = (&self.base, escaped(&file.name), end.timestamp());
        Some(format!(
            "{base}/media/cases/{case}/{number}/{hash}/{name}?expires={end}&signature={signature}"
        ))
    }

    /// The address of a variant, or of the file itself, at which nothing ever changes.
    pub(crate) fn immutable(
        &self,
        tenant: TenantId,
        facts: &FileFacts,
        variant: Option<&Variant>,
        name: &str,
        reach: Reach,
    ) -> Option<String> {
        let shown = variant.map_or_else(|| "original".to_owned(), Variant::to_string);
        let hash = &facts.sha256;
        let name = escaped(name);
        let mut address = format!("{}/media/{hash}/{shown}/{name}", self.base);
        let expires_at = match reach {
            Reach::Public | Reach::WhilePublic => None,
            Reach::Caller(now) => Some(now + GOOD_FOR),
        };
        let is_of_list = variant.is_none_or(Variant::is_preset);
        if reach == Reach::Public && is_of_list {
            return Some(address);
        }
        let signed = Signed {
            tenant,
            hash,
            variant: &shown,
            expires_at,
        };
        let signature = self.signer.as_ref()?.sign(&signed);
        // Writing to a text does not fail.
        let _ = match expires_at {
            Some(end) => write!(
                address,
                "?expires={}&signature={signature}",
                end.timestamp()
            ),
            None => write!(address, "?signature={signature}"),
        };
        Some(address)
    }
}

/// A name as it stands in an address (RFC 3986).
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            other => {
                let _ = write!(escaped, "%{other:02X}");
            }
        }
    }
    escaped
}

/// What the file of an asset is called: a name that it has when it is saved.
pub(crate) fn file_of(asset: &Asset) -> Option<(&AssetFile, &FileFacts)> {
    let file = asset.file.as_ref()?;
    Some((file, file.facts.as_ref()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped() {
        assert_eq!(escaped("Modulo è n. 1.pdf"), "Modulo%20%C3%A8%20n.%201.pdf");
        assert_eq!(escaped("a/b?c#d"), "a%2Fb%3Fc%23d");
    }
}
