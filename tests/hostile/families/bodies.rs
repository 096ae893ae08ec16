//! Bodies: too large, cut, compressed, of another length than they say.

use super::Family;
use crate::request::{chunked, many, nested, post, post_with, raw};

const HARMLESS: &str = r#"{"query":"{ __typename }"}"#;
const LARGE: usize = 10 * 1024 * 1024;

pub fn family() -> Family {
    framing(compressed(json(large(Family::new("bodies")))))
}

fn large(family: Family) -> Family {
    const TOO_LARGE: &str = "PAYLOAD_TOO_LARGE";
    family
        .refused(TOO_LARGE, "10 MB of spaces", || post(" ".repeat(LARGE)))
        .refused(TOO_LARGE, "10 MB of spaces in one chunk", || {
            chunked(" ".repeat(LARGE))
        })
        .refused("BAD_REQUEST", "10 MB in chunks of one byte", || {
            let headers = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
            raw(
                "POST /graphql",
                headers,
                format!("{}0\r\n\r\n", "1\r\n \r\n".repeat(LARGE / 6)),
            )
        })
        .refused(TOO_LARGE, "a query of 10 MB of comments", || {
            post(format!(
                "{{\"query\":\"{{__typename}} {}\"}}",
                "#\\n".repeat(LARGE / 3)
            ))
        })
        .refused(TOO_LARGE, "one string of 10 MB", || {
            post(format!("\"{}\"", "x".repeat(LARGE)))
        })
        .refused(TOO_LARGE, "a variable of 10 MB", || {
            post(format!(
                "{{\"query\":\"{{__typename}}\",\"variables\":{{\"a\":\"{}\"}}}}",
                "x".repeat(LARGE)
            ))
        })
        .refused(TOO_LARGE, "10 MB of brackets", || post("[".repeat(LARGE)))
        .refused(TOO_LARGE, "300 kB", || {
            post(format!(
                "{{\"query\":\"{{__typename}} #{}\"}}",
                "x".repeat(300_000)
            ))
        })
        .answered("250 kB of spaces around a query", || {
            post(format!("{}{HARMLESS}", " ".repeat(250_000)))
        })
}

