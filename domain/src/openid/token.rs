//! Signed tokens (JWT, RFC 7519), and what of their claims is checked (OpenID Connect Core 1.0, section
//! 3.1.3.7; RFC 8725). Plain functions: the time and the keys come in.

use std::{collections::BTreeSet, fmt};

use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::TokenFault;

/// How far two clocks may be apart.
const SKEW: TimeDelta = TimeDelta::seconds(60);
/// The longest token that is looked at.
const LONGEST: usize = 64 * 1024;

macro_rules! algorithms {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $digest:ident;)*) => {
        /// How a token is signed: with a private key, of which the issuer publishes the public one. Those with a
        /// shared secret, and none at all, are not there.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Algorithm {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Algorithm {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name of RFC 7518 and RFC 8037: `RS256`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The digest that it signs.
            fn digest(self) -> &'static aws_lc_rs::digest::Algorithm {
                match self { $(Self::$variant => &$digest,)* }
            }

            pub(super) fn library(self) -> jsonwebtoken::Algorithm {
                match self { $(Self::$variant => jsonwebtoken::Algorithm::$variant,)* }
            }
        }
    };
}

algorithms! {
    /// RSA (PKCS #1 v1.5) with SHA-256.
    RS256 = "RS256", SHA256;
    /// RSA (PKCS #1 v1.5) with SHA-384.
    RS384 = "RS384", SHA384;
    /// RSA (PKCS #1 v1.5) with SHA-512.
    RS512 = "RS512", SHA512;
    /// RSA (PSS) with SHA-256.
    PS256 = "PS256", SHA256;
    /// RSA (PSS) with SHA-384.
    PS384 = "PS384", SHA384;
    /// RSA (PSS) with SHA-512.
    PS512 = "PS512", SHA512;
    /// ECDSA on P-256 with SHA-256.
    ES256 = "ES256", SHA256;
    /// ECDSA on P-384 with SHA-384.
    ES384 = "ES384", SHA384;
    /// Ed25519.
    EdDSA = "EdDSA", SHA512;
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A token that was taken apart; nothing of it is proven.
#[derive(Debug)]
pub(super) struct Signed<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    kind: Option<String>,
    pub(super) message: &'a str,
    pub(super) signature: &'a str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

impl<'a> Signed<'a> {
    /// Takes a token apart that is signed with one of these algorithms.
    pub(super) fn read(token: &'a str, accepted: &[Algorithm]) -> Result<Self, TokenFault> {
        if token.len() > LONGEST {
            return Err(malformed("it is too long"));
        }
        let (message, signature) = token.rsplit_once('.').ok_or_else(not_signed)?;
        let (header, _) = message.split_once('.').ok_or_else(not_signed)?;
        let header: Header = part(header)?;
        if header.crit.is_some() {
            return Err(malformed("it has critical headers, none of which is known"));
        }
        let named = |algorithm: &&Algorithm| algorithm.as_str() == header.alg;
        let algorithm = accepted.iter().find(named).ok_or_else(|| {
            let shown: String = header.alg.chars().take(20).collect();
            TokenFault::Algorithm(shown)
        })?;
        Ok(Self {
            algorithm: *algorithm,
            key_id: header.kid,
            kind: header.typ,
            message,
            signature,
        })
    }

    /// Whether it is a token that somebody brings to a service: an ID token or an access token, and not a request or a
    /// proof that is signed with the same keys (RFC 8725, section 3.11).
    pub(super) fn check_kind(&self, recipient: Recipient<'_>) -> Result<(), TokenFault> {
        let is_known = |kind: &str| {
            let kind = kind.to_ascii_lowercase();
            let kind = kind.strip_prefix("application/").unwrap_or(&kind);
            matches!(kind, "jwt" | "at+jwt")
        };
        match recipient {
            Recipient::Service(_) if !self.kind.as_deref().is_none_or(is_known) => {
                Err(malformed("its type is neither JWT nor at+jwt"))
            }
            _ => Ok(()),
        }
    }

    /// Its claims, which are proven by its signature alone.
    pub(super) fn claims(&self) -> Result<Claims, TokenFault> {
        let (_, payload) = self.message.split_once('.').ok_or_else(not_signed)?;
        let all: Value = part(payload)?;
        let known = serde_json::from_value(all.clone());
        let known: Known = known.map_err(|error| malformed(&error.to_string()))?;
        Ok(Claims { known, all })
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Result<T, TokenFault> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| not_signed())?;
    serde_json::from_slice(&bytes).map_err(|error| malformed(&error.to_string()))
}

fn not_signed() -> TokenFault {
    malformed("it is not a signed token of three parts")
}

fn malformed(why: &str) -> TokenFault {
    TokenFault::Malformed(why.to_owned())
}

/// The claims of a token.
#[derive(Clone, Debug)]
pub struct Claims {
    known: Known,
    all: Value,
}

#[derive(Clone, Debug, Deserialize)]
struct Known {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    azp: Option<String>,
    nonce: Option<String>,
    at_hash: Option<String>,
    cnf: Option<Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Whether a text has the form of a signed token: three parts with dots between them.
pub fn is_signed(text: &str) -> bool {
    text.split('.').count() == 3
}

/// The issuer that a token names, which nobody has proved yet.
///
/// # Errors
/// It is no token that could be verified.
pub fn named_issuer(token: &str) -> Result<String, TokenFault> {
    let token = Signed::read(token, Algorithm::ALL)?;
    Ok(token.claims()?.known.iss)
}

/// A claim by its name, or by a JSON Pointer (RFC 6901).
pub fn claim<'a>(claims: &'a Value, name: &str) -> Option<&'a Value> {
    match name.starts_with('/') {
        true => claims.pointer(name),
        false => claims.get(name),
    }
}

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Who signed it.
    pub issuer: &'a str,
    /// For whom it is.
    pub recipient: Recipient<'a>,
}

