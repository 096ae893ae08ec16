//! Clients that dawdle: the server gives up, and says why when it can.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// Longer than the server waits for anything.
const BOUND: Duration = Duration::from_secs(25);
/// Between two bytes.
const PAUSE: Duration = Duration::from_millis(50);

/// A client that sends something at once and then next to nothing.
pub struct Client {
    name: &'static str,
    at_once: Vec<u8>,
    /// What it repeats, a byte at a time.
    then: &'static [u8],
    /// What the answer holds; nothing when the connection just ends.
    expected: &'static str,
}

impl Client {
    /// Talks to the server until it ends the connection.
    pub fn dawdle(&self, address: &str) -> Result<(), String> {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PAUSE)).unwrap();
        stream.write_all(&self.at_once).unwrap();
        let start = Instant::now();
        let mut bytes = self.then.iter().cycle();
        let mut answer = Vec::new();
        let mut chunk = [0; 4_096];
        while start.elapsed() < BOUND {
            match stream.read(&mut chunk) {
                Ok(0) => return self.judge(&answer),
                Ok(length) => answer.extend_from_slice(&chunk[..length]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    return self.judge(&answer);
                }
                // Nothing yet.
                Err(_) => {
                    if let Some(byte) = bytes.next() {
                        // The server may have ended the connection by now.
                        let _ = stream.write(&[*byte]);
                    }
                }
            }
        }
        Err(format!(
            "slow: {}: still connected after {BOUND:?}",
            self.name
        ))
    }

    fn judge(&self, answer: &[u8]) -> Result<(), String> {
        let answer = String::from_utf8_lossy(answer);
        match answer.contains(self.expected) {
            true => Ok(()),
            false => Err(format!("slow: {}: «{answer}»", self.name)),
        }
    }
}

/// All of them; those that are cheap for the client many times.
pub fn all() -> Vec<Client> {
    let post = |headers: &str| {
        format!("POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n").into_bytes()
    };
    let client = |name, at_once: Vec<u8>, then, expected| Client {
        name,
        at_once,
        then,
        expected,
    };
    let mut clients = vec![
        client("says nothing", Vec::new(), b"" as &[u8], ""),
        client(
            "sends its head byte by byte",
            b"GET / HTTP/1.1\r\nX: ".to_vec(),
            b"x",
            "408",
        ),
        client(
            "sends headers byte by byte",
            b"GET / HTTP/1.1\r\n".to_vec(),
            b"X: y\r\n",
            "408",
        ),
        client(
            "stops in its head",
            b"POST /graphql HTTP/1.1\r\nHost: loc".to_vec(),
            b"",
            "408",
        ),
        client("ends its lines and nothing else", Vec::new(), b"\r\n", ""),
        client(
            "keeps its connection",
            b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
            b"",
            "200",
        ),
        client(
            "sends its body byte by byte",
            post("Content-Length: 100000\r\n"),
            b" ",
            "REQUEST_TIMEOUT",
        ),
        client(
            "stops in its body",
            post("Content-Length: 100\r\n"),
            b"",
            "REQUEST_TIMEOUT",
        ),
        client(
            "sends chunks of a byte",
            post("Transfer-Encoding: chunked\r\n"),
            b"1\r\n \r\n",
            "REQUEST_TIMEOUT",
        ),
        client(
            "never ends the size of a chunk",
            post("Transfer-Encoding: chunked\r\n"),
            b"0",
            "REQUEST_TIMEOUT",
        ),
        client(
            "is refused and goes on in chunks",
            b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
            b"1\r\n \r\n",
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        client(
            "goes on in chunks where nothing is",
            b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
            b"1\r\n \r\n",
            "NOT_FOUND",
        ),
        client(
            "goes on in chunks after a query",
            b"GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
            b"1\r\n \r\n",
            "Query",
        ),
        client(
            "waits to be told to go on",
            post("Content-Length: 100\r\nExpect: 100-continue\r\n"),
            b"",
            "REQUEST_TIMEOUT",
        ),
    ];
    clients.extend((0..40).map(|_| {
        client(
            "is one of 40",
            post("Content-Length: 100000\r\n"),
            b" ",
            "REQUEST_TIMEOUT",
        )
    }));
    clients
}
