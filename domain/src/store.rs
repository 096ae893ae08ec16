//! The database, and the tenant-scoped handle through which all rows of tenants are read and
//! written. The connections are private to this module: a query that forgets its tenant cannot be
//! run, because there is nothing to run it on.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use municipio_entities as entities;
use municipio_migration::{Migrator, MigratorTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectOptions, ConnectionTrait, DatabaseConnection,
    DatabaseTransaction, DbBackend, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryResult,
    SqlErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
    sea_query::{Expr, ExprTrait, IntoCondition, SelectStatement},
};

use crate::ids::TenantId;

/// An error of the database or of what it holds.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// The database was migrated by a newer version of Municipio.
    #[error(
        "the database is newer than this version of municipio ({0}): install the version that wrote it, or a later one"
    )]
    NewerSchema(String),
    /// The database cannot be reached or opened.
    #[error("cannot open the database {place}: {reason}; {fix}")]
    Unreachable {
        /// Which database: a file, or host and name without the password.
        place: String,
        /// Why.
        reason: String,
        /// What to do.
        fix: &'static str,
    },
    /// A stored value that this version cannot read.
    #[error("{what} cannot be read: {reason}")]
    Corrupt {
        /// What is stored there.
        what: String,
        /// Why it cannot be read.
        reason: String,
    },
}

impl StoreError {
    /// A row with the same key is there already.
    pub(crate) fn is_unique_violation(&self) -> bool {
        let Self::Database(error) = self else {
            return false;
        };
        matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
    }

    pub(crate) fn corrupt(what: impl Into<String>, reason: impl ToString) -> Self {
        Self::Corrupt {
            what: what.into(),
            reason: reason.to_string(),
        }
    }
}

/// The database. SQLite has one connection that writes, so that writers queue instead of failing,
/// and a pool that reads beside it; PostgreSQL has one pool for both.
#[derive(Clone, Debug)]
pub struct Database {
    write: DatabaseConnection,
    read: DatabaseConnection,
    statements: Arc<AtomicU64>,
}

