//! Sessions. A sign-in begins a session and gives a pair of tokens: one that calls the API for a quarter
//! of an hour, and one that is exchanged for the next pair. When a token is exchanged that was exchanged
//! before, somebody has a copy of it, and nobody can tell who: the session ends.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::{account, session, session_token, sign_in_request};
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use super::{
    AccountStatus, IdentityError, Refusal, Token, TokenKind, Verified, accounts, attempts,
};
use crate::{
    ids::{AccountId, SessionId},
    store::{StoreError, TenantStore, Transaction},
};

/// How long a token calls the API.
pub const ACCESS: TimeDelta = TimeDelta::minutes(15);
/// How long a session waits for its refresh token.
pub const IDLE: TimeDelta = TimeDelta::days(7);
/// How long a session lives at the most (NIST SP 800-63B-4, section 2.1.3).
pub const LONGEST: TimeDelta = TimeDelta::days(30);

/// What its owner needs of a session. The tokens are shown once.
#[derive(Clone, Debug)]
pub struct SessionTokens {
    /// The session.
    pub session: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// Calls the API.
    pub access: Token,
    /// Until when.
    pub access_expires_at: DateTime<Utc>,
    /// Is exchanged for the next pair.
    pub refresh: Token,
    /// Until when.
    pub refresh_expires_at: DateTime<Utc>,
}

/// What came of the exchange of a refresh token.
#[derive(Clone, Debug)]
pub enum Refreshed {
    /// The next pair.
    Tokens(SessionTokens),
    /// It was exchanged before: the session of this account has been ended, which is to be committed.
    Reused(AccountId),
}

/// Begins a session for who proved to be the owner of an account.
///
/// # Errors
/// The database failed, or there is no randomness.
pub async fn begin_session(
    transaction: &Transaction,
    verified: Verified,
    now: DateTime<Utc>,
) -> Result<SessionTokens, IdentityError> {
    let id = verified.account();
    verified.settle(transaction, now).await?;
    let values = [(account::Column::LastSignInAt, Some(now).into())];
    transaction
        .update::<account::Entity>(values, accounts::by_id(id))
        .await?;
    begin_unverified_session(transaction, id, now).await
}

