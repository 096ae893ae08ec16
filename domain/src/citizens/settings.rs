//! What a municipality makes of the tokens of an issuer: which it accepts, and how it reads them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{LevelOfAssurance, level::USUAL};
use crate::{identity::Refusal, openid::Algorithm};

/// Which tokens of an issuer are accepted, and how they are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IssuerSettings {
    /// Where its keys are; found below the issuer (OpenID Connect Discovery) when left out.
    pub jwks_uri: Option<Url>,
    /// Its keys themselves (JWK Set), of an issuer that publishes none.
    pub keys: Option<Value>,
    /// The names under which the municipality takes tokens; one of them is an audience of each.
    pub audiences: BTreeSet<String>,
    /// How tokens may be signed.
    pub algorithms: BTreeSet<Algorithm>,
    /// Where tokens say who somebody is.
    pub claims: ClaimMap,
    /// The levels of assurance, by the words of the issuer.
    pub levels: BTreeMap<String, LevelOfAssurance>,
    /// The lowest level that is let in.
    pub minimum_level: LevelOfAssurance,
}

/// Where tokens say who somebody is: claims by name or JSON Pointer, of which the first that is there is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClaimMap {
    /// The fiscal code, with or without `TINIT-`.
    pub fiscal_code: Vec<String>,
    /// The given name.
    pub given_name: Vec<String>,
    /// The family name.
    pub family_name: Vec<String>,
    /// The level of assurance.
    pub level: Vec<String>,
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).into()
}

impl Default for ClaimMap {
    /// Those of SPID and CIE over OpenID Connect, of iam-proxy-italia, and of OneIdentity.
    fn default() -> Self {
        Self {
            fiscal_code: texts([
                "https://attributes.eid.gov.it/fiscal_number",
                "https://attributes.spid.gov.it/fiscal_number",
                "fiscal_number",
                "fiscalNumber",
                "fiscalCode",
            ]),
            given_name: texts(["given_name", "name"]),
            family_name: texts(["family_name", "familyName"]),
            level: texts(["acr", "spid_level"]),
        }
    }
}

impl Default for IssuerSettings {
    fn default() -> Self {
        let levels = USUAL.map(|(name, level)| (name.to_owned(), level));
        Self {
            jwks_uri: None,
            keys: None,
            audiences: BTreeSet::new(),
            algorithms: [Algorithm::RS256, Algorithm::ES256, Algorithm::PS256].into(),
            claims: ClaimMap::default(),
            levels: levels.into(),
            minimum_level: LevelOfAssurance::Substantial,
        }
    }
}

/// The most values of a setting.
const MOST: usize = 50;
/// The longest text of a setting.
const LONGEST: usize = 500;
/// The most bytes of keys that are written into the settings.
const LARGEST_KEYS: usize = 64 * 1024;

impl IssuerSettings {
    /// Refuses what cannot be meant.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let wrong = |field, message: &str| Err(Refusal::ProviderSetting(field, message.to_owned()));
        let claims = &self.claims;
        let lists: [(&str, Vec<&String>); 6] = [
            ("audiences", self.audiences.iter().collect()),
            ("levels", self.levels.keys().collect()),
            ("claims.fiscalCode", claims.fiscal_code.iter().collect()),
            ("claims.givenName", claims.given_name.iter().collect()),
            ("claims.familyName", claims.family_name.iter().collect()),
            ("claims.level", claims.level.iter().collect()),
        ];
        for (field, texts) in lists {
            let fits = |text: &&String| (1..=LONGEST).contains(&text.chars().count());
            if texts.len() > MOST || !texts.iter().all(fits) {
                let message = format!("write at most {MOST} texts of 1 to {LONGEST} characters");
                return wrong(field, &message);
            }
        }
        let is_token = |name: &String| name.bytes().all(|byte| byte.is_ascii_graphic());
        if self.levels.is_empty() || !self.levels.keys().all(is_token) {
            return wrong("levels", "name the levels of the issuer, without spaces");
        }
        if !self
            .levels
            .values()
            .any(|level| *level >= self.minimum_level)
        {
            return wrong(
                "minimumLevel",
                "the issuer has no level as high as this one",
            );
        }
        if self.audiences.is_empty() {
            return wrong("audiences", "name an audience: for whom its tokens are");
        }
        if claims.fiscal_code.is_empty() {
            return wrong("claims.fiscalCode", "name the claim with the fiscal code");
        }
        if self.algorithms.is_empty() {
            return wrong("algorithms", "name an algorithm");
        }
        self.check_keys()
    }

    fn check_keys(&self) -> Result<(), Refusal> {
        let wrong = |message: &str| Err(Refusal::ProviderSetting("keys", message.to_owned()));
        match &self.keys {
            Some(_) if self.jwks_uri.is_some() => wrong("write the keys, or where they are"),
            Some(keys) if keys.to_string().len() > LARGEST_KEYS => wrong("write fewer keys"),
            Some(keys) if !keys.get("keys").is_some_and(Value::is_array) => {
                wrong("write a JWK Set: an object with a list «keys»")
            }
            _ => Ok(()),
        }
    }

    /// The words of the issuer for this level and those above it, the lowest first: what a portal asks it for.
    pub(super) fn words_from(&self, least: LevelOfAssurance) -> String {
        let high_enough = self.levels.iter().filter(|(_, level)| **level >= least);
        let mut words: Vec<_> = high_enough.map(|(word, level)| (level, word)).collect();
        words.sort();
        let words: Vec<_> = words.into_iter().map(|(_, word)| word.as_str()).collect();
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(change: impl FnOnce(&mut IssuerSettings)) -> IssuerSettings {
        let mut settings = IssuerSettings {
            audiences: ["comune".to_owned()].into(),
            ..IssuerSettings::default()
        };
        change(&mut settings);
        settings
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert!(settings(|_| {}).check().is_ok());
        let keys = json!({ "keys": [] });
        let pinned = settings(|settings| settings.keys = Some(keys.clone()));
        assert!(pinned.check().is_ok());
        let changes: [fn(&mut IssuerSettings); 8] = [
            |settings| settings.audiences.clear(),
            |settings| settings.algorithms.clear(),
            |settings| settings.claims.fiscal_code.clear(),
            |settings| settings.levels.clear(),
            |settings| {
                settings
                    .levels
                    .insert("due parole".to_owned(), LevelOfAssurance::Low);
            },
            |settings| {
                settings
                    .levels
                    .retain(|_, level| *level == LevelOfAssurance::Low)
            },
            |settings| settings.keys = Some(json!([])),
            |settings| {
                settings.keys = Some(json!({ "keys": [] }));
                settings.jwks_uri = "https://login.example/keys".parse().ok();
            },
        ];
        for (index, change) in changes.into_iter().enumerate() {
            assert!(settings(change).check().is_err(), "{index}");
        }
    }

    #[test]
    fn a_portal_is_told_how_its_issuer_calls_the_levels() {
        let settings = settings(|settings| {
            settings.levels = [
                ("uno".to_owned(), LevelOfAssurance::Low),
                ("tre".to_owned(), LevelOfAssurance::High),
                ("zwei".to_owned(), LevelOfAssurance::Substantial),
            ]
            .into();
        });
        assert_eq!(
            settings.words_from(LevelOfAssurance::Substantial),
            "zwei tre"
        );
        assert_eq!(settings.words_from(LevelOfAssurance::High), "tre");
    }
}
