//! Signing in through an identity provider: the authorization code flow of OpenID Connect with PKCE, state and
//! nonce. Who begins gets an address to send the browser to, and a token that stays in the browser. The
//! provider sends the browser back to the portal with a code and the state; all three complete the sign-in,
//! once. Verifier and nonce are made of the token, so that nothing is kept here that could be read.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::sign_in_request::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait, Query},
};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::{
    ExternalUser, Identity, IdentityError, Refusal, Token, TokenKind, providers,
    tokens::{DIGITS, random_text},
};
use crate::{
    digest::sha256,
    ids::ProviderId,
    openid::{Client, CodeGrant, Expected, KeysAt, OpenIdError, Recipient},
    store::{StoreError, Transaction},
};

/// How long somebody may take to sign in at the provider.
const PENDING: TimeDelta = TimeDelta::minutes(10);
/// The most sign-ins of a municipality that are under way: anybody can begin one.
const MOST_PENDING: u64 = 10_000;
/// How long the provider may take to answer all that is asked for one sign-in.
const ANSWERS: Duration = Duration::from_secs(8);
/// Characters of a state: 190 bits.
const STATE: usize = 32;

/// A sign-in that began.
#[derive(Clone, Debug)]
pub struct BegunSignIn {
    /// Where to send the browser.
    pub authorization_url: Url,
    /// Stays in the browser until it comes back.
    pub token: Token,
    /// Until when it must be back.
    pub expires_at: DateTime<Utc>,
}

/// What a browser brings back.
#[derive(Clone, Copy, Debug)]
pub struct Return<'a> {
    /// What stayed in it.
    pub token: &'a str,
    /// The parameter `state` of the address.
    pub state: &'a str,
    /// The parameter `code` of the address.
    pub code: &'a str,
    /// The parameter `iss` of the address, if there is one.
    pub issuer: Option<&'a str>,
}

/// What proves that who exchanges the code is who asked for it, and what ties its token to this sign-in.
struct Proofs {
    verifier: String,
    nonce: String,
}

impl Proofs {
    fn of(token: &Token) -> Self {
        Self {
            verifier: sha256(format!("verifier:{}", token.reveal())),
            nonce: sha256(format!("nonce:{}", token.reveal())),
        }
    }
}

impl Identity {
    /// Begins to sign in through a provider.
    ///
    /// # Errors
    /// There is no such provider, it does not send people to this address, it is of no help, too many sign in at
    /// the moment, or the database failed.
    pub async fn begin_oidc_sign_in(
        &self,
        provider: ProviderId,
        redirect_uri: &str,
        now: DateTime<Utc>,
    ) -> Result<BegunSignIn, IdentityError> {
        let (provider, _) = providers::enabled(&self.store.read(), self.vault(), provider).await?;
        if !provider.settings.redirect_uris.contains(redirect_uri) {
            return Err(Refusal::RedirectUri.into());
        }
        let metadata = self.issuers().metadata(&provider.issuer).await?;
        let token = Token::generate(TokenKind::SignIn)?;
        let state = random_text(DIGITS, STATE)?;
        let row = Model {
            tenant_id: Uuid::nil(),
            hash: token.hash(),
            state_hash: sha256(&state),
            provider_id: provider.id.0,
            redirect_uri: redirect_uri.to_owned(),
            expires_at: now + PENDING,
        };
        let expires_at = row.expires_at;
        let transaction = self.store.begin().await?;
        if pending(&transaction, now).await? >= MOST_PENDING {
            return Err(IdentityError::Busy);
        }
        transaction.insert::<Entity>([row]).await?;
        transaction.commit().await?;
        let proofs = Proofs::of(&token);
        let grant = CodeGrant {
            redirect_uri,
            code_verifier: &proofs.verifier,
        };
        let (client, scopes) = (&provider.client_id, &provider.settings.scopes);
        let authorization_url =
            grant.authorization_url(&metadata, client, scopes, &state, &proofs.nonce);
        Ok(BegunSignIn {
            authorization_url,
            token,
            expires_at,
        })
    }

    /// Who comes back from a provider. What they bring is taken once, whatever comes of it.
    ///
    /// # Errors
    /// The sign-in is not known or over, the provider refuses the code, its token is not what it should be, it
    /// is of no help, or the database failed.
    pub async fn complete_oidc_sign_in(
        &self,
        back: Return<'_>,
        now: DateTime<Utc>,
    ) -> Result<ExternalUser, IdentityError> {
        let (request, token) = self.take(back, now).await?;
        let proved = self.prove_at_provider(back, &request, &token, now);
        let proved = tokio::time::timeout(ANSWERS, proved).await;
        proved
            .unwrap_or_else(|_| Err(OpenIdError::Unavailable("it took too long".to_owned()).into()))
    }

