//! What is written down of every change and every sign-in.

use serde_json::Value;

/// What somebody did.
#[derive(Clone, Debug)]
pub struct Deed {
    /// What it was: the name of the operation, such as `content.publish` or `session.begin`.
    pub name: &'static str,
    /// What it was done to: a global or other id as clients know it.
    pub subject: Option<String>,
    /// What else is worth knowing; no secrets, and no personal data beyond names of accounts.
    pub details: Value,
}

impl Deed {
    /// Something done to a subject.
    pub fn to(name: &'static str, subject: impl Into<String>) -> Self {
        Self {
            name,
            subject: Some(subject.into()),
            details: Value::Null,
        }
    }
}
