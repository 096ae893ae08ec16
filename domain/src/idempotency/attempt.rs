//! One run of a mutation that came with a key.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use municipio_entities::idempotency_key::{Column, Entity};
use sea_orm::{
    ColumnTrait,
    sea_query::{Condition, Expr},
};
use serde_json::Value;
use uuid::Uuid;

use super::{IdempotencyKey, Repeatable};
use crate::store::{StoreError, TenantStore, Transaction};

/// One run of a mutation that came with a key.
#[derive(Debug)]
pub struct Attempt {
    id: Uuid,
    caller: String,
    key: IdempotencyKey,
    /// What it did so far.
    effects: Mutex<Vec<Value>>,
    secret: AtomicBool,
}

impl Attempt {
    pub(super) fn new(request: &Repeatable) -> Self {
        Self {
            id: Uuid::now_v7(),
            caller: request.caller.clone(),
            key: request.key.clone(),
            effects: Mutex::default(),
            secret: AtomicBool::new(false),
        }
    }

    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    /// The row, as long as nobody else runs the mutation.
    fn own(&self) -> Condition {
        Condition::all()
            .add(Column::Caller.eq(&self.caller))
            .add(Column::Key.eq(self.key.as_str()))
            .add(Column::AttemptId.eq(self.id))
    }

    /// Notes what is done in this transaction, so that it is done once. False when somebody else runs the
    /// mutation meanwhile: then it must not be done.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note(
        &self,
        transaction: &Transaction,
        effect: &Value,
    ) -> Result<bool, StoreError> {
        let mut effects = self.lock().clone();
        effects.push(effect.clone());
        let effects = Value::Array(effects).to_string();
        let values = [(Column::Effects, effects.into())];
        Ok(transaction.update::<Entity>(values, self.own()).await? == 1)
    }

    /// It is done: the transaction in which it was noted is committed.
    pub fn done(&self, effect: Value) {
        self.lock().push(effect);
    }

    /// It did something.
    pub fn has_effects(&self) -> bool {
        !self.lock().is_empty()
    }

    /// It takes a secret, or its answer holds one, which is not kept.
    pub fn keep_secret(&self) {
        self.secret.store(true, Ordering::Relaxed);
    }

    /// Whether its answer is not kept.
    pub fn is_secret(&self) -> bool {
        self.secret.load(Ordering::Relaxed)
    }

    /// Keeps the answer for whoever sends the mutation again; of a secret one, that it was given.
    ///
    /// # Errors
    /// The database failed.
    pub async fn answer(&self, store: &TenantStore, answer: String) -> Result<(), StoreError> {
        let value = match self.is_secret() {
            true => (Column::HeldUntil, Expr::col(Column::CreatedAt)),
            false => (Column::Answer, Expr::value(answer)),
        };
        let transaction = store.begin().await?;
        transaction.set::<Entity>(&[value], self.own()).await?;
        transaction.commit().await
    }

    /// Gives the key back: nothing was done, and the same may be tried again.
    ///
    /// # Errors
    /// The database failed.
    pub async fn give_up(&self, store: &TenantStore) -> Result<(), StoreError> {
        let transaction = store.begin().await?;
        let nothing = self.own().add(Column::Effects.is_null());
        transaction.delete::<Entity>(nothing).await?;
        transaction.commit().await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Value>> {
        self.effects
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
