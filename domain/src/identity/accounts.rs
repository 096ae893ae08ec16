//! Accounts of those who work for a municipality.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::{account, role_assignment};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use serde_json::json;
use uuid::Uuid;

use super::{
    BuiltInRole, Denied, EmailAddress, Grant, IdentityError, Permissions, Refusal, Token,
    TokenKind, attempts, disable_second_factor, end_all_sessions, roles,
};
use crate::{
    audit::Deed,
    content::global_id_of,
    ids::AccountId,
    store::{Scope, StoreError, TenantStore, Transaction},
    tenants::IpaCode,
};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The address with which its owner signs in.
    pub email: String,
    /// What others see of its owner.
    pub name: String,
    /// Whether its owner may sign in.
    pub status: AccountStatus,
    /// The names of its roles.
    pub roles: BTreeSet<String>,
    /// Those of its roles that come from the groups of an identity provider.
    pub group_roles: BTreeSet<String>,
    /// Whether its owner chose a password.
    pub has_password: bool,
    /// Whether sign-in asks for a second factor.
    pub has_second_factor: bool,
    /// The last sign-in.
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Whether the owner of an account may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// May sign in.
    Active,
    /// May not; nothing is deleted.
    Suspended,
}

impl AccountStatus {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        match text {
            "active" => Ok(Self::Active),
            "suspended" => Ok(Self::Suspended),
            other => Err(StoreError::corrupt(
                "account",
                format!("the status {other}"),
            )),
        }
    }
}

impl Account {
    /// The name of accounts in global ids.
    pub const TYPE_NAME: &str = "Account";

    /// What is written down of what was done to it: which account it is, and what it may do from then on.
    pub fn deed(&self, name: &'static str, municipality: &IpaCode) -> Deed {
        let id = global_id_of(Self::TYPE_NAME, municipality, self.id);
        let (status, roles) = (self.status.as_str(), &self.roles);
        Deed::to(name, id).with(json!({ "name": self.name, "status": status, "roles": roles }))
    }

    fn of(row: account::Model, assigned: Vec<role_assignment::Model>) -> Result<Self, StoreError> {
        let from_groups = assigned.iter().filter(|row| row.from_groups);
        Ok(Self {
            id: AccountId(row.id),
            status: AccountStatus::read(&row.status)?,
            email: row.email,
            name: row.name,
            group_roles: from_groups.map(|row| row.role.clone()).collect(),
            roles: assigned.into_iter().map(|row| row.role).collect(),
            has_password: row.password_hash.is_some(),
            has_second_factor: row.totp_confirmed_at.is_some(),
            last_sign_in_at: row.last_sign_in_at,
            created_at: row.created_at,
        })
    }
}

/// What is said of a new account.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The address.
    pub email: EmailAddress,
    /// The name.
    pub name: String,
    /// The names of its roles.
    pub roles: BTreeSet<String>,
    /// The hash of its password, when it has one from the beginning.
    pub password_hash: Option<String>,
}

pub(super) fn by_id(id: AccountId) -> Condition {
    Condition::all().add(account::Column::Id.eq(id.0))
}

pub(super) fn by_email(email: &EmailAddress) -> Condition {
    Condition::all().add(account::Column::Email.eq(email.as_str()))
}

/// The account whose password a token sets.
pub(super) fn by_reset_token(token: &str, now: DateTime<Utc>) -> Result<Condition, Refusal> {
    let Some((TokenKind::Reset, token)) = Token::read(token) else {
        return Err(Refusal::Token);
    };
    Ok(Condition::all()
        .add(account::Column::ResetHash.eq(token.hash()))
        .add(account::Column::ResetExpiresAt.gt(now))
        .add(account::Column::Status.eq(AccountStatus::Active.as_str())))
}

/// An account, kept from all others who write it until the transaction ends.
pub(super) async fn hold(
    transaction: &Transaction,
    id: AccountId,
) -> Result<account::Model, IdentityError> {
    let rows = transaction.hold_of::<account::Entity>(account::Column::Id, [id.0]);
    let row = rows.await?.into_iter().next();
    Ok(row.ok_or(Refusal::NoAccount)?)
}

fn of_account(id: AccountId) -> Condition {
    Condition::all().add(role_assignment::Column::AccountId.eq(id.0))
}

