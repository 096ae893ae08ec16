//! The authorization code grant (RFC 6749, section 4.1) with PKCE (RFC 7636): where people are sent, and
//! what the code that they bring back is exchanged for.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded::byte_serialize};

use super::{Issuers, Metadata, OpenIdError};
use crate::outgoing::Answer;

/// Who we are to an issuer.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// The client id.
    pub id: &'a str,
    /// The client secret; none of a public client.
    pub secret: Option<&'a str>,
}

/// What belongs to one sign-in.
#[derive(Clone, Copy, Debug)]
pub struct CodeGrant<'a> {
    /// Where people are sent back to.
    pub redirect_uri: &'a str,
    /// What proves that who exchanges the code is who asked for it; 43 characters or more.
    pub code_verifier: &'a str,
}

/// What a code is exchanged for.
#[derive(Clone, Deserialize)]
pub struct Tokens {
    /// Says who signed in.
    pub id_token: String,
    /// Asks for more about them.
    pub access_token: String,
}

impl CodeGrant<'_> {
    /// Where to send who wants to sign in.
    pub fn authorization_url(
        &self,
        metadata: &Metadata,
        client_id: &str,
        scopes: &[String],
        state: &str,
        nonce: &str,
    ) -> Url {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.code_verifier.as_bytes()));
        let mut url = metadata.authorization_endpoint.clone();
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", self.redirect_uri),
            ("scope", &scopes.join(" ")),
            ("state", state),
            ("nonce", nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        url
    }
}

impl Issuers {
    /// Exchanges a code for tokens.
    ///
    /// # Errors
    /// The issuer refuses the code or the client, cannot be reached, or answers something else.
    pub async fn exchange(
        &self,
        metadata: &Metadata,
        client: Client<'_>,
        grant: CodeGrant<'_>,
        code: &str,
    ) -> Result<Tokens, OpenIdError> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", grant.redirect_uri),
            ("code_verifier", grant.code_verifier),
        ];
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let mut basic = None;
        match client.secret {
            Some(secret) if metadata.takes_basic() => {
                basic = Some((encoded(client.id), encoded(secret)));
            }
            Some(secret) => form.extend([("client_id", client.id), ("client_secret", secret)]),
            None => form.push(("client_id", client.id)),
        }
        let basic = basic
            .as_ref()
            .map(|(id, secret)| (id.as_str(), secret.as_str()));
        let answer = self
            .outgoing
            .post_form(&metadata.token_endpoint, &form, basic);
        tokens(answer.await?)
    }

    /// What the issuer says more of this subject.
    ///
    /// # Errors
    /// It speaks of somebody else, cannot be reached, or answers something else.
    pub async fn user_info(
        &self,
        address: &Url,
        access_token: &str,
        subject: &str,
    ) -> Result<Value, OpenIdError> {
        let answer = self.outgoing.get(address, Some(access_token)).await?;
        if answer.status != 200 {
            let message = format!("its user info answers {}", answer.status);
            return Err(OpenIdError::Unavailable(message));
        }
        let info: Value = serde_json::from_slice(&answer.body)
            .map_err(|error| OpenIdError::Invalid(format!("its user info: {error}")))?;
        // Section 5.3.2: otherwise somebody put the access token of another in its place.
        match info.get("sub").and_then(Value::as_str) == Some(subject) {
            true => Ok(info),
            false => Err(OpenIdError::Invalid(
                "its user info is about somebody else".to_owned(),
            )),
        }
    }
}

fn tokens(answer: Answer) -> Result<Tokens, OpenIdError> {
    #[derive(Deserialize)]
    struct Refused {
        error: String,
    }
    let read = |error: serde_json::Error| OpenIdError::Invalid(format!("its tokens: {error}"));
    match answer.status {
        200 => serde_json::from_slice(&answer.body).map_err(read),
        400 | 401 => {
            let refused: Refused = serde_json::from_slice(&answer.body).map_err(read)?;
            match refused.error.as_str() {
                "invalid_grant" => Err(OpenIdError::CodeRefused),
                other => Err(OpenIdError::ClientRefused(other.chars().take(60).collect())),
            }
        }
        status => Err(OpenIdError::Unavailable(format!(
            "its token endpoint answers {status}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::HeaderMap;

    #[test]
    fn refusals_of_the_code_and_of_the_client_are_told_apart() {
        let answer = |status: u16, body: &str| {
            let body = body.as_bytes().to_vec();
            tokens(Answer {
                status,
                headers: HeaderMap::new(),
                body,
            })
            .map(drop)
        };
        assert!(
            answer(
                200,
                r#"{"id_token":"a","access_token":"b","token_type":"Bearer"}"#
            )
            .is_ok()
        );
        assert!(matches!(
            answer(200, r#"{"access_token":"b"}"#),
            Err(OpenIdError::Invalid(_))
        ));
        let refused = answer(400, r#"{"error":"invalid_grant"}"#);
        assert!(matches!(refused, Err(OpenIdError::CodeRefused)));
        let refused = answer(401, r#"{"error":"invalid_client"}"#);
        assert!(matches!(refused, Err(OpenIdError::ClientRefused(_))));
        assert!(matches!(
            answer(500, "oops"),
            Err(OpenIdError::Unavailable(_))
        ));
    }
}
