//! API keys.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::{
    audit::Deed,
    identity::{Action, NewApiKey, Subject, create_api_key, revoke_api_key},
};

use serde_json::json;

use super::giver;
use crate::{
    context::data,
    error::internal,
    identity::{ApiKey, GrantInput, grants},
    mutation::{UserError, identity_outcome},
};

#[derive(Default)]
pub(crate) struct ApiKeyMutation;

/// A new key.
#[derive(InputObject)]
struct CreateApiKeyInput {
    /// What it is for.
    name: String,
    /// What it allows: no more than who calls may do.
    scopes: Vec<GrantInput>,
    /// Until when it is valid; a year from now when left out.
    expires_at: Option<DateTime<Utc>>,
}

/// A key that is revoked.
#[derive(InputObject)]
struct RevokeApiKeyInput {
    /// The key, by its global id.
    id: ID,
}

/// What making a key did.
#[derive(Default, SimpleObject)]
struct CreateApiKeyPayload {
    /// The key without itself; null when it was refused.
    api_key: Option<ApiKey>,
    /// The key itself, for the header `Authorization` after `Bearer `. It is shown once.
    secret: Option<String>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What revoking a key did.
#[derive(Default, SimpleObject)]
struct RevokeApiKeyPayload {
    /// The key; null when there is none.
    api_key: Option<ApiKey>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl ApiKeyMutation {
    /// Makes an API key (crea una chiave API).
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: CreateApiKeyInput,
    ) -> Result<CreateApiKeyPayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageKeys, &Subject::WHOLE)?;
        let new = NewApiKey {
            name: input.name,
            grants: grants(data, input.scopes, "input.scopes")?,
            expires_at: input.expires_at,
            created_by: data.caller.author(),
        };
        let transaction = data.contents.begin().await.map_err(internal)?;
        let made = create_api_key(&transaction, giver(data)?, new, data.now()).await;
        let (key, token) = match identity_outcome(made)? {
            Ok(made) => made,
            Err(user_errors) => {
                return Ok(CreateApiKeyPayload {
                    user_errors,
                    ..CreateApiKeyPayload::default()
                });
            }
        };
        let subject = ApiKey::global_id(data, key.id);
        let details =
            json!({ "name": key.name, "scopes": key.grants, "expiresAt": key.expires_at });
        let deed = Deed::to("key.create", subject.as_str()).with(details);
        data.commit(transaction, &deed).await?;
        Ok(CreateApiKeyPayload {
            api_key: Some(ApiKey(key)),
            secret: Some(token.reveal().to_owned()),
            user_errors: Vec::new(),
        })
    }

    /// Revokes an API key: it is not known any more (revoca una chiave API).
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: RevokeApiKeyInput,
    ) -> Result<RevokeApiKeyPayload> {
        let data = data(ctx)?;
        let id = ApiKey::read_id(data, &input.id, "input.id")?;
        data.authorise(Action::ManageKeys, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let revoked = revoke_api_key(&transaction, id, data.now()).await;
        let key = match identity_outcome(revoked)? {
            Ok(key) => key,
            Err(user_errors) => {
                return Ok(RevokeApiKeyPayload {
                    api_key: None,
                    user_errors,
                });
            }
        };
        let deed = Deed::to("key.revoke", input.id.as_str()).with(json!({ "name": key.name }));
        data.commit(transaction, &deed).await?;
        data.forget_callers();
        Ok(RevokeApiKeyPayload {
            api_key: Some(ApiKey(key)),
            user_errors: Vec::new(),
        })
    }
}