/// One account.
pub(super) async fn find<C: ConnectionTrait>(
    scope: &Scope<C>,
    filter: Condition,
) -> Result<Option<Account>, StoreError> {
    let Some(row) = scope.one::<account::Entity>(filter).await? else {
        return Ok(None);
    };
    let assigned = of_account(AccountId(row.id));
    let assigned = scope.all::<role_assignment::Entity>(assigned).await?;
    Account::of(row, assigned).map(Some)
}

/// All accounts of a tenant, by name.
///
/// # Errors
/// The database failed.
pub async fn list_accounts(store: &TenantStore) -> Result<Vec<Account>, StoreError> {
    all(&store.read()).await
}

/// The account of a tenant with this address.
///
/// # Errors
/// The database failed.
pub async fn account_of(
    store: &TenantStore,
    email: &EmailAddress,
) -> Result<Option<Account>, StoreError> {
    find(&store.read(), by_email(email)).await
}

/// All accounts, by name.
pub(super) async fn all<C: ConnectionTrait>(scope: &Scope<C>) -> Result<Vec<Account>, StoreError> {
    let rows = scope.all::<account::Entity>(Condition::all()).await?;
    let assigned = scope.all::<role_assignment::Entity>(Condition::all());
    let mut accounts = with_roles(rows, assigned.await?)?;
    accounts.sort_by(|one, other| (&one.name, &one.email).cmp(&(&other.name, &other.email)));
    Ok(accounts)
}

/// Those of these accounts that there are, in no order.
pub(super) async fn among<C: ConnectionTrait>(
    scope: &Scope<C>,
    ids: impl Iterator<Item = Uuid> + Clone,
) -> Result<Vec<Account>, StoreError> {
    let rows = scope.all_of::<account::Entity>(account::Column::Id, ids.clone(), Condition::all());
    let column = role_assignment::Column::AccountId;
    let assigned = scope.all_of::<role_assignment::Entity>(column, ids, Condition::all());
    with_roles(rows.await?, assigned.await?)
}

fn with_roles(
    rows: Vec<account::Model>,
    assignments: Vec<role_assignment::Model>,
) -> Result<Vec<Account>, StoreError> {
    let mut roles: HashMap<Uuid, Vec<role_assignment::Model>> = HashMap::new();
    for assignment in assignments {
        roles
            .entry(assignment.account_id)
            .or_default()
            .push(assignment);
    }
    let mut accounts = Vec::with_capacity(rows.len());
    for row in rows {
        let roles = roles.remove(&row.id).unwrap_or_default();
        accounts.push(Account::of(row, roles)?);
    }
    Ok(accounts)
}

/// Who gives roles, scopes or access to an account.
#[derive(Clone, Copy, Debug)]
pub enum Giver<'a> {
    /// Who runs the program, and has the database anyway.
    Operator,
    /// Somebody who can give no more than they have.
    Caller(&'a Permissions),
}

impl Giver<'_> {
    /// Refuses to give what the giver does not have.
    pub(super) fn allow(self, grants: &[Grant]) -> Result<(), Denied> {
        let Self::Caller(own) = self else {
            return Ok(());
        };
        match grants.iter().find(|grant| !own.contain(grant)) {
            Some(beyond) => Err(Denied::Giving(beyond.action)),
            None => Ok(()),
        }
    }
}

/// The longest name of a person, a role or a key.
pub(super) const LONGEST_NAME: usize = 200;

/// A name without space around it.
pub(crate) fn name(text: &str) -> Result<String, Refusal> {
    let name = text.trim();
    let is_name = (1..=LONGEST_NAME).contains(&name.chars().count());
    match is_name && !name.chars().any(char::is_control) {
        true => Ok(name.to_owned()),
        false => Err(Refusal::Name(LONGEST_NAME)),
    }
}

/// Makes an account.
///
/// # Errors
/// The address is taken, a role is not known or allows more than the giver may, or the database failed.
pub async fn create_account(
    transaction: &Transaction,
    giver: Giver<'_>,
    new: NewAccount,
    now: DateTime<Utc>,
) -> Result<Account, IdentityError> {
    let name = name(&new.name)?;
    if find(transaction, by_email(&new.email)).await?.is_some() {
        return Err(Refusal::EmailTaken(new.email.to_string()).into());
    }
    giver.allow(&roles::known_grants(transaction, &new.roles).await?)?;
    let id = AccountId::generate();
    let row = account::Model {
        id: id.0,
        tenant_id: Uuid::nil(),
        email: new.email.to_string(),
        name,
        status: AccountStatus::Active.as_str().to_owned(),
        password_hash: new.password_hash,
        reset_hash: None,
        reset_expires_at: None,
        totp_secret: None,
        totp_confirmed_at: None,
        totp_last_step: None,
        last_sign_in_at: None,
        created_at: now,
    };
    let inserted = transaction.insert::<account::Entity>([row.clone()]).await;
    inserted.map_err(|error| match error.is_conflict() {
        true => IdentityError::from(Refusal::EmailTaken(row.email.clone())),
        false => error.into(),
    })?;
    let assigned = set_roles(transaction, id, &new.roles, Source::Hand).await?;
    Ok(Account::of(row, assigned)?)
}

