//! Issuers and their keys. What they publish is kept for a while ([`super::published`]); a token whose key is not
//! known has the keys fetched anew, so that an issuer can change them whenever it likes.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use moka::future::Cache;
use url::Url;

use super::{
    Algorithm, Claims, Expected, Metadata, OpenIdError, TokenFault, keys::Keys,
    published::Published, token::Signed,
};
use crate::outgoing::Outgoing;

/// How long what an issuer publishes of itself is kept.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// How long keys are remembered that nobody asks for.
const UNUSED: Duration = Duration::from_secs(24 * 60 * 60);
/// How many issuers are kept in memory.
const MOST: u64 = 10_000;

/// The issuers whose tokens are verified.
#[derive(Clone, Debug)]
pub struct Issuers {
    pub(super) outgoing: Outgoing,
    metadata: Cache<String, Arc<Metadata>>,
    keys: Cache<String, Arc<Published<Keys>>>,
}

/// Where the keys of an issuer are.
#[derive(Clone, Copy, Debug)]
pub enum KeysAt<'a> {
    /// At this address.
    Address(&'a Url),
    /// Where this issuer says.
    Issuer(&'a str),
}

impl KeysAt<'_> {
    /// Under which name its keys are kept: all municipalities share them, and what is an address for one may be an issuer
    /// for another.
    fn name(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            // No address has a space.
            Self::Issuer(issuer) => format!("issuer {issuer}"),
        }
    }
}

impl Issuers {
    /// Issuers that are called in this way.
    pub fn new(outgoing: Outgoing) -> Self {
        let (metadata, keys) = (Cache::builder(), Cache::builder());
        Self {
            outgoing,
            metadata: metadata.max_capacity(MOST).time_to_live(KEPT).build(),
            keys: keys.max_capacity(MOST).time_to_idle(UNUSED).build(),
        }
    }

    /// How other servers are called.
    pub fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// What an issuer publishes of itself.
    ///
    /// # Errors
    /// It cannot be reached, or publishes something else.
    pub async fn metadata(&self, issuer: &str) -> Result<Arc<Metadata>, OpenIdError> {
        // Of many who ask at the same time one fetches.
        let fetched = self.metadata.try_get_with_by_ref(issuer, async {
            let json = self.fetch(&Metadata::address(issuer)?).await?;
            Metadata::read(issuer, &json, &self.outgoing).map(Arc::new)
        });
        fetched
            .await
            .map_err(|error: Arc<OpenIdError>| OpenIdError::clone(&error))
    }

    /// The claims of a token that is signed with a key found here and one of these algorithms, and says what is
    /// expected. That is seen first: a token that is over is over, whether the issuer answers or not.
    ///
    /// # Errors
    /// It is not, or the keys cannot be fetched.
    pub async fn verify(
        &self,
        at: KeysAt<'_>,
        token: &str,
        accepted: &[Algorithm],
        expected: &Expected<'_>,
        now: DateTime<Utc>,
    ) -> Result<Claims, OpenIdError> {
        let (token, claims) = checked(token, accepted, expected, now)?;
        let published = self.keys.entry(at.name()).or_default().await;
        let published = published.into_value();
        let keys = published.get(now, self.fetch_keys(at)).await?;
        match keys.verify(&token) {
            // A key without a name may have been replaced.
            Err(TokenFault::UnknownKey) => {}
            Err(TokenFault::Signature) if token.key_id.is_none() => {}
            done => return Ok(done.map(|()| claims)?),
        }
        let newer = published.newer(&keys, now, self.fetch_keys(at)).await?;
        newer.verify(&token)?;
        Ok(claims)
    }

    async fn fetch_keys(&self, at: KeysAt<'_>) -> Result<Keys, OpenIdError> {
        match at {
            KeysAt::Address(address) => Keys::read(&self.fetch(address).await?),
            KeysAt::Issuer(issuer) => {
                let metadata = self.metadata(issuer).await?;
                Keys::read(&self.fetch(&metadata.jwks_uri).await?)
            }
        }
    }

    /// The body of a successful answer.
    pub(super) async fn fetch(&self, address: &Url) -> Result<Vec<u8>, OpenIdError> {
        let answer = self.outgoing.get(address, None).await?;
        match answer.status {
            200 => Ok(answer.body),
            status => {
                let message = format!(
                    "{}{} answered {status}",
                    address.host_str().unwrap_or_default(),
                    address.path()
                );
                Err(OpenIdError::Unavailable(message))
            }
        }
    }
}

/// The claims of a token that is signed with a key of this set (JWK Set, RFC 7517).
///
/// # Errors
/// It is not, the set cannot be read, or the token says something else than is expected.
pub fn verify_with(
    jwks: &[u8],
    token: &str,
    accepted: &[Algorithm],
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<Claims, OpenIdError> {
    let (token, claims) = checked(token, accepted, expected, now)?;
    Keys::read(jwks)?.verify(&token)?;
    Ok(claims)
}

/// A token that says what is expected, and its claims: nobody has proved them yet.
fn checked<'a>(
    token: &'a str,
    accepted: &[Algorithm],
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<(Signed<'a>, Claims), TokenFault> {
    let token = Signed::read(token, accepted)?;
    token.check_kind(expected.recipient)?;
    let claims = token.claims()?;
    claims.check(expected, token.algorithm, now)?;
    Ok((token, claims))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_address_for_one_and_an_issuer_for_another_has_keys_of_its_own()
    -> Result<(), url::ParseError> {
        let issuer = "https://accesso.example/realms/comune";
        let address = issuer.parse()?;
        let (address, issuer) = (KeysAt::Address(&address), KeysAt::Issuer(issuer));
        assert_ne!(address.name(), issuer.name());
        Ok(())
    }
}
