//! What an issuer publishes of itself (OpenID Connect Discovery 1.0, section 3; RFC 8414).

use serde::Deserialize;
use url::Url;

use super::OpenIdError;
use crate::outgoing::Outgoing;

/// What an issuer publishes of itself, as far as it is used.
#[derive(Clone, Debug, Deserialize)]
pub struct Metadata {
    /// The issuer, as it was asked for.
    pub issuer: String,
    /// Where people sign in.
    pub authorization_endpoint: Url,
    /// Where codes are exchanged.
    pub token_endpoint: Url,
    /// Where its keys are.
    pub jwks_uri: Url,
    /// Where more is said of who signed in.
    pub userinfo_endpoint: Option<Url>,
    #[serde(default = "basic")]
    token_endpoint_auth_methods_supported: Vec<String>,
    /// Whether it names itself where it sends people back to (RFC 9207).
    #[serde(default, rename = "authorization_response_iss_parameter_supported")]
    pub names_itself: bool,
}

/// The method of who names none.
fn basic() -> Vec<String> {
    vec!["client_secret_basic".to_owned()]
}

impl Metadata {
    /// Where an issuer publishes it.
    pub(super) fn address(issuer: &str) -> Result<Url, OpenIdError> {
        let address = format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        );
        let wrong = |_| OpenIdError::Invalid("the issuer is not an address".to_owned());
        Url::parse(&address).map_err(wrong)
    }

    /// Reads it; every address in it must be one that may be called.
    pub(super) fn read(
        issuer: &str,
        json: &[u8],
        outgoing: &Outgoing,
    ) -> Result<Self, OpenIdError> {
        let metadata: Self = serde_json::from_slice(json)
            .map_err(|error| OpenIdError::Invalid(format!("its metadata: {error}")))?;
        if metadata.issuer != issuer {
            let shown: String = metadata.issuer.chars().take(200).collect();
            let message = format!("it calls itself «{shown}»: write the issuer exactly so");
            return Err(OpenIdError::Invalid(message));
        }
        let addresses = [
            &metadata.authorization_endpoint,
            &metadata.token_endpoint,
            &metadata.jwks_uri,
        ];
        for address in addresses.into_iter().chain(&metadata.userinfo_endpoint) {
            outgoing.check(address)?;
        }
        Ok(metadata)
    }

    /// Whether a secret is sent in the header, not in the form.
    pub(super) fn takes_basic(&self) -> bool {
        let methods = &self.token_endpoint_auth_methods_supported;
        let has = |name: &str| methods.iter().any(|method| method == name);
        has("client_secret_basic") || !has("client_secret_post")
    }
}

/// Whether a text can be an issuer: an address without query and fragment. Whether it may be called is seen when it
/// is.
pub fn is_issuer(text: &str) -> bool {
    let parsed = Url::parse(text);
    parsed.is_ok_and(|url| url.has_host() && url.query().is_none() && url.fragment().is_none())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://login.example/realms/comune";

    fn read(changes: Value) -> Result<Metadata, OpenIdError> {
        let mut metadata = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.example/auth",
            "token_endpoint": "https://login.example/token",
            "jwks_uri": "https://login.example/keys",
        });
        for (name, value) in changes.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        Metadata::read(
            ISSUER,
            metadata.to_string().as_bytes(),
            &Outgoing::new(false),
        )
    }

    #[test]
    fn an_issuer_is_who_it_says_and_its_addresses_are_safe() {
        assert!(read(json!({})).unwrap().takes_basic());
        let post = json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] });
        assert!(!read(post).unwrap().takes_basic());
        for wrong in [
            json!({ "issuer": "https://login.example/realms/other" }),
            json!({ "issuer": format!("{ISSUER}/") }),
            json!({ "jwks_uri": "http://login.example/keys" }),
            json!({ "token_endpoint": "https://169.254.169.254/token" }),
            json!({ "userinfo_endpoint": "https://localhost.example:1/x", "authorization_endpoint": "javascript:alert(1)" }),
            json!({ "token_endpoint": null }),
        ] {
            let said = wrong.to_string();
            assert!(
                matches!(read(wrong), Err(OpenIdError::Invalid(_))),
                "{said}"
            );
        }
    }

    #[test]
    fn metadata_is_found_below_the_issuer() {
        for issuer in [ISSUER.to_owned(), format!("{ISSUER}/")] {
            let address = Metadata::address(&issuer).unwrap();
            let expected = format!("{ISSUER}/.well-known/openid-configuration");
            assert_eq!(address.as_str(), expected);
        }
    }
}
