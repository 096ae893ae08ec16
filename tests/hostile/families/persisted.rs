//! Persisted queries: forged hashes, and hashes of what is not there.

use serde_json::{Value, json};

use super::Family;
use crate::request::{get, many, post};

/// SHA-256 of `{__typename}`.
const HASH: &str = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";

fn persisted(hash: impl Into<Value>, query: Option<&str>) -> Vec<u8> {
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash.into() } });
    post(json!({ "query": query, "extensions": extensions }).to_string())
}

pub fn family() -> Family {
    const UNKNOWN: &str = "PERSISTED_QUERY_NOT_FOUND";
    const FORGED: &str = "PERSISTED_QUERY_MISMATCH";
    Family::new("persisted")
        .refused(UNKNOWN, "a hash that is not there", || {
            persisted("0".repeat(64), None)
        })
        .refused(UNKNOWN, "a hash of 200 kB", || {
            persisted("0".repeat(200_000), None)
        })
        .refused(UNKNOWN, "an empty hash", || persisted("", None))
        .refused(UNKNOWN, "a hash of a statement", || {
            persisted("' OR 1=1 --", None)
        })
        .refused(FORGED, "the hash of another query", || {
            persisted(HASH, Some("{ municipality { name } }"))
        })
        .refused(FORGED, "a hash of 200 kB for a query", || {
            persisted("0".repeat(200_000), Some("{ __typename }"))
        })
        .refused("BAD_REQUEST", "a number for a hash", || persisted(1, None))
        .refused("BAD_REQUEST", "a list for a hash", || {
            persisted(json!(["a"]), None)
        })
        .answered("a hash in capitals", || {
            persisted(HASH.to_uppercase(), Some("{__typename}"))
        })
        .refused("BAD_REQUEST", "a document id of 200 kB", || {
            post(json!({ "documentId": "x".repeat(200_000) }).to_string())
        })
        .refused("BAD_REQUEST", "a document id that climbs", || {
            post(json!({ "documentId": "../../etc/passwd" }).to_string())
        })
        .refused(UNKNOWN, "a hash in the address", || {
            get("/graphql?extensions=%7B%22persistedQuery%22%3A%7B%22sha256Hash%22%3A%22a%22%7D%7D")
        })
        .answered("10,000 extensions beside it", || {
            let others = many(10_000, |index| format!("\"e{index}\":0,"));
            post(format!(
                "{{\"query\":\"{{__typename}}\",\"extensions\":{{{others}\"cost\":true}}}}"
            ))
        })
}
