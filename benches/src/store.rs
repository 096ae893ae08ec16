//! A database of its own for each set of content.

use std::path::{Path, PathBuf};

use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement, Value,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{
    Result,
    processes::{Processes, parent},
    program::Server,
};

/// A database engine.
#[derive(Clone, Debug)]
pub enum Engine {
    /// A file in the data folder.
    Sqlite,
    /// A server at this address, which names a superuser.
    Postgres(String),
}

impl Engine {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

/// A database of its own, and a folder to work in. Both go when this is dropped or removed.
pub struct Store {
    folder: TempDir,
    postgres: Option<Postgres>,
}

/// A database on a server, owned by a role of the same name that may do nothing else: as in service,
/// and unlike a superuser held by row-level security.
struct Postgres {
    server: String,
    name: String,
    url: String,
    admin: DatabaseConnection,
    postmaster: Option<u32>,
}

impl Store {
    /// An empty database.
    pub async fn create(engine: &Engine) -> Result<Self> {
        let folder = TempDir::with_prefix("municipio-bench-")?;
        let postgres = match engine {
            Engine::Sqlite => None,
            Engine::Postgres(server) => Some(Postgres::create(server).await?),
        };
        Ok(Self { folder, postgres })
    }

    /// The folder to work in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// What the program must be told to use it.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let data = ("MUNICIPIO_DATA_DIR", self.data().display().to_string());
        let url = self.url().map(|url| ("DATABASE_URL", url.to_owned()));
        std::iter::once(data).chain(url).collect()
    }

    /// The settings of an application in this process that uses it.
    pub fn settings(&self) -> municipio::settings::Settings {
        municipio::settings::Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            data_dir: self.data(),
            database_url: self.url().map(str::to_owned),
            ..Default::default()
        }
    }

    /// The address of the database when it is PostgreSQL.
    pub fn url(&self) -> Option<&str> {
        self.postgres.as_ref().map(|postgres| postgres.url.as_str())
    }

    /// The processes that work when this server does.
    pub fn processes(&self, server: &Server) -> Processes {
        Processes {
            server: server.process(),
            postgres: self
                .postgres
                .as_ref()
                .and_then(|postgres| postgres.postmaster),
        }
    }

    /// A connection that sees all rows; on PostgreSQL as superuser.
    pub async fn connect(&self) -> Result<DatabaseConnection> {
        let url = match &self.postgres {
            Some(postgres) => with_database(&postgres.server, &postgres.name)?,
            None => format!(
                "sqlite://{}?mode=ro",
                self.data().join("municipio.db").display()
            ),
        };
        Ok(Database::connect(url).await?)
    }

    /// The connection that counts statements on PostgreSQL, and the name of the database.
    pub fn admin(&self) -> Option<(&DatabaseConnection, &str)> {
        let postgres = self.postgres.as_ref()?;
        Some((&postgres.admin, &postgres.name))
    }

    /// Brings PostgreSQL where it is some minutes after much was written: statistics gathered, rows
    /// marked as visible, nothing left to write back.
    pub async fn settle(&self) -> Result<()> {
        if self.postgres.is_some() {
            let connection = self.connect().await?;
            connection.execute_unprepared("VACUUM (ANALYZE)").await?;
            connection.execute_unprepared("CHECKPOINT").await?;
            connection.close().await?;
        }
        Ok(())
    }

    /// Removes the database.
    pub async fn remove(self) -> Result<()> {
        if let Some(postgres) = &self.postgres {
            postgres.drop_database().await?;
        }
        Ok(())
    }
}

impl Postgres {
    async fn create(server: &str) -> Result<Self> {
        let admin = Database::connect(server).await?;
        let name = format!("municipio_bench_{}", Uuid::new_v4().simple());
        let password = Uuid::new_v4().simple();
        for statement in [
            format!("CREATE ROLE {name} LOGIN PASSWORD '{password}'"),
            format!("CREATE DATABASE {name} OWNER {name}"),
        ] {
            admin.execute_unprepared(&statement).await?;
        }
        let mut url = url::Url::parse(&with_database(server, &name)?)?;
        url.set_username(&name)
            .map_err(|()| "no user in the address")?;
        let password = password.to_string();
        url.set_password(Some(&password))
            .map_err(|()| "no password in the address")?;
        let backend = query(&admin, "SELECT pg_backend_pid() AS process", []).await?;
        let process: i32 = backend
            .first()
            .ok_or("no process")?
            .try_get("", "process")?;
        let process = u32::try_from(process)?;
        Ok(Self {
            server: server.to_owned(),
            name,
            url: url.to_string(),
            postmaster: postmaster(process),
            admin,
        })
    }

    async fn drop_database(&self) -> Result<()> {
        let name = &self.name;
        for statement in [
            format!("DROP DATABASE {name} WITH (FORCE)"),
            format!("DROP ROLE {name}"),
        ] {
            self.admin.execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}

/// The first process of the server that this process belongs to; nothing when it runs elsewhere.
fn postmaster(process: u32) -> Option<u32> {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
    (name.trim() == "postgres").then(|| parent(process).ok())?
}

fn with_database(url: &str, name: &str) -> Result<String> {
    let mut url = url::Url::parse(url)?;
    url.set_path(name);
    Ok(url.to_string())
}

/// Runs a statement that reads; values stand as `$1`, `$2`, … in it.
pub async fn query(
    connection: &DatabaseConnection,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>> {
    let backend: DbBackend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(connection.query_all_raw(statement).await?)
}
