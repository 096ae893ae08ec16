//! Mutations that may be sent again: the same key of the same caller has one effect and one answer
//! (draft-ietf-httpapi-idempotency-key-header). What is guaranteed when something dies on the way, and
//! why, says `docs/decisions/0012-idempotency.md`.

mod attempt;
mod kept;
mod key;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::idempotency_key::{Column, Entity, Model};
use sea_orm::{ColumnTrait, sea_query::Condition};
use uuid::Uuid;

pub use attempt::Attempt;
use kept::Opened;
pub use key::{IdempotencyKey, InvalidIdempotencyKey};

use crate::{
    identity::Vault,
    store::{Pending, StoreError, TenantStore, Transaction},
};

/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// A mutation that came with a key.
#[derive(Clone, Debug)]
pub struct Repeatable {
    /// Who sent it: `account:…`, `key:…` or `citizen:…`.
    pub caller: String,
    /// The key.
    pub key: IdempotencyKey,
    /// A hash of what was sent, without its secrets.
    pub fingerprint: String,
    /// A hash of all that was sent. It is kept where it is encrypted, because passwords could be guessed from it.
    pub exact_fingerprint: String,
    /// Encrypts an answer that holds a secret, with a key that is not in the database.
    pub vault: Vault,
    /// Whether the answer is about a citizen: then it is encrypted whatever it holds.
    pub is_personal: bool,
}

/// What becomes of a mutation that came with a key.
#[derive(Debug)]
pub enum Begun {
    /// It runs.
    Run(Arc<Attempt>),
    /// It ran; this was the answer.
    Answered(String),
    /// It ran, and its answer holds a secret that was encrypted for another token.
    AnswerLost,
    /// It is running.
    InProgress,
    /// Something else was sent under the key.
    OtherRequest,
}

/// What there is to do for a mutation whose key is known.
#[derive(Debug, PartialEq, Eq)]
enum Known {
    /// Its time is over: as if it were not known.
    Forgotten,
    OtherRequest,
    Answered(String),
    AnswerLost,
    InProgress,
    /// Whoever ran it died, and it did nothing.
    GivenUp,
}

fn known(row: &Model, request: &Repeatable, now: DateTime<Utc>) -> Known {
    if row.created_at + KEPT <= now {
        return Known::Forgotten;
    }
    if row.fingerprint != request.fingerprint {
        return Known::OtherRequest;
    }
    match &row.answer {
        Some(answer) if row.sealed => match request.open(answer) {
            Opened::Answer(answer) => Known::Answered(answer),
            Opened::OtherRequest => Known::OtherRequest,
            Opened::Unreadable => Known::AnswerLost,
        },
        Some(answer) => Known::Answered(answer.clone()),
        None if row.held_until > now => Known::InProgress,
        None => Known::GivenUp,
    }
}

/// Begins a mutation that came with a key. Nobody else runs it for the time of `held`; a mutation that takes
/// longer may be run by somebody else, and then does nothing.
///
/// # Errors
/// The database failed.
pub async fn begin(
    store: &TenantStore,
    request: &Repeatable,
    held: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Begun, StoreError> {
    // Who inserts at the same time is there at the second look.
    match look(store, request, held, now).await {
        Err(error) if error.is_conflict() => look(store, request, held, now).await,
        begun => begun,
    }
}

async fn look(
    store: &TenantStore,
    request: &Repeatable,
    held: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Begun, StoreError> {
    let transaction = store.begin().await?;
    let rows = transaction.hold_of::<Entity>(Column::Key, [request.key.as_str()]);
    let row = rows
        .await?
        .into_iter()
        .find(|row| row.caller == request.caller);
    let state = row.as_ref().map(|row| known(row, request, now));
    match state {
        Some(Known::OtherRequest) => return Ok(Begun::OtherRequest),
        Some(Known::Answered(answer)) => return Ok(Begun::Answered(answer)),
        Some(Known::AnswerLost) => return Ok(Begun::AnswerLost),
        Some(Known::InProgress) => return Ok(Begun::InProgress),
        Some(Known::Forgotten | Known::GivenUp) => {
            transaction.delete::<Entity>(of(request)).await?;
        }
        None => {}
    }
    let attempt = Arc::new(Attempt::new(request, store));
    let row = Model {
        tenant_id: Uuid::nil(),
        caller: request.caller.clone(),
        key: request.key.as_str().to_owned(),
        fingerprint: request.fingerprint.clone(),
        attempt_id: attempt.id(),
        held_until: now + held,
        answer: None,
        sealed: false,
        created_at: now,
    };
    transaction.insert::<Entity>([row]).await?;
    transaction.commit().await?;
    Ok(Begun::Run(attempt))
}

fn of(request: &Repeatable) -> Condition {
    Condition::all()
        .add(Column::Caller.eq(&request.caller))
        .add(Column::Key.eq(request.key.as_str()))
}

/// Forgets the answers whose time is over; says how many there were.
///
/// # Errors
/// The database failed.
pub async fn forget(store: &TenantStore, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let over = Column::CreatedAt.lte(now - KEPT);
    // Writers are not kept waiting for nothing.
    if store.read().one::<Entity>(over).await?.is_none() {
        return Ok(0);
    }
    let transaction = store.begin().await?;
    let forgotten = delete_before(&transaction, now - KEPT).await?;
    transaction.commit().await?;
    Ok(forgotten)
}

fn delete_before(transaction: &Transaction, time: DateTime<Utc>) -> Pending<'_, u64> {
    transaction.delete::<Entity>(Column::CreatedAt.lte(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(exact: &str, token: &str) -> Repeatable {
        Repeatable {
            caller: "account:1".to_owned(),
            key: "k".parse().unwrap(),
            fingerprint: "same".to_owned(),
            exact_fingerprint: exact.to_owned(),
            vault: Vault::new(token).unwrap(),
            is_personal: false,
        }
    }

    #[test]
    fn what_is_known_decides() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let row = |answer: Option<&str>| Model {
            tenant_id: Uuid::nil(),
            caller: "account:1".to_owned(),
            key: "k".to_owned(),
            fingerprint: "same".to_owned(),
            attempt_id: Uuid::nil(),
            held_until: now + TimeDelta::seconds(10),
            answer: answer.map(str::to_owned),
            sealed: false,
            created_at: now,
        };
        let same = request("exact", "token");
        let other = Repeatable {
            fingerprint: "other".to_owned(),
            ..same.clone()
        };
        let later = now + TimeDelta::seconds(10);
        let running = row(None);
        assert_eq!(known(&running, &same, now), Known::InProgress);
        assert_eq!(known(&running, &other, now), Known::OtherRequest);
        assert_eq!(known(&running, &same, later), Known::GivenUp);
        let answered = row(Some("{}"));
        let answer = Known::Answered("{}".to_owned());
        assert_eq!(known(&answered, &same, now), answer);
        assert_eq!(known(&answered, &other, later), Known::OtherRequest);
        assert_eq!(known(&answered, &other, now + KEPT), Known::Forgotten);

        let secret = Model {
            sealed: true,
            ..row(Some(&same.seal("{}").unwrap()))
        };
        assert!(!secret.answer.as_ref().unwrap().contains("{}"));
        assert_eq!(known(&secret, &same, now), answer);
        let cases = [
            ("other", "token", Known::OtherRequest),
            ("exact", "other", Known::AnswerLost),
        ];
        for (exact, token, expected) in cases {
            assert_eq!(known(&secret, &request(exact, token), now), expected);
        }
    }
}