/// For whom a token is.
#[derive(Clone, Copy, Debug)]
pub enum Recipient<'a> {
    /// A client that asked for it (OpenID Connect Core 1.0, section 3.1.3.7).
    Client {
        /// The client id.
        id: &'a str,
        /// What was sent along when it was asked for.
        nonce: &'a str,
        /// The access token that came with it.
        access_token: &'a str,
    },
    /// A service to which somebody brings it, under one of these names (RFC 9068, section 4).
    Service(&'a BTreeSet<String>),
}

impl Claims {
    /// Whom the token is about: never reused within the issuer.
    pub fn subject(&self) -> &str {
        &self.known.sub
    }

    /// All claims.
    pub fn all(&self) -> &Value {
        &self.all
    }

    pub(super) fn check(
        &self,
        expected: &Expected<'_>,
        algorithm: Algorithm,
        now: DateTime<Utc>,
    ) -> Result<(), TokenFault> {
        let claims = &self.known;
        // OpenID Connect Core 1.0, section 2.
        if claims.sub.is_empty() || claims.sub.len() > 255 {
            return Err(malformed("the subject has 1 to 255 characters"));
        }
        if claims.iss != expected.issuer {
            return Err(TokenFault::Issuer);
        }
        match expected.recipient {
            Recipient::Client {
                id,
                nonce,
                access_token,
            } => {
                check_client(claims, id)?;
                check_times(claims, now)?;
                check_sign_in(claims, algorithm, nonce, access_token)
            }
            Recipient::Service(names) => {
                let mut audiences = claims.aud.names();
                if !audiences.any(|audience| names.contains(audience)) {
                    return Err(TokenFault::Audience);
                }
                // RFC 7800: whoever else brings it has stolen it.
                if claims.cnf.is_some() {
                    return Err(malformed("it is bound to a key, and not for bearers"));
                }
                check_times(claims, now)
            }
        }
    }
}

impl Audience {
    fn names(&self) -> impl Iterator<Item = &String> {
        match self {
            Self::One(name) => std::slice::from_ref(name).iter(),
            Self::Many(names) => names.iter(),
        }
    }
}

