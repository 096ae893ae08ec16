//! Nesting: brackets without end, in the text and in the variables.

use serde_json::{Value, json};

use super::Family;
use crate::request::{nested, post, query, with_raw_variables, with_variables};

const FILTERED: &str = "query($f: ServiceFilter) { services(filter: $f) { totalCount } }";
const NODES: &str = "query($i: [ID!]!) { nodes(ids: $i) { id } }";

/// A filter in which this nests.
fn filter(levels: usize, wrap: fn(Value) -> Value) -> Value {
    (0..levels).fold(json!({}), |inner, _| wrap(inner))
}

pub fn family() -> Family {
    variables(texts(Family::new("nesting")))
}

fn texts(family: Family) -> Family {
    const DEEP: &str = "TOO_DEEP";
    family
        .refused(DEEP, "selections, 20,000 deep", || {
            query(nested("{a", 20_000, "", "}"))
        })
        .refused(DEEP, "selections that never end", || {
            query("{a".repeat(10_000))
        })
        .refused(DEEP, "selections, 17 deep", || {
            query(format!(
                "{{ topics {{ nodes {{ {} }} }} }}",
                nested("services { nodes { topics { ", 5, "id", " } } }")
            ))
        })
        .refused(DEEP, "lists, 30,000 deep", || {
            query(format!(
                "{{ nodes(ids: {}) {{ id }} }}",
                nested("[", 30_000, "", "]")
            ))
        })
        .refused(DEEP, "lists, 65 deep", || {
            query(format!(
                "{{ nodes(ids: {}) {{ id }} }}",
                nested("[", 65, "", "]")
            ))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "lists, 60 deep", || {
            query(format!(
                "{{ nodes(ids: {}) {{ id }} }}",
                nested("[", 60, "1", "]")
            ))
        })
        .refused(DEEP, "lists that never end", || {
            query(format!("{{ nodes(ids: {}", "[".repeat(60_000)))
        })
        .refused(DEEP, "objects, 5,000 deep", || {
            query(format!(
                "{{ services(filter: {}) {{ totalCount }} }}",
                nested("{not:", 5_000, "{}", "}")
            ))
        })
        .answered("objects, 55 deep", || {
            query(format!(
                "{{ services(filter: {}) {{ totalCount }} }}",
                nested("{not:", 55, "{}", "}")
            ))
        })
        .refused(DEEP, "lists and objects, 2,000 deep", || {
            query(format!(
                "{{ services(filter: {}) {{ totalCount }} }}",
                nested("{and:[", 2_000, "{}", "]}")
            ))
        })
        .refused(DEEP, "a default value, 10,000 deep", || {
            query(format!(
                "query($f: ServiceFilter = {}) {{ services(filter: $f) {{ totalCount }} }}",
                nested("{not:", 10_000, "{}", "}")
            ))
        })
        .refused(DEEP, "the type of a variable, 10,000 deep", || {
            query(format!(
                "query($a: {}) {{ __typename }}",
                nested("[", 10_000, "Int", "]")
            ))
        })
        .answered("the type of a variable, 60 deep", || {
            query(format!(
                "query($a: {}) {{ topics(first: $a) {{ totalCount }} }}",
                nested("[", 60, "Int", "]")
            ))
        })
        .refused(DEEP, "parentheses, 10,000 deep", || {
            query(format!("{{ a{}", "(".repeat(10_000)))
        })
        .refused(DEEP, "arguments of directives, 10,000 deep", || {
            query(format!(
                "{{ __typename @skip(if: {}) }}",
                nested("[", 10_000, "true", "]")
            ))
        })
        .refused("GRAPHQL_PARSE_FAILED", "closing brackets alone", || {
            query("}".repeat(4_000))
        })
        .refused("TOO_MANY_TOKENS", "pairs of brackets", || {
            query("[]".repeat(5_000))
        })
}

fn variables(family: Family) -> Family {
    const UNREADABLE: &str = "BAD_REQUEST";
    family
        .answered("`not`, 100 deep", || {
            with_variables(
                FILTERED,
                json!({ "f": filter(100, |inner| json!({ "not": inner })) }),
            )
        })
        .refused(UNREADABLE, "`not`, 1,000 deep", || {
            with_raw_variables(
                FILTERED,
                format!("{{\"f\":{}}}", nested("{\"not\":", 1_000, "{}", "}")),
            )
        })
        .answered("`and`, 60 deep", || {
            with_variables(
                FILTERED,
                json!({ "f": filter(60, |inner| json!({ "and": [inner] })) }),
            )
        })
        .answered("`or`, 60 deep", || {
            with_variables(
                FILTERED,
                json!({ "f": filter(60, |inner| json!({ "or": [inner] })) }),
            )
        })
        .answered("`or` and `not`, 40 deep", || {
            with_variables(
                FILTERED,
                json!({ "f": filter(40, |inner| json!({ "or": [{ "not": inner }] })) }),
            )
        })
        .refused("FILTER_TOO_LARGE", "`and` and `or` of two, 7 deep", || {
            with_variables(
                FILTERED,
                json!({ "f": filter(7, |inner| json!({ "and": [inner, inner] })) }),
            )
        })
        .refused("TOO_MANY_VALUES", "`and` of two, 12 deep", || {
            with_variables(
                FILTERED,
                json!({ "f": filter(12, |inner| json!({ "and": [inner, inner] })) }),
            )
        })
        .refused(UNREADABLE, "`and`, 5,000 deep", || {
            with_raw_variables(
                FILTERED,
                format!("{{\"f\":{}}}", nested("{\"and\":[", 5_000, "{}", "]}")),
            )
        })
        .refused(UNREADABLE, "lists, 100,000 deep", || {
            with_raw_variables(
                NODES,
                format!("{{\"i\":{}}}", nested("[", 100_000, "", "]")),
            )
        })
        .refused(UNREADABLE, "lists of values that never end", || {
            post(format!(
                "{{\"query\":\"{NODES}\",\"variables\":{{\"i\":{}",
                "[".repeat(200_000)
            ))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "lists, 100 deep", || {
            with_raw_variables(NODES, format!("{{\"i\":{}}}", nested("[", 100, "1", "]")))
        })
        .refused(UNREADABLE, "extensions, 1,000 deep", || {
            post(format!(
                "{{\"query\":\"{{__typename}}\",\"extensions\":{{\"a\":{}}}}}",
                nested("[", 1_000, "", "]")
            ))
        })
        .answered("a key that nobody reads, 1,000 deep", || {
            post(format!(
                "{{\"query\":\"{{__typename}}\",\"junk\":{}}}",
                nested("[", 1_000, "", "]")
            ))
        })
        .answered("a variable that nobody uses, 100 deep", || {
            with_raw_variables(
                "{ __typename }",
                format!("{{\"a\":{}}}", nested("[", 100, "", "]")),
            )
        })
}
