//! What a municipality makes of the tokens of an issuer: which it accepts, and how it reads them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{LevelOfAssurance, LevelWord, level::USUAL};
use crate::{
    identity::Refusal,
    openid::{Algorithm, check_keys},
};

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
    /// The words of the issuer for levels of assurance; of those for one level the first is asked for first.
    pub levels: Vec<LevelWord>,
    /// The lowest level that is let in.
    pub minimum_level: LevelOfAssurance,
}

/// Where tokens say who somebody is: claims by name or JSON Pointer, of which the first that says something is taken.
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
        let levels = USUAL.map(|(word, level)| LevelWord {
            word: word.to_owned(),
            level,
        });
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
/// The most bytes of all words for levels: they are sent back in one header.
const MOST_OF_WORDS: usize = 2_000;
/// The most bytes of keys that are written into the settings.
const LARGEST_KEYS: usize = 64 * 1024;

impl IssuerSettings {
    /// Refuses what cannot be meant.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let wrong = |field, message: &str| Err(Refusal::ProviderSetting(field, message.to_owned()));
        let claims = &self.claims;
        let lists: [(&str, Vec<&String>); 6] = [
            ("audiences", self.audiences.iter().collect()),
            ("levels", self.levels.iter().map(|one| &one.word).collect()),
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
        self.check_levels()?;
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

    fn check_levels(&self) -> Result<(), Refusal> {
        let wrong = |field, message: &str| Err(Refusal::ProviderSetting(field, message.to_owned()));
        // They are sent back as a quoted string.
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        let words: BTreeSet<_> = self.levels.iter().map(|one| one.word.as_str()).collect();
        if words.is_empty() || !words.iter().all(|word| word.bytes().all(is_plain)) {
            let message = "name the levels of the issuer, without spaces, quotes and backslashes";
            return wrong("levels", message);
        }
        if words.len() < self.levels.len() {
            return wrong("levels", "name each level of the issuer once");
        }
        if words.iter().map(|word| word.len() + 1).sum::<usize>() > MOST_OF_WORDS {
            let message = format!("write at most {MOST_OF_WORDS} characters in all");
            return wrong("levels", &message);
        }
        match self.words_from(self.minimum_level).is_empty() {
            true => wrong(
                "minimumLevel",
                "the issuer has no level as high as this one",
            ),
            false => Ok(()),
        }
    }

    fn check_keys(&self) -> Result<(), Refusal> {
        let wrong = |message: &str| Err(Refusal::ProviderSetting("keys", message.to_owned()));
        match &self.keys {
            Some(_) if self.jwks_uri.is_some() => wrong("write the keys, or where they are"),
            Some(keys) if keys.to_string().len() > LARGEST_KEYS => wrong("write fewer keys"),
            Some(keys) => match check_keys(keys, &self.algorithms) {
                Ok(()) => Ok(()),
                Err(error) => wrong(&error.to_string()),
            },
            None => Ok(()),
        }
    }

    /// The words of the issuer for this level and those above it, the lowest first: what a portal asks it for.
    pub(super) fn words_from(&self, least: LevelOfAssurance) -> String {
        let high_enough = self.levels.iter().filter(|one| one.level >= least);
        let mut words: Vec<_> = high_enough.collect();
        words.sort_by_key(|one| one.level);
        let words: Vec<_> = words.into_iter().map(|one| one.word.as_str()).collect();
        words.join(" ")
    }

    /// The level of this word of the issuer.
    pub(super) fn level(&self, word: &str) -> Option<LevelOfAssurance> {
        let named = self.levels.iter().find(|one| one.word == word);
        named.map(|one| one.level)
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

    fn word(word: &str, level: LevelOfAssurance) -> LevelWord {
        LevelWord {
            word: word.to_owned(),
            level,
        }
    }

    /// The public key of RFC 7517, appendix A.1, with more members.
    fn keys(more: Value) -> Option<Value> {
        let mut key = json!({ "kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" });
        for (name, value) in more.as_object().unwrap() {
            key[name] = value.clone();
        }
        Some(json!({ "keys": [key] }))
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert!(settings(|_| {}).check().is_ok());
        let changes: [fn(&mut IssuerSettings); 9] = [
            |settings| settings.audiences.clear(),
            |settings| settings.algorithms.clear(),
            |settings| settings.claims.fiscal_code.clear(),
            |settings| settings.levels.clear(),
            |settings| {
                let again = settings.levels[0].clone();
                settings.levels.push(again);
            },
            |settings| {
                settings
                    .levels
                    .retain(|one| one.level == LevelOfAssurance::Low)
            },
            |settings| {
                let long = |number: usize| word(&format!("{number:0400}"), LevelOfAssurance::High);
                settings.levels = (0..5).map(long).collect();
            },
            |settings| settings.keys = Some(json!([])),
            |settings| {
                settings.keys = keys(json!({}));
                settings.jwks_uri = "https://login.example/keys".parse().ok();
            },
        ];
        for (index, change) in changes.into_iter().enumerate() {
            assert!(settings(change).check().is_err(), "{index}");
        }
        for text in ["due parole", "una\"virgoletta", "una\\barra", "è", ""] {
            let levels = vec![word(text, LevelOfAssurance::High)];
            let refused = settings(|settings| settings.levels = levels).check();
            assert!(refused.is_err(), "{text}");
        }
    }

    #[test]
    fn keys_that_are_written_down_are_public_and_can_be_used() {
        let pinned = |more| settings(|settings| settings.keys = keys(more)).check();
        assert!(pinned(json!({ "kid": "uno", "use": "sig", "alg": "ES256" })).is_ok());
        for wrong in [
            json!({ "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE" }),
            json!({ "use": "enc" }),
            json!({ "alg": "ES384" }),
            json!({ "crv": "P-384" }),
            json!({ "kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMko" }),
        ] {
            let said = wrong.to_string();
            assert!(pinned(wrong).is_err(), "{said}");
        }
        let none = settings(|settings| settings.keys = Some(json!({ "keys": [] })));
        assert!(none.check().is_err());
    }

    #[test]
    fn a_portal_is_told_how_its_issuer_calls_the_levels() {
        let settings = settings(|settings| {
            settings.levels = vec![
                word("uno", LevelOfAssurance::Low),
                word("tre", LevelOfAssurance::High),
                word("zwei", LevelOfAssurance::Substantial),
                word("due", LevelOfAssurance::Substantial),
            ];
        });
        let words = settings.words_from(LevelOfAssurance::Substantial);
        assert_eq!(words, "zwei due tre");
        assert_eq!(settings.words_from(LevelOfAssurance::High), "tre");
        let usual = IssuerSettings::default();
        let first = usual.words_from(LevelOfAssurance::Substantial);
        assert!(
            first.starts_with("https://www.spid.gov.it/SpidL2 "),
            "{first}"
        );
    }
}
