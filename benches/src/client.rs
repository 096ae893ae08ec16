//! One HTTP connection, kept open, with as little work as an answer can be read with: what the
//! client costs is taken from the server on the same cores.

use std::{borrow::Cow, io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The most headers of an answer.
const HEADERS: usize = 32;

/// A connection that stays open.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer.
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Cow<'a, [u8]>,
}

/// Where the body of an answer lies in what was received.
struct Head {
    status: u16,
    length: usize,
    body: Body,
}

enum Body {
    Length(usize),
    Chunked,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(64 * 1024),
        })
    }

    /// Sends a request as it is and reads the whole answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head = loop {
            self.receive().await?;
            if let Some(head) = head(&self.received)? {
                break head;
            }
        };
        let body = match head.body {
            Body::Length(length) => {
                let end = head.length + length;
                while self.received.len() < end {
                    self.receive().await?;
                }
                Cow::Borrowed(&self.received[head.length..end])
            }
            Body::Chunked => loop {
                if let Some(body) = unchunk(&self.received[head.length..])? {
                    break Cow::Owned(body);
                }
                self.receive().await?;
            },
        };
        Ok(Answer {
            status: head.status,
            body,
        })
    }

    async fn receive(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn malformed(error: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

/// The head of an answer; nothing while it is not whole.
fn head(received: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let length = match answer.parse(received).map_err(malformed)? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Ok(None),
    };
    let mut body = Body::Length(0);
    for header in answer.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            let text = std::str::from_utf8(header.value).map_err(malformed)?;
            body = Body::Length(text.parse().map_err(malformed)?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            body = Body::Chunked;
        }
    }
    Ok(Some(Head {
        status: answer.code.unwrap_or_default(),
        length,
        body,
    }))
}

/// A chunked body; nothing while its last chunk is missing.
fn unchunk(mut rest: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let (start, size) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete((start, size))) => (start, size),
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(malformed("a chunk without its size")),
        };
        let end = start + usize::try_from(size).map_err(malformed)?;
        if rest.len() < end + 2 {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(&rest[start..end]);
        rest = &rest[end + 2..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined() {
        let text = b"5\r\nHello\r\n7\r\n, world\r\n0\r\n\r\n";
        assert_eq!(unchunk(text).unwrap().unwrap(), b"Hello, world");
        for length in 0..text.len() {
            assert!(unchunk(&text[..length]).unwrap().is_none(), "{length}");
        }
        assert!(unchunk(b"x\r\n").is_err());
    }

    #[test]
    fn heads_are_read() {
        let text = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        let head = head(text).unwrap().unwrap();
        assert_eq!((head.status, head.length), (200, text.len() - 2));
        assert!(matches!(head.body, Body::Length(2)));
    }
}
