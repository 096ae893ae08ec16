//! The program while it serves, and requests to it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Instant,
};

use serde_json::{Value, json};

use crate::program::{LIMIT, Outcome, Process};

/// The program while it serves.
pub struct Server {
    pub process: Process,
    pub greeting: Vec<String>,
}

impl Server {
    pub fn new(process: Process, greeting: Vec<String>) -> Self {
        Self { process, greeting }
    }

    /// An address in the greeting.
    pub fn shown(&self, label: &str) -> &str {
        let mut lines = self.greeting.iter().map(|line| line.trim_start());
        let found = lines
            .find_map(|line| line.strip_prefix(label))
            .map(str::trim);
        found.unwrap_or_else(|| panic!("no «{label}» in {:?}", self.greeting))
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        let address = self.shown("GraphQL").strip_prefix("http://").unwrap();
        address.strip_suffix("/graphql").unwrap()
    }

    pub fn says(&self, text: &str) -> bool {
        self.greeting.iter().any(|line| line.contains(text))
    }

    /// Asks a GraphQL query under this host name; gives the whole answer.
    pub async fn ask(&self, host: &str, query: &str) -> Value {
        let request = reqwest::Client::new().post(self.shown("GraphQL"));
        let request = request
            .header("Host", host)
            .json(&json!({ "query": query }));
        request
            .timeout(LIMIT)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// Begins a request: it is under way when this returns, and waits for [`Pending::complete`].
    pub fn begin(&self, host: &str, query: &str) -> Pending {
        let body = json!({ "query": query }).to_string();
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        assert!(
            answer.starts_with(b"HTTP/1.1 100"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
        Pending { stream, body }
    }

    /// Sends a signal, and waits until no new request is taken.
    pub fn ask_to_stop(&self, signal: &str) {
        self.process.signal(signal);
        let start = Instant::now();
        while TcpStream::connect(self.address()).is_ok() {
            assert!(start.elapsed() < LIMIT, "it still takes requests");
            thread::yield_now();
        }
    }

    /// Sends a signal, and waits for the end.
    pub fn stop(self, signal: &str) -> Outcome {
        self.process.signal(signal);
        self.process.finish()
    }

    /// Waits for the end.
    pub fn finish(self) -> Outcome {
        self.process.finish()
    }
}

/// A request of which the server has the first half.
pub struct Pending {
    stream: TcpStream,
    body: String,
}

impl Pending {
    /// Sends the rest; gives the answer as it comes.
    pub fn complete(mut self) -> std::io::Result<String> {
        self.stream.write_all(self.body.as_bytes())?;
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}
