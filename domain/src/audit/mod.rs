//! What is written down of every change and every sign-in: entries that are never changed, each of
//! which holds the hash of the one before it, so that nobody changes, adds or removes one unnoticed.
//!
//! An entry is written in the transaction of what it tells, as the last thing before the commit: the
//! row that counts them stays locked until then, so that their order is that of the commits.
//!
//! Entries hold personal data: the account, its name at that time, and the network (not the address)
//! from which the request came. They cannot be erased one by one; they go when the tenant goes.

mod actor;
mod entry;
mod log;
mod verify;

use chrono::{DateTime, Utc};
use municipio_entities::{audit_chain, audit_entry};
use sea_orm::ColumnTrait;
use serde_json::Value;

pub use actor::{Actor, ClientNetwork, Origin};
pub use entry::Entry;
pub use log::{AuditFilter, AuditLog};

pub use crate::chain::{Flaw, Head, InvalidHead, Verified};
use crate::store::{StoreError, Transaction};

/// What somebody did.
#[derive(Clone, Debug)]
pub struct Deed {
    /// What it was: the name of the operation, such as `content.publish` or `session.begin`.
    pub name: &'static str,
    /// What it was done to: a global or other id as clients know it.
    pub subject: Option<String>,
    /// What else is worth knowing; no secrets, and no personal data beyond names of accounts.
    pub details: Value,
}

impl Deed {
    /// Something done to nothing in particular.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            subject: None,
            details: Value::Null,
        }
    }

    /// Something done to a subject.
    pub fn to(name: &'static str, subject: impl Into<String>) -> Self {
        Self {
            subject: Some(subject.into()),
            ..Self::new(name)
        }
    }

    /// The same with details, an object.
    pub fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }
}

/// Writes down what an actor did, in the transaction in which it is done. Call it last: others who
/// write wait for the end of the transaction.
///
/// # Errors
/// The database failed.
pub async fn record(
    transaction: &Transaction,
    actor: &Actor,
    deed: &Deed,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    record_all(transaction, actor, std::slice::from_ref(deed), now).await
}

/// Writes down several things that an actor did in one transaction, in their order. Call it last, too.
///
/// # Errors
/// The database failed.
pub async fn record_all(
    transaction: &Transaction,
    actor: &Actor,
    deeds: &[Deed],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if deeds.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(deeds.len()).unwrap_or(i64::MAX);
    let mut last = 0;
    // The database lets the log grow by one entry at a time.
    for _ in deeds {
        let number = audit_chain::Column::LastNumber;
        last = transaction
            .count_up::<audit_chain::Entity>(number, 1)
            .await?;
    }
    let before = audit_entry::Column::Number.eq(last - count);
    let previous = transaction.one::<audit_entry::Entity>(before).await?;
    let mut previous_hash = match previous {
        Some(previous) => previous.hash,
        None if last == count => Head::NONE.to_owned(),
        None => {
            return Err(StoreError::corrupt(
                "audit log",
                "its last entry is missing",
            ));
        }
    };
    let tenant = transaction.tenant_id();
    let mut rows = Vec::with_capacity(deeds.len());
    for (number, deed) in (last - count + 1..).zip(deeds) {
        let entry = Entry::new(tenant, number, previous_hash, actor, deed, now)?;
        previous_hash = entry.hash.clone();
        rows.push(entry.into_row()?);
    }
    transaction.insert::<audit_entry::Entity>(rows).await
}
