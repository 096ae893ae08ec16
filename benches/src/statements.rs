//! How many SQL statements an operation takes. PostgreSQL says itself (`pg_stat_statements`), with
//! those that only begin, end or set something up counted apart. What SQLite runs cannot be seen from
//! outside: there the same application runs in this process and counts.

use std::{fmt, net::SocketAddr};

use actix_web::rt;
use municipio::app::{Application, StopHandle};
use municipio_domain::store::Database;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::{
    Result,
    client::Connection,
    program::Server,
    request::Request,
    store::{Store, query},
};

/// Looks at an operation; the least is what it takes when nothing else happens beside it.
const ROUNDS: usize = 5;

/// Statements of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    /// Statements that read or write rows.
    pub statements: i64,
    /// Statements that begin, end or set something up.
    pub session: i64,
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.session {
            0 => write!(formatter, "{}", self.statements),
            session => write!(formatter, "{} + {session}", self.statements),
        }
    }
}

/// Counts statements.
pub struct Counter {
    source: Source,
    address: SocketAddr,
}

/// Who counts.
enum Source {
    /// The database server, seen on this connection; and the name of the database.
    Postgres(DatabaseConnection, String),
    /// The application in this process.
    Inside(Box<Database>, StopHandle),
    /// Nobody: the database server was started without `pg_stat_statements`.
    Nobody,
}

impl Counter {
    /// Counts the statements of this server, or of the application on its database.
    pub async fn new(store: &Store, server: &Server) -> Result<Self> {
        let Some((admin, name)) = store.admin() else {
            return Self::inside(store).await;
        };
        // The extension can be made without the library that it needs.
        let made = admin
            .execute_unprepared("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            .await;
        let works = admin
            .execute_unprepared("SELECT 1 FROM pg_stat_statements LIMIT 1")
            .await;
        let source = match made.and(works) {
            Ok(_) => Source::Postgres(admin.clone(), name.to_owned()),
            Err(_) => Source::Nobody,
        };
        let address = server.address();
        Ok(Self { source, address })
    }

    async fn inside(store: &Store) -> Result<Self> {
        let settings = municipio::settings::Settings {
            workers: 1,
            ..store.settings()
        };
        let application = Application::build(&settings).await?;
        let source = Source::Inside(
            Box::new(application.database().clone()),
            application.handle(),
        );
        let address = application.address();
        rt::spawn(application.run());
        Ok(Self { source, address })
    }

    /// The statements of one request, bodies being in memory.
    pub async fn count(&self, request: &Request) -> Result<Option<Count>> {
        let mut connection = Connection::open(self.address).await?;
        let mut counts = Vec::new();
        for round in 0..=ROUNDS {
            let count = match &self.source {
                Source::Postgres(admin, name) => {
                    in_postgres(admin, name, &mut connection, request).await?
                }
                Source::Inside(database, _) => {
                    let before = database.statements();
                    request.send(&mut connection).await?;
                    Count {
                        statements: i64::try_from(database.statements() - before)?,
                        session: 0,
                    }
                }
                Source::Nobody => return Ok(None),
            };
            // The first reads what is not in memory yet.
            counts.extend((round > 0).then_some(count));
        }
        Ok(counts.into_iter().min())
    }

    /// Stops what it started.
    pub async fn stop(self) {
        if let Source::Inside(_, handle) = self.source {
            handle.stop().await;
        }
    }
}

async fn in_postgres(
    admin: &DatabaseConnection,
    name: &str,
    program: &mut Connection,
    request: &Request,
) -> Result<Count> {
    let reset = "SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = $1";
    query(admin, reset, [name.into()]).await?;
    request.send(program).await?;
    let sql = "SELECT query, calls FROM pg_stat_statements \
         WHERE dbid = (SELECT oid FROM pg_database WHERE datname = $1)";
    let mut count = Count {
        statements: 0,
        session: 0,
    };
    for row in query(admin, sql, [name.into()]).await? {
        let (text, calls): (String, i64) = (row.try_get("", "query")?, row.try_get("", "calls")?);
        match is_session(&text) {
            true => count.session += calls,
            false => count.statements += calls,
        }
    }
    Ok(count)
}

/// Whether a statement reads and writes no rows.
fn is_session(sql: &str) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default();
    let words = [
        "BEGIN", "START", "COMMIT", "ROLLBACK", "SET", "RESET", "DISCARD", "SHOW",
    ];
    words.contains(&first.to_ascii_uppercase().trim_end_matches(';')) || sql.contains("set_config(")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_rows_is_told_from_the_rest() {
        for sql in [
            "BEGIN",
            "commit;",
            "SET LOCAL x = 1",
            "SELECT set_config($1, $2, $3)",
        ] {
            assert!(is_session(sql), "{sql}");
        }
        assert!(!is_session("SELECT a FROM settings"));
    }
}
