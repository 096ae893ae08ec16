//! Look-ups of accounts, keys and providers of one level of a query, together.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use municipio_domain::{
    citizens::CitizenIssuer,
    identity::{Account, ApiKey, Identity, IdentityProvider},
    ids::{AccountId, ApiKeyId, CitizenIssuerId, ProviderId},
    store::StoreError,
};

pub(crate) struct IdentityLoader(pub(crate) Identity);

impl Loader<AccountId> for IdentityLoader {
    type Value = Account;
    type Error = Arc<StoreError>;

    async fn load(&self, ids: &[AccountId]) -> Result<HashMap<AccountId, Account>, Self::Error> {
        let accounts = self.0.accounts_among(ids).await.map_err(Arc::new)?;
        let accounts = accounts.into_iter();
        Ok(accounts.map(|account| (account.id, account)).collect())
    }
}

impl Loader<ApiKeyId> for IdentityLoader {
    type Value = ApiKey;
    type Error = Arc<StoreError>;

    /// A municipality has few: those that nobody asked for are read along.
    async fn load(&self, _: &[ApiKeyId]) -> Result<HashMap<ApiKeyId, ApiKey>, Self::Error> {
        let keys = self.0.api_keys().await.map_err(Arc::new)?;
        Ok(keys.into_iter().map(|key| (key.id, key)).collect())
    }
}

impl Loader<ProviderId> for IdentityLoader {
    type Value = IdentityProvider;
    type Error = Arc<StoreError>;

    /// A municipality has few: those that nobody asked for are read along.
    async fn load(
        &self,
        _: &[ProviderId],
    ) -> Result<HashMap<ProviderId, IdentityProvider>, Self::Error> {
        let providers = self.0.providers().await.map_err(Arc::new)?;
        let providers = providers.into_iter();
        Ok(providers.map(|provider| (provider.id, provider)).collect())
    }
}

impl Loader<CitizenIssuerId> for IdentityLoader {
    type Value = CitizenIssuer;
    type Error = Arc<StoreError>;

    /// A municipality has few: those that nobody asked for are read along.
    async fn load(
        &self,
        _: &[CitizenIssuerId],
    ) -> Result<HashMap<CitizenIssuerId, CitizenIssuer>, Self::Error> {
        let issuers = self.0.citizen_issuers().await.map_err(Arc::new)?;
        let issuers = issuers.into_iter();
        Ok(issuers.map(|issuer| (issuer.id, issuer)).collect())
    }
}
