//! The clock. Everything below takes the time as a parameter.

use chrono::{DateTime, Utc};

/// The moment it is.
#[expect(clippy::disallowed_methods, reason = "this is where the time comes in")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}
