//! API keys: with one, a program calls as itself. A key is shown once; it may do what its scopes allow,
//! which are no more than who made it may do, until it expires or is revoked.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::api_key::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use uuid::Uuid;

use super::{
    Giver, Grant, IdentityError, Refusal, Token, TokenKind, accounts,
    roles::{check_grants, read_grants},
};
use crate::{
    ids::ApiKeyId,
    store::{Scope, StoreError, TenantStore, Transaction},
};

/// An API key, without the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// Its first characters, by which people know it.
    pub hint: String,
    /// What it allows.
    pub grants: Vec<Grant>,
    /// Who made it: `account:…`.
    pub created_by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is valid.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last, exact to a minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl ApiKey {
    fn of(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ApiKeyId(row.id),
            grants: read_grants(row.grants)?,
            name: row.name,
            hint: row.hint,
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        })
    }
}

/// What is said of a new key.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// What it is for.
    pub name: String,
    /// What it allows.
    pub grants: Vec<Grant>,
    /// Until when; a year from now when left out.
    pub expires_at: Option<DateTime<Utc>>,
    /// Who makes it: `account:…`.
    pub created_by: String,
}

/// How long a key is valid when nothing is said.
const VALID: TimeDelta = TimeDelta::days(365);
/// How old the note of its last use may be.
const NOTED: TimeDelta = TimeDelta::minutes(1);

/// Makes a key. The token is shown once.
///
/// # Errors
/// A scope allows more than the giver may, the name or the time is wrong, or the database failed.
pub async fn create_api_key(
    transaction: &Transaction,
    giver: Giver<'_>,
    new: NewApiKey,
    now: DateTime<Utc>,
) -> Result<(ApiKey, Token), IdentityError> {
    let expires_at = new.expires_at.unwrap_or(now + VALID);
    if expires_at <= now {
        return Err(Refusal::Expiry.into());
    }
    let grants = check_grants(&new.grants, "scopes")?;
    giver.allow(&new.grants)?;
    let token = Token::generate(TokenKind::ApiKey)?;
    let row = Model {
        id: ApiKeyId::generate().0,
        tenant_id: Uuid::nil(),
        name: accounts::name(&new.name)?,
        hash: token.hash(),
        hint: token.hint(),
        grants,
        created_by: new.created_by,
        created_at: now,
        expires_at: Some(expires_at),
        last_used_at: None,
        revoked_at: None,
    };
    transaction.insert::<Entity>([row.clone()]).await?;
    Ok((ApiKey::of(row)?, token))
}

/// Revokes a key; one that was revoked stays so.
///
/// # Errors
/// There is no such key, or the database failed.
pub async fn revoke_api_key(
    transaction: &Transaction,
    id: ApiKeyId,
    now: DateTime<Utc>,
) -> Result<ApiKey, IdentityError> {
    let by_id = Condition::all().add(Column::Id.eq(id.0));
    let valid = by_id.clone().add(Column::RevokedAt.is_null());
    let values = [(Column::RevokedAt, Some(now).into())];
    transaction.update::<Entity>(values, valid).await?;
    let row = transaction.one::<Entity>(by_id).await?;
    Ok(ApiKey::of(row.ok_or(Refusal::NoKey)?)?)
}

/// All keys, the newest first.
pub(super) async fn all<C: ConnectionTrait>(scope: &Scope<C>) -> Result<Vec<ApiKey>, StoreError> {
    let mut rows = scope.all::<Entity>(Condition::all()).await?;
    rows.sort_by_key(|row| Reverse((row.created_at, row.id)));
    rows.into_iter().map(ApiKey::of).collect()
}

/// The key with this hash, unless it was revoked.
pub(super) async fn by_hash<C: ConnectionTrait>(
    scope: &Scope<C>,
    hash: &str,
) -> Result<Option<ApiKey>, StoreError> {
    let filter = Condition::all()
        .add(Column::Hash.eq(hash))
        .add(Column::RevokedAt.is_null());
    let row = scope.one::<Entity>(filter).await?;
    row.map(ApiKey::of).transpose()
}

/// Notes that a key was used, at most once a minute, and without letting anybody wait for it.
pub(super) fn note_use(store: &TenantStore, key: &ApiKey, now: DateTime<Utc>) {
    let old = now - NOTED;
    if key.last_used_at.is_some_and(|last| last > old) {
        return;
    }
    let (store, id) = (store.clone(), key.id);
    tokio::spawn(async move {
        if let Err(error) = write_use(&store, id, now).await {
            tracing::warn!(%error, "the use of an API key was not noted");
        }
    });
}

async fn write_use(
    store: &TenantStore,
    id: ApiKeyId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let old = Condition::any()
        .add(Column::LastUsedAt.is_null())
        .add(Column::LastUsedAt.lte(now - NOTED));
    let filter = Condition::all().add(Column::Id.eq(id.0)).add(old);
    let transaction = store.begin().await?;
    let values = [(Column::LastUsedAt, Some(now).into())];
    transaction.update::<Entity>(values, filter).await?;
    transaction.commit().await
}
