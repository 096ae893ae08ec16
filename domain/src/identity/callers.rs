//! Who calls with a token. An answer is kept for a few seconds, so that most requests ask no database;
//! what is revoked here counts at once, and on other nodes when they ask again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use moka::future::Cache;
use municipio_entities::{session, session_token};
use sea_orm::{ColumnTrait, Condition};

use super::{
    AccountStatus, Caller, Machine, Permissions, Staff, Token, TokenKind, accounts, keys, roles,
    sessions::KIND_ACCESS,
};
use crate::{
    ids::{AccountId, SessionId, TenantId},
    store::{Reading, Scope, StoreError, TenantStore},
};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(3);

/// Those who called lately.
#[derive(Debug)]
pub(super) struct Callers {
    /// By generation, tenant and the hash of their token.
    known: Cache<(u64, TenantId, String), Arc<Known>>,
    /// How often they were forgotten: who looks somebody up before that and remembers them after it
    /// remembers them where nobody looks any more.
    generation: AtomicU64,
}

#[derive(Clone, Debug)]
struct Known {
    caller: Caller,
    expires_at: Option<DateTime<Utc>>,
}

impl Callers {
    pub(super) fn new() -> Self {
        let cache = Cache::builder().max_capacity(10_000).time_to_live(KEPT);
        Self {
            known: cache.build(),
            generation: AtomicU64::new(0),
        }
    }

    pub(super) fn forget(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Who calls with this token, as far as it is valid here and now.
    pub(super) async fn find(
        &self,
        store: &TenantStore,
        kind: TokenKind,
        token: &Token,
        now: DateTime<Utc>,
    ) -> Result<Option<Caller>, StoreError> {
        let generation = self.generation.load(Ordering::Acquire);
        let key = (generation, store.tenant_id(), token.hash());
        let known = match self.known.get(&key).await {
            Some(known) => known,
            None => {
                let scope = store.read();
                let found = match kind {
                    TokenKind::Access => staff(&scope, &key.2).await?,
                    TokenKind::ApiKey => machine(store, &scope, &key.2, now).await?,
                    TokenKind::Refresh
                    | TokenKind::Reset
                    | TokenKind::Preview
                    | TokenKind::SignIn
                    | TokenKind::RemoteContent => None,
                };
                let Some(found) = found.map(Arc::new) else {
                    return Ok(None);
                };
                self.known.insert(key, Arc::clone(&found)).await;
                found
            }
        };
        let is_valid = known.expires_at.is_none_or(|end| end > now);
        Ok(is_valid.then(|| known.caller.clone()))
    }
}

/// Who signed in and got this access token.
async fn staff(scope: &Scope<Reading>, hash: &str) -> Result<Option<Known>, StoreError> {
    let by_hash = Condition::all()
        .add(session_token::Column::Hash.eq(hash))
        .add(session_token::Column::Kind.eq(KIND_ACCESS));
    let Some(token) = scope.one::<session_token::Entity>(by_hash).await? else {
        return Ok(None);
    };
    let by_id = Condition::all().add(session::Column::Id.eq(token.session_id));
    let Some(session) = scope.one::<session::Entity>(by_id).await? else {
        return Ok(None);
    };
    let by_id = accounts::by_id(AccountId(session.account_id));
    let account = accounts::find(scope, by_id).await?;
    let Some(account) = account.filter(|account| account.status == AccountStatus::Active) else {
        return Ok(None);
    };
    let grants = roles::grants_of(scope, &account.roles).await?;
    let staff = Staff {
        account: account.id,
        name: account.name,
        roles: account.roles.iter().cloned().collect(),
        session: Some(SessionId(session.id)),
        permissions: Permissions::from_iter(grants),
    };
    Ok(Some(Known {
        caller: Caller::Staff(staff),
        expires_at: Some(token.expires_at),
    }))
}

/// The program that has this key.
async fn machine(
    store: &TenantStore,
    scope: &Scope<Reading>,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<Known>, StoreError> {
    let key = keys::by_hash(scope, hash).await?;
    let Some(key) = key.filter(|key| key.expires_at.is_none_or(|end| end > now)) else {
        return Ok(None);
    };
    keys::note_use(store, &key, now);
    let machine = Machine {
        key: key.id,
        name: key.name,
        permissions: Permissions::from_iter(key.grants),
    };
    Ok(Some(Known {
        caller: Caller::Machine(machine),
        expires_at: key.expires_at,
    }))
}
