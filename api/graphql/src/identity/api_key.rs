//! API keys.

use async_graphql::{Context, ID, Object, Result};
use chrono::{DateTime, Utc};
use municipio_domain::{
    identity::{self, Action, Subject},
    ids::ApiKeyId,
};

use super::{Grant, List, listed};
use crate::{
    connection::Part,
    context::{RequestData, data},
    error::internal,
    global_id::{self, Kind},
};

/// A key with which a program calls; the key itself is shown once, when it is made (chiave API).
#[derive(Clone, Debug)]
pub(crate) struct ApiKey(pub(crate) identity::ApiKey);

impl ApiKey {
    /// Reads the global id of a key.
    pub(crate) fn read_id(data: &RequestData, id: &ID, argument: &str) -> Result<ApiKeyId> {
        global_id::decode_as(id, Kind::ApiKey, &data.tenant.ipa_code, argument).map(ApiKeyId)
    }

    /// The keys, the newest first, for who manages them.
    pub(crate) async fn list(ctx: &Context<'_>, part: Part) -> Result<List<Self>> {
        let data = data(ctx)?;
        data.authorise(Action::ManageKeys, &Subject::WHOLE)?;
        let keys = data.identity.api_keys().await.map_err(internal)?;
        listed(data, keys, |key| key.id.to_string(), Self, &part)
    }

    /// The key with this id, for who manages them.
    pub(crate) async fn find(data: &RequestData, id: ApiKeyId) -> Result<Option<Self>> {
        data.authorise(Action::ManageKeys, &Subject::WHOLE)?;
        Ok(data.api_key(id).await?.map(Self))
    }

    /// The global id of a key.
    pub(crate) fn global_id(data: &RequestData, id: ApiKeyId) -> ID {
        global_id::encode_as(Kind::ApiKey, &data.tenant.ipa_code, id)
    }
}

/// A key with which a program calls; the key itself is shown once, when it is made (chiave API).
#[Object]
impl ApiKey {
    /// Global id.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        Ok(Self::global_id(data(ctx)?, self.0.id))
    }

    /// What it is for (nome).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its first characters, by which people know it: `mun_key_AbCd`.
    async fn hint(&self) -> &str {
        &self.0.hint
    }

    /// What it allows (ambiti).
    async fn scopes(&self) -> Vec<Grant> {
        self.0.grants.iter().cloned().map(Grant).collect()
    }

    /// Who made it: `account:` and the id of the account, or `key:` and that of a key.
    async fn created_by(&self) -> &str {
        &self.0.created_by
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Until when it is valid (scadenza).
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// When it was used last, exact to a minute (ultimo uso).
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }

    /// When it was revoked; null while it was not (revoca).
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}
