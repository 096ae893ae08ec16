//! Perspectives: names that are none, and moments without number, each of which could be one to remember.

use serde_json::json;

use super::Family;
use crate::request::{post, post_with};

const LISTS: &str = r#"{"query":"{ services(first: 100) { totalCount nodes { title topics { title } } } navigation { itemCount } eventOccurrences(first: 100) { nodes { startsAt } } }"}"#;

fn named(perspective: &str) -> Vec<u8> {
    post_with(&format!("Municipio-Perspective: {perspective}\r\n"), LISTS)
}

pub fn family() -> Family {
    const INVALID: &str = "INVALID_PERSPECTIVE";
    let family = Family::new("perspectives")
        .refused(INVALID, "one of 60 kB", || named(&"x".repeat(60_000)))
        .refused(INVALID, "a release of 60 kB", || named(&format!("release={}", "A".repeat(60_000))))
        .refused(INVALID, "a moment of 60 kB", || named(&format!("as-of=2026-{}", "0".repeat(60_000))))
        .refused(INVALID, "a moment with 60,000 places after the second", || {
            named(&format!("as-of=2999-01-01T00:00:00.{}Z", "9".repeat(60_000)))
        })
        .refused(INVALID, "a moment still to come", || named("as-of=9999-12-31T23:59:59Z"))
        .refused(INVALID, "a year without end", || named("as-of=+999999999-01-01T00:00:00Z"))
        .refused(INVALID, "many at once", || named(&"draft, ".repeat(5_000)))
        .refused("UNAUTHENTICATED", "drafts", || named("draft"))
        .refused(INVALID, "a list of them", || {
            post(json!({ "query": "{ __typename }", "extensions": { "perspective": vec!["draft"; 5_000] } }).to_string())
        })
        .refused(INVALID, "a year before any", || named("as-of=-2000-01-01T00:00:00Z"))
        .answered("the first moment of all", || named("as-of=0000-01-01T00:00:00Z"));
    (1..=20).fold(family, |family, number| {
        family.answered(&format!("moment {number} of 20"), move || {
            named(&format!("as-of=20{number:02}-03-01T00:00:00.{number:09}Z"))
        })
    })
}
