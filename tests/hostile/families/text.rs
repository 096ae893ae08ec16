//! Text: bytes that are none, characters that are rarely seen.

use super::Family;
use crate::request::{post, query, with_raw_variables, with_variables};

const SEARCH: &str = "query($t: String) { services(filter: { titlePrefix: $t }) { totalCount } }";

/// A query in JSON around these bytes, which stand in a string of the query.
fn around(bytes: &[u8]) -> Vec<u8> {
    let mut body = b"{\"query\":\"{ __typename } #".to_vec();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\"}");
    post(body)
}

pub fn family() -> Family {
    strings(json(Family::new("text")))
}

fn json(family: Family) -> Family {
    const UNREADABLE: &str = "BAD_REQUEST";
    family
        .refused(UNREADABLE, "bytes that are no UTF-8", || {
            around(b"\xff\xfe\xfd")
        })
        .refused(UNREADABLE, "a cut character", || around(b"\xe2\x82"))
        .refused(UNREADABLE, "an overlong character", || around(b"\xc0\xaf"))
        .refused(UNREADABLE, "a surrogate as bytes", || {
            around(b"\xed\xa0\x80")
        })
        .refused(UNREADABLE, "a character beyond Unicode", || {
            around(b"\xf5\x80\x80\x80")
        })
        .refused(UNREADABLE, "200 kB of no UTF-8", || {
            around(&[0xfe; 200_000])
        })
        .refused(UNREADABLE, "UTF-16", || {
            let text: Vec<u8> = "{\"query\":\"{__typename}\"}"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect();
            post(text)
        })
        .refused(UNREADABLE, "half a surrogate pair", || {
            post(r#"{"query":"{ __typename } # \ud800"}"#)
        })
        .refused(UNREADABLE, "the other half", || {
            post(r#"{"query":"{ __typename } # \udc00"}"#)
        })
        .refused(UNREADABLE, "two first halves", || {
            post(r#"{"query":"{ __typename } # \ud800\ud800"}"#)
        })
        .refused(UNREADABLE, "an escape that is none, in JSON", || {
            post(r#"{"query":"{ __typename } # \x41"}"#)
        })
        .refused(UNREADABLE, "a NUL in a string", || around(b"\0"))
        .refused(UNREADABLE, "a NUL before the body", || {
            post(b"\0{\"query\":\"{__typename}\"}")
        })
        .refused(UNREADABLE, "100,000 NULs", || post(vec![0; 100_000]))
        .refused(UNREADABLE, "a byte order mark", || {
            post("\u{feff}{\"query\":\"{__typename}\"}")
        })
        .refused(UNREADABLE, "a line break in a string", || around(b"\n"))
        .answered("a flag, a family and a bomb", || {
            query("{ __typename } # 🏴󠁧󠁢󠁥󠁮󠁧󠁿👨‍👩‍👧‍👦💣")
        })
        .answered("a NUL in a comment, escaped", || {
            query("{ __typename } # \0")
        })
        .answered("a byte order mark before the query", || {
            query("\u{feff}{ __typename }")
        })
        .refused(
            "GRAPHQL_PARSE_FAILED",
            "a NUL in the query, escaped",
            || query("{ __type\0name }"),
        )
        .refused("GRAPHQL_PARSE_FAILED", "letters of another script", || {
            query("{ _‍_typename ѕervices { totalCount } }")
        })
        .refused(
            "GRAPHQL_PARSE_FAILED",
            "text that runs from right to left",
            || query("{ \u{202e}services { totalCount } }"),
        )
        .refused(
            "GRAPHQL_PARSE_FAILED",
            "the replacement character, 30 times",
            || query("\u{fffd}".repeat(30)),
        )
}

fn strings(family: Family) -> Family {
    const WRONG: &str = "GRAPHQL_PARSE_FAILED";
    let service = |text: &str| query(format!("{{ route(path: {text}) {{ __typename }} }}"));
    let family = family
        .refused(WRONG, "a string that does not end", move || {
            service("\"abc")
        })
        .refused(WRONG, "a string that does not end, of 60 kB", move || {
            service(&format!("\"{}", "a".repeat(60_000)))
        })
        .refused(WRONG, "a string over two lines", move || {
            service("\"a\nb\"")
        })
        .refused(WRONG, "a block string that does not end", move || {
            service("\"\"\"abc")
        })
        .refused("TOO_MANY_TOKENS", "60 kB of quotes", move || {
            service(&"\"".repeat(60_001))
        })
        .refused(WRONG, "60 kB of backslashes", move || {
            service(&format!("\"{}", "\\".repeat(60_001)))
        })
        .refused(WRONG, "an escape that is none", move || service(r#""\q""#))
        .refused(WRONG, "a surrogate", move || service(r#""\ud800""#))
        .refused(WRONG, "an escape that is cut", move || service(r#""\u12""#))
        .refused("DOCUMENT_TOO_LARGE", "a string of 250 kB", move || {
            service(&format!("\"{}\"", "a".repeat(250_000)))
        })
        .answered("a block string of 30,000 lines", move || {
            service(&format!("\"\"\"{}\"\"\"", "\n".repeat(30_000)))
        })
        .answered("a block string of indents", move || {
            let lines: String = (0..300)
                .map(|indent| format!("{}x\n", " ".repeat(indent % 200)))
                .collect();
            service(&format!("\"\"\"{lines}\"\"\""))
        })
        .answered("8,000 escapes", move || {
            service(&format!("\"{}\"", "\\u00e8".repeat(8_000)))
        })
        .answered("NUL as an escape", move || service(r#""/\u0000""#));
    [
        ("what stands for anything in LIKE", "%_%"),
        ("the end of a statement", "'; DROP TABLE content_item; --"),
        ("an escape of LIKE", "\\%\\_"),
        ("a regular expression", "(a+)+$"),
        ("a NUL", "a\0b"),
        ("a mark that combines, 5,000 times", "\u{301}"),
        ("a letter that decomposes to 18", "\u{fdfa}"),
        ("a null device", "../../../../dev/zero"),
        ("a template", "{{7*7}}${7*7}<%= 7*7 %>"),
        ("a text that runs from right to left", "\u{202e}abc\u{2066}"),
    ]
    .into_iter()
    .fold(family, |family, (name, text)| {
        let times = if text.chars().count() == 1 { 1_500 } else { 1 };
        family.answered(&format!("a title that begins with {name}"), move || {
            with_variables(SEARCH, serde_json::json!({ "t": text.repeat(times) }))
        })
    })
    .answered("a title that begins with nothing", || {
        with_raw_variables(SEARCH, "{\"t\":\"\"}")
    })
}
