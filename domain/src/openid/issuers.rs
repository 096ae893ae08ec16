//! Issuers and their keys. What they publish is kept for an hour; a token whose key is not known has the keys
//! fetched anew, so that an issuer can change them whenever it likes, but not again within seconds, so that
//! nobody makes us ask it all the time. Meanwhile tokens of known keys are verified without waiting.

use std::{hash::Hash, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use moka::future::Cache;
use tokio::sync::Mutex;
use url::Url;

use super::{
    Algorithm, Claims, Expected, Metadata, OpenIdError, TokenFault, keys::Keys, token::Signed,
};
use crate::outgoing::Outgoing;

/// How long what an issuer publishes is kept.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// How often the keys of an issuer are fetched anew at the most.
const PAUSE: TimeDelta = TimeDelta::seconds(10);
/// How many issuers are kept in memory.
const MOST: u64 = 10_000;

/// The issuers whose tokens are verified.
#[derive(Clone, Debug)]
pub struct Issuers {
    pub(super) outgoing: Outgoing,
    metadata: Cache<String, Arc<Metadata>>,
    keys: Cache<Url, Arc<Keys>>,
    /// One fetches at a time; when keys were fetched anew last.
    turns: Cache<Url, Arc<Mutex<Option<DateTime<Utc>>>>>,
}

impl Issuers {
    /// Issuers that are called in this way.
    pub fn new(outgoing: Outgoing) -> Self {
        Self {
            outgoing,
            metadata: kept(),
            keys: kept(),
            turns: kept(),
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

    /// The claims of a token that is signed with a key of this address and one of these algorithms, and says what is
    /// expected.
    ///
    /// # Errors
    /// It is not, or the address does not answer.
    pub async fn verify(
        &self,
        jwks_uri: &Url,
        token: &str,
        accepted: &[Algorithm],
        expected: &Expected<'_>,
        now: DateTime<Utc>,
    ) -> Result<Claims, OpenIdError> {
        let token = Signed::read(token, accepted)?;
        let keys = match self.keys.get(jwks_uri).await {
            Some(known) => known,
            None => self.fetch_keys(jwks_uri, None, now).await?,
        };
        match keys.verify(&token) {
            Err(TokenFault::UnknownKey) => {
                let newer = self.fetch_keys(jwks_uri, Some(&keys), now).await?;
                newer.verify(&token)?;
            }
            done => done?,
        }
        checked(&token, expected, now)
    }

    /// Keys that are newer than those seen, unless they were fetched anew just now.
    async fn fetch_keys(
        &self,
        address: &Url,
        seen: Option<&Arc<Keys>>,
        now: DateTime<Utc>,
    ) -> Result<Arc<Keys>, OpenIdError> {
        let turn = self
            .turns
            .get_with(address.clone(), async { Arc::default() });
        let turn = turn.await;
        let mut fetched_anew = turn.lock().await;
        if let Some(known) = self.keys.get(address).await {
            let is_newer = seen.is_none_or(|seen| !Arc::ptr_eq(seen, &known));
            if is_newer || fetched_anew.is_some_and(|last| last > now - PAUSE) {
                return Ok(known);
            }
            *fetched_anew = Some(now);
        }
        let keys = Arc::new(Keys::read(&self.fetch(address).await?)?);
        self.keys.insert(address.clone(), Arc::clone(&keys)).await;
        Ok(keys)
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
    let token = Signed::read(token, accepted)?;
    Keys::read(jwks)?.verify(&token)?;
    checked(&token, expected, now)
}

/// The claims of a token whose signature is right.
fn checked(
    token: &Signed<'_>,
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<Claims, OpenIdError> {
    let claims = token.claims()?;
    claims.check(expected, token.algorithm, now)?;
    Ok(claims)
}

fn kept<K, V>() -> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    let cache = Cache::builder().max_capacity(MOST).time_to_live(KEPT);
    cache.build()
}
