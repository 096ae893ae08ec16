//! Somebody who signed in, without the way through passwords.

use chrono::{DateTime, Utc};
use municipio_domain::{
    identity::{
        BuiltInRole, Giver, Identities, Identity, NewAccount, Passwords, SessionTokens, Vault,
        begin_unverified_session, create_account,
    },
    ids::AccountId,
    openid::Issuers,
    outgoing::Outgoing,
    tenants::Tenant,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::TestApp;

/// The secret of the application in tests.
pub(crate) const SECRET: &str = "a secret of tests and of nothing else";

/// The moment it is: tokens are valid by the clock of the application.
#[expect(
    clippy::disallowed_methods,
    reason = "the application runs by this clock"
)]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// What secrets of tests are encrypted with.
pub(crate) fn vault() -> Vault {
    Vault::new(SECRET).unwrap()
}

impl TestApp {
    /// An access token of a new account of the demo municipality with this role.
    pub async fn signed_in(&self, role: BuiltInRole) -> String {
        let tenant = self.demo_tenant().await;
        self.signed_in_at(&tenant, &[role.as_str()]).await
    }

    /// An access token of a new account of this municipality with these roles.
    pub async fn signed_in_at(&self, tenant: &Tenant, roles: &[&str]) -> String {
        let account = self.account(tenant, roles).await;
        let tokens = self.session(tenant, account).await;
        tokens.access.reveal().to_owned()
    }

    /// A new account of this municipality with these roles, without a password.
    pub async fn account(&self, tenant: &Tenant, roles: &[&str]) -> AccountId {
        let email = format!("{}@comune.example", Uuid::new_v4().simple());
        let new = NewAccount {
            email: email.parse().unwrap(),
            name: format!("Prova {}", roles.join(" ")),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            password_hash: None,
        };
        self.new_account(tenant, new).await
    }

    /// A new account of this municipality that signs in with this address and password.
    pub async fn account_with_password(
        &self,
        tenant: &Tenant,
        email: &str,
        password: &str,
        roles: &[&str],
    ) -> AccountId {
        let hash = Passwords::new(1).hash(password).await.unwrap();
        let new = NewAccount {
            email: email.parse().unwrap(),
            name: "Anna Rossi".to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            password_hash: Some(hash),
        };
        self.new_account(tenant, new).await
    }

    async fn new_account(&self, tenant: &Tenant, new: NewAccount) -> AccountId {
        let store = self.database.tenant(tenant.id);
        let transaction = store.begin().await.unwrap();
        let account = create_account(&transaction, Giver::Operator, new, now()).await;
        transaction.commit().await.unwrap();
        account.unwrap().id
    }

    /// The accounts of a municipality, as another node sees them.
    pub fn identity(&self, tenant: &Tenant) -> Identity {
        let issuers = Issuers::new(Outgoing::new(true));
        let identities = Identities::new(Passwords::new(1), vault(), issuers);
        identities.of(self.database.tenant(tenant.id))
    }

    /// A session of an account.
    pub async fn session(&self, tenant: &Tenant, account: AccountId) -> SessionTokens {
        self.session_from(tenant, account, now()).await
    }

    /// A session of an account that began at this moment.
    pub async fn session_from(
        &self,
        tenant: &Tenant,
        account: AccountId,
        moment: DateTime<Utc>,
    ) -> SessionTokens {
        let store = self.database.tenant(tenant.id);
        let transaction = store.begin().await.unwrap();
        let tokens = begin_unverified_session(&transaction, account, moment).await;
        transaction.commit().await.unwrap();
        tokens.unwrap()
    }

    /// The whole answer to a request of who has this token, whatever its status.
    pub async fn ask_as(&self, token: &str, query: &str, variables: Value) -> Value {
        let request = json!({ "query": query, "variables": variables });
        let post = self.post().bearer_auth(token).json(&request);
        post.send().await.unwrap().json().await.unwrap()
    }

    /// The data of a request of who has this token; it must succeed.
    pub async fn data_as(&self, token: &str, query: &str, variables: Value) -> Value {
        let mut answer = self.ask_as(token, query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
        answer["data"].take()
    }
}