fn check_client(claims: &Known, client: &str) -> Result<(), TokenFault> {
    let names_us = claims.aud.names().any(|audience| audience == client);
    // Who else may read it must not be able to use it for us.
    let is_for_us = claims.aud.names().count() == 1 || claims.azp.is_some();
    let azp_is_us = claims.azp.as_deref().is_none_or(|azp| azp == client);
    match names_us && is_for_us && azp_is_us {
        true => Ok(()),
        false => Err(TokenFault::Audience),
    }
}

/// Whether a token belongs to the sign-in for which it was asked.
fn check_sign_in(
    claims: &Known,
    algorithm: Algorithm,
    nonce: &str,
    access_token: &str,
) -> Result<(), TokenFault> {
    if claims.nonce.as_deref() != Some(nonce) {
        return Err(TokenFault::Nonce);
    }
    match &claims.at_hash {
        Some(hash) if *hash != half_hash(algorithm, access_token) => {
            Err(TokenFault::AccessTokenHash)
        }
        _ => Ok(()),
    }
}

fn check_times(claims: &Known, now: DateTime<Utc>) -> Result<(), TokenFault> {
    // Fractions of seconds are allowed, and do not matter.
    #[expect(clippy::cast_precision_loss, reason = "seconds of a date are exact")]
    let at = |moment: DateTime<Utc>| moment.timestamp() as f64;
    if claims.exp <= at(now - SKEW) {
        return Err(TokenFault::Expired);
    }
    let begin = claims.nbf.map_or(claims.iat, |begin| begin.max(claims.iat));
    match begin > at(now + SKEW) {
        true => Err(TokenFault::NotYetValid),
        false => Ok(()),
    }
}

