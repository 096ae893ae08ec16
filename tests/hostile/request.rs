//! Requests, as bytes.

use serde_json::{Value, json};

/// A request with these headers (lines that end in `\r\n`) and this body.
pub fn raw(line: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut request =
        format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    let mut bytes = std::mem::take(&mut request).into_bytes();
    bytes.extend_from_slice(body.as_ref());
    bytes
}

/// A body that is sent as JSON, with further headers.
pub fn post_with(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let length = body.as_ref().len();
    let headers =
        format!("Content-Type: application/json\r\nContent-Length: {length}\r\n{headers}");
    raw("POST /graphql", &headers, body)
}

/// A body that is sent as JSON.
pub fn post(body: impl AsRef<[u8]>) -> Vec<u8> {
    post_with("", body)
}

/// A body that is sent as JSON in one chunk.
pub fn chunked(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("{:x}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(b"\r\n0\r\n\r\n");
    let headers = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    raw("POST /graphql", headers, bytes)
}

/// A query.
pub fn query(text: impl AsRef<str>) -> Vec<u8> {
    with_variables(text, json!({}))
}

/// A query with variables.
pub fn with_variables(text: impl AsRef<str>, variables: Value) -> Vec<u8> {
    post(json!({ "query": text.as_ref(), "variables": variables }).to_string())
}

/// A query with variables that are written as they are.
pub fn with_raw_variables(text: &str, variables: impl AsRef<str>) -> Vec<u8> {
    post(format!(
        "{{\"query\":{},\"variables\":{}}}",
        json!(text),
        variables.as_ref()
    ))
}

/// A request by GET for an address that is written as it is.
pub fn get(address: impl AsRef<str>) -> Vec<u8> {
    raw(&format!("GET {}", address.as_ref()), "", "")
}

/// A query by GET; letters, digits and spaces are enough to write it.
pub fn get_query(text: &str) -> Vec<u8> {
    get(format!("/graphql?query={}", encoded(text)))
}

/// Text as it stands in an address.
pub fn encoded(text: &str) -> String {
    let bytes = text.bytes();
    bytes
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// As many pieces as wanted, one after another.
pub fn many(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

/// Something inside many of these brackets.
pub fn nested(open: &str, levels: usize, inside: &str, close: &str) -> String {
    format!("{}{inside}{}", open.repeat(levels), close.repeat(levels))
}
