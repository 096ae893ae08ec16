use std::{collections::HashMap, sync::Mutex};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, KeyPair, RSA_PSS_SHA256, RsaKeyPair,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use proptest::prelude::*;

use super::*;
use crate::notifications::{Message, Profile, Seen, port::Called};

const MARIO: &str = "RSSMRA80A01H501U";
const COVERED: &str = "(\"x-pagopa-lollipop-original-method\" \"x-pagopa-lollipop-original-url\")";
const URL: &str = "https://api-app.io.pagopa.it/api/v1/third-party-messages/1";

type Headers = HashMap<String, String>;

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// What a device sends, with what signs for it.
struct Device {
    jwk: String,
    algorithm: &'static str,
    sign: Sign,
}

impl Device {
    /// One that writes base64 like this.
    fn curve(form: &'static EcdsaSigningAlgorithm, encode: fn(&[u8]) -> String) -> Self {
        let key = EcdsaKeyPair::generate(form).unwrap();
        let point = key.public_key().as_ref();
        let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
        Self {
            jwk: format!(r#"{{"kty":"EC","y":"{y}","crv":"P-256","x":"{x}"}}"#),
            algorithm: "ecdsa-p256-sha256",
            sign: Box::new(move |message| {
                key.sign(&SystemRandom::new(), message)
                    .unwrap()
                    .as_ref()
                    .to_vec()
            }),
        }
    }

    fn rsa() -> Self {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = key.public_key();
        let n = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
        let e = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
        Self {
            jwk: format!(r#"{{"kty":"RSA","kid":"x","n":"{n}","e":"{e}"}}"#),
            algorithm: "rsa-pss-sha256",
            sign: Box::new(move |message| {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(
                    &RSA_PSS_SHA256,
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )
                .unwrap();
                signature
            }),
        }
    }

    fn plain() -> Self {
        Self::curve(&ECDSA_P256_SHA256_FIXED_SIGNING, |bytes| {
            URL_SAFE_NO_PAD.encode(bytes)
        })
    }

    fn reference(&self) -> String {
        let key: DeviceKey = serde_json::from_str(&self.jwk).unwrap();
        key.reference()
    }

    fn headers(&self) -> Headers {
        let parameters = format!(
            "{COVERED};created=1764000000;nonce=\"n\";alg=\"{}\"",
            self.algorithm
        );
        let base = format!(
            "\"x-pagopa-lollipop-original-method\": GET\n\"x-pagopa-lollipop-original-url\": {URL}\n\"@signature-params\": {parameters}"
        );
        let signature = STANDARD.encode((self.sign)(base.as_bytes()));
        let headers = [
            (ORIGINAL_METHOD, "GET".to_owned()),
            (ORIGINAL_URL, URL.to_owned()),
            (PUBLIC_KEY, URL_SAFE_NO_PAD.encode(&self.jwk)),
            (ASSERTION_REF, self.reference()),
            (ASSERTION_TYPE, "SAML".to_owned()),
            (AUTH_JWT, "jwt".to_owned()),
            (USER_ID, MARIO.to_owned()),
            (SIGNATURE_INPUT, format!("sig1={parameters}")),
            (SIGNATURE, format!("sig1=:{signature}:")),
        ];
        headers.map(|(name, value)| (name.to_owned(), value)).into()
    }
}

fn read(headers: &Headers) -> Result<(), LollipopFlaw> {
    let header = |name: &str| headers.get(name).map(String::as_str);
    Signed::read(MARIO, &header).map(|_| ())
}

fn assertion(reference: &str, code: &str, since: &str) -> String {
    format!(
        r#"<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns="urn:oasis:names:tc:SAML:2.0:assertion">
        <Assertion><Subject><SubjectConfirmation><SubjectConfirmationData InResponseTo="{reference}"/></SubjectConfirmation></Subject>
        <Conditions NotBefore="{since}"/><AttributeStatement><Attribute Name="name"><AttributeValue>Mario</AttributeValue></Attribute>
        <Attribute Name="fiscalNumber"><AttributeValue>{code}</AttributeValue></Attribute></AttributeStatement></Assertion></p:Response>"#
    )
}

#[test]
fn every_kind_of_device_is_understood() {
    let usual = |bytes: &[u8]| STANDARD.encode(bytes);
    for device in [
        Device::plain(),
        Device::curve(&ECDSA_P256_SHA256_ASN1_SIGNING, usual),
        Device::rsa(),
    ] {
        assert_eq!(read(&device.headers()), Ok(()), "{}", device.jwk);
    }
}

#[test]
fn the_name_of_a_key_is_its_thumbprint() {
    // The example of RFC 7638, section 3.1.
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn\
             jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6q\
             MQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJ\
             zKnqDKgw";
    let key = DeviceKey::Rsa {
        n: n.to_owned(),
        e: "AQAB".to_owned(),
    };
    assert_eq!(
        key.reference(),
        "sha256-NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
}

#[test]
fn what_proves_nothing_is_named() {
    let device = Device::plain();
    let headers = device.headers();
    for name in headers.keys() {
        let mut headers = headers.clone();
        headers.remove(name);
        assert_eq!(read(&headers), Err(LollipopFlaw::Missing(name.clone())));
    }
    let other = Device::plain().headers();
    let not_signed = LollipopFlaw::NotSigned("sig1".to_owned());
    let unreadable = LollipopFlaw::Unreadable;
    let uncovered = format!("sig1=(\"{ORIGINAL_METHOD}\");alg=\"ecdsa-p256-sha256\"");
    for (name, value, flaw) in [
        (USER_ID, "BNCNNA85M41H501Z", LollipopFlaw::OtherReader),
        (ASSERTION_TYPE, "OIDC", unreadable(ASSERTION_TYPE)),
        (ORIGINAL_METHOD, "POST", LollipopFlaw::OtherDeed),
        (ORIGINAL_URL, "http://somewhere", LollipopFlaw::OtherDeed),
        (ORIGINAL_URL, "https://somewhere.else/", not_signed.clone()),
        (PUBLIC_KEY, "§", unreadable(PUBLIC_KEY)),
        (PUBLIC_KEY, &other[PUBLIC_KEY], LollipopFlaw::OtherKey),
        (ASSERTION_REF, &other[ASSERTION_REF], LollipopFlaw::OtherKey),
        (SIGNATURE, &other[SIGNATURE], not_signed.clone()),
        (SIGNATURE, "sig2=:AAAA:", unreadable(SIGNATURE)),
        (SIGNATURE, "sig1=AAAA", unreadable(SIGNATURE)),
        (SIGNATURE_INPUT, "sig1", unreadable(SIGNATURE_INPUT)),
        (SIGNATURE_INPUT, "", LollipopFlaw::Uncovered),
        (SIGNATURE_INPUT, &uncovered, not_signed.clone()),
        (
            SIGNATURE_INPUT,
            "sig1=(\"@method\");alg=\"ecdsa-p256-sha256\"",
            unreadable(SIGNATURE_INPUT),
        ),
        (
            SIGNATURE_INPUT,
            &headers[SIGNATURE_INPUT].replace("ecdsa-p256", "hmac"),
            not_signed,
        ),
        (
            SIGNATURE_INPUT,
            "sig1=(\"content-digest\");alg=\"x\"",
            LollipopFlaw::Missing("content-digest".to_owned()),
        ),
    ] {
        let mut headers = headers.clone();
        headers.insert(name.to_owned(), value.to_owned());
        assert_eq!(read(&headers), Err(flaw), "{name}: {value}");
    }
}

#[test]
fn an_assertion_is_of_one_citizen_and_one_key() {
    let now: DateTime<Utc> = "2026-11-27T12:00:00Z".parse().unwrap();
    let (since, code) = ("2026-01-01T00:00:00Z", format!("TINIT-{MARIO}"));
    let check = |xml: &str| assertion::check(xml, "sha256-a", MARIO, now);
    assert_eq!(check(&assertion("sha256-a", &code, since)), Ok(()));
    assert_eq!(
        check(&assertion("sha256-a", MARIO, "2026-01-01T00:00:00.000Z")),
        Ok(())
    );
    for (reference, code, since, flaw) in [
        (
            "sha256-b",
            code.as_str(),
            since,
            LollipopFlaw::OtherAssertion,
        ),
        (
            "sha256-a",
            "TINIT-BNCNNA85M41H501Z",
            since,
            LollipopFlaw::OtherAssertion,
        ),
        ("sha256-a", "", since, LollipopFlaw::OtherAssertion),
        (
            "sha256-a",
            &code,
            "2025-11-26T00:00:00Z",
            LollipopFlaw::Expired,
        ),
        (
            "sha256-a",
            &code,
            "2026-11-28T00:00:00Z",
            LollipopFlaw::Expired,
        ),
        ("sha256-a", &code, "ieri", LollipopFlaw::UnreadableAssertion),
    ] {
        assert_eq!(
            check(&assertion(reference, code, since)),
            Err(flaw),
            "{reference} {code} {since}"
        );
    }
    // Of two assertions, one might be signed and the other one read.
    let good = assertion("sha256-a", &code, since);
    let twice = good.replace("</Assertion>", "</Assertion><Assertion/>");
    let bomb = format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{good}");
    for xml in ["", "<a/>", twice.as_str(), &bomb] {
        assert_eq!(check(xml), Err(LollipopFlaw::UnreadableAssertion), "{xml}");
    }
}

/// Gives one assertion, and counts how often it was asked for.
struct PagoPa {
    xml: String,
    asked: Mutex<Vec<(String, String)>>,
}

impl AppIo for PagoPa {
    fn profile<'a>(&'a self, _: &'a str, _: &'a str) -> Called<'a, Profile> {
        unreachable!("nobody is written to")
    }
    fn send<'a>(&'a self, _: &'a str, _: &'a Message) -> Called<'a, String> {
        unreachable!("nobody is written to")
    }
    fn standing<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> Called<'a, Seen> {
        unreachable!("nobody is written to")
    }
    fn configurations<'a>(&'a self, _: &'a str) -> Called<'a, Vec<String>> {
        unreachable!("nobody is written to")
    }
    fn assertion<'a>(
        &'a self,
        key: &'a str,
        reference: &'a str,
        jwt: &'a str,
    ) -> Called<'a, String> {
        let mut asked = self.asked.lock().unwrap();
        asked.push((key.to_owned(), format!("{reference} {jwt}")));
        Box::pin(async { Ok(self.xml.clone()) })
    }
}

