//! The device of a citizen, which signs what the app asks (LolliPoP).

use aws_lc_rs::{
    digest::{SHA256, digest},
    error::Unspecified,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

/// What the app asks when a message is opened, before App IO asks us.
const ASKED: &str = "https://api-app.io.pagopa.it/api/v1/third-party-messages/01EXAMPLE";

/// The device of a citizen.
#[derive(Debug)]
pub struct Device {
    key: EcdsaKeyPair,
    /// Who signed in with it.
    pub fiscal_code: String,
}

impl Device {
    /// A device with a key of its own, with which this citizen signs in.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn new(fiscal_code: &str) -> Result<Self, Unspecified> {
        Ok(Self {
            // Telephones write signatures in DER.
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?,
            fiscal_code: fiscal_code.to_owned(),
        })
    }

    /// The public key, a JSON Web Key.
    fn public_key(&self) -> String {
        let point = self.key.public_key().as_ref();
        // 4, and two numbers of 32 bytes.
        let (x, y) = point
            .get(1..)
            .unwrap_or_default()
            .split_at_checked(32)
            .unwrap_or_default();
        let [x, y] = [x, y].map(|number| URL_SAFE_NO_PAD.encode(number));
        json!({ "crv": "P-256", "kty": "EC", "x": x, "y": y }).to_string()
    }

    /// The name of the key.
    pub fn reference(&self) -> String {
        let hash = digest(&SHA256, self.public_key().as_bytes());
        format!("sha256-{}", URL_SAFE_NO_PAD.encode(hash))
    }

    /// What lets the assertion be fetched.
    pub(super) fn authorization(&self) -> String {
        format!("double.{}.signed", URL_SAFE_NO_PAD.encode(self.reference()))
    }

    /// The assertion with which the citizen signed in then.
    pub(super) fn assertion(&self, signed_in_at: DateTime<Utc>) -> String {
        let at = signed_in_at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let (reference, code) = (self.reference(), &self.fiscal_code);
        format!(
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"><saml:Assertion><saml:Subject><saml:SubjectConfirmation>\
             <saml:SubjectConfirmationData InResponseTo=\"{reference}\"/></saml:SubjectConfirmation></saml:Subject>\
             <saml:Conditions NotBefore=\"{at}\"/><saml:AttributeStatement><saml:Attribute Name=\"fiscalNumber\">\
             <saml:AttributeValue>TINIT-{code}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>\
             </saml:Assertion></samlp:Response>"
        )
    }

    /// The headers that App IO hands on.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn headers(&self) -> Result<Vec<(&'static str, String)>, Unspecified> {
        let reference = self.reference();
        let parameters = format!(
            "(\"x-pagopa-lollipop-original-method\" \"x-pagopa-lollipop-original-url\");created=1764000000;nonce=\"double\";\
             alg=\"ecdsa-p256-sha256\";keyid=\"{reference}\""
        );
        let signed = format!(
            "\"x-pagopa-lollipop-original-method\": GET\n\"x-pagopa-lollipop-original-url\": {ASKED}\n\
             \"@signature-params\": {parameters}"
        );
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes())?;
        Ok(vec![
            ("x-pagopa-lollipop-original-method", "GET".to_owned()),
            ("x-pagopa-lollipop-original-url", ASKED.to_owned()),
            (
                "x-pagopa-lollipop-public-key",
                URL_SAFE_NO_PAD.encode(self.public_key()),
            ),
            ("x-pagopa-lollipop-assertion-ref", reference),
            ("x-pagopa-lollipop-assertion-type", "SAML".to_owned()),
            ("x-pagopa-lollipop-auth-jwt", self.authorization()),
            ("x-pagopa-lollipop-user-id", self.fiscal_code.clone()),
            ("signature-input", format!("sig1={parameters}")),
            (
                "signature",
                format!("sig1=:{}:", STANDARD.encode(signature)),
            ),
        ])
    }
}
