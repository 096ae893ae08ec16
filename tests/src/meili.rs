//! A real Meilisearch, when there is one on PATH: stories kill it and lose its data, so that it has to be their own.
//! What needs no more than a server also runs on that of `MEILI_URL` (`search/src/meilisearch/tests.rs`).

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use actix_web::rt;
use tempfile::TempDir;

const KEY: &str = "a-master-key-of-tests-alone";

/// A server that keeps its data, its address and its key when it is killed and started again.
pub struct Meili {
    pub url: String,
    pub key: String,
    data: TempDir,
    process: Option<Child>,
}

impl Meili {
    /// Starts one on a free port; says loudly when there is none.
    pub async fn start() -> Option<Self> {
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let mut server = Self {
            url: format!("http://{address}"),
            key: KEY.to_owned(),
            data: TempDir::new().unwrap(),
            process: None,
        };
        if server.again().await {
            return Some(server);
        }
        eprintln!("NOT RUN on Meilisearch: there is no `meilisearch` on PATH");
        None
    }

    /// Starts it, and waits until it answers. Says whether there is one.
    pub async fn again(&mut self) -> bool {
        let started = Command::new("meilisearch")
            .arg("--http-addr")
            .arg(self.url.trim_start_matches("http://"))
            .args([
                "--env",
                "development",
                "--no-analytics",
                "--master-key",
                &self.key,
            ])
            .args(["--max-indexing-memory", "1GiB", "--db-path"])
            .arg(self.data.path().join("data.ms"))
            .current_dir(self.data.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process = started.ok();
        if self.process.is_none() {
            return false;
        }
        let health = format!("{}/health", self.url);
        while reqwest::get(&health).await.is_err() {
            rt::time::sleep(Duration::from_millis(10)).await;
        }
        true
    }

    /// Takes away what it keeps, as the loss of a disk does. It does not run.
    pub fn forget(&mut self) {
        assert!(self.process.is_none());
        self.data = TempDir::new().unwrap();
    }

    /// Kills it, as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

impl Drop for Meili {
    fn drop(&mut self) {
        self.kill();
    }
}
