//! What is wrong with a file: where it is, and what would be right.

use std::fmt;

use municipio_domain::{content::ContentError, store::StoreError};

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, such as `services/imu.yaml`.
    pub file: String,
    /// The line, from 1; 0 for what has no lines, such as a folder.
    pub line: usize,
    /// The field, such as `costs[1].value`; empty for the file as a whole.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: ", self.file)?,
            line => write!(f, "{}:{line}: ", self.file)?,
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

/// Why files were not loaded. Nothing of them is.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// Files are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Files(Vec<Problem>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files cannot be written together.
    #[error(transparent)]
    Content(#[from] ContentError),
}
