//! Reads documents in a process of its own: the same program, told to read one. A document of one megabyte can unpack
//! to more than a machine has, or to hours of work, and no library bounds that; what the system lets such a process
//! have does. It knows nothing of ours but the bytes. What it had not said when it was ended stays unknown.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use futures_util::TryStreamExt;
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
};

use super::{
    ByteStream, MediaError,
    document::{self, Document},
    workshop::Workshop,
};

/// The command of the program that reads a document.
pub const READ_DOCUMENT: &str = "read-document";
/// The memory that the process may have.
const MEMORY: u64 = 512 * 1024 * 1024;
/// How many seconds it may work.
const SECONDS: u64 = 10;
/// How long it may take, when others work too.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes that it may say: the text of a document, with what JSON adds.
const MOST_SAID: u64 = 4 * 1024 * 1024;

/// Reads documents.
#[derive(Clone, Debug)]
pub struct DocumentReader {
    program: PathBuf,
    workshop: Workshop,
}

impl DocumentReader {
    /// By this program, which must be ours.
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            workshop: Workshop::default(),
        }
    }

    /// What is known of a document.
    pub(super) async fn read(&self, bytes: ByteStream) -> Result<Document, MediaError> {
        let _place = self.workshop.place().await?;
        let mut process = Command::new(&self.program);
        process
            .arg(READ_DOCUMENT)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        match process.spawn() {
            Ok(process) => said_by(process, bytes).await,
            Err(error) => {
                tracing::error!(%error, program = %self.program.display(), "documents cannot be read");
                Ok(Document::default())
            }
        }
    }
}

async fn said_by(
    mut process: tokio::process::Child,
    mut bytes: ByteStream,
) -> Result<Document, MediaError> {
    if let Some(mut input) = process.stdin.take() {
        while let Some(chunk) = bytes.try_next().await? {
            if input.write_all(&chunk).await.is_err() {
                // It has ended already.
                break;
            }
        }
    }
    let mut said = Vec::new();
    if let Some(output) = process.stdout.take() {
        let reading = async {
            let _ = output.take(MOST_SAID).read_to_end(&mut said).await;
            process.wait().await
        };
        let ended = tokio::time::timeout(PATIENCE, reading).await;
        if !matches!(&ended, Ok(Ok(status)) if status.success()) {
            tracing::warn!(?ended, "a document is too much to be read to its end");
        }
    }
    let lines = said.split(|byte| *byte == b'\n');
    let mut known = lines.filter_map(|line| serde_json::from_slice(line).ok());
    Ok(known.next_back().unwrap_or_default())
}

/// What the process does: it reads a document from its input, and says as JSON, a line each, what is soon known and
/// then all of it.
///
/// # Errors
/// Its limits cannot be set, or nobody listens.
pub fn read_document() -> io::Result<()> {
    for (resource, most) in [
        (Resource::Data, MEMORY),
        (Resource::Cpu, SECONDS),
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit)?;
    }
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(document::MOST)
        .read_to_end(&mut bytes)?;
    let mut soon = Ok(());
    let document = document::read(&bytes, |document| soon = say(document));
    soon.and_then(|()| say(&document))
}

fn say(document: &Document) -> io::Result<()> {
    let mut output = io::stdout().lock();
    serde_json::to_writer(&mut output, document)?;
    output.write_all(b"\n")?;
    output.flush()
}
