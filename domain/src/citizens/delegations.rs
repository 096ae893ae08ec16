//! Delegations as they are kept: people in them are hashes, as everywhere.

use chrono::{DateTime, NaiveDate, Utc};
use municipio_entities::citizen_delegation::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition};
use serde_json::json;
use uuid::Uuid;

use super::{
    CitizenId, CitizenKeys, DelegationKind, DelegationRefused, FiscalCode, Term, delegation_term,
};
use crate::{
    audit::Deed,
    ids::DelegationId,
    store::{StoreError, TenantStore, Transaction},
    time::legal_day,
};

/// Somebody who may act for somebody else (delega o responsabilità genitoriale).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// Its id.
    pub id: DelegationId,
    /// For whom.
    pub principal: CitizenId,
    /// Who may.
    pub delegate: CitizenId,
    /// Why.
    pub kind: DelegationKind,
    /// When.
    pub term: Term,
    /// Who granted it, as [`Caller::author`](crate::identity::Caller::author) writes them.
    pub granted_by: String,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What is said of a new delegation.
#[derive(Clone, Debug)]
pub struct NewDelegation<'a> {
    /// For whom.
    pub principal: &'a FiscalCode,
    /// Who may.
    pub delegate: &'a FiscalCode,
    /// Why.
    pub kind: DelegationKind,
    /// When, as far as the law has it so.
    pub term: Term,
    /// When the child was born for whom a parent acts, as a document says it.
    pub born: Option<NaiveDate>,
    /// Who grants it.
    pub granted_by: &'a str,
}

/// Why nobody is made a delegate.
#[derive(Debug, thiserror::Error)]
pub enum DelegationError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be meant.
    #[error(transparent)]
    Refused(#[from] DelegationRefused),
}

impl Delegation {
    /// What is written down of what was done to it.
    pub fn deed(&self, name: &'static str) -> Deed {
        Deed::to(name, format!("citizen:{}", self.principal)).with(json!({
            "delegate": self.delegate,
            "kind": self.kind,
            "from": self.term.from,
            "until": self.term.until,
        }))
    }

    fn of(row: Model) -> Result<Self, StoreError> {
        let person = |text: &str| {
            let id = text.parse();
            id.map_err(|error| StoreError::corrupt("person of a delegation", error))
        };
        Ok(Self {
            id: DelegationId(row.id),
            principal: person(&row.principal)?,
            delegate: person(&row.delegate)?,
            kind: DelegationKind::named(&row.kind)
                .ok_or_else(|| StoreError::corrupt("kind of a delegation", &row.kind))?,
            term: Term {
                from: row.valid_from,
                until: row.valid_until,
            },
            granted_by: row.granted_by,
            revoked_at: row.revoked_at,
        })
    }
}

/// Lets somebody act for somebody else.
///
/// # Errors
/// It cannot be meant, or the database failed.
pub async fn grant_delegation(
    transaction: &Transaction,
    keys: &CitizenKeys,
    new: NewDelegation<'_>,
    now: DateTime<Utc>,
) -> Result<Delegation, DelegationError> {
    let people = (new.principal, new.delegate);
    let term = delegation_term(new.kind, people, new.term, new.born, legal_day(now))?;
    let hash = |code| keys.citizen(transaction.tenant_id(), code).to_string();
    let row = Model {
        id: DelegationId::generate().0,
        tenant_id: Uuid::nil(),
        principal: hash(new.principal),
        delegate: hash(new.delegate),
        kind: new.kind.as_str().to_owned(),
        valid_from: term.from,
        valid_until: term.until,
        granted_by: new.granted_by.to_owned(),
        created_at: now,
        revoked_at: None,
    };
    transaction.insert::<Entity>([row.clone()]).await?;
    Ok(Delegation::of(row)?)
}

/// Takes back all that lets somebody act for somebody else; says how many held until now.
///
/// # Errors
/// The database failed.
pub async fn revoke_delegations(
    transaction: &Transaction,
    (principal, delegate): (&CitizenId, &CitizenId),
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let still = Condition::any()
        .add(Column::ValidUntil.is_null())
        .add(Column::ValidUntil.gte(legal_day(now)));
    let filter = Condition::all()
        .add(Column::Principal.eq(principal.as_str()))
        .add(Column::Delegate.eq(delegate.as_str()))
        .add(Column::RevokedAt.is_null())
        .add(still);
    let values = [(Column::RevokedAt, Some(now).into())];
    transaction.update::<Entity>(values, filter).await
}

/// All delegations of a person, as whom they act for and as who acts, the oldest first.
///
/// # Errors
/// The database failed.
pub async fn delegations_about(
    store: &TenantStore,
    person: &CitizenId,
) -> Result<Vec<Delegation>, StoreError> {
    let rows = store.read().all::<Entity>(about(person)).await?;
    let delegations: Result<Vec<_>, _> = rows.into_iter().map(Delegation::of).collect();
    let mut delegations = delegations?;
    delegations.sort_by_key(|delegation| delegation.id);
    Ok(delegations)
}

/// Forgets the delegations of a person that hold no more; says how many.
///
/// # Errors
/// The database failed.
pub async fn forget_delegations(
    transaction: &Transaction,
    person: &CitizenId,
    today: NaiveDate,
) -> Result<u64, StoreError> {
    let over = Condition::any()
        .add(Column::RevokedAt.is_not_null())
        .add(Column::ValidUntil.lt(today));
    let over = Condition::all().add(about(person)).add(over);
    transaction.delete::<Entity>(over).await
}

fn about(person: &CitizenId) -> Condition {
    Condition::any()
        .add(Column::Principal.eq(person.as_str()))
        .add(Column::Delegate.eq(person.as_str()))
}

/// The delegations that let somebody act for others on a day.
///
/// # Errors
/// The database failed.
pub async fn delegations_of(
    store: &TenantStore,
    delegate: &CitizenId,
    day: NaiveDate,
) -> Result<Vec<Delegation>, StoreError> {
    let filter = Condition::all()
        .add(Column::Delegate.eq(delegate.as_str()))
        .add(Column::RevokedAt.is_null())
        .add(Column::ValidFrom.lte(day));
    let rows = store.read().all::<Entity>(filter).await?;
    let delegations: Result<Vec<_>, _> = rows.into_iter().map(Delegation::of).collect();
    let mut delegations = delegations?;
    delegations.retain(|delegation| delegation.term.holds(day));
    delegations.sort_by_key(|delegation| delegation.id);
    Ok(delegations)
}
