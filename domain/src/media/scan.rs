//! The virus scanner: clamd, spoken to by its command `INSTREAM`, over TCP or a socket of the machine.

use std::{path::PathBuf, str::FromStr, time::Duration};

use futures_util::TryStreamExt;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
};

use super::{MediaError, Refusal, blobs::ByteStream};

/// How long clamd may take for a chunk, or for its answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most bytes of an answer.
const MOST_OF_AN_ANSWER: u64 = 4096;

/// Where clamd listens: `host:port`, or `unix:` and a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanner {
    /// Over TCP.
    Tcp(String),
    /// On this machine.
    Unix(PathBuf),
}

/// Why nothing was scanned. What was not scanned is not taken in.
#[derive(Debug, thiserror::Error)]
#[error("the virus scanner does not answer: {0}")]
pub struct ScanError(String);

impl FromStr for Scanner {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some(path) if !path.is_empty() => Ok(Self::Unix(path.into())),
            None if text
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok()) =>
            {
                Ok(Self::Tcp(text.to_owned()))
            }
            _ => Err("write host:port, or unix: and the path of a socket".to_owned()),
        }
    }
}

impl Scanner {
    /// Has bytes scanned.
    pub(super) async fn scan(&self, bytes: ByteStream) -> Result<(), MediaError> {
        match self {
            Self::Tcp(address) => {
                let stream = patiently(TcpStream::connect(address)).await?;
                instream(stream, bytes).await
            }
            Self::Unix(path) => {
                let stream = patiently(UnixStream::connect(path)).await?;
                instream(stream, bytes).await
            }
        }
    }
}

async fn patiently<T>(step: impl Future<Output = std::io::Result<T>>) -> Result<T, ScanError> {
    match tokio::time::timeout(PATIENCE, step).await {
        Ok(done) => done.map_err(|error| ScanError(error.to_string())),
        Err(_) => Err(ScanError("it took too long".to_owned())),
    }
}

async fn instream(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    mut bytes: ByteStream,
) -> Result<(), MediaError> {
    patiently(stream.write_all(b"zINSTREAM\0")).await?;
    while let Some(chunk) = bytes.try_next().await? {
        let length = u32::try_from(chunk.len()).unwrap_or(u32::MAX).to_be_bytes();
        let sent = async {
            stream.write_all(&length).await?;
            stream.write_all(&chunk).await
        };
        if patiently(sent).await.is_err() {
            // It closes the connection on what is longer than it reads, and says so.
            break;
        }
    }
    // Whether it still listens, its answer tells.
    let _ = patiently(stream.write_all(&[0; 4])).await;
    let mut answer = Vec::new();
    let mut limited = stream.take(MOST_OF_AN_ANSWER);
    patiently(limited.read_to_end(&mut answer)).await?;
    verdict(&String::from_utf8_lossy(&answer))
}

/// What an answer such as `stream: Eicar-Test-Signature FOUND` says.
fn verdict(answer: &str) -> Result<(), MediaError> {
    let answer = answer.trim_matches(['\0', '\n', ' ']);
    let said = answer.strip_prefix("stream: ").unwrap_or(answer);
    match said.strip_suffix(" FOUND") {
        Some(name) => Err(Refusal::Infected(name.chars().take(100).collect()).into()),
        None if said == "OK" => Ok(()),
        // StreamMaxLength of clamd.conf; it will be so whenever it is sent again.
        None if said.starts_with("INSTREAM size limit exceeded") => {
            Err(Refusal::TooLargeToScan.into())
        }
        None => Err(ScanError(said.chars().take(200).collect()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        assert!(verdict("stream: OK\0").is_ok());
        let found = verdict("stream: Win.Test.EICAR_HDB-1 FOUND\0").unwrap_err();
        assert!(
            matches!(found, MediaError::Refused(Refusal::Infected(name)) if name == "Win.Test.EICAR_HDB-1")
        );
        let long = verdict("INSTREAM size limit exceeded. ERROR\0");
        assert!(matches!(
            long,
            Err(MediaError::Refused(Refusal::TooLargeToScan))
        ));
        for other in ["", "stream: OKAY"] {
            assert!(
                matches!(verdict(other), Err(MediaError::Scan(_))),
                "{other}"
            );
        }
    }

    #[test]
    fn addresses_are_read() {
        assert_eq!(
            "127.0.0.1:3310".parse(),
            Ok(Scanner::Tcp("127.0.0.1:3310".to_owned()))
        );
        assert_eq!(
            "unix:/run/clamd".parse(),
            Ok(Scanner::Unix("/run/clamd".into()))
        );
        for wrong in ["", "clamd", "unix:", ":3310", "clamd:x"] {
            assert!(wrong.parse::<Scanner>().is_err(), "{wrong}");
        }
    }
}
