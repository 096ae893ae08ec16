//! What goes wrong with the database.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{DbErr, RuntimeErr, SqlErr};

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
    /// What was public at a moment was removed for good, or published before the record began.
    #[error("not everything that was public then is on record; the record is whole since {}", .0.to_rfc3339_opts(SecondsFormat::Secs, true))]
    NotOnRecord(DateTime<Utc>),
}

/// What a caller can do about an error of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Try again: the database does not answer, or ended the connection.
    Unavailable,
    /// Ask for less: the statement took too long and was stopped.
    TooSlow,
    /// Ask for a later moment: the record of that one is not whole.
    NotOnRecord,
    /// Nothing: the fault is here.
    Internal,
}

impl StoreError {
    /// What a caller can do about it.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Database(error) => failure(error),
            Self::Unreachable { .. } => Failure::Unavailable,
            Self::NotOnRecord(_) => Failure::NotOnRecord,
            Self::NewerSchema(_) | Self::Corrupt { .. } => Failure::Internal,
        }
    }

    /// Somebody else wrote at the same time: a row with the same key is there already, or the
    /// database ended one of two transactions that waited for each other.
    pub(crate) fn is_conflict(&self) -> bool {
        let Self::Database(error) = self else {
            return false;
        };
        let deadlock =
            |error: &DbErr| matches!(database_code(error).as_deref(), Some("40P01" | "40001"));
        matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) || deadlock(error)
    }

    /// A stored value cannot be read: it cannot be the next time either.
    pub(crate) fn is_unreadable(&self) -> bool {
        match self {
            Self::Corrupt { .. } => true,
            Self::Database(error) => matches!(
                driver_error(error),
                Some(sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_))
            ),
            _ => false,
        }
    }

    pub(crate) fn corrupt(what: impl Into<String>, reason: impl ToString) -> Self {
        Self::Corrupt {
            what: what.into(),
            reason: reason.to_string(),
        }
    }
}

fn failure(error: &DbErr) -> Failure {
    if matches!(error, DbErr::ConnectionAcquire(_)) {
        return Failure::Unavailable;
    }
    match database_code(error).as_deref() {
        // PostgreSQL's query_canceled, SQLite's SQLITE_INTERRUPT.
        Some("57014" | "9") => return Failure::TooSlow,
        // A server that shuts down or starts, connection exceptions, too many connections.
        Some(code) if code.starts_with("57P") || code.starts_with("08") || code == "53300" => {
            return Failure::Unavailable;
        }
        _ => {}
    }
    match driver_error(error) {
        Some(
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed,
        ) => Failure::Unavailable,
        _ => Failure::Internal,
    }
}

fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// The code that the database gave the error.
fn database_code(error: &DbErr) -> Option<String> {
    match driver_error(error)? {
        sqlx::Error::Database(error) => error.code().map(|code| code.into_owned()),
        _ => None,
    }
}
