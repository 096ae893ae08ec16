//! Requests written beforehand, and what their answers must be.

use std::{cell::Cell, fmt::Write};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Result,
    client::{Answer, Connection},
    content::Site,
};

/// A request as it is sent, and the length of its answer.
pub struct Request {
    bytes: Vec<u8>,
    length: Cell<usize>,
    readable: bool,
}

impl Request {
    /// A query sent by POST to the municipality of this site.
    pub fn post(site: &Site, query: &str, variables: &Value) -> Self {
        Self::posted(site, &json!({ "query": query, "variables": variables }), "")
    }

    /// The same by a client that takes compressed answers.
    pub fn compressed(site: &Site, query: &str, variables: &Value) -> Self {
        let body = json!({ "query": query, "variables": variables });
        let mut request = Self::posted(site, &body, "Accept-Encoding: br, gzip\r\n");
        request.readable = false;
        request
    }

    /// The same by who has this token.
    pub fn by(site: &Site, token: &str, query: &str, variables: &Value) -> Self {
        let body = json!({ "query": query, "variables": variables });
        Self::posted(site, &body, &format!("Authorization: Bearer {token}\r\n"))
    }

    /// The request by which a client persists a query, and the one by which it asks it from then on.
    pub fn persisted(site: &Site, query: &str) -> (Self, Self) {
        let digest = Sha256::digest(query.as_bytes());
        let hash = digest.iter().fold(String::new(), |mut hash, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hash, "{byte:02x}");
            hash
        });
        let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
        let persist = json!({ "query": query, "extensions": extensions });
        let address: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("extensions", &extensions.to_string())
            .finish();
        let head = format!("GET /graphql?{address} HTTP/1.1\r\n{}\r\n", site.headers());
        (
            Self::posted(site, &persist, ""),
            Self::new(head.into_bytes()),
        )
    }

    /// A subscription by server-sent events.
    pub fn listening(site: &Site, token: &str, query: &str) -> Self {
        let headers = format!("Authorization: Bearer {token}\r\nAccept: text/event-stream\r\n");
        Self::posted(site, &json!({ "query": query }), &headers)
    }

    /// A request of other software with an API key.
    pub fn rest(site: &Site, key: &str, method: &str, path: &str, body: &Value) -> Self {
        let body = body.to_string();
        let head = format!(
            "{method} {path} HTTP/1.1\r\n{}Authorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            site.headers(),
            body.len()
        );
        Self::new([head.as_bytes(), body.as_bytes()].concat())
    }

    /// A request for what is at this path, with further headers.
    pub fn get(site: &Site, path: &str, headers: &str) -> Self {
        let head = format!("GET {path} HTTP/1.1\r\n{}{headers}\r\n", site.headers());
        Self::new(head.into_bytes())
    }

    fn posted(site: &Site, body: &Value, headers: &str) -> Self {
        let body = body.to_string();
        let mut bytes = format!(
            "POST /graphql HTTP/1.1\r\n{}{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            site.headers(),
            body.len()
        );
        bytes.push_str(&body);
        Self::new(bytes.into_bytes())
    }

    fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            length: Cell::new(0),
            readable: true,
        }
    }

    /// Sends it; the answer must be right: status 200, no errors, and of the same length as before.
    /// The length may change with the time of day («open now»): then the answer is read again.
    pub async fn send(&self, connection: &mut Connection) -> Result<()> {
        let answer = connection.exchange(&self.bytes).await?;
        if answer.status == 200 && answer.body.len() == self.length.get() {
            return Ok(());
        }
        self.read(&answer)?;
        self.length.set(answer.body.len());
        Ok(())
    }

    /// Sends it; gives what is at this place of the answer.
    pub async fn ask(&self, connection: &mut Connection, place: &str) -> Result<Value> {
        let answer = connection.exchange(&self.bytes).await?;
        let mut read = self.read(&answer)?.unwrap_or_default();
        match read.pointer_mut(place) {
            Some(found) if !found.is_null() => Ok(found.take()),
            _ => Err(format!("nothing at {place} in the answer to\n{self}\n{read}").into()),
        }
    }

    /// Sends it for the first time; gives the answer, whose data must have something at this place
    /// (a JSON pointer): an empty list is fast and says nothing.
    pub async fn try_out(&self, connection: &mut Connection, place: &str) -> Result<Vec<u8>> {
        let answer = connection.exchange(&self.bytes).await?;
        if let Some(read) = self.read(&answer)? {
            let found = read.pointer(place).unwrap_or(&Value::Null);
            let is_empty = match found {
                Value::Null => true,
                Value::Array(items) => items.is_empty(),
                _ => false,
            };
            if is_empty {
                let message = format!("nothing at {place} in the answer to\n{self}\n{read}");
                return Err(message.into());
            }
        }
        self.length.set(answer.body.len());
        Ok(answer.body.into_owned())
    }

    /// Sends it; the answer must be 200 or 201.
    pub async fn accepted(&self, connection: &mut Connection) -> Result<()> {
        let answer = connection.exchange(&self.bytes).await?;
        match answer.status {
            200 | 201 => Ok(()),
            status => {
                let said = String::from_utf8_lossy(&answer.body).into_owned();
                Err(format!("status {status} in the answer to\n{self}\n{said}").into())
            }
        }
    }

    /// The request as it is sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn read(&self, answer: &Answer<'_>) -> Result<Option<Value>> {
        let body = &answer.body;
        let wrong = |what: &str| {
            let shown = String::from_utf8_lossy(&body[..body.len().min(2_000)]).into_owned();
            Err(format!("{what} in the answer to\n{self}\n{shown}").into())
        };
        if answer.status != 200 {
            return wrong(&format!("status {}", answer.status));
        }
        if !self.readable {
            return match body.is_empty() {
                true => wrong("nothing"),
                false => Ok(None),
            };
        }
        let read: Value = serde_json::from_slice(body)?;
        match read.get("errors") {
            Some(_) => wrong("errors"),
            None => Ok(Some(read)),
        }
    }

    /// The length of the answer in bytes.
    pub fn answer_length(&self) -> usize {
        self.length.get()
    }
}

impl std::fmt::Display for Request {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.bytes))
    }
}
