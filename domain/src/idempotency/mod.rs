//! Mutations that may be sent again: the same key of the same caller has one effect and one answer
//! (draft-ietf-httpapi-idempotency-key-header). What is guaranteed when something dies on the way, and
//! why, says `docs/decisions/0012-idempotency.md`.

mod attempt;
mod key;

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::idempotency_key::{Column, Entity, Model};
use sea_orm::{ColumnTrait, sea_query::Condition};
use uuid::Uuid;

pub use attempt::Attempt;
pub use key::{IdempotencyKey, InvalidIdempotencyKey};

use crate::store::{Pending, StoreError, TenantStore, Transaction};

/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// A mutation that came with a key.
#[derive(Clone, Debug)]
pub struct Repeatable {
    /// Who sent it: `account:…` or `key:…`.
    pub caller: String,
    /// The key.
    pub key: IdempotencyKey,
    /// A hash of all that was sent.
    pub fingerprint: String,
}

/// What becomes of a mutation that came with a key.
#[derive(Debug)]
pub enum Begun {
    /// It runs.
    Run(Attempt),
    /// It ran; this was the answer.
    Answered(String),
    /// It ran, and its answer was not kept; this is what it did, as JSON.
    AnswerLost(String),
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
    AnswerLost(String),
    InProgress,
    /// Whoever ran it died before it did anything.
    GivenUp,
}

fn known(row: &Model, fingerprint: &str, now: DateTime<Utc>) -> Known {
    if row.created_at + KEPT <= now {
        return Known::Forgotten;
    }
    if row.fingerprint != fingerprint {
        return Known::OtherRequest;
    }
    match (&row.answer, &row.effects) {
        (Some(answer), _) => Known::Answered(answer.clone()),
        _ if row.held_until > now => Known::InProgress,
        (None, Some(effects)) => Known::AnswerLost(effects.clone()),
        (None, None) => Known::GivenUp,
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
    let state = row
        .as_ref()
        .map(|row| known(row, &request.fingerprint, now));
    match state {
        Some(Known::OtherRequest) => return Ok(Begun::OtherRequest),
        Some(Known::Answered(answer)) => return Ok(Begun::Answered(answer)),
        Some(Known::AnswerLost(effects)) => return Ok(Begun::AnswerLost(effects)),
        Some(Known::InProgress) => return Ok(Begun::InProgress),
        Some(Known::Forgotten | Known::GivenUp) => {
            transaction.delete::<Entity>(of(request)).await?;
        }
        None => {}
    }
    let attempt = Attempt::new(request);
    let row = Model {
        tenant_id: Uuid::nil(),
        caller: request.caller.clone(),
        key: request.key.as_str().to_owned(),
        fingerprint: request.fingerprint.clone(),
        attempt_id: attempt.id(),
        held_until: now + held,
        effects: None,
        answer: None,
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

    #[test]
    fn what_is_known_decides() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let row = |effects: Option<&str>, answer: Option<&str>| Model {
            tenant_id: Uuid::nil(),
            caller: "account:1".to_owned(),
            key: "k".to_owned(),
            fingerprint: "same".to_owned(),
            attempt_id: Uuid::nil(),
            held_until: now + TimeDelta::seconds(10),
            effects: effects.map(str::to_owned),
            answer: answer.map(str::to_owned),
            created_at: now,
        };
        let later = now + TimeDelta::seconds(10);
        let running = row(None, None);
        assert_eq!(known(&running, "same", now), Known::InProgress);
        assert_eq!(known(&running, "other", now), Known::OtherRequest);
        assert_eq!(known(&running, "same", later), Known::GivenUp);
        let done = row(Some("[]"), None);
        assert_eq!(
            known(&done, "same", now),
            Known::InProgress,
            "its answer may come"
        );
        assert_eq!(
            known(&done, "same", later),
            Known::AnswerLost("[]".to_owned())
        );
        let answered = row(Some("[]"), Some("{}"));
        assert_eq!(
            known(&answered, "same", now),
            Known::Answered("{}".to_owned())
        );
        assert_eq!(known(&answered, "other", later), Known::OtherRequest);
        assert_eq!(known(&answered, "other", now + KEPT), Known::Forgotten);
    }
}
