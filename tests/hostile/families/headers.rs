//! Heads of requests: methods, media types, headers without number and end.

use super::Family;
use crate::request::{encoded, many, post_with, raw};

const HARMLESS: &str = r#"{"query":"{ __typename }"}"#;

/// A body of this media type.
fn typed(media_type: &str, body: &str) -> Vec<u8> {
    let headers = format!(
        "Content-Type: {media_type}\r\nContent-Length: {}\r\n",
        body.len()
    );
    raw("POST /graphql", &headers, body)
}

pub fn family() -> Family {
    methods(media_types(headers(Family::new("headers"))))
}

fn media_types(family: Family) -> Family {
    const TYPE: &str = "UNSUPPORTED_MEDIA_TYPE";
    let form = format!("query={}", encoded("{ __typename }"));
    family
        .refused(TYPE, "a form", move || typed("application/x-www-form-urlencoded", &form))
        .refused(TYPE, "plain text", || typed("text/plain", HARMLESS))
        .refused(TYPE, "plain text with JSON in a parameter", || typed("text/plain; x=application/json", HARMLESS))
        .refused("PREFLIGHT_MISSING", "a form with files", || {
            let part = format!("--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{HARMLESS}\r\n--x--\r\n");
            typed("multipart/form-data; boundary=x", &part)
        })
        .refused(TYPE, "a media type of 60 kB", || typed(&format!("application/{}", "x".repeat(60_000)), HARMLESS))
        .refused(TYPE, "10,000 parameters of a media type, and another charset", || {
            typed(&format!("application/json{}; charset=utf-16", ";a=b".repeat(10_000)), HARMLESS)
        })
        .answered("10,000 parameters of a media type", || typed(&format!("application/json{}", ";a=b".repeat(10_000)), HARMLESS))
        .refused("NOT_ACCEPTABLE", "a browser's wish", || post_with("Accept: text/html\r\n", HARMLESS))
        .refused("NOT_ACCEPTABLE", "20,000 wishes", || {
            post_with(&format!("Accept: {}\r\n", many(7_000, |index| format!("a/{index};q=0.1,"))), HARMLESS)
        })
        .answered("20,000 wishes, the last of them ours", || {
            post_with(&format!("Accept: {}application/json\r\n", many(7_000, |index| format!("a/{index};q=0.1,"))), HARMLESS)
        })
        .refused("NOT_ACCEPTABLE", "a wish that is none", || post_with("Accept: ;;;,,,=\"\r\n", HARMLESS))
        .refused("NOT_ACCEPTABLE", "a quality that is no number", || post_with("Accept: */*;q=NaN\r\n", HARMLESS))
}

fn headers(family: Family) -> Family {
    family
        .unread(431, "1,000 of them", || post_with(&many(1_000, |index| format!("X-{index}: a\r\n")), HARMLESS))
        .answered("80 of them", || post_with(&many(80, |index| format!("X-{index}: a\r\n")), HARMLESS))
        .unread(431, "one of 200 kB", || post_with(&format!("X: {}\r\n", "x".repeat(200_000)), HARMLESS))
        .answered("one of 60 kB", || post_with(&format!("X: {}\r\n", "x".repeat(60_000)), HARMLESS))
        .unread(400, "one with a space in its name", || post_with("X Y: a\r\n", HARMLESS))
        .unread(400, "one without a colon", || post_with("nothing\r\n", HARMLESS))
        .unread(400, "one with a NUL", || post_with("X: a\0b\r\n", HARMLESS))
        .answered("one that is no UTF-8", || {
            let mut request = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nX: \xff\xfe\r\nConnection: close\r\n".to_vec();
            request.extend_from_slice(format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{HARMLESS}", HARMLESS.len()).as_bytes());
            request
        })
        .answered("a host of 60 kB", || {
            let head = format!("POST /graphql HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", "x".repeat(60_000));
            format!("{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{HARMLESS}", HARMLESS.len()).into_bytes()
        })
        .refused("TENANT_NOT_FOUND", "an unknown municipality", || post_with("Municipio-Tenant: c_z999\r\n", HARMLESS))
        .refused("TENANT_NOT_FOUND", "a municipality of 60 kB", || {
            post_with(&format!("Municipio-Tenant: {}\r\n", "x".repeat(60_000)), HARMLESS)
        })
        .refused("TENANT_NOT_FOUND", "a municipality of a statement", || post_with("Municipio-Tenant: ' OR 1=1 --\r\n", HARMLESS))
        .refused("TENANT_NOT_FOUND", "a municipality that is no UTF-8", || {
            let mut request = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nMunicipio-Tenant: \xff\r\nConnection: close\r\n".to_vec();
            request.extend_from_slice(format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{HARMLESS}", HARMLESS.len()).as_bytes());
            request
        })
        .answered("a name for the request of 60 kB", || post_with(&format!("X-Request-Id: {}\r\n", "x".repeat(60_000)), HARMLESS))
        .answered("another site", || post_with("Origin: null\r\nReferer: javascript:alert(1)\r\n", HARMLESS))
        .unread(400, "a version that is none", || b"POST /graphql HTTP/9.9\r\nHost: localhost\r\n\r\n".to_vec())
        .unread(400, "no HTTP at all", || b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(50))
}

fn methods(family: Family) -> Family {
    const METHOD: &str = "METHOD_NOT_ALLOWED";
    ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "BREW"]
        .into_iter()
        .fold(family, |family, method| {
            family.refused(METHOD, &format!("the method {method}"), move || raw(&format!("{method} /graphql"), "", ""))
        })
        .refused(METHOD, "a method of 10 kB", || raw(&format!("{} /graphql", "X".repeat(10_000)), "", ""))
        .refused(METHOD, "a method that a header changes", || {
            raw("PUT /graphql", "X-HTTP-Method-Override: POST\r\nContent-Type: application/json\r\nContent-Length: 26\r\n", HARMLESS)
        })
}
