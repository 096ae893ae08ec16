//! Documents: many definitions, long names, much that means nothing.

use super::Family;
use crate::request::{many, query};

pub fn family() -> Family {
    const TOKENS: &str = "TOO_MANY_TOKENS";
    const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";
    const WRONG: &str = "GRAPHQL_PARSE_FAILED";
    let family = Family::new("documents")
        .refused(TOKENS, "2,000 operations", || {
            query(many(2_000, |index| format!("query Q{index} {{a}}")))
        })
        .refused("TOO_MANY_ROOT_FIELDS", "700 operations", || {
            query(many(700, |index| {
                format!("query Q{index} {{ __typename }} ")
            }))
        })
        .refused(
            "TOO_MANY_ROOT_FIELDS",
            "300 operations that share a fragment",
            || {
                query(format!(
                    "{} fragment F on Query {{ {} }}",
                    many(300, |index| format!("query Q{index} {{ ...F }} ")),
                    "__typename "
                ))
            },
        )
        .refused(INVALID, "20 operations and no name", || {
            query(many(20, |index| {
                format!("query Q{index} {{ __typename }} ")
            }))
        })
        .refused(WRONG, "700 operations of one name", || {
            query("query Q { __typename } ".repeat(700))
        })
        .refused(WRONG, "700 operations without a name", || {
            query("{ __typename } ".repeat(700))
        })
        .refused(TOKENS, "5,000 variables", || {
            query(format!(
                "query({}) {{ __typename }}",
                many(5_000, |index| format!("$v{index}:Int"))
            ))
        })
        .refused(INVALID, "1,200 variables that nobody uses", || {
            query(format!(
                "query({}) {{ __typename }}",
                many(1_200, |index| format!("$v{index}:Int "))
            ))
        })
        .refused(INVALID, "1,200 variables of one name", || {
            query(format!(
                "query({}) {{ __typename }}",
                "$v: Int ".repeat(1_200)
            ))
        })
        .refused(INVALID, "900 variables that must be there", || {
            query(format!(
                "query({}) {{ __typename }}",
                many(900, |index| format!("$v{index}:Int! "))
            ))
        })
        .refused(INVALID, "900 variables of types that are not there", || {
            query(format!(
                "query({}) {{ __typename }}",
                many(900, |index| format!("$v{index}:T{index} "))
            ))
        })
        .refused(INVALID, "2,000 uses of what is not defined", || {
            query(format!(
                "{{ nodes(ids: [{}]) {{ id }} }}",
                many(2_000, |index| format!("$v{index} "))
            ))
        })
        .refused(
            "INVALID_ARGUMENT",
            "2,000 uses of what does not fit",
            || {
                query(format!(
                    "query($a: Boolean) {{ nodes(ids: [{}]) {{ id }} }}",
                    "$a ".repeat(2_000)
                ))
            },
        )
        .refused(
            "TOO_MANY_VALUES",
            "9 operations that share 1,900 uses of what is not defined",
            || {
                let operations = many(9, |index| format!("query Q{index} {{ ...F }} "));
                query(format!(
                    "{operations} fragment F on Query {{ nodes(ids: [{}]) {{ id }} }}",
                    many(1_900, |index| format!("$v{index} "))
                ))
            },
        );
    noise(names(family))
        .refused(INVALID, "1,900 fields that are not there", || {
            query(format!(
                "{{ services {{ nodes {{ {} }} }} }}",
                many(1_900, |index| format!("titl{index} "))
            ))
        })
        .refused(INVALID, "300 arguments that are not there", || {
            query(format!(
                "{{ services({}) {{ totalCount }} }}",
                many(300, |index| format!("firs{index}: 1 "))
            ))
        })
        .refused(INVALID, "500 times the same argument", || {
            query(format!(
                "{{ services({}) {{ totalCount }} }}",
                "first: 1 ".repeat(500)
            ))
        })
        .refused(INVALID, "90 keys of a filter that are not there", || {
            query(format!(
                "{{ services(filter: {{ {} }}) {{ totalCount }} }}",
                many(90, |index| format!("k{index}: 1 "))
            ))
        })
        .refused(INVALID, "15 leaves with fields below", || {
            query(format!(
                "{{ topics {{ nodes {{ {} }} }} }}",
                "id { a } ".repeat(15)
            ))
        })
        .refused(INVALID, "400 objects without fields below", || {
            query(format!("{{ topics {{ {} }} }}", "nodes ".repeat(400)))
        })
        .refused("NOT_ACCEPTABLE", "a subscription", || {
            query("subscription { news { id } }")
        })
        .refused(INVALID, "1,000 mutations in one", || {
            query(format!(
                "mutation {{ {} }}",
                many(1_000, |index| format!("deleteAll{index} "))
            ))
        })
        .refused(WRONG, "a schema", || {
            query("type Query { a: Int } extend type Query { b: Int }")
        })
        .refused(WRONG, "nothing but a fragment", || {
            query("fragment F on Query { __typename }")
        })
}

