//! Which tenant a request is for. Answers are kept in memory for a few seconds, so that a change
//! made by another process is seen soon and a request costs no query.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;

use super::{
    IpaCode, Tenant, TenantError,
    operations::{by_host, find, only},
    show,
};
use crate::{
    ids::TenantId,
    store::{Database, StoreError},
};

/// Finds tenants for requests.
#[derive(Clone, Debug)]
pub struct TenantDirectory {
    database: Database,
    tenants: Cache<Key, Option<Arc<Tenant>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Host(String),
    IpaCode(IpaCode),
    Id(TenantId),
    Only,
}

impl TenantDirectory {
    /// A directory of the tenants in this database.
    pub fn new(database: Database) -> Self {
        let tenants = Cache::builder()
            .max_capacity(10_000)
            .time_to_live(Duration::from_secs(5))
            .build();
        Self { database, tenants }
    }

    /// The tenant served under this host name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn by_host(&self, host: &str) -> Result<Option<Arc<Tenant>>, StoreError> {
        let host = host.to_ascii_lowercase();
        let key = Key::Host(host.clone());
        self.cached(key, async { by_host(&self.database, &host).await })
            .await
    }

    /// The tenant with this IPA code.
    ///
    /// # Errors
    /// The database failed.
    pub async fn by_ipa_code(&self, code: &IpaCode) -> Result<Option<Arc<Tenant>>, StoreError> {
        let find = async {
            match show(&self.database, code).await {
                Ok(tenant) => Ok(Some(tenant)),
                Err(TenantError::Store(error)) => Err(error),
                Err(_) => Ok(None),
            }
        };
        self.cached(Key::IpaCode(code.clone()), find).await
    }

    /// The tenant with this id.
    ///
    /// # Errors
    /// The database failed.
    pub async fn by_id(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.cached(Key::Id(id), find(&self.database, id)).await
    }

    /// The only tenant there is; nothing when there are none or several.
    ///
    /// # Errors
    /// The database failed.
    pub async fn only(&self) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.cached(Key::Only, only(&self.database)).await
    }

    async fn cached(
        &self,
        key: Key,
        find: impl Future<Output = Result<Option<Tenant>, StoreError>>,
    ) -> Result<Option<Arc<Tenant>>, StoreError> {
        if let Some(known) = self.tenants.get(&key).await {
            return Ok(known);
        }
        let found = find.await?.map(Arc::new);
        self.tenants.insert(key, found.clone()).await;
        Ok(found)
    }
}
