//! Reads documents in a process of its own ([`super::process`]): one of one megabyte can unpack to more than a machine
//! has, or to hours of work, and no library bounds that. What the process had not said when it was ended stays unknown.

use std::{
    io::{self, Read},
    time::Duration,
};

use super::{
    ByteStream, MediaError, TenantMedia,
    document::{self, Document},
    process::{Task, bound, say},
};

/// The command of the program that reads a document.
pub const READ_DOCUMENT: &str = "read-document";
/// The memory that the process may have.
const MEMORY: u64 = 512 * 1024 * 1024;
/// How many seconds it may work.
const SECONDS: u64 = 10;

const TASK: Task = Task {
    command: READ_DOCUMENT,
    // The text of a document, with what JSON adds.
    most: 4 * 1024 * 1024,
    patience: Duration::from_secs(3 * SECONDS),
};

impl TenantMedia {
    /// What is known of a document.
    pub(super) async fn read_document(&self, bytes: ByteStream) -> Result<Document, MediaError> {
        let shared = self.shared();
        let _place = shared.reading.place(self.tenant()).await?;
        let said = shared.program.run(TASK, bytes).await?.bytes;
        let lines = said.split(|byte| *byte == b'\n');
        let mut known = lines.filter_map(|line| serde_json::from_slice(line).ok());
        Ok(known.next_back().unwrap_or_default())
    }
}

/// What the process does: it reads a document from its input, and says as JSON, a line each, what is soon known and
/// then all of it.
///
/// # Errors
/// Its limits cannot be set, or nobody listens.
pub fn read_document() -> io::Result<()> {
    bound(MEMORY, SECONDS)?;
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(document::MOST)
        .read_to_end(&mut bytes)?;
    let mut soon = Ok(());
    let document = document::read(&bytes, |document| soon = say(document));
    soon.and_then(|()| say(&document))
}