fn names(family: Family) -> Family {
    const LARGE: &str = "DOCUMENT_TOO_LARGE";
    let long = || "x".repeat(50_000);
    family
        .refused(LARGE, "a field with a name of 50 kB", move || {
            query(format!("{{ {} }}", long()))
        })
        .refused(LARGE, "an alias of 50 kB", move || {
            query(format!("{{ {}: __typename }}", long()))
        })
        .refused(LARGE, "an argument with a name of 50 kB", move || {
            query(format!("{{ services({}: 1) {{ totalCount }} }}", long()))
        })
        .refused(LARGE, "a variable with a name of 50 kB", move || {
            query(format!("query(${}: Int) {{ __typename }}", long()))
        })
        .refused(LARGE, "a type with a name of 50 kB", move || {
            query(format!("{{ ... on {} {{ __typename }} }}", long()))
        })
        .refused(LARGE, "a fragment with a name of 50 kB", move || {
            query(format!("{{ ...{} }}", long()))
        })
        .refused(LARGE, "a directive with a name of 50 kB", move || {
            query(format!("{{ __typename @{} }}", long()))
        })
        .refused(LARGE, "an operation with a name of 50 kB", move || {
            query(format!("query {} {{ __typename }}", long()))
        })
        .refused(LARGE, "an enumeration value of 50 kB", move || {
            query(format!(
                "{{ services(orderBy: {}) {{ totalCount }} }}",
                long()
            ))
        })
        .refused(
            "GRAPHQL_VALIDATION_FAILED",
            "20 fields with names of 120 bytes",
            || {
                query(format!(
                    "{{ {} }}",
                    many(20, |index| format!("{}{index} ", "service".repeat(17)))
                ))
            },
        )
        .answered("an alias of 128 bytes", || {
            query(format!("{{ {}: __typename }}", "x".repeat(128)))
        })
}

fn noise(family: Family) -> Family {
    const LARGE: &str = "DOCUMENT_TOO_LARGE";
    const WRONG: &str = "GRAPHQL_PARSE_FAILED";
    family
        .refused(LARGE, "250 kB of spaces", || {
            query(format!("{{ __typename {} }}", " ".repeat(250_000)))
        })
        .refused(LARGE, "a comment of 250 kB", || {
            query(format!("{{ __typename #{}\n }}", "x".repeat(250_000)))
        })
        .refused(LARGE, "60,000 comments", || {
            query(format!("{{ __typename {} }}", "#\n".repeat(60_000)))
        })
        .answered("60 kB of spaces", || {
            query(format!("{{ __typename {} }}", " ".repeat(60_000)))
        })
        .answered("60 kB of commas", || {
            query(format!("{{ __typename {} }}", ",".repeat(60_000)))
        })
        .answered("60 kB of line breaks", || {
            query(format!("{{ __typename {} }}", "\r\n".repeat(30_000)))
        })
        .answered("60 kB of byte order marks", || {
            query(format!("{{ __typename {} }}", "\u{feff}".repeat(20_000)))
        })
        .answered("a comment of 60 kB", || {
            query(format!("{{ __typename #{}\n }}", "{".repeat(60_000)))
        })
        .answered("30,000 comments", || {
            query(format!("{{ __typename {} }}", "#\n".repeat(30_000)))
        })
        .refused(WRONG, "a comment of 60 kB alone", || {
            query(format!("#{}", "x".repeat(60_000)))
        })
        .refused(WRONG, "spaces alone", || query(" ".repeat(60_000)))
        .refused(WRONG, "signs", || query("!$&|@:=".repeat(600)))
        .refused(WRONG, "dots", || query(".".repeat(14_000)))
        .refused(WRONG, "a query that ends early", || {
            query("{ services { nodes { title ".repeat(20))
        })
        .refused(WRONG, "names and nothing else", || {
            query("query ".repeat(4_000))
        })
        .refused("BAD_REQUEST", "no query", || crate::request::post("{}"))
        .refused(WRONG, "an empty query", || query(""))
}
