//! People as an identity provider knows them, and the accounts that are theirs. An account is tied to issuer
//! and subject, never to an e-mail address: addresses are given to others.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use municipio_entities::{
    account,
    external_identity::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, Condition};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Account, AccountStatus, EmailAddress, Giver, IdentityError, IdentityProvider, NewAccount,
    ProviderSettings, Refusal, SessionTokens,
    accounts::{self, Source, by_email, by_id, set_roles},
    begin_unverified_session, create_account, end_all_sessions, oidc, providers, roles,
};
use crate::{
    ids::{AccountId, ProviderId},
    openid::claim,
    store::{StoreError, Transaction},
};

/// Somebody who proved to a provider who they are.
#[derive(Clone, Debug)]
pub struct ExternalUser {
    /// The provider.
    pub provider: IdentityProvider,
    /// Who they are to it.
    subject: String,
    email: Option<EmailAddress>,
    /// What the provider says of it; nothing when it says nothing.
    email_is_verified: Option<bool>,
    name: Option<String>,
    groups: BTreeSet<String>,
}

/// How an account came to who signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// It was theirs.
    Known,
    /// It has their address, and became theirs now.
    Linked,
    /// It was made now.
    Created,
}

/// A session that began by way of a provider.
#[derive(Clone, Debug)]
pub struct ExternalSession {
    /// Its tokens.
    pub tokens: SessionTokens,
    /// How the account came to who signed in.
    pub tie: Tie,
    /// The roles that come from groups now.
    pub group_roles: BTreeSet<String>,
}

impl ExternalUser {
    /// Reads what a provider says of somebody.
    pub(super) fn read(provider: IdentityProvider, subject: &str, claims: &Value) -> Self {
        let settings = &provider.settings;
        let text = |name: &str| claim(claims, name).and_then(Value::as_str);
        let email = text(&settings.email_claim).and_then(|email| email.parse().ok());
        let groups = match claim(claims, &settings.groups_claim) {
            Some(Value::String(group)) => BTreeSet::from([group.clone()]),
            Some(Value::Array(groups)) => {
                let names = groups.iter().filter_map(Value::as_str);
                names.map(str::to_owned).collect()
            }
            _ => BTreeSet::new(),
        };
        // What is said of the standard claim holds for it alone.
        let said = claims.get("email_verified");
        let email_is_verified = match said.filter(|_| settings.email_claim == "email") {
            Some(Value::Bool(is_verified)) => Some(*is_verified),
            Some(Value::String(text)) if text == "false" => Some(false),
            _ => None,
        };
        Self {
            subject: subject.to_owned(),
            email,
            email_is_verified,
            name: text(&settings.name_claim).and_then(|name| accounts::name(name).ok()),
            groups,
            provider,
        }
    }
}

impl ProviderSettings {
    /// Whether claims lack something that is looked for.
    pub(super) fn misses(&self, claims: &Value) -> bool {
        let names = [&self.email_claim, &self.name_claim, &self.groups_claim];
        names.iter().any(|name| claim(claims, name).is_none())
    }
}

fn tie_of(user: &ExternalUser) -> Condition {
    Condition::all()
        .add(Column::Issuer.eq(user.provider.issuer.as_str()))
        .add(Column::Subject.eq(user.subject.as_str()))
}

/// Begins a session for who proved to a provider who they are. Their roles are those of their groups now, and
/// those that were given by hand.
///
/// # Errors
/// They may not sign in, have no account and get none, or the database failed.
pub async fn begin_external_session(
    transaction: &Transaction,
    user: &ExternalUser,
    now: DateTime<Utc>,
) -> Result<ExternalSession, IdentityError> {
    // It may have been changed since they were sent to it. Who changes it, takes accounts from it or signs in
    // through it waits: the provider is held first, then the account, then the roles.
    let provider = providers::hold(transaction, user.provider.id).await;
    let provider = provider.map_err(oidc::over)?;
    if !provider.is_enabled {
        return Err(Refusal::SignInUnknown.into());
    }
    let settings = &provider.settings;
    if !settings.allows(&user.groups) {
        return Err(Refusal::GroupNotAllowed.into());
    }
    let (account, tie) = account_of(transaction, user, settings, now).await?;
    if account.status == AccountStatus::Suspended {
        return Err(Refusal::AccountSuspended.into());
    }
    let wanted = settings.roles_of(&user.groups);
    let group_roles = roles::known_of(transaction, &wanted).await?;
    if group_roles != account.group_roles {
        set_roles(transaction, account.id, &group_roles, Source::Groups).await?;
    }
    let seen = [(Column::LastSignInAt, Some(now).into())];
    transaction.update::<Entity>(seen, tie_of(user)).await?;
    let seen = [(account::Column::LastSignInAt, Some(now).into())];
    transaction
        .update::<account::Entity>(seen, by_id(account.id))
        .await?;
    Ok(ExternalSession {
        tokens: begin_unverified_session(transaction, account.id, now).await?,
        tie,
        group_roles,
    })
}

