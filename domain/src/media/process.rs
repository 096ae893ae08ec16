//! Work that no library bounds is done in a process of its own: the same program, told to do one thing. What the
//! system lets such a process have bounds its memory and its time. It knows nothing of ours but its input.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use futures_util::TryStreamExt;
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
};

use super::{ByteStream, MediaError};

/// The program, which does some of its work in processes of their own.
#[derive(Clone, Debug)]
pub struct Program(PathBuf);

/// What a process said.
pub(super) struct Said {
    pub(super) bytes: Vec<u8>,
    /// It came to its end; otherwise it asked for more than it may have, or failed.
    pub(super) is_whole: bool,
}

/// What a process is to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    /// The command of the program.
    pub(super) command: &'static str,
    /// The most bytes that it may say.
    pub(super) most: u64,
    /// How long it may take, when others work too. That is more than the time for which it may work.
    pub(super) patience: Duration,
}

impl Program {
    /// The program in this file, which must be ours.
    pub fn new(file: PathBuf) -> Self {
        Self(file)
    }

    /// Has a task done with this input. When that is not so much as begun, or nobody gets to it, it may be asked for
    /// again.
    pub(super) async fn run(&self, task: Task, input: ByteStream) -> Result<Said, MediaError> {
        let mut process = Command::new(&self.0);
        process
            .arg(task.command)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let process = process.spawn().map_err(|error| {
            tracing::error!(%error, program = %self.0.display(), "no process can be started to work on files");
            MediaError::Busy
        })?;
        let said = tokio::time::timeout(task.patience, said_by(process, input, task.most));
        said.await.unwrap_or_else(|_| {
            tracing::warn!(command = task.command, "a process takes too long");
            Err(MediaError::Busy)
        })
    }
}

async fn said_by(mut process: Child, mut input: ByteStream, most: u64) -> Result<Said, MediaError> {
    if let Some(mut pipe) = process.stdin.take() {
        while let Some(chunk) = input.try_next().await? {
            if pipe.write_all(&chunk).await.is_err() {
                // It has ended already.
                break;
            }
        }
    }
    let mut bytes = Vec::new();
    if let Some(output) = process.stdout.take() {
        // What it said before it broke off is of use.
        let _ = output.take(most).read_to_end(&mut bytes).await;
    }
    let ended = process.wait().await;
    let is_whole = matches!(&ended, Ok(status) if status.success());
    if !is_whole {
        tracing::warn!(?ended, "a file is too much to be worked on to its end");
    }
    Ok(Said { bytes, is_whole })
}

/// Gives the process that calls this no more than so much memory, and so many seconds to work.
pub(super) fn bound(memory: u64, seconds: u64) -> io::Result<()> {
    for (resource, most) in [
        (Resource::Data, memory),
        (Resource::Cpu, seconds),
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit)?;
    }
    Ok(())
}

/// Says something as JSON, in a line.
pub(super) fn say(something: &impl serde::Serialize) -> io::Result<()> {
    let mut output = io::stdout().lock();
    serde_json::to_writer(&mut output, something)?;
    output.write_all(b"\n")?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::{StreamExt, stream};

    use super::*;

    fn task(patience: Duration) -> Task {
        Task {
            command: "-",
            most: 100,
            patience,
        }
    }

    fn input() -> ByteStream {
        stream::iter([Ok(Bytes::from_static(b"1\n"))]).boxed()
    }

    #[tokio::test]
    async fn what_is_not_begun_is_asked_for_again() {
        let nothing = Program::new("/nowhere/municipio".into());
        let said = nothing.run(task(Duration::from_secs(9)), input()).await;
        assert!(matches!(said, Err(MediaError::Busy)));
        // It reads its input, and says it.
        let said = Program::new("/bin/cat".into());
        let said = said.run(task(Duration::from_secs(9)), input()).await;
        assert_eq!(said.unwrap().bytes, b"1\n");
        let endless = stream::pending().boxed();
        let late = Program::new("/bin/cat".into());
        let late = late.run(task(Duration::from_millis(1)), endless).await;
        assert!(matches!(late, Err(MediaError::Busy)));
    }
}
