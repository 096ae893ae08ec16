//! A store that speaks S3, for tests: moto, a server of its own, which takes multipart uploads, ranges and listings as
//! Amazon does. `scripts/test` installs it.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The server, as long as it is held.
pub struct Moto {
    server: Child,
    pub endpoint: String,
}

/// The bucket that it has.
pub const BUCKET: &str = "comune";

impl Moto {
    /// Starts it with one bucket, if it is there.
    pub async fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("MOTO_SERVER") else {
            eprintln!("NOT RUN with S3: MOTO_SERVER is not set; scripts/test sets it");
            return None;
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let server = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let moto = Self {
            server: server.unwrap(),
            endpoint: format!("http://127.0.0.1:{port}"),
        };
        let (start, client) = (Instant::now(), reqwest::Client::new());
        let bucket = format!("{}/{BUCKET}", moto.endpoint);
        while client.put(&bucket).send().await.is_err() {
            let is_late = start.elapsed() > Duration::from_secs(60);
            assert!(!is_late, "the S3 server does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Some(moto)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
