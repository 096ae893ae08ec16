//! Structures that several content types share, and the checks of single values. A check here
//! refuses what is wrong; what is merely missing or too long for the model is left to the
//! publishing gate, so that drafts may be half empty.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use validator::{Validate, ValidationError};

use super::{Link, Placed, RichText, types::Asset};
use crate::{
    locale::{Blank, Localized, LocalizedText},
    vocabularies::{Code, ids},
};

impl Blank for RichText {
    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

/// Rich text by locale.
pub type LocalizedRichText = Localized<RichText>;

/// An absolute web address (`https` or `http`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct WebAddress(String);

impl WebAddress {
    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WebAddress {
    type Err = String;

    fn from_str(address: &str) -> Result<Self, Self::Err> {
        let shown: String = address.chars().take(80).collect();
        match url::Url::parse(address) {
            Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => {
                Ok(Self(address.to_owned()))
            }
            Ok(_) => Err(format!("«{shown}» must begin with https:// or http://")),
            Err(error) => Err(format!("«{shown}» is not a web address: {error}")),
        }
    }
}

impl<'de> Deserialize<'de> for WebAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// An amount of money with two decimals, read from a number or a string (`22.21`) and written as a
/// string, so that no client rounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
    /// The amount in hundredths.
    pub cents: i64,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.cents / 100, self.cents % 100)
    }
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "«{text}» is not an amount: write digits and at most two decimals, such as 22.21"
            )
        };
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(decimals) || decimals.len() > 2 {
            return Err(wrong());
        }
        let whole: i64 = whole.parse().map_err(|_| wrong())?;
        let cents: i64 = format!("{decimals:0<2}").parse().map_err(|_| wrong())?;
        whole
            .checked_mul(100)
            .and_then(|hundredths| hundredths.checked_add(cents))
            .map(|cents| Self { cents })
            .ok_or_else(wrong)
    }
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            _ => {
                return Err(de::Error::custom(
                    "an amount is a number or a string such as 22.21",
                ));
            }
        };
        text.parse().map_err(de::Error::custom)
    }
}

/// A picture: an asset, or one elsewhere by its address (immagine).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Image")]
#[validate(schema(function = "image_in_one_place"))]
pub struct ImageReference {
    /// The asset; in place of `url` (allegato).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Link<Asset>>,
    /// Where the picture is; in place of `asset` (indirizzo).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<WebAddress>,
    /// Alternative text; that of the asset when left out (testo alternativo); needed to publish unless
    /// `decorative`.
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    #[validate(custom(function = "short"))]
    pub alt: LocalizedText,
    /// The picture adds nothing to the text and is skipped by screen readers (decorativa).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decorative: bool,
    /// Caption; that of the asset when left out (didascalia).
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub caption: LocalizedText,
    /// Who made it; as the asset says when left out (crediti).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<String>,
    /// Licence; that of the asset when left out (licenza).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<Code<ids::Licences>>,
}

/// A file: an asset, or one elsewhere by its address (allegato).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "File")]
#[validate(schema(function = "file_in_one_place"))]
pub struct FileReference {
    /// The asset; in place of `url` (allegato).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Link<Asset>>,
    /// Where the file is; in place of `asset` (indirizzo).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<WebAddress>,
    /// What the file is called for the reader; as the asset is when left out (titolo).
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    #[validate(custom(function = "short"))]
    pub title: LocalizedText,
    /// Media type of RFC 6838, such as `application/pdf`; an asset knows its own (formato).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "valid_media_type"))]
    pub media_type: Option<String>,
    /// Size in bytes; an asset knows its own (dimensione).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

fn image_in_one_place(image: &ImageReference) -> Result<(), ValidationError> {
    in_one_place(image.asset.is_some(), image.url.is_some())
}

fn file_in_one_place(file: &FileReference) -> Result<(), ValidationError> {
    in_one_place(file.asset.is_some(), file.url.is_some())
}

fn in_one_place(is_asset: bool, has_url: bool) -> Result<(), ValidationError> {
    match is_asset == has_url {
        false => Ok(()),
        true => Err(refuse(
            "URL_OR_ASSET",
            "name either an `asset` or the `url` of something elsewhere",
        )),
    }
}

impl Placed for ImageReference {
    fn asset(&self) -> Option<&Link<Asset>> {
        self.asset.as_ref()
    }

