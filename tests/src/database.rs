//! A database for each test, copied from a template that the first test of a build makes.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use municipio_domain::store::{Database, DatabaseOptions};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use uuid::Uuid;

use crate::with_demo;

/// The database engine of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// Whether there is a PostgreSQL server for tests. `scripts/test` starts one.
    pub fn postgres_is_there() -> bool {
        let there = std::env::var_os("TEST_POSTGRES_URL").is_some();
        if !there {
            eprintln!("NOT RUN on PostgreSQL: TEST_POSTGRES_URL is not set; scripts/test sets it");
        }
        there
    }
}

/// Prepares the database of a test; gives its address when it is not SQLite in the data folder.
pub(crate) async fn prepare(engine: Engine, data: &Path, demo: bool) -> Option<String> {
    let url = match engine {
        Engine::Sqlite => {
            if demo {
                fs::copy(sqlite_template().await, data.join("municipio.db")).unwrap();
            }
            None
        }
        Engine::Postgres => Some(postgres_copy(demo).await),
    };
    if demo {
        link(&media_template(), &data.join("media"));
    }
    url
}

/// The files of the demo municipality, which has the same id in every database.
fn media_template() -> PathBuf {
    folder().join(format!("media-{}", build_key()))
}

/// Gives the files of a folder further names. Files that are kept are never written again, only replaced.
fn link(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => link(&entry.path(), &to),
            false => fs::hard_link(entry.path(), to).unwrap(),
        }
    }
}

/// The same for every test of one build of the tests.
fn build_key() -> String {
    let executable = std::env::current_exe().unwrap();
    let modified = fs::metadata(&executable).unwrap().modified().unwrap();
    let nanos = modified.duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let name = format!("{}-{nanos}", executable.display());
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())
        .simple()
        .to_string()
}

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join("municipio-tests");
    fs::create_dir_all(&folder).unwrap();
    folder
}

async fn sqlite_template() -> PathBuf {
    let key = build_key();
    let lock = File::create(folder().join("sqlite.lock")).unwrap();
    lock.lock().unwrap();
    let template = folder().join(format!("demo-{key}.db"));
    if !template.exists() {
        let making = folder().join(format!("making-{key}"));
        let _ = fs::remove_dir_all(&making);
        fs::create_dir_all(&making).unwrap();
        let database = Database::open(&making, DatabaseOptions::patient(1))
            .await
            .unwrap();
        database.migrate().await.unwrap();
        with_demo(&database, &media_template()).await;
        database.close().await.unwrap();
        fs::rename(making.join("municipio.db"), &template).unwrap();
        let _ = fs::remove_dir_all(&making);
    }
    template
}

async fn admin(url: &str) -> DatabaseConnection {
    sea_orm::Database::connect(url).await.unwrap()
}

/// The role of the tests: not a superuser, whom row-level security would let pass.
const ROLE: &str = "municipio_test";

/// The address of a database for a role that row-level security holds.
fn with_name(url: &str, name: &str) -> String {
    let (server, _) = url.rsplit_once('/').unwrap();
    let (_, place) = server.rsplit_once('@').unwrap();
    format!("postgres://{ROLE}:{ROLE}@{place}/{name}")
}

/// The address of the same database for a superuser.
pub(crate) fn as_administrator(url: &str) -> String {
    let server = std::env::var("TEST_POSTGRES_URL").unwrap();
    let (server, _) = server.rsplit_once('/').unwrap();
    let (_, name) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

async fn make_role(connection: &DatabaseConnection) {
    let role = format!("CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'");
    let made = connection.execute_unprepared(&role).await;
    assert!(made.is_ok() || made.unwrap_err().to_string().contains("already exists"));
}

/// The address of a new database of PostgreSQL without anything in it.
pub async fn new_postgres_database() -> String {
    let url = std::env::var("TEST_POSTGRES_URL").unwrap();
    let connection = admin(&url).await;
    make_role(&connection).await;
    let name = format!("new_{}", Uuid::new_v4().simple());
    let create = format!("CREATE DATABASE {name} OWNER {ROLE}");
    connection.execute_unprepared(&create).await.unwrap();
    connection.close().await.unwrap();
    with_name(&url, &name)
}

async fn postgres_copy(demo: bool) -> String {
    let url = std::env::var("TEST_POSTGRES_URL").unwrap();
    let kind = if demo { "demo" } else { "empty" };
    let template = format!("{kind}_{}", build_key());
    let connection = admin(&url).await;
    let run = async |sql: String| connection.execute_unprepared(&sql).await.unwrap();
    {
        let lock = File::create(folder().join("postgres.lock")).unwrap();
        lock.lock().unwrap();
        let found = connection
            .query_one_raw(sea_orm::Statement::from_string(
                sea_orm::DbBackend::Postgres,
                format!("SELECT 1 FROM pg_database WHERE datname = '{template}'"),
            ))
            .await
            .unwrap();
        if found.is_none() {
            let making = format!("making_{}", Uuid::new_v4().simple());
            make_role(&connection).await;
            run(format!("CREATE DATABASE {making} OWNER {ROLE}")).await;
            let database =
                Database::connect(&with_name(&url, &making), DatabaseOptions::patient(4))
                    .await
                    .unwrap();
            database.migrate().await.unwrap();
            if demo {
                with_demo(&database, &media_template()).await;
            }
            database.close().await.unwrap();
            run(format!("ALTER DATABASE {making} RENAME TO {template}")).await;
        }
    }
    let own = format!("test_{}", Uuid::new_v4().simple());
    run(format!(
        "CREATE DATABASE {own} TEMPLATE {template} OWNER {ROLE}"
    ))
    .await;
    connection.close().await.unwrap();
    with_name(&url, &own)
}
