//! Batches. The program under attack takes five requests at once.

use super::Family;
use crate::request::{nested, post, post_with};

pub fn family() -> Family {
    const REFUSED: &str = "BATCH_REFUSED";
    let batch = |count: usize, one: &str| post(format!("[{}]", vec![one; count].join(",")));
    Family::new("batches")
        .answered("of one", move || batch(1, r#"{"query":"{__typename}"}"#))
        .answered("of five", move || {
            batch(5, r#"{"query":"{ topics(first: 1) { nodes { title } } }"}"#)
        })
        .refused(REFUSED, "of six", move || {
            batch(6, r#"{"query":"{__typename}"}"#)
        })
        .refused(REFUSED, "of 10,000", move || {
            batch(10_000, r#"{"query":"{a}"}"#)
        })
        .refused("BAD_REQUEST", "of 100,000 that are none", move || {
            batch(100_000, "1")
        })
        .refused(REFUSED, "of none", || post("[]"))
        .refused("BAD_REQUEST", "of batches", || {
            post(r#"[[{"query":"{__typename}"}],[{"query":"{__typename}"}]]"#)
        })
        .refused("BAD_REQUEST", "of batches, 100,000 deep", || {
            post(nested("[", 100_000, "", "]"))
        })
        .refused("TOO_MANY_ALIASES", "of five bombs", move || {
            let aliases: String = (0..500)
                .map(|index| format!("a{index}:__typename "))
                .collect();
            batch(5, &format!("{{\"query\":\"{{ {aliases} }}\"}}"))
        })
        .refused("BAD_REQUEST", "that does not end", || {
            post(format!("[{}", "{\"query\":\"{a}\"},".repeat(1_000)))
        })
        .refused(REFUSED, "of 10,000 after spaces", move || {
            post(format!(
                "{}[{}]",
                " ".repeat(1_000),
                vec!["{}"; 10_000].join(",")
            ))
        })
        .refused("UNSUPPORTED_MEDIA_TYPE", "as text", || {
            crate::request::raw(
                "POST /graphql",
                "Content-Type: text/plain\r\nContent-Length: 2\r\n",
                "[]",
            )
        })
        .refused("NOT_ACCEPTABLE", "for a browser", || {
            post_with("Accept: text/html\r\n", "[{}]")
        })
}
