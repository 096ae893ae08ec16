//! The connections to the database: how they are opened, and what each of them is told.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use municipio_migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement,
    TransactionTrait,
};
use sqlx::{Executor, SqliteConnection};
use tokio::sync::Notify;

use super::{Bells, Feeds, StoreError, TenantStore, wall};
use crate::ids::TenantId;

/// How the database is used.
#[derive(Clone, Copy, Debug)]
pub struct DatabaseOptions {
    /// Connections, of readers and writers together.
    pub connections: u32,
    /// How long a statement that reads may take before the database stops it; none for commands
    /// that nobody waits for.
    pub read_timeout: Option<Duration>,
    /// Whether a search server has to be told of what changes.
    pub has_search_server: bool,
}

impl DatabaseOptions {
    /// A few connections, and all the time that a statement needs.
    pub fn patient(connections: u32) -> Self {
        Self {
            connections,
            read_timeout: None,
            has_search_server: false,
        }
    }

    /// A third writes, so that many readers cannot keep a writer out. Never less than two: who
    /// works [alone](Database::alone) holds one and writes with another.
    fn writers(self) -> u32 {
        (self.connections / 3).max(2)
    }

    fn readers(self) -> u32 {
        self.connections.saturating_sub(self.writers()).max(1)
    }
}

/// The database: connections that read, under a time-out, and others that write. SQLite has one
/// that writes, so that writers queue instead of failing.
#[derive(Clone, Debug)]
pub struct Database {
    pub(super) write: DatabaseConnection,
    pub(super) read: DatabaseConnection,
    /// The same connections, for those who look for work again and again: what they run is not counted.
    pub(super) watch: DatabaseConnection,
    /// How long a statement that reads may take.
    pub(super) read_timeout: Option<Duration>,
    pub(super) has_search_server: bool,
    statements: Arc<Statements>,
    feeds: Feeds,
    alarm: Arc<Notify>,
    bells: Bells,
}

