//! Fragments: little to write, much to expand, or without end.

use super::Family;
use crate::request::{many, nested, query, with_variables};

/// A chain of fragments of a type, in which each says the next one so often.
fn chain(kind: &str, length: usize, times: usize, end: &str) -> String {
    let links = many(length, |index| {
        let next = format!("...F{} ", index + 1).repeat(times);
        format!("fragment F{index} on {kind} {{ {next}}} ")
    });
    format!("{links}fragment F{length} on {kind} {{ {end} }}")
}

fn topics(length: usize, times: usize) -> Vec<u8> {
    let chain = chain("Topic", length, times, "title");
    query(format!("{{ topics {{ nodes {{ ...F0 }} }} }} {chain}"))
}

/// Fragments of which each spreads the next, and the last one the first.
fn circle(length: usize, kind: &str) -> String {
    many(length, |index| {
        let next = (index + 1) % length;
        format!("fragment C{index} on {kind} {{ id ...C{next} }} ")
    })
}

pub fn family() -> Family {
    bombs(circles(Family::new("fragments")))
        .refused("GRAPHQL_VALIDATION_FAILED", "a chain of those that spread the next twice, and the last what is not there", || {
            query(format!("{{ ...F0 }} {}", chain("Query", 28, 2, "...N")))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "a chain of those that spread the next 8 times, and the last what is not there", || {
            query(format!("{{ ...F0 }} {}", chain("Query", 28, 8, "...N")))
        })
        .refused("TOO_MANY_FIELDS", "one spread 1,900 times, of 5 fields", || {
            let spreads = "...F ".repeat(1_900);
            query(format!("{{ topics {{ nodes {{ {spreads} }} }} }} fragment F on Topic {{ id slug path title isFallback }}"))
        })
        .refused("TOO_MANY_FIELDS", "a big one that no operation spreads", || {
            let inner = "...F ".repeat(50);
            query(format!("{{ __typename }} fragment G on Topic {{ {inner} }} fragment F on Topic {{ {} }}", "id ".repeat(50)))
        })
        .refused("TOO_MANY_FIELDS", "400 that each spread the same big one", || {
            let users = many(400, |index| format!("fragment U{index} on Topic {{ ...F }} "));
            query(format!("{{ topics {{ nodes {{ ...U0 }} }} }} {users} fragment F on Topic {{ {} }}", "id ".repeat(1_500)))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "600 that no operation spreads", || {
            query(format!("{{ __typename }} {}", many(600, |index| format!("fragment F{index} on Topic {{ id }} "))))
        })
        .refused("GRAPHQL_PARSE_FAILED", "600 of one name", || {
            query(format!("{{ topics {{ nodes {{ ...F }} }} }} {}", "fragment F on Topic { id } ".repeat(600)))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "1,200 spreads of what is not there", || {
            query(format!("{{ topics {{ nodes {{ {} }} }} }}", many(1_200, |index| format!("...N{index} "))))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "600 on types that are not there", || {
            query(format!("{{ topics {{ nodes {{ id ...F0 }} }} }} {}", many(600, |index| format!("fragment F{index} on T{index} {{ __typename }} "))))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "900 inline ones on types that never are one", || {
            query(format!("{{ topics {{ nodes {{ id {} }} }} }}", "... on Office { id } ".repeat(700)))
        })
        .refused("TOO_DEEP", "inline ones, 1,000 deep", || {
            query(format!("{{ topics {{ nodes {{ {} }} }} }}", nested("... { ", 1_000, "id", " }")))
        })
        .refused("TOO_DEEP", "inline ones, 31 deep", || {
            query(format!("{{ topics {{ nodes {{ {} }} }} }}", nested("... on Topic { ", 31, "id", " }")))
        })
        .answered("inline ones, 28 deep", || {
            query(format!("{{ topics {{ nodes {{ {} }} }} }}", nested("... on Topic { ", 28, "id", " }")))
        })
        .refused("TOO_MANY_FIELDS", "inline ones around 1,500 fields, 28 deep", || {
            query(format!("{{ topics {{ nodes {{ {} }} }} }}", nested("... { ", 28, &"id ".repeat(1_500), " }")))
        })
        .answered("inline ones side by side", || {
            query(format!("{{ topics {{ nodes {{ {} }} }} }}", "... { id } ".repeat(400)))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "fields that cannot be merged, reached 28 times", || {
            let chain = chain("Topic", 26, 1, &format!("news(first: 1) {{ totalCount }} {}", "news { totalCount } ".repeat(40)));
            query(format!("{{ topics(first: 1) {{ nodes {{ ...F0 }} }} }} {chain}"))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "800 arguments, and 1,000 fields without", || {
            let arguments = many(800, |index| format!("a{index}:1 "));
            query(format!("{{ home {{ latestNews({arguments}) {{ id }} {} }} }}", "latestNews ".repeat(1_000)))
        })
}

fn bombs(family: Family) -> Family {
    family
        .refused("TOO_MANY_FIELDS", "a doubling chain of 12", || topics(12, 2))
        .refused("TOO_MANY_FIELDS", "a doubling chain of 27", || topics(27, 2))
        .refused("TOO_DEEP", "a doubling chain of 60", || topics(60, 2))
        .refused("TOO_DEEP", "a doubling chain of 400", || topics(400, 2))
        .refused("TOO_MANY_FIELDS", "a chain that takes ten times, of 20", || topics(20, 10))
        .refused("TOO_DEEP", "a chain of 33 without a bomb", || topics(33, 1))
        .refused("TOO_DEEP", "a chain of 600 without a bomb", || topics(600, 1))
        .refused("TOO_MANY_FIELDS", "a fan of fans", || {
            let leaves = many(30, |index| format!("fragment L{index} on Topic {{ id slug title }} "));
            let all = many(30, |index| format!("...L{index} "));
            let middle = many(30, |index| format!("fragment M{index} on Topic {{ {all} }} "));
            let top = many(30, |index| format!("...M{index} "));
            query(format!("{{ topics {{ nodes {{ {top} }} }} }} {middle} {leaves}"))
        })
        .refused("TOO_MANY_FIELDS", "doubling by inline fragments between", || {
            let links = many(14, |index| {
                let next = index + 1;
                format!("fragment F{index} on Topic {{ ... {{ ...F{next} }} ... on Topic {{ ...F{next} }} }} ")
            });
            query(format!("{{ topics {{ nodes {{ ...F0 }} }} }} {links} fragment F14 on Topic {{ id }}"))
        })
        .refused("TOO_DEEP", "doubling through fields", || {
            let links = many(20, |index| {
                let next = index + 1;
                format!("fragment F{index} on Topic {{ services {{ nodes {{ topics {{ ...F{next} }} }} }} }} ")
            });
            query(format!("{{ topics {{ nodes {{ ...F0 }} }} }} {links} fragment F20 on Topic {{ id }}"))
        })
        .refused("TOO_MANY_FIELDS", "doubling under directives with variables", || {
            let links = many(20, |index| {
                let next = format!("...F{} @include(if: $yes) ", index + 1).repeat(2);
                format!("fragment F{index} on Topic {{ id {next} }} ")
            });
            let text = format!("query($yes: Boolean!) {{ topics {{ nodes {{ ...F0 }} }} }} {links} fragment F20 on Topic {{ id }}");
            with_variables(text, serde_json::json!({ "yes": false }))
        })
        .refused("TOO_MANY_FIELDS", "doubling with variables in arguments", || {
            let links = many(12, |index| {
                let next = format!("...F{} ", index + 1).repeat(2);
                format!("fragment F{index} on Topic {{ {next} }} ")
            });
            let text = format!("query($n: Int) {{ topics {{ nodes {{ ...F0 }} }} }} {links} fragment F12 on Topic {{ news(first: $n) {{ totalCount }} }}");
            with_variables(text, serde_json::json!({ "n": 1 }))
        })
        .refused("TOO_MANY_FIELDS", "doubling on an interface", || {
            query(format!("{{ home {{ featured {{ ...F0 }} }} }} {}", chain("Content", 15, 2, "id")))
        })
        .refused("TOO_MANY_FIELDS", "doubling on a union", || {
            query(format!("{{ route(path: \"/\") {{ ...F0 }} }} {}", chain("Route", 15, 2, "__typename")))
        })
        .refused("TOO_MANY_FIELDS", "doubling at the root", || {
            query(format!("{{ ...F0 }} {}", chain("Query", 15, 2, "__typename")))
        })
        .refused("TOO_MANY_ROOT_FIELDS", "a little at the root", || {
            query(format!("{{ ...F0 }} {}", chain("Query", 5, 2, "__typename")))
        })
        .refused("INTROSPECTION_REFUSED", "doubling through introspection", || {
            query(format!("{{ __schema {{ types {{ ...F0 }} }} }} {}", chain("__Type", 15, 2, "name")))
        })
        .refused("TOO_MANY_FIELDS", "doubling by `ofType`", || {
            let links = many(14, |index| {
                let next = format!("...F{} ", index + 1);
                format!("fragment F{index} on __Type {{ {next} ofType {{ {next} }} }} ")
            });
            query(format!("{{ __type(name: \"Query\") {{ ...F0 }} }} {links} fragment F14 on __Type {{ name }}"))
        })
        .refused("TOO_MANY_ALIASES", "doubling aliases", || {
            query(format!("{{ topics {{ nodes {{ ...F0 }} }} }} {}", chain("Topic", 7, 2, "a: id")))
        })
}

fn circles(family: Family) -> Family {
    const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";
    let family = [1, 2, 3, 10, 30]
        .into_iter()
        .fold(family, |family, length| {
            family.refused(INVALID, &format!("a circle of {length}"), move || {
                query(format!(
                    "{{ topics {{ nodes {{ ...C0 }} }} }} {}",
                    circle(length, "Topic")
                ))
            })
        });
    family
        .refused("TOO_DEEP", "a circle of 500", || {
            query(format!("{{ topics {{ nodes {{ ...C0 }} }} }} {}", circle(500, "Topic")))
        })
        .refused(INVALID, "a circle that no operation enters", || {
            query(format!("{{ __typename }} {}", circle(4, "Topic")))
        })
        .refused(INVALID, "a circle through fields", || {
            query("{ topics { nodes { ...A } } } fragment A on Topic { services { nodes { ...B } } } fragment B on Service { topics { ...A } }")
        })
        .refused(INVALID, "a circle through inline fragments", || {
            query("{ topics { nodes { ...A } } } fragment A on Topic { ... { ... on Topic { ...A } } }")
        })
        .refused(INVALID, "a circle on an interface", || {
            query("{ home { featured { ...A } } } fragment A on Content { ... on Topic { ...B } } fragment B on Topic { ... on Content { ...A } }")
        })
        .refused(INVALID, "a circle of introspection", || {
            query("{ __schema { types { ...A } } } fragment A on __Type { ofType { ...B } } fragment B on __Type { ofType { ...A } }")
        })
        .refused(INVALID, "a circle that is skipped", || {
            query("{ topics { nodes { ...A } } } fragment A on Topic { id ...A @skip(if: true) }")
        })
        .refused(INVALID, "a circle at the root", || query("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"))
        .refused(INVALID, "200 circles of one", || {
            query(format!("{{ __typename }} {}", many(200, |index| format!("fragment F{index} on Topic {{ ...F{index} }} "))))
        })
}