fn json(family: Family) -> Family {
    const UNREADABLE: &str = "BAD_REQUEST";
    family
        .refused(UNREADABLE, "nothing", || post(""))
        .refused(UNREADABLE, "250 kB of spaces", || post(" ".repeat(250_000)))
        .refused(UNREADABLE, "a number of 250,000 digits", || {
            post("1".repeat(250_000))
        })
        .refused(UNREADABLE, "objects, 50,000 deep", || {
            post(nested("{\"a\":", 40_000, "1", "}"))
        })
        .refused(UNREADABLE, "the same key twice", || {
            post(r#"{"query":"{ __typename }","query":"{ a }"}"#)
        })
        .refused(UNREADABLE, "the same key 10,000 times", || {
            post(format!(
                "{{{}\"a\":1}}",
                "\"query\":\"{a}\",".repeat(10_000)
            ))
        })
        .answered("10,000 keys that nobody reads", || {
            post(format!(
                "{{{}\"query\":\"{{__typename}}\"}}",
                many(10_000, |index| format!("\"k{index}\":0,"))
            ))
        })
        .answered("the same variable 10,000 times", || {
            post(format!(
                "{{\"query\":\"{{__typename}}\",\"variables\":{{{}\"a\":0}}}}",
                "\"a\":0,".repeat(10_000)
            ))
        })
        .refused(UNREADABLE, "what is cut", || {
            post(&HARMLESS[..HARMLESS.len() - 2])
        })
        .refused(UNREADABLE, "what goes on after the end", || {
            post(format!("{HARMLESS}{HARMLESS}"))
        })
        .refused(UNREADABLE, "a comment", || {
            post(format!("/* */ {HARMLESS}"))
        })
        .refused(UNREADABLE, "single quotes", || {
            post("{'query':'{__typename}'}")
        })
        .refused(UNREADABLE, "a list for the query", || {
            post(r#"{"query":["{ __typename }"]}"#)
        })
        .refused(UNREADABLE, "a number for the extensions", || {
            post(r#"{"query":"{ __typename }","extensions":1}"#)
        })
        .refused(UNREADABLE, "XML", || {
            post("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>")
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "a prototype", || {
            post(r#"{"query":"{ constructor }","__proto__":{"query":"{ __typename }"}}"#)
        })
}

/// Bombs of 10 MB: what is compressed is not read.
fn compressed(family: Family) -> Family {
    const REFUSED: &str = "UNSUPPORTED_MEDIA_TYPE";
    family
        .refused(REFUSED, "a bomb by gzip", || {
            post_with(
                "Content-Encoding: gzip\r\n",
                include_bytes!("../../fixtures/bombs/spaces.json.gz"),
            )
        })
        .refused(REFUSED, "a bomb by Brotli", || {
            post_with(
                "Content-Encoding: br\r\n",
                include_bytes!("../../fixtures/bombs/spaces.json.br"),
            )
        })
        .refused(REFUSED, "a bomb by Zstandard", || {
            post_with(
                "Content-Encoding: zstd\r\n",
                include_bytes!("../../fixtures/bombs/spaces.json.zst"),
            )
        })
        .refused(REFUSED, "a bomb by gzip that says it is none", || {
            post_with(
                "Content-Encoding: identity\r\n",
                include_bytes!("../../fixtures/bombs/spaces.json.gz"),
            )
        })
        .refused("BAD_REQUEST", "a bomb by gzip that says nothing", || {
            post(include_bytes!("../../fixtures/bombs/spaces.json.gz"))
        })
        .refused(REFUSED, "compressed a hundred times", || {
            post_with(
                &format!("Content-Encoding: {}gzip\r\n", "gzip, ".repeat(100)),
                HARMLESS,
            )
        })
        .refused(REFUSED, "compressed by nobody knows what", || {
            post_with("Content-Encoding: x\r\n", HARMLESS)
        })
}

fn framing(family: Family) -> Family {
    const JSON: &str = "Content-Type: application/json\r\n";
    let framed = |headers: &'static str, body: &'static str| {
        move || raw("POST /graphql", &format!("{JSON}{headers}"), body)
    };
    family
        .refused(
            "BAD_REQUEST",
            "shorter than it is",
            framed("Content-Length: 5\r\n", HARMLESS),
        )
        .refused(
            "PAYLOAD_TOO_LARGE",
            "longer than anything",
            framed("Content-Length: 9223372036854775807\r\n", HARMLESS),
        )
        .unread(
            400,
            "of a length that is no number",
            framed("Content-Length: many\r\n", HARMLESS),
        )
        .unread(
            400,
            "of a negative length",
            framed("Content-Length: -1\r\n", HARMLESS),
        )
        .unread(
            400,
            "of a length beyond numbers",
            framed("Content-Length: 99999999999999999999\r\n", HARMLESS),
        )
        .unread(
            400,
            "of two lengths",
            framed("Content-Length: 5\r\nContent-Length: 26\r\n", HARMLESS),
        )
        .unread(
            400,
            "of a length, and in chunks",
            framed(
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "0\r\n\r\n",
            ),
        )
        .refused(
            "BAD_REQUEST",
            "in chunks of no size",
            framed("Transfer-Encoding: chunked\r\n", "xyz\r\n{}\r\n0\r\n\r\n"),
        )
        .refused(
            "BAD_REQUEST",
            "in chunks of a size beyond numbers",
            framed(
                "Transfer-Encoding: chunked\r\n",
                "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
            ),
        )
        .answered("in one chunk, and harmless", || chunked(HARMLESS))
        .refused(
            "BAD_REQUEST",
            "in no chunks at all",
            framed("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        )
        .unread(
            400,
            "encoded twice for the way",
            framed("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
        )
        .refused("BAD_REQUEST", "without a length", framed("", ""))
}
