//! Signing in through an identity provider.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::{
    audit::Deed,
    identity::{ExternalSession, ExternalUser, IdentityError, Return, Tie, begin_external_session},
    ids::ProviderId,
    store::Transaction,
};
use serde_json::json;

use super::sessions::SessionPayload;
use crate::{
    context::{RequestData, data},
    error::internal,
    identity::{Account, IdentityProvider, Session},
    mutation::{UserError, identity_outcome},
};

#[derive(Default)]
pub(crate) struct OidcMutation;

/// Through which provider somebody signs in.
#[derive(InputObject)]
struct BeginOidcSignInInput {
    /// The provider, by its global id; `signInProviders` lists them.
    provider: ID,
    /// Where the provider sends the browser back to: one of the redirect URIs of the provider, exactly.
    redirect_uri: String,
}

/// What a browser brings back from a provider.
#[derive(InputObject)]
struct CompleteOidcSignInInput {
    /// The token that `beginOidcSignIn` gave.
    #[graphql(secret)]
    sign_in_token: String,
    /// The parameter `state` of the address to which the browser came back.
    #[graphql(secret)]
    state: String,
    /// The parameter `code` of that address.
    #[graphql(secret)]
    code: String,
    /// The parameter `iss` of that address; left out when there is none (RFC 9207).
    iss: Option<String>,
}

/// A sign-in that began.
#[derive(Default, SimpleObject)]
struct BeginOidcSignInPayload {
    /// Where to send the browser; null when it was refused.
    authorization_url: Option<String>,
    /// Keep it in the browser that is sent there: it completes the sign-in, once.
    sign_in_token: Option<String>,
    /// Until when the sign-in is to be completed: ten minutes.
    expires_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl OidcMutation {
    /// Begins to sign in through an identity provider: OpenID Connect, authorization code flow with PKCE (accedi
    /// con un fornitore di identità).
    async fn begin_oidc_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The provider, and the way back.")] input: BeginOidcSignInInput,
    ) -> Result<BeginOidcSignInPayload> {
        let data = data(ctx)?;
        let provider = IdentityProvider::read_id(data, &input.provider, "input.provider")?;
        data.keep_secret();
        let begun = begin(data, provider, &input.redirect_uri).await?;
        Ok(begun.unwrap_or_else(|user_errors| BeginOidcSignInPayload {
            user_errors,
            ..BeginOidcSignInPayload::default()
        }))
    }

    /// Begins a session for who comes back from an identity provider. Their groups are read anew: the roles that
    /// come from groups are replaced, those given by hand stay (completa l'accesso).
    async fn complete_oidc_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the browser brings back.")] input: CompleteOidcSignInInput,
    ) -> Result<SessionPayload> {
        let data = data(ctx)?;
        let user = match identity_outcome(complete(data, &input).await)? {
            Ok(user) => user,
            Err(user_errors) => return Ok(SessionPayload::refused(user_errors)),
        };
        let (transaction, session) = match identity_outcome(enter(data, &user).await)? {
            Ok(entered) => entered,
            Err(user_errors) => return refuse(data, user_errors).await,
        };
        let account = Account::global_id(data, session.tokens.account);
        let provider = IdentityProvider::global_id(data, user.provider.id);
        let details = json!({ "provider": provider.as_str(), "groupRoles": session.group_roles });
        let deed = |name| Deed::to(name, account.as_str()).with(details.clone());
        match session.tie {
            Tie::Known => {}
            Tie::Created => data.note(&transaction, &deed("account.create")).await?,
            Tie::Linked => data.note(&transaction, &deed("account.link")).await?,
        }
        data.commit(transaction, &deed("session.begin")).await?;
        data.forget_callers();
        Ok(SessionPayload {
            session: Some(Session(session.tokens)),
            user_errors: Vec::new(),
        })
    }
}

async fn begin(
    data: &RequestData,
    provider: ProviderId,
    redirect_uri: &str,
) -> Result<Result<BeginOidcSignInPayload, Vec<UserError>>> {
    let begun = data
        .identity
        .begin_oidc_sign_in(provider, redirect_uri, data.now());
    let begun = identity_outcome(begun.await)?.map_err(|errors| {
        let named = errors.into_iter().map(|error| match error.code.as_str() {
            "NOT_FOUND" => error.of("provider".to_owned()),
            _ => error,
        });
        named.collect()
    });
    Ok(begun.map(|begun| BeginOidcSignInPayload {
        authorization_url: Some(begun.authorization_url.into()),
        sign_in_token: Some(begun.token.reveal().to_owned()),
        expires_at: Some(begun.expires_at),
        user_errors: Vec::new(),
    }))
}

async fn complete(
    data: &RequestData,
    input: &CompleteOidcSignInInput,
) -> Result<ExternalUser, IdentityError> {
    let back = Return {
        token: &input.sign_in_token,
        state: &input.state,
        code: &input.code,
        issuer: input.iss.as_deref(),
    };
    data.identity.complete_oidc_sign_in(back, data.now()).await
}

async fn enter(
    data: &RequestData,
    user: &ExternalUser,
) -> Result<(Transaction, ExternalSession), IdentityError> {
    let transaction = data.contents.begin().await?;
    let session = begin_external_session(&transaction, user, data.now()).await?;
    Ok((transaction, session))
}

/// Tells why somebody whom the provider knows does not get in, and writes it down. Of others nothing is: anybody
/// could fill the log, which keeps everything. The idempotency key is free again.
async fn refuse(data: &RequestData, user_errors: Vec<UserError>) -> Result<SessionPayload> {
    let code = user_errors.first().map(|error| error.code.as_str());
    let deed = Deed::new("session.refuse").with(json!({ "code": code }));
    let transaction = data.contents.begin().await.map_err(internal)?;
    data.note(&transaction, &deed).await?;
    transaction.commit().await.map_err(internal)?;
    Ok(SessionPayload::refused(user_errors))
}
