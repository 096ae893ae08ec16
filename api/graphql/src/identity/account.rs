//! Accounts.

use async_graphql::{Context, Enum, ID, Object, Result};
use chrono::{DateTime, Utc};
use municipio_domain::{
    identity::{self, Action, Caller, Subject},
    ids::AccountId,
};

use super::{Grant, List, listed};
use crate::{
    connection::Part,
    context::{RequestData, data},
    error::{ErrorCode, denied, internal, not_for_citizens},
    global_id::{self, Kind},
};

/// Whether the owner of an account may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "identity::AccountStatus")]
pub(crate) enum AccountStatus {
    /// May sign in (attiva).
    Active,
    /// May not; nothing is deleted (sospesa).
    Suspended,
}

/// An account of somebody who works for the municipality (utenza).
#[derive(Clone, Debug)]
pub(crate) struct Account(pub(crate) identity::Account);

impl Account {
    /// Reads the global id of an account.
    pub(crate) fn read_id(data: &RequestData, id: &ID, argument: &str) -> Result<AccountId> {
        global_id::decode_as(id, Kind::Account, &data.tenant.ipa_code, argument).map(AccountId)
    }

    /// The accounts, by name, for who manages them.
    pub(crate) async fn list(ctx: &Context<'_>, part: Part) -> Result<List<Self>> {
        let data = data(ctx)?;
        data.authorise(Action::ManageAccounts, &Subject::WHOLE)?;
        let accounts = data.identity.accounts().await.map_err(internal)?;
        let key = |account: &identity::Account| account.id.to_string();
        listed(data, accounts, key, Self, &part)
    }

    /// The account with this id, for who manages them.
    pub(crate) async fn find(data: &RequestData, id: AccountId) -> Result<Option<Self>> {
        data.authorise(Action::ManageAccounts, &Subject::WHOLE)?;
        Ok(data.account(id).await?.map(Self))
    }

    /// The global id of an account.
    pub(crate) fn global_id(data: &RequestData, id: AccountId) -> ID {
        global_id::encode_as(Kind::Account, &data.tenant.ipa_code, id)
    }
}

/// An account of somebody who works for the municipality (utenza).
#[Object]
impl Account {
    /// Global id.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        Ok(Self::global_id(data(ctx)?, self.0.id))
    }

    /// The e-mail address with which its owner signs in (posta elettronica).
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// The name of its owner (nome e cognome).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether its owner may sign in (stato).
    async fn status(&self) -> AccountStatus {
        self.0.status.into()
    }

    /// The names of its roles, such as `editor` (ruoli).
    async fn roles(&self) -> Vec<&str> {
        self.0.roles.iter().map(String::as_str).collect()
    }

    /// Those of its roles that come from the groups of an identity provider (ruoli dai gruppi).
    async fn group_roles(&self) -> Vec<&str> {
        self.0.group_roles.iter().map(String::as_str).collect()
    }

    /// Whether its owner chose a password.
    async fn has_password(&self) -> bool {
        self.0.has_password
    }

    /// Whether sign-in asks for a second factor (autenticazione a due fattori).
    async fn has_second_factor(&self) -> bool {
        self.0.has_second_factor
    }

    /// The last sign-in (ultimo accesso).
    async fn last_sign_in_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_sign_in_at
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Who calls, and what they may do.
pub(crate) struct Me;

impl Me {
    /// Who calls; an error when nobody signed in.
    pub(crate) fn find(ctx: &Context<'_>) -> Result<Self> {
        match data(ctx)?.caller {
            Caller::Anonymous => Err(denied(identity::Denied::NotSignedIn)),
            Caller::Citizen(_) => Err(not_for_citizens()),
            Caller::Staff(_) | Caller::Machine(_) => Ok(Self),
        }
    }
}

/// Who calls, and what they may do.
#[Object]
impl Me {
    /// The name of the person or of the key.
    async fn name<'a>(&self, ctx: &Context<'a>) -> Result<&'a str> {
        Ok(match &data(ctx)?.caller {
            Caller::Anonymous | Caller::Citizen(_) => "",
            Caller::Staff(staff) => &staff.name,
            Caller::Machine(machine) => &machine.name,
        })
    }

    /// The account; null when a program calls with an API key.
    async fn account(&self, ctx: &Context<'_>) -> Option<Result<Account>> {
        let read = async || -> Result<Option<Account>> {
            let data = data(ctx)?;
            let Caller::Staff(staff) = &data.caller else {
                return Ok(None);
            };
            let account = data.identity.account(staff.account).await;
            Ok(account.map_err(internal)?.map(Account))
        };
        read().await.transpose()
    }

    /// What the roles of the account, or the scopes of the key, allow (permessi).
    async fn permissions(&self, ctx: &Context<'_>) -> Result<Vec<Grant>> {
        let permissions = data(ctx)?.caller.permissions();
        let grants = permissions.map_or(&[][..], identity::Permissions::grants);
        Ok(grants.iter().cloned().map(Grant).collect())
    }
}

/// The account, which must be there.
pub(crate) async fn account(data: &RequestData, id: AccountId) -> Result<Account> {
    let account = data.identity.account(id).await.map_err(internal)?;
    let missing = || ErrorCode::NotFound.error("there is no such account");
    account.map(Account).ok_or_else(missing)
}
