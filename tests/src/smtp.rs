//! A server of mail for tests: aiosmtpd, a server of its own. `scripts/test` installs it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The server, as long as it is held. How it behaves says the address to which a mail goes (`smtp/server.py`).
pub struct SmtpServer {
    process: Child,
    folder: TempDir,
    /// Where it is, as `MUNICIPIO_SMTP_URL` says it.
    pub url: String,
}

impl SmtpServer {
    /// Starts it, if it is there.
    pub fn start() -> Option<Self> {
        Self::run("", false)
    }

    /// The same, which takes mails only of who knows this password.
    pub fn with_password(password: &str) -> Option<Self> {
        Self::run(password, false)
    }

    /// The same, which is told nothing before `STARTTLS`; [`Self::authority`] vouches for it.
    pub fn with_tls(password: &str) -> Option<Self> {
        Self::run(password, true)
    }

    fn run(password: &str, has_tls: bool) -> Option<Self> {
        let Some(python) = std::env::var_os("SMTP_PYTHON") else {
            eprintln!("NOT RUN with SMTP: SMTP_PYTHON is not set; scripts/test sets it");
            return None;
        };
        let folder = TempDir::new().unwrap();
        let mut process = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/smtp/server.py"))
            .arg(folder.path())
            .arg(password)
            .arg(if has_tls { "tls" } else { "" })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It says at length what it thinks of doing without TLS.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let said = process.stdout.take().unwrap();
        BufReader::new(said).read_line(&mut port).unwrap();
        let name = match password {
            "" => String::new(),
            password => format!("comune:{password}@"),
        };
        let (host, security) = match has_tls {
            true => ("localhost", ""),
            false => ("127.0.0.1", "?tls=off"),
        };
        let port = port.trim();
        Some(Self {
            process,
            folder,
            url: format!("smtp://{name}{host}:{port}{security}"),
        })
    }

    /// The certificate of who vouches for it, made when it started.
    pub fn authority(&self) -> String {
        let path = self.folder.path().join("authority.pem");
        path.to_str().unwrap().to_owned()
    }

    /// The mails that it took in, in their order.
    pub fn mails(&self) -> Vec<Value> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let paths = files.map(|file| file.unwrap().path());
        let mut paths: Vec<_> = paths
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "json")
            })
            .collect();
        paths.sort();
        let read = |path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        paths.into_iter().map(read).collect()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
