//! The issuer of the demo municipality, which stands in for a proxy to SPID and CIE: it signs tokens of invented
//! people, with a key made of the program's secret. It is registered like any other, with its key written down; a
//! municipality that did not register it takes none of its tokens.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{IssuerSettings, LevelOfAssurance, NewCitizenIssuer, level::USUAL};
use crate::{
    openid::Algorithm,
    sealing::{SealError, key_for},
};

/// How long a token is valid.
const VALID: TimeDelta = TimeDelta::hours(8);
/// For whom its tokens are.
const AUDIENCE: &str = "municipio";

/// Somebody invented.
#[derive(Clone, Copy, Debug)]
pub struct DemoCitizen {
    /// Given name.
    pub given_name: &'static str,
    /// Family name.
    pub family_name: &'static str,
    /// Fiscal code: that of a place that does not exist, so that it is nobody's.
    pub fiscal_code: &'static str,
}

/// The citizens of the demo.
pub const DEMO_CITIZENS: [DemoCitizen; 3] = [
    DemoCitizen {
        given_name: "Anna",
        family_name: "Bianchi",
        fiscal_code: "BNCNNA85E52X999M",
    },
    DemoCitizen {
        given_name: "Luca",
        family_name: "Verdi",
        fiscal_code: "VRDLCU79S03X999H",
    },
    DemoCitizen {
        given_name: "Giulia",
        family_name: "Neri",
        fiscal_code: "NREGLI92B68X999E",
    },
];

/// The issuer of the demo municipality.
#[derive(Debug)]
pub struct DemoIssuer(Ed25519KeyPair);

impl DemoIssuer {
    /// How its tokens name it.
    pub const ISSUER: &str = "https://accesso.montelago.example";

    /// With the key that belongs to this secret.
    ///
    /// # Errors
    /// The cryptographic library refuses.
    pub fn new(secret: &str) -> Result<Self, SealError> {
        let seed = key_for("issuer of the demo", secret).ok_or(SealError::Library)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed);
        pair.map(Self).map_err(|_| SealError::Library)
    }

    /// Its public key (JWK Set).
    pub fn keys(&self) -> Value {
        let key = URL_SAFE_NO_PAD.encode(self.0.public_key());
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "x": key });
        json!({ "keys": [key] })
    }

    /// What a municipality registers of it.
    pub fn registration(&self) -> NewCitizenIssuer {
        NewCitizenIssuer {
            name: "Accesso dimostrativo".to_owned(),
            issuer: Self::ISSUER.to_owned(),
            settings: IssuerSettings {
                keys: Some(self.keys()),
                audiences: [AUDIENCE.to_owned()].into(),
                algorithms: [Algorithm::EdDSA].into(),
                ..IssuerSettings::default()
            },
        }
    }

    /// A token of somebody who signed in at this level just now.
    pub fn token(
        &self,
        citizen: &DemoCitizen,
        level: LevelOfAssurance,
        now: DateTime<Utc>,
    ) -> String {
        let word = USUAL.iter().find(|(_, known)| *known == level);
        self.sign(&json!({
            "iss": Self::ISSUER,
            "aud": AUDIENCE,
            "sub": citizen.fiscal_code.to_ascii_lowercase(),
            "iat": now.timestamp(),
            "exp": (now + VALID).timestamp(),
            "acr": word.map(|(word, _)| *word),
            "given_name": citizen.given_name,
            "family_name": citizen.family_name,
            "https://attributes.eid.gov.it/fiscal_number": format!("TINIT-{}", citizen.fiscal_code),
        }))
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let header = json!({ "alg": "EdDSA", "typ": "JWT" });
        let message = format!("{}.{}", part(&header), part(claims));
        let signature = self.0.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::citizens::FiscalCode;

    #[test]
    fn its_citizens_have_fiscal_codes_and_its_settings_are_right() {
        for citizen in DEMO_CITIZENS {
            assert!(
                citizen.fiscal_code.parse::<FiscalCode>().is_ok(),
                "{citizen:?}"
            );
        }
        let issuer = DemoIssuer::new("one secret of 32 characters at least").unwrap();
        assert!(issuer.registration().settings.check().is_ok());
    }
}
