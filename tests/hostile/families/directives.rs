//! Directives: repeated, unknown, in every place that takes them.

use super::Family;
use crate::request::{many, query, with_variables};

pub fn family() -> Family {
    const TOO_MANY: &str = "TOO_MANY_DIRECTIVES";
    const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";
    Family::new("directives")
        .refused(TOO_MANY, "2,000 unknown ones on a field", || query(format!("{{ __typename {} }}", "@a ".repeat(2_000))))
        .refused("TOO_MANY_TOKENS", "2,000 of `@skip`", || {
            query(format!("{{ __typename {} }}", "@skip(if: false) ".repeat(2_000)))
        })
        .refused(TOO_MANY, "600 of `@include`", || query(format!("{{ __typename {} }}", "@include(if: true) ".repeat(600))))
        .refused(TOO_MANY, "2,000 on the operation", || query(format!("query {} {{ __typename }}", "@a ".repeat(2_000))))
        .refused(TOO_MANY, "1,000 on a variable", || {
            query(format!("query($a: Int {}) {{ topics(first: $a) {{ totalCount }} }}", "@a ".repeat(1_000)))
        })
        .refused(TOO_MANY, "one on each of 600 variables", || {
            query(format!("query({}) {{ __typename }}", many(600, |index| format!("$a{index}: Int @a "))))
        })
        .refused(TOO_MANY, "2,000 on an inline fragment", || query(format!("{{ ... {} {{ __typename }} }}", "@a ".repeat(2_000))))
        .refused(TOO_MANY, "2,000 on a spread", || {
            query(format!("{{ ...F {} }} fragment F on Query {{ __typename }}", "@a ".repeat(2_000)))
        })
        .refused(TOO_MANY, "2,000 on a fragment", || {
            query(format!("{{ ...F }} fragment F on Query {} {{ __typename }}", "@a ".repeat(2_000)))
        })
        .refused(TOO_MANY, "2,000 on a fragment that is not spread", || {
            query(format!("{{ __typename }} fragment F on Query {} {{ __typename }}", "@a ".repeat(2_000)))
        })
        .refused(TOO_MANY, "3 in a fragment that is spread 18 times", || {
            let spreads = "...F ".repeat(18);
            query(format!("{{ municipality {{ {spreads} }} }} fragment F on Municipality {{ name @skip(if: false) slug @skip(if: true) id @include(if: true) }}"))
        })
        .refused(INVALID, "40 unknown ones", || query(format!("{{ topics {} {{ totalCount }} }}", many(40, |index| format!("@a{index} ")))))
        .refused(INVALID, "the same twice", || query("{ topics @skip(if: true) @skip(if: false) { totalCount } }"))
        .refused(INVALID, "one with 1,500 arguments", || {
            query(format!("{{ topics @skip({}) {{ totalCount }} }}", many(1_500, |index| format!("a{index}:1 "))))
        })
        .refused(INVALID, "one where it does not belong", || query("query @deprecated { __typename }"))
        .refused("TOO_MANY_VALUES", "40 that are given a list of 5,000", || {
            let fields = many(40, |index| format!("a{index}: __typename @skip(if: $no) "));
            let list: Vec<bool> = vec![false; 5_000];
            with_variables(format!("query($no: Boolean!) {{ municipality {{ {fields} }} }}"), serde_json::json!({ "no": list }))
        })
}
