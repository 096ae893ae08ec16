//! Several transactions that are committed together: what a request writes, and what it is answered.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, Statement, TransactionTrait,
};
use tokio::sync::Mutex;

use super::{StoreError, TenantStore, begin};

/// The transaction of which others are parts, from the first of them on.
pub(super) type Whole = Arc<Mutex<Option<DatabaseTransaction>>>;

/// A unit of work. The transactions of its [store](Self::store) are parts of one (savepoints): each is committed or
/// rolled back by itself, in the sight of this store alone, and all of them are committed with the unit, or none.
/// What the store reads it reads in there too, from the first transaction on.
///
/// Until then SQLite keeps all other writers waiting: whoever works in the unit must not wait for a transaction of
/// another store.
#[derive(Debug)]
pub struct UnitOfWork {
    store: TenantStore,
    whole: Whole,
}

impl UnitOfWork {
    /// A unit of work on the rows of the tenant of this store.
    pub fn new(store: &TenantStore) -> Self {
        let whole = Whole::default();
        let store = TenantStore {
            whole: Some(Arc::clone(&whole)),
            ..store.clone()
        };
        Self { store, whole }
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
        if let Some(whole) = self.whole.lock().await.take() {
            whole.commit().await?;
        }
        // Those who wait for something new were told when they could not see it yet.
        self.store.alarm().notify_one();
        self.store.database.workers().send_replace(());
        Ok(())
    }

    /// Undoes everything.
    ///
    /// # Errors
    /// The database does not answer; then nothing was written either.
    pub async fn roll_back(&self) -> Result<(), StoreError> {
        match self.whole.lock().await.take() {
            Some(whole) => Ok(whole.rollback().await?),
            None => Ok(()),
        }
    }
}

/// Begins a transaction of the store as a part of its unit.
pub(super) async fn begin_part(
    store: &TenantStore,
    whole: &Whole,
) -> Result<DatabaseTransaction, DbErr> {
    let mut whole = whole.lock().await;
    let whole = match &mut *whole {
        Some(whole) => whole,
        none => none.insert(begin(store).await?),
    };
    whole.begin().await
}

/// What a store reads with: the connections that read, or the transaction of its unit of work.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(super) connections: DatabaseConnection,
    pub(super) whole: Option<Whole>,
}

/// Runs a statement on the transaction of the unit, once it has begun, or else on the connections.
macro_rules! on {
    ($reading:ident, $method:ident($argument:expr)) => {{
        let Some(whole) = &$reading.whole else {
            return $reading.connections.$method($argument).await;
        };
        match &*whole.lock().await {
            Some(transaction) => transaction.$method($argument).await,
            None => $reading.connections.$method($argument).await,
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
