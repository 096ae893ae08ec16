//! One run of a mutation that came with a key.

use std::sync::Mutex;

use municipio_entities::idempotency_key::{Column, Entity};
use sea_orm::{ColumnTrait, sea_query::Condition};
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
    secret: std::sync::atomic::AtomicBool,
}

impl Attempt {
    pub(super) fn new(request: &Repeatable) -> Self {
        Self {
            id: Uuid::now_v7(),
            caller: request.caller.clone(),
            key: request.key.clone(),
            effects: Mutex::default(),
            secret: false.into(),
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
    pub async fn note(&self, transaction: &Transaction, effect: Value) -> Result<bool, StoreError> {
        let effects = {
            let mut effects = self.lock();
            effects.push(effect);
            Value::Array(effects.clone()).to_string()
        };
        let values = [(Column::Effects, effects.into())];
        Ok(transaction.update::<Entity>(values, self.own()).await? == 1)
    }

    /// It did something.
    pub fn has_effects(&self) -> bool {
        !self.lock().is_empty()
    }

    /// Its answer holds a secret, and is not kept.
    pub fn keep_secret(&self) {
        self.secret
            .store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Keeps the answer for whoever sends the mutation again.
    ///
    /// # Errors
    /// The database failed.
    pub async fn answer(&self, store: &TenantStore, answer: String) -> Result<(), StoreError> {
        if self.secret.load(std::sync::atomic::Ordering::Relaxed) {
            return Ok(());
        }
        let transaction = store.begin().await?;
        let values = [(Column::Answer, answer.into())];
        transaction.update::<Entity>(values, self.own()).await?;
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