#[tokio::test]
async fn an_assertion_is_remembered_for_who_it_is_of() {
    let device = Device::plain();
    let code = format!("TINIT-{MARIO}");
    let pagopa = Arc::new(PagoPa {
        xml: assertion(&device.reference(), &code, "2026-01-01T00:00:00Z"),
        asked: Mutex::default(),
    });
    let vault = Vault::new("a secret that is long enough for the vault of this test").unwrap();
    let key = vault
        .seal(account::LOLLIPOP_PLACE, b"the key of the municipality")
        .unwrap();
    let (key, tenant) = (LollipopKey(key), TenantId(uuid::Uuid::from_u128(1)));
    let lollipop = Lollipop::new(pagopa.clone(), vault);
    let now = "2026-11-27T12:00:00Z".parse().unwrap();
    let verify = async |code: &str, headers: &Headers| {
        let header = |name: &str| headers.get(name).map(String::as_str);
        lollipop.verify((tenant, &key), code, &header, now).await
    };
    let headers = device.headers();
    for _ in 0..3 {
        verify(MARIO, &headers).await.unwrap();
    }
    let asked = (
        "the key of the municipality".to_owned(),
        format!("{} jwt", device.reference()),
    );
    assert_eq!(*pagopa.asked.lock().unwrap(), [asked]);
    // Who is remembered must sign all the same, and nobody else is.
    let mut unsigned = headers.clone();
    unsigned.insert(
        ORIGINAL_URL.to_owned(),
        "https://somewhere.else/".to_owned(),
    );
    assert!(verify(MARIO, &unsigned).await.is_err());
    let mut others = headers.clone();
    others.insert(USER_ID.to_owned(), "BNCNNA85M41H501Z".to_owned());
    let refused = verify("BNCNNA85M41H501Z", &others).await;
    assert!(
        matches!(
            refused,
            Err(LollipopError::Flaw(LollipopFlaw::OtherAssertion))
        ),
        "{refused:?}"
    );
}

proptest! {
    #[test]
    fn nothing_that_is_sent_is_taken_for_a_proof(which in 0..9_usize, value in "\\PC{0,80}|sig1=\\(.{0,40}\\);alg=\"rsa-pss-sha512\"") {
        let mut headers = Device::plain().headers();
        let name = headers.keys().nth(which).unwrap().clone();
        // Any text lets an assertion be asked for.
        prop_assume!(name != AUTH_JWT && headers[&name] != value);
        headers.insert(name, value);
        prop_assert!(read(&headers).is_err());
    }

    #[test]
    fn nothing_breaks_what_reads_assertions(xml in "\\PC{0,200}") {
        let _ = assertion::check(&xml, "sha256-a", MARIO, DateTime::UNIX_EPOCH);
    }
}