impl Database {
    /// Connects to PostgreSQL: `postgres://user:password@host/database?sslmode=require`.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn connect(url: &str, options: DatabaseOptions) -> Result<Self, StoreError> {
        let unreachable = |error: DbErr| StoreError::Unreachable {
            place: without_password(url),
            reason: error.to_string(),
            fix: "check DATABASE_URL, and that the server answers",
        };
        let timeout = options.read_timeout.unwrap_or_default().as_millis();
        let reading = format!(
            "SET default_transaction_read_only = on; SET statement_timeout = {timeout}; SET application_name = 'municipio'"
        );
        let writing = "SET application_name = 'municipio'".to_owned();
        let read = connect_postgres(url, options.readers(), reading).await;
        let write = connect_postgres(url, options.writers(), writing).await;
        let (write, read) = (write.map_err(unreachable)?, read.map_err(unreachable)?);
        let database = Self::new(write, read, options);
        if !wall::stands(&database.read).await? {
            tracing::warn!(
                "the role of DATABASE_URL passes row-level security: give Municipio a role that is \
                 neither superuser nor BYPASSRLS, so that the database itself keeps municipalities apart"
            );
        }
        Ok(database)
    }

    /// Opens the SQLite database in a data folder; makes it when it is not there.
    ///
    /// # Errors
    /// The file cannot be opened or created, or is no database.
    pub async fn open(data_dir: &Path, options: DatabaseOptions) -> Result<Self, StoreError> {
        let file = data_dir.join("municipio.db");
        let unreadable = |error: DbErr| StoreError::Unreachable {
            place: file.display().to_string(),
            reason: error.to_string(),
            fix: "restore it from a backup, or move it away to start anew",
        };
        let write = connect_sqlite(&file, 1, None).await.map_err(unreadable)?;
        let read = connect_sqlite(&file, options.readers(), options.read_timeout).await;
        Ok(Self::new(write, read.map_err(unreadable)?, options))
    }

    fn new(
        write: DatabaseConnection,
        mut read: DatabaseConnection,
        options: DatabaseOptions,
    ) -> Self {
        let statements = Arc::new(Statements::default());
        let counted = Arc::clone(&statements);
        let watch = read.clone();
        read.set_metric_callback(move |info| counted.ran(info.statement));
        Self {
            write,
            read,
            watch,
            read_timeout: options.read_timeout,
            has_search_server: options.has_search_server,
            statements,
            feeds: Feeds::default(),
            alarm: Arc::default(),
            bells: Bells::default(),
        }
    }

    /// How many statements were run to read, without those that tell a connection its tenant.
    pub fn statements(&self) -> u64 {
        self.statements.count.load(Ordering::Relaxed)
    }

    /// Runs work and gives the statements that were run meanwhile to read, to look at their plans.
    pub async fn statements_of<T>(&self, work: impl Future<Output = T>) -> (T, Vec<Statement>) {
        self.statements.keep(true);
        let done = work.await;
        (done, self.statements.keep(false))
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

    /// How many transactions can write at the same time; others wait.
    pub fn writers(&self) -> usize {
        match self.write.get_database_backend() {
            DbBackend::Postgres => {
                let pool = self.write.get_postgres_connection_pool();
                pool.options().get_max_connections() as usize
            }
            _ => 1,
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

    /// The connection that reads what tells whose outbox is to be looked at, for which no tenant must be told. The
    /// wakes of the outbox alone may use it.
    pub(crate) fn wakes_read(&self) -> &DatabaseConnection {
        &self.watch
    }

    /// The connection that reads the tables of the tenants and of their hosts, which belong to no
    /// tenant. `tenants` alone may use it.
    pub(crate) fn tenants_read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// Where the logs of the tenants grow; [`Feeds::follow`] keeps them up to date.
    pub fn feeds(&self) -> &Feeds {
        &self.feeds
    }

    /// Told when something is to happen at another time than was known.
    pub fn alarm(&self) -> &Notify {
        &self.alarm
    }

    /// Rung when there is something in an outbox.
    pub(crate) fn bells(&self) -> &Bells {
        &self.bells
    }

    /// The rows of one tenant.
    pub fn tenant(&self, tenant: TenantId) -> TenantStore {
        TenantStore::new(self.clone(), tenant)
    }
}

/// Counts the statements that are run, and keeps them while somebody wants to look at them.
#[derive(Debug, Default)]
struct Statements {
    count: AtomicU64,
    keeps: AtomicBool,
    kept: Mutex<Vec<Statement>>,
}

impl Statements {
    fn ran(&self, statement: &Statement) {
        self.count.fetch_add(1, Ordering::Relaxed);
        if self.keeps.load(Ordering::Relaxed) {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push(statement.clone());
        }
    }

    fn keep(&self, keeps: bool) -> Vec<Statement> {
        self.keeps.store(keeps, Ordering::Relaxed);
        std::mem::take(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// Opens connections to PostgreSQL, each of which begins with these statements.
async fn connect_postgres(
    url: &str,
    connections: u32,
    begin: String,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false)
        .test_before_acquire(false)
        .map_sqlx_postgres_before_acquire(|connection, _| {
            Box::pin(async move {
                wall::tell(connection).await?;
                Ok(true)
            })
        })
        .map_sqlx_postgres_pool_opts(move |pool| {
            let begin = begin.clone();
            pool.after_connect(move |connection, _| {
                let begin = sqlx::AssertSqlSafe(begin.clone());
                Box::pin(async move {
                    connection.execute(begin).await?;
                    wall::tell(connection).await
                })
            })
        });
    sea_orm::Database::connect(options).await
}

/// Opens connections to a file of SQLite, which stops statements that take longer than allowed.
async fn connect_sqlite(
    file: &Path,
    connections: u32,
    timeout: Option<Duration>,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    let file = file.to_owned();
    options
        .max_connections(connections)
        .sqlx_logging(false)
        .test_before_acquire(false)
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
    if let Some(timeout) = timeout {
        options
            .map_sqlx_sqlite_before_acquire(move |connection, _| {
                Box::pin(async move {
                    limit(connection, timeout).await?;
                    Ok(true)
                })
            })
            .map_sqlx_sqlite_pool_opts(move |pool| {
                pool.after_connect(move |connection, _| limit(connection, timeout))
            });
    }
    sea_orm::Database::connect(options).await
}

/// Stops what the connection does once this time is over. It is handed out for one statement.
fn limit(
    connection: &mut SqliteConnection,
    timeout: Duration,
) -> BoxFuture<'_, Result<(), sqlx::Error>> {
    /// Instructions of SQLite's machine between two looks at the clock: well under a millisecond.
    const INTERVAL: i32 = 10_000;
    Box::pin(async move {
        let end = Instant::now() + timeout;
        let mut handle = connection.lock_handle().await?;
        handle.set_progress_handler(INTERVAL, move || Instant::now() < end);
        Ok(())
    })
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

#[cfg(test)]
mod tests {
    use super::super::Failure;
    use super::*;

    /// Never ends by itself.
    const ENDLESS: &str =
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number)
        SELECT COUNT(*) AS total FROM number WHERE n < 0";

    async fn is_stopped(database: &Database) {
        let statement = Statement::from_string(database.read.get_database_backend(), ENDLESS);
        let error = database.read.query_one_raw(statement).await.unwrap_err();
        assert_eq!(StoreError::from(error).failure(), Failure::TooSlow);
        database.read.ping().await.unwrap();
    }

    fn hurried() -> DatabaseOptions {
        DatabaseOptions {
            connections: 1,
            read_timeout: Some(Duration::from_millis(50)),
            has_search_server: false,
        }
    }

    #[tokio::test]
    async fn sqlite_stops_what_takes_too_long() {
        let folder = tempfile::TempDir::new().unwrap();
        let database = Database::open(folder.path(), hurried()).await.unwrap();
        is_stopped(&database).await;
    }

    #[tokio::test]
    async fn postgresql_stops_what_takes_too_long_and_readers_cannot_write() {
        let Ok(url) = std::env::var("TEST_POSTGRES_URL") else {
            eprintln!("NOT RUN on PostgreSQL: TEST_POSTGRES_URL is not set; scripts/test sets it");
            return;
        };
        let database = Database::connect(&url, hurried()).await.unwrap();
        is_stopped(&database).await;
        let write = "CREATE TABLE written_by_a_reader (id int)";
        let refused = database.read.execute_unprepared(write).await.unwrap_err();
        assert!(refused.to_string().contains("read-only"), "{refused}");
        let nowhere = "postgres://nobody@127.0.0.1:9/none";
        let error = Database::connect(nowhere, hurried()).await.unwrap_err();
        assert_eq!(error.failure(), Failure::Unavailable);
    }
}