/// The left half of the digest of an access token.
fn half_hash(algorithm: Algorithm, token: &str) -> String {
    let digest = digest(algorithm.digest(), token.as_bytes());
    let bytes = digest.as_ref();
    URL_SAFE_NO_PAD.encode(&bytes[..bytes.len() / 2])
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn token(header: &Value, claims: &Value) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}.c2lnbmF0dXJl", part(header), part(claims))
    }

    fn right() -> Value {
        json!({ "iss": "https://login.example", "sub": "ada", "aud": "portal", "exp": NOW + 300,
            "iat": NOW, "nonce": "n" })
    }

    fn checked(changes: Value) -> Result<(), TokenFault> {
        let recipient = Recipient::Client {
            id: "portal",
            nonce: "n",
            access_token: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
        };
        checked_for(recipient, changes)
    }

    fn checked_for(recipient: Recipient<'_>, changes: Value) -> Result<(), TokenFault> {
        let mut claims = right();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let token = token(&json!({ "alg": "RS256" }), &claims);
        let claims = Signed::read(&token, Algorithm::ALL)?.claims()?;
        let expected = Expected {
            issuer: "https://login.example",
            recipient,
        };
        let now = Utc.timestamp_opt(NOW, 0).unwrap();
        claims.check(&expected, Algorithm::RS256, now)
    }

    #[test]
    fn claims_are_checked_as_the_specification_says() {
        use TokenFault::{AccessTokenHash, Audience, Expired, Issuer, Nonce, NotYetValid};
        for (changes, fault) in [
            (json!({}), None),
            (json!({ "aud": ["portal"] }), None),
            (json!({ "aud": ["portal", "other"], "azp": "portal" }), None),
            (json!({ "aud": ["portal", "other"] }), Some(Audience)),
            (json!({ "aud": [] }), Some(Audience)),
            (json!({ "aud": "other" }), Some(Audience)),
            (json!({ "azp": "other" }), Some(Audience)),
            (json!({ "iss": "https://login.example/" }), Some(Issuer)),
            (json!({ "exp": NOW - 59 }), None),
            (json!({ "exp": NOW - 60 }), Some(Expired)),
            (json!({ "iat": NOW + 60 }), None),
            (json!({ "iat": NOW + 61 }), Some(NotYetValid)),
            (json!({ "nbf": NOW + 61 }), Some(NotYetValid)),
            (json!({ "nonce": "m" }), Some(Nonce)),
            (json!({ "nonce": null }), Some(Nonce)),
            // The example of OpenID Connect Core 1.0, appendix A.3.
            (json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RQ" }), None),
            (
                json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RA" }),
                Some(AccessTokenHash),
            ),
        ] {
            let said = changes.to_string();
            assert_eq!(checked(changes).err(), fault, "{said}");
        }
        for changes in [
            json!({ "sub": "" }),
            json!({ "sub": "a".repeat(256) }),
            json!({ "sub": 7 }),
            json!({ "iss": null }),
            json!({ "exp": null }),
            json!({ "exp": "tomorrow" }),
            json!({ "iat": null }),
        ] {
            let said = changes.to_string();
            assert!(
                matches!(checked(changes), Err(TokenFault::Malformed(_))),
                "{said}"
            );
        }
    }

    #[test]
    fn a_service_takes_tokens_that_name_it_whoever_asked_for_them() {
        use TokenFault::{Audience, Expired, Issuer, NotYetValid};
        let names = ["comune", "https://api.example"].map(str::to_owned).into();
        for (changes, fault) in [
            (json!({ "aud": "comune" }), None),
            (
                json!({ "aud": ["account", "https://api.example"], "azp": "portal", "nonce": "m" }),
                None,
            ),
            (json!({}), Some(Audience)),
            (json!({ "aud": [] }), Some(Audience)),
            (
                json!({ "aud": "comune", "iss": "https://other.example" }),
                Some(Issuer),
            ),
            (json!({ "aud": "comune", "exp": NOW - 60 }), Some(Expired)),
            (
                json!({ "aud": "comune", "nbf": NOW + 61 }),
                Some(NotYetValid),
            ),
        ] {
            let said = changes.to_string();
            let checked = checked_for(Recipient::Service(&names), changes);
            assert_eq!(checked.err(), fault, "{said}");
        }
    }

    #[test]
    fn a_service_takes_tokens_for_bearers_alone() {
        let names = ["comune".to_owned()].into();
        let service = Recipient::Service(&names);
        let bound = json!({ "aud": "comune", "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } });
        let refused = checked_for(service, bound);
        assert!(matches!(refused, Err(TokenFault::Malformed(_))));
        let kind = |kind: Value, recipient| {
            let token = token(&json!({ "alg": "RS256", "typ": kind }), &right());
            Signed::read(&token, Algorithm::ALL)?.check_kind(recipient)
        };
        for known in ["JWT", "jwt", "at+jwt", "application/at+jwt"] {
            assert_eq!(kind(json!(known), service), Ok(()), "{known}");
        }
        assert_eq!(kind(json!(null), service), Ok(()));
        let client = Recipient::Client {
            id: "portal",
            nonce: "n",
            access_token: "x",
        };
        for other in [
            "",
            "logout+jwt",
            "dpop+jwt",
            "oauth-authz-req+jwt",
            "entity-statement+jwt",
        ] {
            let refused = kind(json!(other), service);
            assert!(matches!(refused, Err(TokenFault::Malformed(_))), "{other}");
            assert_eq!(kind(json!(other), client), Ok(()), "{other}");
        }
    }

    #[test]
    fn tokens_are_signed_with_an_accepted_algorithm() {
        let read =
            |header: Value| Signed::read(&token(&header, &right()), &[Algorithm::RS256]).map(drop);
        assert_eq!(read(json!({ "alg": "RS256" })), Ok(()));
        for other in ["none", "None", "HS256", "ES256", "rs256", ""] {
            let fault = TokenFault::Algorithm(other.to_owned());
            assert_eq!(read(json!({ "alg": other })), Err(fault));
        }
        for wrong in [
            json!({}),
            json!({ "alg": 1 }),
            json!({ "alg": "RS256", "crit": ["b64"] }),
        ] {
            assert!(matches!(read(wrong), Err(TokenFault::Malformed(_))));
        }
        for wrong in [
            "",
            ".",
            "..",
            "a.b",
            "a.b.c",
            "eyJhbGciOiJSUzI1NiJ9",
            &"a".repeat(70_000),
        ] {
            let fault = Signed::read(wrong, Algorithm::ALL).map(drop);
            assert!(matches!(fault, Err(TokenFault::Malformed(_))), "{wrong}");
        }
    }
}
