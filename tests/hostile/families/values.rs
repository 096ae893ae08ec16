//! Values: very many, very long, out of every range.

use serde_json::json;

use super::Family;
use crate::request::{many, post, query, with_raw_variables, with_variables};

const NODES: &str = "query($i: [ID!]!) { nodes(ids: $i) { id } }";
const FILTERED: &str = "query($f: ServiceFilter) { services(filter: $f) { totalCount } }";
const PAGE: &str = "query($n: Int) { services(first: $n) { totalCount } }";

/// The same field many times, each with the same variable.
fn twenty(definition: &str, field: &str) -> String {
    format!(
        "query({definition}) {{ {} }}",
        many(20, |index| format!("a{index}: {field} "))
    )
}

pub fn family() -> Family {
    numbers(many_values(Family::new("values")))
}

fn many_values(family: Family) -> Family {
    const MANY: &str = "TOO_MANY_VALUES";
    const FILTER: &str = "FILTER_TOO_LARGE";
    let ids = |count: usize| format!("{{\"i\":[{}]}}", vec!["1"; count].join(","));
    family
        .refused(MANY, "100,000 ids", move || with_raw_variables(NODES, ids(100_000)))
        .refused("INVALID_ARGUMENT", "9,000 ids", move || with_raw_variables(NODES, ids(9_000)))
        .refused("INVALID_ARGUMENT", "101 ids", move || with_raw_variables(NODES, ids(101)))
        .refused(MANY, "1,000 ids, 20 times", move || with_raw_variables(&twenty("$i: [ID!]!", "nodes(ids: $i) { id }"), ids(1_000)))
        .refused("TOO_EXPENSIVE", "100 ids, 20 times, with their services", move || {
            let field = "nodes(ids: $i) { ... on Topic { services(first: 20) { nodes { title } } } }";
            with_raw_variables(&twenty("$i: [ID!]!", field), ids(100))
        })
        .refused(MANY, "a list by default, 600 times", || {
            let list = "1 ".repeat(1_500);
            let uses = "latestNews(first: $n) { id } ".repeat(300);
            query(format!("query($n: [Int] = [{list}]) {{ home {{ {uses} }} }}"))
        })
        .refused(MANY, "a variable that nobody uses, of 100,000", || {
            with_raw_variables("{ __typename }", format!("{{\"a\":[{}]}}", vec!["0"; 100_000].join(",")))
        })
        .refused(MANY, "20,000 variables that nobody uses", || {
            let all = many(20_000, |index| format!("\"v{index}\":0,"));
            with_raw_variables("{ __typename }", format!("{{{}}}", all.trim_end_matches(',')))
        })
        .refused("TOO_MANY_TOKENS", "a list of 100,000 in the text", || {
            query(format!("{{ nodes(ids: [{}]) {{ id }} }}", "1 ".repeat(30_000)))
        })
        .refused("INVALID_ARGUMENT", "a list of 4,900 in the text", || {
            query(format!("{{ nodes(ids: [{}]) {{ id }} }}", "1 ".repeat(4_900)))
        })
        .refused(FILTER, "5,000 conditions", || {
            with_variables(FILTERED, json!({ "f": { "or": vec![json!({ "titlePrefix": "a" }); 3_000] } }))
        })
        .refused(FILTER, "900 conditions", || {
            with_variables(FILTERED, json!({ "f": { "or": vec![json!({ "titlePrefix": "a" }); 900] } }))
        })
        .refused(FILTER, "300 conditions in the text", || {
            query(format!("{{ services(filter: {{ or: [{}] }}) {{ totalCount }} }}", "{titlePrefix: \"a\"} ".repeat(300)))
        })
        .refused(FILTER, "9,000 codes", || with_variables(FILTERED, json!({ "f": { "category": vec!["turismo"; 9_000] } })))
        .refused(FILTER, "a beginning of a title of 250 kB", || {
            with_variables(FILTERED, json!({ "f": { "titlePrefix": "x".repeat(250_000) } }))
        })
        .refused("TOO_EXPENSIVE", "190 values in a filter, 20 times", || {
            let filter = json!({ "or": vec![json!({ "category": ["turismo"] }); 60] });
            with_variables(twenty("$f: ServiceFilter", "services(filter: $f) { totalCount }"), json!({ "f": filter }))
        })
        .answered("90 conditions", || {
            with_variables(FILTERED, json!({ "f": { "or": vec![json!({ "titlePrefix": "a" }); 90] } }))
        })
        .answered("60 codes, each a condition", || {
            with_variables(FILTERED, json!({ "f": { "or": vec![json!({ "category": ["turismo"] }); 60] } }))
        })
        .refused(MANY, "an id of 250 kB, 20 times", || {
            let definition = "$i: ID!";
            with_variables(twenty(definition, "node(id: $i) { id }"), json!({ "i": "A".repeat(250_000) }))
        })
        .refused("INVALID_ID", "an id of 250 kB", || {
            with_variables("query($i: ID!) { node(id: $i) { id } }", json!({ "i": "A".repeat(250_000) }))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "a text of 250 kB for a number", || {
            with_variables(PAGE, json!({ "n": "1".repeat(250_000) }))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "an enumeration value of 250 kB", || {
            with_variables("query($o: ContentOrder!) { services(orderBy: $o) { totalCount } }", json!({ "o": "A".repeat(250_000) }))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "an object with 1,000 unknown keys", || {
            let keys: serde_json::Map<_, _> = (0..1_000).map(|index| (format!("k{index}"), json!(1))).collect();
            with_variables("query($b: ContentKey!) { service(by: $b) { id } }", json!({ "b": keys }))
        })
        .refused("BAD_REQUEST", "a text of 250 kB for the variables", || {
            post(json!({ "query": "{ __typename }", "variables": "x".repeat(250_000) }).to_string())
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "an operation name of 250 kB", || {
            post(json!({ "query": "query A { __typename }", "operationName": "x".repeat(250_000) }).to_string())
        })
}

fn numbers(family: Family) -> Family {
    const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";
    let family = [
        ("1e400", "BAD_REQUEST"),
        ("-1e400", "BAD_REQUEST"),
        ("1e-400", INVALID),
        ("2147483648", INVALID),
        ("-2147483649", INVALID),
        ("2147483647", "INVALID_ARGUMENT"),
        ("-2147483648", "INVALID_ARGUMENT"),
        ("18446744073709551616", INVALID),
        ("0.5", INVALID),
        ("NaN", "BAD_REQUEST"),
        ("Infinity", "BAD_REQUEST"),
        ("0x10", "BAD_REQUEST"),
        ("01", "BAD_REQUEST"),
        ("1e", "BAD_REQUEST"),
    ]
    .into_iter()
    .fold(family, |family, (number, code)| {
        family.refused(code, &format!("{number} for a page"), move || {
            with_raw_variables(PAGE, format!("{{\"n\":{number}}}"))
        })
    });
    family
        .refused("BAD_REQUEST", "a number of 100,000 digits", || {
            with_raw_variables(PAGE, format!("{{\"n\":{}}}", "9".repeat(100_000)))
        })
        .refused(INVALID, "a fraction of 100,000 digits", || {
            with_raw_variables(PAGE, format!("{{\"n\":0.{}}}", "9".repeat(100_000)))
        })
        .refused(
            "DOCUMENT_TOO_LARGE",
            "a number of 400 digits in the text",
            || {
                query(format!(
                    "{{ services(first: {}) {{ totalCount }} }}",
                    "9".repeat(400)
                ))
            },
        )
        .refused("GRAPHQL_PARSE_FAILED", "1e400 in the text", || {
            query("{ services(first: 1e400) { totalCount } }")
        })
        .refused("INVALID_ARGUMENT", "2147483647 in the text", || {
            query("{ services(first: 2147483647) { totalCount } }")
        })
        .refused("INVALID_ARGUMENT", "2147483648 in the text", || {
            query("{ services(first: 2147483648) { totalCount } }")
        })
        .refused("INVALID_ARGUMENT", "-1 in the text", || {
            query("{ services(last: -1) { totalCount } }")
        })
        .refused("GRAPHQL_PARSE_FAILED", "00 in the text", || {
            query("{ services(first: 00) { totalCount } }")
        })
}
