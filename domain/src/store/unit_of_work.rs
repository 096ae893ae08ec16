//! Several transactions that are committed together: what a request writes, and what it is answered.

use std::{mem, sync::Arc};

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, Statement, TransactionTrait,
};
use tokio::sync::Mutex;

use super::{StoreError, TenantStore, begin, bell::Rung};

/// The transaction of which others are parts.
#[derive(Debug, Default)]
pub(super) enum Whole {
    /// Nothing was written yet.
    #[default]
    NotBegun,
    Running(DatabaseTransaction),
    /// The database may have ended it: what is done from here on would be permanent by itself.
    Broken,
}

/// The transaction of a unit, and what its parts rang.
#[derive(Debug, Default)]
pub(super) struct Unit {
    whole: Mutex<Whole>,
    pub(super) rung: Rung,
}

pub(super) type SharedUnit = Arc<Unit>;

impl Whole {
    /// Takes note of what failed.
    fn heed<T>(&mut self, done: Result<T, DbErr>) -> Result<T, DbErr> {
        if done.is_err() {
            *self = Self::Broken;
        }
        done
    }
}

fn broken() -> DbErr {
    DbErr::Custom("a statement failed that others of the request depend on".to_owned())
}

/// A unit of work. The transactions of its [store](Self::store) are parts of one (savepoints): each is committed or
/// rolled back by itself, in the sight of this store alone, and all of them are committed with the unit, or none.
/// What the store reads it reads in there too, from the first transaction on.
///
/// From then on SQLite keeps all other writers waiting: whoever works in the unit must not wait for anything else, such
/// as another server or a transaction of another store, and not for a task of its own that reads while a part is open.
#[derive(Debug)]
pub struct UnitOfWork {
    store: TenantStore,
    unit: SharedUnit,
}

impl UnitOfWork {
    /// A unit of work on the rows of the tenant of this store.
    pub fn new(store: &TenantStore) -> Self {
        let unit = SharedUnit::default();
        let store = TenantStore {
            unit: Some(Arc::clone(&unit)),
            ..store.clone()
        };
        Self { store, unit }
    }

    /// The store whose transactions are parts of the unit.
    pub fn store(&self) -> &TenantStore {
        &self.store
    }

    /// Makes everything permanent that was committed in the unit.
    ///
    /// # Errors
    /// The database refuses; then nothing was written.
    pub async fn commit(&self) -> Result<(), StoreError> {
        match mem::take(&mut *self.unit.whole.lock().await) {
            Whole::NotBegun => {}
            Whole::Running(whole) => whole.commit().await?,
            Whole::Broken => return Err(broken().into()),
        }
        // Those who wait for something new were told when they could not see it yet.
        self.store.alarm().notify_one();
        self.unit.rung.sound(self.store.database.bells());
        Ok(())
    }

    /// Undoes everything.
    ///
    /// # Errors
    /// The database does not answer; then nothing was written either.
    pub async fn roll_back(&self) -> Result<(), StoreError> {
        match mem::take(&mut *self.unit.whole.lock().await) {
            Whole::Running(whole) => Ok(whole.rollback().await?),
            Whole::NotBegun | Whole::Broken => Ok(()),
        }
    }
}

/// Begins a transaction of the store as a part of its unit.
pub(super) async fn begin_part(
    store: &TenantStore,
    unit: &SharedUnit,
) -> Result<DatabaseTransaction, DbErr> {
    let mut whole = unit.whole.lock().await;
    if matches!(*whole, Whole::NotBegun) {
        *whole = Whole::Running(begin_whole(store).await?);
    }
    match &*whole {
        Whole::Running(running) => {
            let part = running.begin().await;
            whole.heed(part)
        }
        Whole::NotBegun | Whole::Broken => Err(broken()),
    }
}

/// Begins the transaction of a unit. Statements are stopped as those of the connections that read are; SQLite has
/// nothing by which to stop those of the one that writes.
async fn begin_whole(store: &TenantStore) -> Result<DatabaseTransaction, DbErr> {
    let whole = begin(store).await?;
    if let (DbBackend::Postgres, Some(timeout)) =
        (whole.get_database_backend(), store.database.read_timeout)
    {
        let limit = format!("SET LOCAL statement_timeout = {}", timeout.as_millis());
        whole.execute_unprepared(&limit).await?;
    }
    Ok(whole)
}

/// What a store reads with: the connections that read, or the transaction of its unit of work.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(super) connections: DatabaseConnection,
    pub(super) unit: Option<SharedUnit>,
}

/// Runs a statement on the transaction of the unit, once it has begun, or else on the connections.
macro_rules! on {
    ($reading:ident, $method:ident($argument:expr)) => {{
        let Some(unit) = &$reading.unit else {
            return $reading.connections.$method($argument).await;
        };
        let mut whole = unit.whole.lock().await;
        match &*whole {
            Whole::NotBegun => $reading.connections.$method($argument).await,
            Whole::Running(transaction) => {
                let done = transaction.$method($argument).await;
                whole.heed(done)
            }
            Whole::Broken => Err(broken()),
        }
    }};
}

#[async_trait]
impl ConnectionTrait for Reading {
    fn get_database_backend(&self) -> DbBackend {
        self.connections.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        on!(self, execute_raw(statement))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        on!(self, execute_unprepared(sql))
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        on!(self, query_one_raw(statement))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        on!(self, query_all_raw(statement))
    }
}