impl Database {
    /// Connects to PostgreSQL: `postgres://user:password@host/database`.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(max_connections)
            .acquire_timeout(Duration::from_secs(5))
            .sqlx_logging(false);
        let pool = sea_orm::Database::connect(options).await;
        let mut pool = pool.map_err(|error| StoreError::Unreachable {
            place: without_password(url),
            reason: error.to_string(),
            fix: "check DATABASE_URL, and that the server answers",
        })?;
        let statements = counted(&mut pool);
        Ok(Self {
            write: pool.clone(),
            read: pool,
            statements,
        })
    }

    /// Opens the SQLite database in a data folder; makes it when it is not there.
    ///
    /// # Errors
    /// The file cannot be opened or created, or is no database.
    pub async fn open(data_dir: &Path, max_connections: u32) -> Result<Self, StoreError> {
        let file = data_dir.join("municipio.db");
        let connect = async |connections: u32| {
            let mut options = ConnectOptions::new("sqlite::memory:");
            let file = file.clone();
            options
                .max_connections(connections)
                .sqlx_logging(false)
                .map_sqlx_sqlite_opts(move |options| {
                    // WAL lets readers work beside the writer; FULL makes what was acknowledged
                    // survive a power cut. The file is given by its name: in an address some
                    // characters would mean something else.
                    options
                        .in_memory(false)
                        .shared_cache(false)
                        .filename(&file)
                        .create_if_missing(true)
                        .foreign_keys(true)
                        .pragma("journal_mode", "WAL")
                        .pragma("synchronous", "FULL")
                        .pragma("cache_size", "-8000")
                        .busy_timeout(Duration::from_secs(10))
                });
            sea_orm::Database::connect(options).await
        };
        let unreadable = |error: DbErr| StoreError::Unreachable {
            place: file.display().to_string(),
            reason: error.to_string(),
            fix: "restore it from a backup, or move it away to start anew",
        };
        let write = connect(1).await.map_err(unreadable)?;
        let mut read = connect(max_connections).await.map_err(unreadable)?;
        let statements = counted(&mut read);
        Ok(Self {
            write,
            read,
            statements,
        })
    }

    /// How many statements were run to read, and on PostgreSQL to write too.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Applies the migrations that are missing. Says how many there were.
    ///
    /// # Errors
    /// The database is newer than this program, or a migration fails.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        let pending = self.pending_migrations().await?;
        if pending > 0 {
            Migrator::up(&self.write, None).await?;
        }
        Ok(pending)
    }

    /// How many migrations the database lacks.
    ///
    /// # Errors
    /// The database is newer than this program, or cannot be read.
    pub async fn pending_migrations(&self) -> Result<usize, StoreError> {
        Migrator::install(&self.write).await?;
        match Migrator::get_pending_migrations(&self.write).await {
            Ok(pending) => Ok(pending.len()),
            Err(DbErr::Custom(message)) if message.contains("file is missing") => {
                Err(StoreError::NewerSchema(message))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.read.ping().await?)
    }

    /// Does work that only one process may do at a time: on PostgreSQL others wait, on SQLite the
    /// data folder is locked by who opened it.
    ///
    /// # Errors
    /// The database failed, or the work did.
    pub async fn alone<T, E: From<StoreError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        // Any number will do, as long as it stays the same.
        const KEY: i64 = 0x6d75_6e69;
        if self.write.get_database_backend() != DbBackend::Postgres {
            return work.await;
        }
        let lock = self.write.begin().await.map_err(StoreError::from)?;
        let statement = format!("SELECT pg_advisory_xact_lock({KEY})");
        let taken = lock.execute_unprepared(&statement).await;
        taken.map_err(StoreError::from)?;
        let done = work.await;
        lock.commit().await.map_err(StoreError::from)?;
        done
    }

    /// The name of the database engine.
    pub fn engine(&self) -> &'static str {
        match self.read.get_database_backend() {
            DbBackend::Sqlite => "SQLite",
            DbBackend::Postgres => "PostgreSQL",
            _ => "unknown",
        }
    }

    /// Closes the connections.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.read.close_by_ref().await?;
        self.write.close_by_ref().await?;
        Ok(())
    }

    /// The connection for the table of the tenants and of their hosts, which belong to no tenant.
    /// `tenants` alone may use it.
    pub(crate) fn tenants(&self) -> &DatabaseConnection {
        &self.write
    }

    /// The same, to read.
    pub(crate) fn tenants_read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// The rows of one tenant.
    pub fn tenant(&self, tenant: TenantId) -> TenantStore {
        TenantStore {
            database: self.clone(),
            tenant,
        }
    }
}

/// Counts the statements of a connection.
fn counted(connection: &mut DatabaseConnection) -> Arc<AtomicU64> {
    let statements = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&statements);
    connection.set_metric_callback(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    statements
}

/// An address without its password, to be shown.
fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut url) => {
            // Only addresses that cannot have a password refuse.
            let _ = url.set_password(None);
            url.to_string()
        }
        Err(_) => "in DATABASE_URL".to_owned(),
    }
}

/// The rows of one tenant: the only way to content.
#[derive(Clone, Debug)]
pub struct TenantStore {
    database: Database,
    tenant: TenantId,
}

impl TenantStore {
    /// The tenant whose rows these are.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant
    }

    pub(crate) fn read(&self) -> Scope<DatabaseConnection> {
        Scope {
            connection: self.database.read.clone(),
            tenant: self.tenant,
        }
    }

    /// Begins a transaction that writes. What is not committed is rolled back.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        // A deferred transaction of SQLite can fail half-way without waiting for its turn.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let connection = self.database.write.begin_with_options(options).await?;
        Ok(Scope {
            connection,
            tenant: self.tenant,
        })
    }
}

/// A transaction on the rows of one tenant.
pub type Transaction = Scope<DatabaseTransaction>;

