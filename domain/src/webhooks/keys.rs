//! The keys with which what is sent to an address is signed, as the Standard Webhooks specification says: a secret
//! that the address knows too (`v1`, HMAC-SHA256), and a pair of keys of which it knows the public one (`v1a`,
//! Ed25519).

use aws_lc_rs::{
    hmac::{self, HMAC_SHA256},
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::WebhookError;
use crate::{
    identity::{NoRandomness, Vault},
    ids::WebhookId,
};

/// How long old keys sign beside new ones.
const OVERLAP: TimeDelta = TimeDelta::days(1);
/// The length of a secret, and of the seed of a pair of keys.
const LENGTH: usize = 32;

/// The keys of an address.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Keys {
    current: Pair,
    /// Those before, and until when they sign too.
    previous: Option<(Pair, DateTime<Utc>)>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Pair {
    secret: [u8; LENGTH],
    seed: [u8; LENGTH],
}

impl Pair {
    fn generate() -> Result<Self, NoRandomness> {
        let (mut secret, mut seed) = ([0; LENGTH], [0; LENGTH]);
        getrandom::fill(&mut secret)?;
        getrandom::fill(&mut seed)?;
        Ok(Self { secret, seed })
    }

    fn ed25519(&self) -> Result<Ed25519KeyPair, WebhookError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&self.seed);
        pair.map_err(|error| WebhookError::Keys(error.to_string()))
    }

    fn signatures(&self, signed: &str) -> Result<[String; 2], WebhookError> {
        let asymmetric = self.ed25519()?.sign(signed.as_bytes());
        Ok([
            symmetric(&self.secret, signed),
            format!("v1a,{}", STANDARD.encode(asymmetric)),
        ])
    }
}

/// What is signed.
fn signed(event_id: &str, timestamp: i64, body: &str) -> String {
    format!("{event_id}.{timestamp}.{body}")
}

fn symmetric(secret: &[u8], signed: &str) -> String {
    let key = hmac::Key::new(HMAC_SHA256, secret);
    let signature = hmac::sign(&key, signed.as_bytes());
    format!("v1,{}", STANDARD.encode(signature))
}

impl Keys {
    /// New ones.
    pub(super) fn generate() -> Result<Self, WebhookError> {
        Ok(Self {
            current: Pair::generate()?,
            previous: None,
        })
    }

    /// New ones, beside which these sign for a while.
    pub(super) fn rotate(self, now: DateTime<Utc>) -> Result<Self, WebhookError> {
        Ok(Self {
            current: Pair::generate()?,
            previous: Some((self.current, now + OVERLAP)),
        })
    }

    /// The secret, as its owner has it.
    pub(super) fn secret(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.current.secret))
    }

    /// The public key, as anybody may have it.
    pub(super) fn public_key(&self) -> Result<String, WebhookError> {
        let pair = self.current.ed25519()?;
        Ok(format!("whpk_{}", STANDARD.encode(pair.public_key())))
    }

    /// The headers that prove that an event comes from here.
    pub(super) fn headers(
        &self,
        event_id: &str,
        body: &str,
        now: DateTime<Utc>,
    ) -> Result<[(&'static str, String); 3], WebhookError> {
        let timestamp = now.timestamp();
        let signed = signed(event_id, timestamp, body);
        let mut signatures = self.current.signatures(&signed)?.to_vec();
        if let Some((pair, _)) = self.previous.as_ref().filter(|(_, until)| *until > now) {
            signatures.extend(pair.signatures(&signed)?);
        }
        Ok([
            ("webhook-id", event_id.to_owned()),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signatures.join(" ")),
        ])
    }

    /// Encrypts them.
    pub(super) fn seal(&self, vault: &Vault, id: WebhookId) -> Result<String, WebhookError> {
        let plain =
            serde_json::to_vec(self).map_err(|error| WebhookError::Keys(error.to_string()))?;
        Ok(vault.seal(&place(id), &plain)?)
    }

    /// Reads them again.
    pub(super) fn open(vault: &Vault, id: WebhookId, sealed: &str) -> Result<Self, WebhookError> {
        let plain = vault.open(&place(id), sealed)?;
        serde_json::from_slice(&plain).map_err(|error| WebhookError::Keys(error.to_string()))
    }
}

fn place(id: WebhookId) -> String {
    format!("webhook_endpoint:{id}:secrets")
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    fn signatures(keys: &Keys, body: &str, now: DateTime<Utc>) -> Vec<String> {
        let [_, _, (_, signatures)] = keys.headers("msg_1", body, now).unwrap();
        signatures.split(' ').map(str::to_owned).collect()
    }

    fn verify(keys: &Keys, signature: &str, signed: &str) -> bool {
        let (version, value) = signature.split_once(',').unwrap();
        let value = STANDARD.decode(value).unwrap();
        match version {
            "v1" => {
                let secret = keys.secret();
                let secret = STANDARD
                    .decode(secret.strip_prefix("whsec_").unwrap())
                    .unwrap();
                let key = hmac::Key::new(HMAC_SHA256, &secret);
                hmac::verify(&key, signed.as_bytes(), &value).is_ok()
            }
            _ => {
                let public = keys.public_key().unwrap();
                let public = STANDARD
                    .decode(public.strip_prefix("whpk_").unwrap())
                    .unwrap();
                UnparsedPublicKey::new(&ED25519, public)
                    .verify(signed.as_bytes(), &value)
                    .is_ok()
            }
        }
    }

    /// The example of the specification.
    #[test]
    fn signatures_are_those_of_the_specification() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signed(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        let signature = symmetric(&secret, &signed);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_sent_is_signed_with_both_keys_and_for_a_day_with_those_before() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let old = Keys::generate().unwrap();
        let signed = format!("msg_1.{}.{{}}", now.timestamp());
        let found = signatures(&old, "{}", now);
        assert_eq!(found.len(), 2);
        assert!(
            found
                .iter()
                .all(|signature| verify(&old, signature, &signed))
        );
        assert!(
            !found
                .iter()
                .any(|signature| verify(&old, signature, "msg_2"))
        );
        let new = old.clone().rotate(now).unwrap();
        assert_ne!(new.secret(), old.secret());
        let found = signatures(&new, "{}", now);
        assert_eq!(found.len(), 4);
        assert!(
            found[..2]
                .iter()
                .all(|signature| verify(&new, signature, &signed))
        );
        assert!(
            found[2..]
                .iter()
                .all(|signature| verify(&old, signature, &signed))
        );
        assert_eq!(signatures(&new, "{}", now + OVERLAP).len(), 2);
    }

    #[test]
    fn keys_are_kept_encrypted() {
        let vault = Vault::new("a secret of at least 32 characters").unwrap();
        let (id, keys) = (WebhookId::generate(), Keys::generate().unwrap());
        let sealed = keys.seal(&vault, id).unwrap();
        assert_eq!(
            Keys::open(&vault, id, &sealed).unwrap().secret(),
            keys.secret()
        );
        assert!(Keys::open(&vault, WebhookId::generate(), &sealed).is_err());
    }
}
