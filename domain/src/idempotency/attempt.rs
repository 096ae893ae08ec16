//! One run of a mutation that came with a key.

use std::sync::atomic::{AtomicBool, Ordering};

use municipio_entities::idempotency_key::{Column, Entity};
use sea_orm::{ColumnTrait, sea_query::Condition};
use uuid::Uuid;

use super::{Repeatable, of};
use crate::store::{StoreError, TenantStore, UnitOfWork};

/// One run of a mutation that came with a key. What it does is done in a unit of work, which ends with one of
/// [`Self::answer`] and [`Self::give_up`].
#[derive(Debug)]
pub struct Attempt {
    id: Uuid,
    request: Repeatable,
    unit: UnitOfWork,
    acted: AtomicBool,
    secret: AtomicBool,
    callers: AtomicBool,
}

impl Attempt {
    pub(super) fn new(request: &Repeatable, store: &TenantStore) -> Self {
        Self {
            id: Uuid::now_v7(),
            request: request.clone(),
            unit: UnitOfWork::new(store),
            acted: AtomicBool::new(false),
            secret: AtomicBool::new(false),
            callers: AtomicBool::new(false),
        }
    }

    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    /// The store with which it is run.
    pub fn store(&self) -> &TenantStore {
        self.unit.store()
    }

    /// The row, as long as nobody else runs the mutation.
    fn own(&self) -> Condition {
        of(&self.request).add(Column::AttemptId.eq(self.id))
    }

    /// It did something.
    pub fn act(&self) {
        self.acted.store(true, Ordering::Relaxed);
    }

    /// Whether it did something.
    pub fn has_acted(&self) -> bool {
        self.acted.load(Ordering::Relaxed)
    }

    /// It changed what a token stands for.
    pub fn change_callers(&self) {
        self.callers.store(true, Ordering::Relaxed);
    }

    /// Whether it changed what a token stands for.
    pub fn has_changed_callers(&self) -> bool {
        self.callers.load(Ordering::Relaxed)
    }

    /// It takes a secret, or its answer holds one: the answer is encrypted.
    pub fn keep_secret(&self) {
        self.secret.store(true, Ordering::Relaxed);
    }

    /// Whether it takes a secret, or its answer holds one.
    pub fn is_secret(&self) -> bool {
        self.secret.load(Ordering::Relaxed)
    }

    /// Makes what was done permanent together with the answer, for whoever sends the mutation again. False when
    /// somebody else runs it meanwhile: then nothing was done.
    ///
    /// # Errors
    /// The database failed, and nothing was done.
    pub async fn answer(&self, answer: &str) -> Result<bool, StoreError> {
        let is_sealed = self.is_secret() || self.request.is_personal;
        let answer = match is_sealed {
            true => self.request.seal(answer)?,
            false => answer.to_owned(),
        };
        let transaction = self.store().begin().await?;
        let values = [
            (Column::Answer, answer.into()),
            (Column::Sealed, is_sealed.into()),
        ];
        let is_own = transaction.update::<Entity>(values, self.own()).await? == 1;
        transaction.commit().await?;
        match is_own {
            true => self.unit.commit().await?,
            false => self.unit.roll_back().await?,
        }
        Ok(is_own)
    }

    /// Gives the key back, so that the same may be tried again. What was written all the same, such as a failed
    /// sign-in, is permanent.
    ///
    /// # Errors
    /// The database failed, and nothing was done.
    pub async fn give_up(&self) -> Result<(), StoreError> {
        let transaction = self.store().begin().await?;
        transaction.delete::<Entity>(self.own()).await?;
        transaction.commit().await?;
        self.unit.commit().await
    }

    /// Undoes everything, and gives the key back.
    ///
    /// # Errors
    /// The database failed, and nothing was done.
    pub async fn undo(&self) -> Result<(), StoreError> {
        self.unit.roll_back().await?;
        self.give_up().await
    }
}