/// From where an account has a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Somebody gave it.
    Hand,
    /// A group that an identity provider named.
    Groups,
}

/// Gives an account these roles from this source, and no others from it. What it has from the other one stays
/// as it is.
pub(super) async fn set_roles(
    transaction: &Transaction,
    id: AccountId,
    roles: &BTreeSet<String>,
    source: Source,
) -> Result<Vec<role_assignment::Model>, StoreError> {
    let from_groups = source == Source::Groups;
    let of_source = of_account(id).add(role_assignment::Column::FromGroups.eq(from_groups));
    transaction
        .delete::<role_assignment::Entity>(of_source)
        .await?;
    let mut assigned = transaction
        .all::<role_assignment::Entity>(of_account(id))
        .await?;
    let is_new = |role: &&String| assigned.iter().all(|row| row.role != **role);
    let new: Vec<_> = roles
        .iter()
        .filter(is_new)
        .map(|role| role_assignment::Model {
            tenant_id: Uuid::nil(),
            account_id: id.0,
            role: role.clone(),
            from_groups,
        })
        .collect();
    transaction
        .insert::<role_assignment::Entity>(new.clone())
        .await?;
    assigned.extend(new);
    Ok(assigned)
}

/// What changes of an account; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct AccountChange {
    /// The name.
    pub name: Option<String>,
    /// The names of the roles that are given by hand; those that come from groups stay.
    pub roles: Option<BTreeSet<String>>,
    /// Whether its owner may sign in.
    pub status: Option<AccountStatus>,
}

/// Changes an account. One that is suspended is signed out everywhere.
///
/// # Errors
/// The account has or would have more than the giver, a role is not known, it is the last administrator,
/// or the database failed.
pub async fn update_account(
    transaction: &Transaction,
    giver: Giver<'_>,
    id: AccountId,
    change: AccountChange,
) -> Result<Account, IdentityError> {
    // Before the roles, as who signs in through a provider does.
    hold(transaction, id).await?;
    let had = hold_administrators(transaction).await?;
    let mut account = subject(transaction, giver, id).await?;
    let mut values = Vec::new();
    if let Some(text) = change.name {
        account.name = name(&text)?;
        values.push((account::Column::Name, account.name.clone().into()));
    }
    if let Some(status) = change.status {
        account.status = status;
        values.push((account::Column::Status, status.as_str().into()));
    }
    if let Some(roles) = change.roles {
        giver.allow(&roles::known_grants(transaction, &roles).await?)?;
        let assigned = set_roles(transaction, id, &roles, Source::Hand).await?;
        account.roles = assigned.into_iter().map(|row| row.role).collect();
    }
    if !values.is_empty() {
        transaction
            .update::<account::Entity>(values, by_id(id))
            .await?;
    }
    keep_administrator(transaction, had).await?;
    if account.status == AccountStatus::Suspended {
        end_all_sessions(transaction, id).await?;
    }
    Ok(account)
}

/// How long the token of a new password is valid.
const RESET: TimeDelta = TimeDelta::hours(24);

/// Takes the password of an account away and gives a token with which its owner sets another one, once.
/// Sessions end, and failed attempts are forgotten.
///
/// # Errors
/// The account has more than the giver, or is not there, or the database failed.
pub async fn reset_password(
    transaction: &Transaction,
    giver: Giver<'_>,
    id: AccountId,
    removes_second_factor: bool,
    now: DateTime<Utc>,
) -> Result<(Token, DateTime<Utc>), IdentityError> {
    let account = subject(transaction, giver, id).await?;
    let token = Token::generate(TokenKind::Reset)?;
    let expires_at = now + RESET;
    let values = [
        (account::Column::PasswordHash, None::<String>.into()),
        (account::Column::ResetHash, Some(token.hash()).into()),
        (account::Column::ResetExpiresAt, Some(expires_at).into()),
    ];
    transaction
        .update::<account::Entity>(values, by_id(id))
        .await?;
    if removes_second_factor {
        disable_second_factor(transaction, id).await?;
    }
    attempts::forget(transaction, &account.email).await?;
    end_all_sessions(transaction, id).await?;
    Ok((token, expires_at))
}