/// A connection that sees one tenant.
#[derive(Debug)]
pub struct Scope<C> {
    connection: C,
    tenant: TenantId,
}

impl Transaction {
    /// Makes everything written so far permanent.
    ///
    /// # Errors
    /// The database refuses; then nothing was written.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.connection.commit().await?)
    }
}

/// A table whose rows belong to a tenant.
pub(crate) trait TenantOwned: EntityTrait {
    /// The column that names the tenant.
    fn tenant_column() -> Self::Column;
}

macro_rules! tenant_owned {
    ($($module:ident),*) => {
        $(impl TenantOwned for entities::$module::Entity {
            fn tenant_column() -> Self::Column {
                entities::$module::Column::TenantId
            }
        })*
    };
}

tenant_owned!(
    content_item,
    content_link,
    content_listing,
    content_occurrence,
    content_revision,
    content_slug
);

impl<C: ConnectionTrait> Scope<C> {
    pub(crate) fn tenant_id(&self) -> TenantId {
        self.tenant
    }

    fn own<E: TenantOwned>(&self, filter: impl IntoCondition) -> Condition {
        Condition::all()
            .add(E::tenant_column().eq(self.tenant.0))
            .add(filter.into_condition())
    }

    /// All rows of the tenant that match.
    pub(crate) async fn all<E: TenantOwned>(
        &self,
        filter: impl IntoCondition,
    ) -> Result<Vec<E::Model>, StoreError> {
        let select = E::find().filter(self.own::<E>(filter));
        Ok(select.all(&self.connection).await?)
    }

    /// One row of the tenant that matches.
    pub(crate) async fn one<E: TenantOwned>(
        &self,
        filter: impl IntoCondition,
    ) -> Result<Option<E::Model>, StoreError> {
        let select = E::find().filter(self.own::<E>(filter));
        Ok(select.one(&self.connection).await?)
    }

    /// The rows of a select whose table `E` stands in it under its own name.
    pub(crate) async fn rows<E: TenantOwned>(
        &self,
        mut select: SelectStatement,
    ) -> Result<Vec<QueryResult>, StoreError> {
        let column = Expr::col((E::default(), E::tenant_column()));
        select.and_where(column.eq(self.tenant.0));
        Ok(self.connection.query_all(&select).await?)
    }

    /// Inserts rows, whatever tenant they name, as rows of this tenant.
    pub(crate) async fn insert<E: TenantOwned>(
        &self,
        rows: impl IntoIterator<Item = E::Model>,
    ) -> Result<(), StoreError>
    where
        E::Model: IntoActiveModel<<E as EntityTrait>::ActiveModel>,
    {
        let rows: Vec<_> = rows
            .into_iter()
            .map(|row| {
                let mut row: <E as EntityTrait>::ActiveModel = row.into_active_model();
                row.set(E::tenant_column(), self.tenant.0.into());
                row
            })
            .collect();
        // SQLite takes at most 32,766 parameters in a statement, PostgreSQL 65,535.
        for rows in rows.chunks(1_000) {
            E::insert_many(rows.to_vec())
                .exec_without_returning(&self.connection)
                .await?;
        }
        Ok(())
    }

    /// Changes columns of the rows of the tenant that match; says how many there were.
    pub(crate) async fn update<E: TenantOwned>(
        &self,
        values: impl IntoIterator<Item = (E::Column, sea_orm::Value)>,
        filter: impl IntoCondition,
    ) -> Result<u64, StoreError> {
        let mut update = E::update_many().filter(self.own::<E>(filter));
        for (column, value) in values {
            update = update.col_expr(column, Expr::value(value));
        }
        Ok(update.exec(&self.connection).await?.rows_affected)
    }

    /// Deletes the rows of the tenant that match.
    pub(crate) async fn delete<E: TenantOwned>(
        &self,
        filter: impl IntoCondition,
    ) -> Result<u64, StoreError> {
        let delete = E::delete_many().filter(self.own::<E>(filter));
        Ok(delete.exec(&self.connection).await?.rows_affected)
    }
}
