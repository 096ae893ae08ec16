//! Says when the log of a tenant's changes or an outbox grows, whoever wrote into it: this program, another node
//! or a command. PostgreSQL tells it (`NOTIFY`, at the commit); SQLite is asked five times a second
//! whether anybody else wrote, which costs next to nothing, and only while somebody listens.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::future::Cache;
use municipio_entities::{case_event, case_file};
use sea_orm::{DbBackend, Statement};
use sqlx::{Connection, Row, SqliteConnection, postgres::PgListener};
use tokio::{
    sync::watch::{Receiver, Sender},
    time::{sleep, timeout},
};

use super::{Database, StoreError};
use crate::ids::TenantId;

const CHANNEL: &str = "municipio_change";
/// Where it is told that there is something in an outbox.
const OUTBOX: &str = "municipio_outbox";
/// How often SQLite is asked.
const INTERVAL: Duration = Duration::from_millis(200);
/// How long to wait for PostgreSQL to tell something before looking for what was missed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A log that each tenant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Log {
    /// What changes on the public site.
    Content,
    /// What happens in cases.
    Cases,
}

impl Log {
    const ALL: [Self; 2] = [Self::Content, Self::Cases];

    fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Cases => "cases",
        }
    }
}

/// Of so many logs what was read last is kept, and for so long: as long as it takes until all who listen have it.
const READINGS: u64 = 256;
const KEPT: Duration = Duration::from_secs(2);

/// Events of cases that were read together, each with its case as it was then.
pub(crate) type CaseRows = Arc<Vec<(case_file::Model, case_event::Model)>>;

/// How far logs have come.
type Heads = HashMap<(TenantId, Log), Sender<i64>>;

/// How far the logs of the tenants have come, for those who wait for more.
#[derive(Clone, Debug)]
pub struct Feeds {
    logs: Arc<Mutex<Heads>>,
    cases: Cache<(TenantId, i64), CaseRows>,
}

impl Default for Feeds {
    fn default() -> Self {
        Self {
            logs: Arc::default(),
            cases: Cache::builder()
                .max_capacity(READINGS)
                .time_to_live(KEPT)
                .build(),
        }
    }
}

impl Feeds {
    /// Waits for a log of a tenant to grow beyond this number.
    pub fn subscribe(&self, tenant: TenantId, log: Log, last: i64) -> Receiver<i64> {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = logs
            .entry((tenant, log))
            .or_insert_with(|| Sender::new(last));
        raise(sender, last);
        sender.subscribe()
    }

    /// What is in the log of a tenant's cases after a place. Of many who ask at the same time one reads. Who asks knows
    /// that there is more: that there is nothing is not kept.
    pub(crate) async fn cases_after(
        &self,
        tenant: TenantId,
        place: i64,
        read: impl Future<Output = Result<CaseRows, StoreError>>,
    ) -> Result<CaseRows, Arc<StoreError>> {
        let rows = self.cases.try_get_with((tenant, place), read).await?;
        if rows.is_empty() {
            self.cases.invalidate(&(tenant, place)).await;
        }
        Ok(rows)
    }

    /// How many wait for a log to grow.
    pub fn listeners(&self) -> usize {
        let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.values().map(Sender::receiver_count).sum()
    }

    /// Follows the logs for as long as it is polled. When the database does not answer it waits, and
    /// then looks for what was missed.
    pub async fn follow(database: &Database) {
        loop {
            let followed = match database.read.get_database_backend() {
                DbBackend::Postgres => database.feeds().listen(database).await,
                _ => database.feeds().ask(database).await,
            };
            if let Err(error) = followed {
                tracing::warn!(%error, "the log of changes cannot be followed; trying again");
            }
            sleep(Duration::from_secs(1)).await;
        }
    }

    async fn listen(&self, database: &Database) -> Result<(), StoreError> {
        let pool = database.write.get_postgres_connection_pool();
        let mut listener = PgListener::connect_with(pool).await.map_err(driver)?;
        let channels = listener.listen_all([CHANNEL, OUTBOX]);
        channels.await.map_err(driver)?;
        self.refresh(database).await?;
        loop {
            match timeout(PATIENCE, listener.try_recv()).await {
                Ok(Ok(Some(told))) if told.channel() == OUTBOX => {
                    database.bells().heard(told.payload());
                }
                Ok(Ok(Some(told))) => self.told(told.payload()),
                // The connection was lost and made anew: what was told meanwhile was not heard.
                Ok(Ok(None)) | Err(_) => self.refresh(database).await?,
                Ok(Err(error)) => return Err(driver(error)),
            }
        }
    }

    fn told(&self, payload: &str) {
        let Some((tenant, rest)) = payload.split_once(':') else {
            return;
        };
        let Some((log, sequence)) = rest.split_once(':') else {
            return;
        };
        let log = Log::ALL.into_iter().find(|known| known.as_str() == log);
        if let (Ok(tenant), Some(log), Ok(sequence)) = (tenant.parse(), log, sequence.parse()) {
            let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(sender) = logs.get(&(TenantId(tenant), log)) {
                raise(sender, sequence);
            }
        }
    }

    async fn ask(&self, database: &Database) -> Result<(), StoreError> {
        let pool = database.read.get_sqlite_connection_pool();
        let options = (*pool.connect_options()).clone();
        let mut connection = SqliteConnection::connect_with(&options)
            .await
            .map_err(driver)?;
        let mut seen = None;
        loop {
            if !self.listened().is_empty() {
                let version = sqlx::query("PRAGMA data_version");
                let row = version.fetch_one(&mut connection).await.map_err(driver)?;
                let version: i64 = row.try_get(0).map_err(driver)?;
                if seen.replace(version) != Some(version) {
                    self.refresh(database).await?;
                }
            }
            sleep(INTERVAL).await;
        }
    }

    /// Looks how far the logs have come to which somebody listens.
    async fn refresh(&self, database: &Database) -> Result<(), StoreError> {
        for (tenant, log) in self.listened() {
            let scope = database.tenant(tenant).read();
            let last = match log {
                Log::Content => scope.last_sequence().await?,
                Log::Cases => scope.last_place().await?,
            };
            let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(sender) = logs.get(&(tenant, log)) {
                raise(sender, last);
            }
        }
        Ok(())
    }

    /// The logs to which somebody listens; the others are forgotten.
    fn listened(&self) -> Vec<(TenantId, Log)> {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.retain(|_, sender| sender.receiver_count() > 0);
        logs.keys().copied().collect()
    }
}

fn raise(sender: &Sender<i64>, sequence: i64) {
    sender.send_if_modified(|last| {
        let grew = sequence > *last;
        *last = sequence.max(*last);
        grew
    });
}

fn driver(error: sqlx::Error) -> StoreError {
    let error = sea_orm::RuntimeErr::SqlxError(Arc::new(error));
    StoreError::Database(sea_orm::DbErr::Query(error))
}

/// The statement that tells every node, at the commit, how far a log of a tenant has come.
pub(super) fn announcement(tenant: TenantId, log: Log, sequence: i64) -> Statement {
    notification(CHANNEL, format!("{tenant}:{}:{sequence}", log.as_str()))
}

/// The statement that tells every node, at the commit, that there is something in an outbox.
pub(super) fn ring(payload: String) -> Statement {
    notification(OUTBOX, payload)
}

fn notification(channel: &str, payload: String) -> Statement {
    let statement = "SELECT pg_notify($1, $2)";
    Statement::from_sql_and_values(
        DbBackend::Postgres,
        statement,
        [channel.into(), payload.into()],
    )
}