/// Gives an account another password; sessions end.
///
/// # Errors
/// The account is not there, or the database failed.
pub async fn set_password(
    transaction: &Transaction,
    id: AccountId,
    hash: String,
) -> Result<Account, IdentityError> {
    let account = find(transaction, by_id(id)).await?;
    let account = account.ok_or(Refusal::NoAccount)?;
    let values = [
        (account::Column::PasswordHash, Some(hash).into()),
        (account::Column::ResetHash, None::<String>.into()),
        (
            account::Column::ResetExpiresAt,
            None::<DateTime<Utc>>.into(),
        ),
    ];
    transaction
        .update::<account::Entity>(values, by_id(id))
        .await?;
    attempts::forget(transaction, &account.email).await?;
    end_all_sessions(transaction, id).await?;
    Ok(Account {
        has_password: true,
        ..account
    })
}

/// Gives the account of a token another password; sessions end, and the token is not valid any more.
///
/// # Errors
/// The token is not known or not valid any more, or the database failed.
pub async fn set_password_with_token(
    transaction: &Transaction,
    token: &str,
    hash: String,
    now: DateTime<Utc>,
) -> Result<Account, IdentityError> {
    let valid = by_reset_token(token, now)?;
    let account = find(transaction, valid.clone()).await?;
    let account = account.ok_or(Refusal::Token)?;
    // Who comes second at the same time, or after a suspension or another reset, finds it used.
    let used = [(account::Column::ResetHash, None::<String>.into())];
    if transaction.update::<account::Entity>(used, valid).await? == 0 {
        return Err(Refusal::Token.into());
    }
    set_password(transaction, account.id, hash).await
}

/// An account that may be changed by who gives: nobody takes over who may do more than they.
pub(super) async fn subject(
    transaction: &Transaction,
    giver: Giver<'_>,
    id: AccountId,
) -> Result<Account, IdentityError> {
    let account = find(transaction, by_id(id)).await?;
    let account = account.ok_or(Refusal::NoAccount)?;
    giver.allow(&roles::grants_of(transaction, &account.roles).await?)?;
    Ok(account)
}

/// Takes from an account what whoever prepared it may know: its password, what sets another one, its second
/// factor, and its sessions.
pub(super) async fn clear_credentials(
    transaction: &Transaction,
    id: AccountId,
) -> Result<(), StoreError> {
    let values = [
        (account::Column::PasswordHash, None::<String>.into()),
        (account::Column::ResetHash, None::<String>.into()),
        (
            account::Column::ResetExpiresAt,
            None::<DateTime<Utc>>.into(),
        ),
    ];
    transaction
        .update::<account::Entity>(values, by_id(id))
        .await?;
    disable_second_factor(transaction, id).await?;
    end_all_sessions(transaction, id).await?;
    Ok(())
}

/// Whether there is somebody who may give every role. Two who take the role from two accounts at the same time
/// must not both find the other.
pub(super) async fn hold_administrators(transaction: &Transaction) -> Result<bool, StoreError> {
    let role = BuiltInRole::Administrator.as_str();
    let values = [(role_assignment::Column::Role, role.into())];
    let administrators = Condition::all().add(role_assignment::Column::Role.eq(role));
    transaction
        .update::<role_assignment::Entity>(values, administrators)
        .await?;
    has_administrator(transaction).await
}

/// Refuses to leave nobody who may give every role, where there was somebody.
pub(super) async fn keep_administrator(
    transaction: &Transaction,
    had: bool,
) -> Result<(), IdentityError> {
    match had && !has_administrator(transaction).await? {
        true => Err(Refusal::LastAdministrator.into()),
        false => Ok(()),
    }
}

async fn has_administrator(transaction: &Transaction) -> Result<bool, StoreError> {
    let role = BuiltInRole::Administrator.as_str();
    let assigned = Condition::all().add(role_assignment::Column::Role.eq(role));
    let assigned = transaction.all::<role_assignment::Entity>(assigned).await?;
    let ids: Vec<_> = assigned.into_iter().map(|row| row.account_id).collect();
    let active = Condition::all()
        .add(account::Column::Id.is_in(ids))
        .add(account::Column::Status.eq(AccountStatus::Active.as_str()));
    Ok(transaction.one::<account::Entity>(active).await?.is_some())
}