    fn url(&self) -> Option<&WebAddress> {
        self.url.as_ref()
    }
}

impl Placed for FileReference {
    fn asset(&self) -> Option<&Link<Asset>> {
        self.asset.as_ref()
    }

    fn url(&self) -> Option<&WebAddress> {
        self.url.as_ref()
    }
}

/// A named address on the web (collegamento).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct WebLink {
    /// What the link says (etichetta).
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    #[validate(custom(function = "short"))]
    pub label: LocalizedText,
    /// Where it leads (indirizzo).
    pub url: WebAddress,
}

/// A point on the map, WGS 84 (posizione).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GeoPoint {
    /// Latitude in degrees (latitudine).
    #[validate(range(min = -90.0, max = 90.0, message = "a latitude lies between -90 and 90"))]
    pub latitude: f64,
    /// Longitude in degrees (longitudine).
    #[validate(range(min = -180.0, max = 180.0, message = "a longitude lies between -180 and 180"))]
    pub longitude: f64,
}

/// A postal address without a place of its own (indirizzo).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct PostalAddress {
    /// What is there (nome della sede).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Street and number (indirizzo).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub street_address: Option<String>,
    /// Five digits (CAP).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "valid_postal_code"))]
    pub postal_code: Option<String>,
    /// City (comune).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub city: Option<String>,
}

fn refuse(code: &'static str, message: impl Into<Cow<'static, str>>) -> ValidationError {
    ValidationError::new(code).with_message(message.into())
}

/// The hard limit of one-line texts: 255 characters in every locale.
pub(crate) fn short(text: &LocalizedText) -> Result<(), ValidationError> {
    match text.iter().find(|(_, text)| text.chars().count() > 255) {
        Some((locale, text)) => Err(refuse(
            "TOO_LONG",
            format!(
                "at most 255 characters, but the text in «{locale}» has {}",
                text.chars().count()
            ),
        )),
        None => Ok(()),
    }
}

/// An Italian postal code.
pub(crate) fn valid_postal_code(code: &str) -> Result<(), ValidationError> {
    if code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(refuse(
        "INVALID_POSTAL_CODE",
        "a postal code (CAP) has five digits",
    ))
}

/// A media type `type/subtype`.
pub(crate) fn valid_media_type(name: &str) -> Result<(), ValidationError> {
    let token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    match name.split_once('/') {
        Some((kind, subtype)) if token(kind) && token(subtype) => Ok(()),
        _ => Err(refuse(
            "INVALID_MEDIA_TYPE",
            "a media type reads like application/pdf",
        )),
    }
}

/// A currency of ISO 4217.
pub(crate) fn valid_currency(code: &str) -> Result<(), ValidationError> {
    if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(refuse(
        "INVALID_CURRENCY",
        "a currency is a three letter code of ISO 4217, such as EUR",
    ))
}

/// An IPA code, such as `c_h501`.
pub(crate) fn valid_ipa_code(code: &str) -> Result<(), ValidationError> {
    code.parse::<crate::tenants::IpaCode>()
        .map(|_| ())
        .map_err(|error| refuse("INVALID_IPA_CODE", error.to_string()))
}

/// `end` is not before `start`, where both are given.
pub(crate) fn in_order<T: PartialOrd>(
    start: Option<T>,
    end: Option<T>,
    field: &'static str,
) -> Result<(), ValidationError> {
    match (start, end) {
        (Some(start), Some(end)) if end < start => Err(refuse(
            "END_BEFORE_START",
            format!("{field} lies before its start"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_their_cents() {
        for (text, shown) in [("22.21", "22.21"), ("16", "16.00"), ("0.5", "0.50")] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), shown);
        }
        for wrong in ["", "-1", "1,50", "1.234", "1e3", "99999999999999999999"] {
            assert!(wrong.parse::<Amount>().is_err(), "{wrong}");
        }
        let read: Amount = serde_json::from_str("16.79").unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), r#""16.79""#);
    }

    #[test]
    fn addresses_must_be_of_the_web() {
        assert!(
            "https://www.comune.esempio.it/a"
                .parse::<WebAddress>()
                .is_ok()
        );
        for wrong in [
            "javascript:alert(1)",
            "/servizi",
            "mailto:a@b.it",
            "https://",
        ] {
            assert!(wrong.parse::<WebAddress>().is_err(), "{wrong}");
        }
    }
}