/// The account that is theirs, or becomes theirs.
async fn account_of(
    transaction: &Transaction,
    user: &ExternalUser,
    settings: &ProviderSettings,
    now: DateTime<Utc>,
) -> Result<(Account, Tie), IdentityError> {
    if let Some(tie) = transaction.one::<Entity>(tie_of(user)).await? {
        let account = held(transaction, AccountId(tie.account_id)).await?;
        return Ok((account, Tie::Known));
    }
    let same = match &user.email {
        Some(email) => accounts::find(transaction, by_email(email)).await?,
        None => None,
    };
    let (account, tie) = match same {
        Some(account) => {
            let may = settings.links_by_email && user.email_is_verified == Some(true);
            if !may || is_tied(transaction, &account, user).await? {
                return Err(Refusal::AccountNotLinked.into());
            }
            let account = held(transaction, account.id).await?;
            // Whoever made the account, or chose its password, is not who proved to own the address.
            accounts::clear_credentials(transaction, account.id).await?;
            (account, Tie::Linked)
        }
        None if !settings.creates_accounts => return Err(Refusal::NoAccountYet.into()),
        None => (create(transaction, user, now).await?, Tie::Created),
    };
    let row = Model {
        tenant_id: Uuid::nil(),
        issuer: user.provider.issuer.clone(),
        subject: user.subject.clone(),
        account_id: account.id.0,
        created_at: now,
        last_sign_in_at: None,
    };
    let inserted = transaction.insert::<Entity>([row]).await;
    inserted.map_err(|error| match error.is_conflict() {
        // They signed in for the first time in two windows at once.
        true => IdentityError::from(Refusal::SignInUnknown),
        false => error.into(),
    })?;
    Ok((account, tie))
}

/// An account as it is while nobody else changes it.
async fn held(transaction: &Transaction, id: AccountId) -> Result<Account, IdentityError> {
    accounts::hold(transaction, id).await?;
    let account = accounts::find(transaction, by_id(id)).await?;
    Ok(account.ok_or(Refusal::NoAccount)?)
}

/// Whether an account is somebody else's whom the issuer knows, and who had the same address before.
async fn is_tied(
    transaction: &Transaction,
    account: &Account,
    user: &ExternalUser,
) -> Result<bool, StoreError> {
    let tie = of_account(account.id, &user.provider.issuer);
    Ok(transaction.one::<Entity>(tie).await?.is_some())
}

async fn create(
    transaction: &Transaction,
    user: &ExternalUser,
    now: DateTime<Utc>,
) -> Result<Account, IdentityError> {
    let email = user.email.clone().ok_or(Refusal::EmailMissing)?;
    if user.email_is_verified == Some(false) {
        return Err(Refusal::EmailUnverified.into());
    }
    let new = NewAccount {
        name: user.name.clone().unwrap_or_else(|| email.to_string()),
        email,
        roles: BTreeSet::new(),
        password_hash: None,
    };
    // What its groups give it was allowed to who registered the provider.
    create_account(transaction, Giver::Operator, new, now).await
}

/// Takes an account from those whom a provider knows: it is nobody's there from now on, signed out, and without
/// the roles of groups. Who signs in next may become its owner, where accounts are linked by address.
///
/// # Errors
/// There is no such account or provider, they are not tied, the account has more than the giver, it is the last
/// administrator, or the database failed.
pub async fn unlink_identity(
    transaction: &Transaction,
    giver: Giver<'_>,
    account: AccountId,
    provider: ProviderId,
) -> Result<Account, IdentityError> {
    let provider = providers::hold(transaction, provider).await?;
    accounts::hold(transaction, account).await?;
    let had = accounts::hold_administrators(transaction).await?;
    accounts::subject(transaction, giver, account).await?;
    let tie = of_account(account, &provider.issuer);
    if transaction.delete::<Entity>(tie).await? == 0 {
        return Err(Refusal::NotTied.into());
    }
    end_all_sessions(transaction, account).await?;
    set_roles(transaction, account, &BTreeSet::new(), Source::Groups).await?;
    if let Giver::Caller(_) = giver {
        accounts::keep_administrator(transaction, had).await?;
    }
    let account = accounts::find(transaction, by_id(account)).await?;
    Ok(account.ok_or(Refusal::NoAccount)?)
}

fn of_account(account: AccountId, issuer: &str) -> Condition {
    Condition::all()
        .add(Column::AccountId.eq(account.0))
        .add(Column::Issuer.eq(issuer))
}

/// The accounts that are tied to an issuer, in the order in which they are held.
async fn tied(transaction: &Transaction, issuer: &str) -> Result<Vec<AccountId>, StoreError> {
    let of_issuer = Condition::all().add(Column::Issuer.eq(issuer));
    let rows = transaction.all::<Entity>(of_issuer).await?;
    let mut ids: Vec<_> = rows.into_iter().map(|row| row.account_id).collect();
    ids.sort_unstable();
    Ok(ids.into_iter().map(AccountId).collect())
}

/// Signs everybody out who signs in through an issuer.
pub(super) async fn sign_out_all(
    transaction: &Transaction,
    issuer: &str,
) -> Result<(), StoreError> {
    for account in tied(transaction, issuer).await? {
        end_all_sessions(transaction, account).await?;
    }
    Ok(())
}

/// Forgets everybody who signs in through an issuer, and takes the roles of their groups from them.
pub(super) async fn forget_all(
    transaction: &Transaction,
    giver: Giver<'_>,
    issuer: &str,
) -> Result<(), IdentityError> {
    let accounts = tied(transaction, issuer).await?;
    for account in &accounts {
        end_all_sessions(transaction, *account).await?;
    }
    let had = accounts::hold_administrators(transaction).await?;
    for account in accounts {
        set_roles(transaction, account, &BTreeSet::new(), Source::Groups).await?;
    }
    if let Giver::Caller(_) = giver {
        accounts::keep_administrator(transaction, had).await?;
    }
    let of_issuer = Condition::all().add(Column::Issuer.eq(issuer));
    transaction.delete::<Entity>(of_issuer).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn claims_are_found_by_name_or_by_pointer() {
        let claims =
            json!({ "https://x.example/groups": ["a"], "realm_access": { "roles": ["b"] } });
        assert_eq!(
            claim(&claims, "https://x.example/groups"),
            Some(&json!(["a"]))
        );
        assert_eq!(claim(&claims, "/realm_access/roles"), Some(&json!(["b"])));
        assert_eq!(claim(&claims, "realm_access.roles"), None);
    }
}