    /// Exchanges the code for what the provider says of who comes back.
    async fn prove_at_provider(
        &self,
        back: Return<'_>,
        request: &Model,
        token: &Token,
        now: DateTime<Utc>,
    ) -> Result<ExternalUser, IdentityError> {
        let id = ProviderId(request.provider_id);
        let found = providers::enabled(&self.store.read(), self.vault(), id).await;
        let (provider, secret) = found.map_err(over)?;
        let metadata = self.issuers().metadata(&provider.issuer).await?;
        // RFC 9207: another provider may have sent the browser back, to get the code of this one.
        let is_right = match back.issuer {
            Some(issuer) => issuer == metadata.issuer,
            None => !metadata.names_itself,
        };
        if !is_right {
            return Err(Refusal::OtherIssuer.into());
        }
        let proofs = Proofs::of(token);
        let client = Client {
            id: &provider.client_id,
            secret: secret.as_deref(),
        };
        let grant = CodeGrant {
            redirect_uri: &request.redirect_uri,
            code_verifier: &proofs.verifier,
        };
        let exchanged = self.issuers().exchange(&metadata, client, grant, back.code);
        let tokens = exchanged.await.map_err(|error| match error {
            OpenIdError::CodeRefused => IdentityError::from(Refusal::CodeRefused),
            other => other.into(),
        })?;
        let expected = Expected {
            issuer: &provider.issuer,
            recipient: Recipient::Client {
                id: &provider.client_id,
                nonce: &proofs.nonce,
                access_token: &tokens.access_token,
            },
        };
        let accepted: Vec<_> = provider.settings.algorithms.iter().copied().collect();
        let verified = self.issuers().verify(
            KeysAt::Address(&metadata.jwks_uri),
            &tokens.id_token,
            &accepted,
            &expected,
            now,
        );
        let verified = verified.await?;
        let mut claims = verified.all().clone();
        if let Some(address) = &metadata.userinfo_endpoint
            && provider.settings.misses(&claims)
        {
            let (token, subject) = (&tokens.access_token, verified.subject());
            let info = self.issuers().user_info(address, token, subject).await?;
            claims = merged(info, claims);
        }
        Ok(ExternalUser::read(provider, verified.subject(), &claims))
    }

    /// The sign-in that this browser began, which is not there any more from now on.
    async fn take(
        &self,
        back: Return<'_>,
        now: DateTime<Utc>,
    ) -> Result<(Model, Token), IdentityError> {
        let Some((TokenKind::SignIn, token)) = Token::read(back.token) else {
            return Err(Refusal::SignInUnknown.into());
        };
        let filter = Condition::all()
            .add(Column::Hash.eq(token.hash()))
            .add(Column::StateHash.eq(sha256(back.state)))
            .add(Column::ExpiresAt.gt(now));
        // Nobody waits for the answer of the provider.
        let transaction = self.store.apart().begin().await?;
        let row = transaction.one::<Entity>(filter.clone()).await?;
        let taken = transaction.delete::<Entity>(filter).await?;
        transaction.commit().await?;
        match row {
            Some(row) if taken == 1 => Ok((row, token)),
            _ => Err(Refusal::SignInUnknown.into()),
        }
    }
}

/// A sign-in whose provider is gone meanwhile is over.
pub(super) fn over(error: IdentityError) -> IdentityError {
    match error {
        IdentityError::Refused(Refusal::NoProvider) => Refusal::SignInUnknown.into(),
        other => other,
    }
}

/// How many sign-ins are under way.
async fn pending(transaction: &Transaction, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut select = Query::select();
    select
        .expr_as(Expr::col(Column::Hash).count(), "pending")
        .from(Entity)
        .and_where(Column::ExpiresAt.gt(now));
    let rows = transaction.rows::<Entity>(select).await?;
    let counted = rows.first().map(|row| row.try_get::<i64>("", "pending"));
    let counted = counted.transpose()?.unwrap_or_default();
    Ok(u64::try_from(counted).unwrap_or_default())
}

/// The claims of both; those of the token are signed, and stay.
fn merged(info: Value, signed: Value) -> Value {
    match (info, signed) {
        (Value::Object(mut info), Value::Object(signed)) => {
            // What is said of one address holds for no other.
            if signed.contains_key("email") {
                info.remove("email_verified");
            }
            info.extend(signed);
            Value::Object(info)
        }
        (_, signed) => signed,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_is_verified_by_who_names_it() {
        let info = json!({ "email": "a@example.org", "email_verified": true, "name": "Ada" });
        let signed = json!({ "sub": "ada", "email": "b@example.org" });
        let both = json!({ "sub": "ada", "email": "b@example.org", "name": "Ada" });
        assert_eq!(merged(info.clone(), signed), both);
        let signed = json!({ "sub": "ada", "name": "Bea" });
        let both = json!({ "sub": "ada", "email": "a@example.org", "email_verified": true, "name": "Bea" });
        assert_eq!(merged(info, signed), both);
    }
}