/// Begins a session for an account, whoever asks: for tests and for other ways to sign in.
///
/// # Errors
/// The database failed, or there is no randomness.
pub async fn begin_unverified_session(
    transaction: &Transaction,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<SessionTokens, IdentityError> {
    let session = session::Model {
        id: SessionId::generate().0,
        tenant_id: Uuid::nil(),
        account_id: account.0,
        started_at: now,
        expires_at: now + LONGEST,
    };
    transaction
        .insert::<session::Entity>([session.clone()])
        .await?;
    issue(transaction, &session, now).await
}

/// Exchanges a refresh token for the next pair of tokens.
///
/// # Errors
/// The token is not known or not valid any more, the account is suspended, or the database failed.
pub async fn refresh_session(
    transaction: &Transaction,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Refreshed, IdentityError> {
    let Some((TokenKind::Refresh, token)) = Token::read(token) else {
        return Err(Refusal::RefreshToken.into());
    };
    let by_hash = Condition::all().add(session_token::Column::Hash.eq(token.hash()));
    let known = transaction
        .one::<session_token::Entity>(by_hash.clone())
        .await?;
    let known = known.filter(|known| known.kind == KIND_REFRESH && known.expires_at > now);
    let known = known.ok_or(Refusal::RefreshToken)?;
    // Who ends the session meanwhile waits, or has ended it.
    let session = hold_session(transaction, known.session_id).await?;
    let session = session.filter(|session| session.expires_at > now);
    let session = session.ok_or(Refusal::RefreshToken)?;
    let account = AccountId(session.account_id);
    // Who comes second at the same time finds it used, too.
    let unused = by_hash.add(session_token::Column::UsedAt.is_null());
    let used = [(session_token::Column::UsedAt, Some(now).into())];
    if transaction
        .update::<session_token::Entity>(used, unused)
        .await?
        == 0
    {
        end_session(transaction, SessionId(session.id)).await?;
        return Ok(Refreshed::Reused(account));
    }
    let owner = accounts::find(transaction, accounts::by_id(account)).await?;
    if owner.is_none_or(|owner| owner.status == AccountStatus::Suspended) {
        return Err(Refusal::RefreshToken.into());
    }
    Ok(Refreshed::Tokens(issue(transaction, &session, now).await?))
}

/// Ends a session: its tokens are not known any more.
///
/// # Errors
/// The database failed.
pub async fn end_session(transaction: &Transaction, session: SessionId) -> Result<(), StoreError> {
    hold_session(transaction, session.0).await?;
    let tokens = Condition::all().add(session_token::Column::SessionId.eq(session.0));
    let session = Condition::all().add(session::Column::Id.eq(session.0));
    transaction.delete::<session_token::Entity>(tokens).await?;
    transaction.delete::<session::Entity>(session).await?;
    Ok(())
}

/// Ends all sessions of an account; says how many there were.
///
/// # Errors
/// The database failed.
pub async fn end_all_sessions(
    transaction: &Transaction,
    account: AccountId,
) -> Result<u64, StoreError> {
    // One at a time, or two might each wait for a session that the other holds.
    transaction
        .hold_of::<account::Entity>(account::Column::Id, [account.0])
        .await?;
    let held = transaction.hold_of::<session::Entity>(session::Column::AccountId, [account.0]);
    let ids: Vec<_> = held.await?.into_iter().map(|row| row.id).collect();
    let sessions = Condition::all().add(session::Column::Id.is_in(ids.clone()));
    let tokens = Condition::all().add(session_token::Column::SessionId.is_in(ids));
    transaction.delete::<session_token::Entity>(tokens).await?;
    transaction.delete::<session::Entity>(sessions).await
}

pub(super) const KIND_ACCESS: &str = "access";
const KIND_REFRESH: &str = "refresh";

/// Makes the next pair of tokens of a session.
async fn issue(
    transaction: &Transaction,
    session: &session::Model,
    now: DateTime<Utc>,
) -> Result<SessionTokens, IdentityError> {
    let tokens = SessionTokens {
        session: SessionId(session.id),
        account: AccountId(session.account_id),
        access: Token::generate(TokenKind::Access)?,
        access_expires_at: (now + ACCESS).min(session.expires_at),
        refresh: Token::generate(TokenKind::Refresh)?,
        refresh_expires_at: (now + IDLE).min(session.expires_at),
    };
    let row = |token: &Token, kind: &str, expires_at| session_token::Model {
        tenant_id: Uuid::nil(),
        hash: token.hash(),
        session_id: session.id,
        kind: kind.to_owned(),
        expires_at,
        used_at: None,
    };
    let rows = [
        row(&tokens.access, KIND_ACCESS, tokens.access_expires_at),
        row(&tokens.refresh, KIND_REFRESH, tokens.refresh_expires_at),
    ];
    transaction.insert::<session_token::Entity>(rows).await?;
    Ok(tokens)
}

/// A session, kept from all others who go on with it or end it until the transaction ends.
async fn hold_session(
    transaction: &Transaction,
    id: Uuid,
) -> Result<Option<session::Model>, StoreError> {
    let rows = transaction.hold_of::<session::Entity>(session::Column::Id, [id]);
    Ok(rows.await?.into_iter().next())
}

/// Deletes sessions, tokens and sign-ins under way that have expired, which are refused without being known, and
/// failed sign-ins of long ago.
///
/// # Errors
/// The database failed.
pub async fn forget_expired(store: &TenantStore, now: DateTime<Utc>) -> Result<(), StoreError> {
    // Each in a transaction of its own, so that none waits for a session while it holds a token.
    let transaction = store.begin().await?;
    let tokens = session_token::Column::ExpiresAt.lte(now);
    transaction.delete::<session_token::Entity>(tokens).await?;
    attempts::forget_old(&transaction, now).await?;
    let pending = sign_in_request::Column::ExpiresAt.lte(now);
    let requests = transaction.delete::<sign_in_request::Entity>(pending);
    requests.await?;
    transaction.commit().await?;
    let transaction = store.begin().await?;
    let sessions = session::Column::ExpiresAt.lte(now);
    transaction.delete::<session::Entity>(sessions).await?;
    transaction.commit().await
}
