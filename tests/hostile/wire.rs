//! HTTP as bytes: what no client would send, and the answer to it.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

/// Longer than any answer takes.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub media_type: String,
    pub body: Vec<u8>,
}

/// Sends these bytes and reads the answer; the server may answer before it has read them all.
pub fn exchange(address: &str, request: &[u8], patience: Duration) -> Result<Answer, String> {
    let stream = TcpStream::connect(address).map_err(|error| format!("no connection: {error}"))?;
    stream.set_read_timeout(Some(patience)).unwrap();
    stream.set_write_timeout(Some(patience)).unwrap();
    let mut sending = stream.try_clone().unwrap();
    thread::scope(|scope| {
        // The server need not read what it refuses.
        scope.spawn(move || {
            let _ = sending.write_all(request);
        });
        read_answer(stream)
    })
}

/// Reads an answer up to its end.
pub fn read_answer(mut stream: TcpStream) -> Result<Answer, String> {
    let mut read = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        if let Some(answer) = whole(&read, false) {
            return Ok(answer);
        }
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => read.extend_from_slice(&chunk[..length]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => return Err(format!("no answer: {error}")),
        }
    }
    whole(&read, true).ok_or_else(|| format!("the connection ended after {} bytes", read.len()))
}

/// The answer, when all of it is there.
fn whole(read: &[u8], is_end: bool) -> Option<Answer> {
    let end = read.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
    let header = |name: &str| {
        let lines = head.lines().skip(1);
        let mut headers = lines.filter_map(|line| line.split_once(':'));
        headers.find_map(|(key, value)| (key == name).then(|| value.trim().to_owned()))
    };
    let body = &read[end + 4..];
    let length = header("content-length").and_then(|length| length.parse::<usize>().ok());
    let is_whole = match length {
        Some(length) => body.len() >= length,
        None => is_end,
    };
    let status = head.split(' ').nth(1)?.parse().ok()?;
    is_whole.then(|| Answer {
        status,
        media_type: header("content-type").unwrap_or_default(),
        body: body[..length.unwrap_or(body.len())].to_vec(),
    })
}
