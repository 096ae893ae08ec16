//! The key of a device, a JSON Web Key (RFC 7517) in base64.

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256,
        RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA512, RsaPublicKeyComponents,
        UnparsedPublicKey,
    },
};
use base64::{
    Engine, alphabet,
    engine::{
        DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD,
    },
};
use serde::Deserialize;

/// Some devices write numbers in base64 for addresses, others in the usual one, with padding and without.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const USUAL: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
/// How many bytes a coordinate on the curve P-256 has.
const COORDINATE: usize = 32;

/// The public key of a device. What is calculated with it is in `x`, `y`, `n` and `e`, as they were written.
#[derive(Deserialize)]
#[serde(tag = "kty")]
pub(super) enum DeviceKey {
    #[serde(rename = "EC")]
    Curve { crv: String, x: String, y: String },
    #[serde(rename = "RSA")]
    Rsa { e: String, n: String },
}

impl DeviceKey {
    pub(super) fn read(header: &str) -> Option<Self> {
        serde_json::from_slice(&bytes(header)?).ok()
    }

    /// The name of the key: its thumbprint by RFC 7638, of its members as they were written.
    pub(super) fn reference(&self) -> String {
        let members = match self {
            Self::Curve { crv, x, y } => {
                vec![("crv", crv.as_str()), ("kty", "EC"), ("x", x), ("y", y)]
            }
            Self::Rsa { e, n } => vec![("e", e.as_str()), ("kty", "RSA"), ("n", n)],
        };
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let members = members
            .iter()
            .map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)));
        let canonical = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
        let hash = digest(&SHA256, canonical.as_bytes());
        format!("sha256-{}", URL_SAFE_NO_PAD.encode(hash))
    }

    /// Whether this key made the signature, by an algorithm of the registry of RFC 9421, or `rsa-pss-sha256`, which devices with
    /// Android name.
    pub(super) fn has_signed(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Curve { crv, x, y } if crv == "P-256" && algorithm == "ecdsa-p256-sha256" => {
                point(x, y).is_some_and(|point| {
                    // The registry asks for two numbers of one size; the libraries of telephones give them in DER.
                    [&ECDSA_P256_SHA256_FIXED, &ECDSA_P256_SHA256_ASN1]
                        .into_iter()
                        .any(|form| {
                            let key = UnparsedPublicKey::new(form, &point);
                            key.verify(message, signature).is_ok()
                        })
                })
            }
            Self::Rsa { e, n } => {
                let form = match algorithm {
                    "rsa-pss-sha256" => &RSA_PSS_2048_8192_SHA256,
                    "rsa-pss-sha512" => &RSA_PSS_2048_8192_SHA512,
                    "rsa-v1_5-sha256" => &RSA_PKCS1_2048_8192_SHA256,
                    _ => return false,
                };
                let key = bytes(n)
                    .zip(bytes(e))
                    .map(|(n, e)| RsaPublicKeyComponents { n, e });
                key.is_some_and(|key| key.verify(form, message, signature).is_ok())
            }
            Self::Curve { .. } => false,
        }
    }
}

/// A point of the curve, uncompressed.
fn point(x: &str, y: &str) -> Option<Vec<u8>> {
    let (x, y) = (bytes(x)?, bytes(y)?);
    let fits = x.len() == COORDINATE && y.len() == COORDINATE;
    fits.then(|| [&[4], x.as_slice(), &y].concat())
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let usual = text.replace('-', "+").replace('_', "/");
    USUAL.decode(usual).ok()
}
