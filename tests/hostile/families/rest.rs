//! REST by strangers: reports without a token, codes that nobody was told, addresses of files of cases.

use super::Family;
use crate::request::{get, nested, raw};

const LARGE: usize = 10 * 1024 * 1024;

fn send(line: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let length = body.as_ref().len();
    let headers = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    raw(line, &headers, body)
}

fn ask(body: impl AsRef<[u8]>) -> Vec<u8> {
    send("POST /api/v1/case-status", body)
}

fn report(body: impl AsRef<[u8]>) -> Vec<u8> {
    send("POST /api/v1/sources/x/cases", body)
}

pub fn family() -> Family {
    let file = |hash: &str, query: &str| {
        let case = "00000000-0000-0000-0000-000000000000";
        get(format!("/media/cases/{case}/1/{hash}/a.pdf{query}"))
    };
    let hash = || "0".repeat(64);
    Family::new("rest")
        .refused("UNAUTHENTICATED", "reports of nobody", || {
            report("{\"items\":[]}")
        })
        .refused("UNAUTHENTICATED", "4 MB of reports of nobody", || {
            report(" ".repeat(4 * 1024 * 1024))
        })
        .refused("UNAUTHENTICATED", "10 MB of reports of nobody", || {
            report(" ".repeat(LARGE))
        })
        .refused("PAYLOAD_TOO_LARGE", "a code of 10 MB", || {
            ask(format!("\"{}\"", "x".repeat(LARGE)))
        })
        .refused("PAYLOAD_TOO_LARGE", "a code of 2 kB", || {
            ask(format!("\"{}\"", "x".repeat(2_000)))
        })
        .refused("REPORT_REFUSED", "a code in 500 brackets", || {
            ask(nested("[", 500, "", "]"))
        })
        .refused("NOT_FOUND", "a code of nobody", || {
            ask("{\"protocolNumber\":\"1\",\"code\":\"0000-0000-0000\"}")
        })
        .refused("SIGNATURE_INVALID", "a file of a case", move || {
            file(&hash(), "")
        })
        .refused("SIGNATURE_INVALID", "one that ends never", move || {
            file(&hash(), "?expires=99999999999999999&signature=AAAA")
        })
        .refused("NOT_FOUND", "one that is none", move || file("x", ""))
}
