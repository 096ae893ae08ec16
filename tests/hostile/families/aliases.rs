//! Aliases and repeated fields: the same work, asked for again and again.

use super::Family;
use crate::request::{many, query};

pub fn family() -> Family {
    let aliases =
        |count: usize, field: &'static str| many(count, |index| format!("a{index}: {field} "));
    Family::new("aliases")
        .refused("TOO_MANY_ALIASES", "500 of `__typename`", move || {
            query(format!("{{ {} }}", aliases(500, "__typename")))
        })
        .refused("TOO_MANY_ALIASES", "500 of one list", move || {
            query(format!("{{ {} }}", aliases(500, "topics { totalCount }")))
        })
        .refused("TOO_MANY_ALIASES", "500 below the root", move || {
            query(format!("{{ municipality {{ {} }} }}", aliases(500, "slug")))
        })
        .refused(
            "TOO_MANY_ALIASES",
            "51 of `__typename`, spread",
            move || {
                query(format!(
                    "{{ municipality {{ ...A }} }} fragment A on Municipality {{ {} }}",
                    aliases(51, "__typename")
                ))
            },
        )
        .refused("TOO_MANY_ALIASES", "10 in each of 6 places", move || {
            let places = many(6, |index| {
                format!(
                    "t{index}: topics {{ nodes {{ {} }} }} ",
                    aliases(10, "title")
                )
            });
            query(format!("{{ {places} }}"))
        })
        .refused("TOO_MANY_ALIASES", "60 of introspection", move || {
            query(format!(
                "{{ __schema {{ {} }} }}",
                aliases(60, "queryType { name }")
            ))
        })
        .refused("TOO_MANY_ALIASES", "500 of one rich text", move || {
            query(format!(
                "{{ services(first: 100) {{ nodes {{ {} }} }} }}",
                aliases(500, "howTo { html }")
            ))
        })
        .refused("TOO_MANY_ROOT_FIELDS", "50 at the root", move || {
            query(format!("{{ {} }}", aliases(50, "topics { totalCount }")))
        })
        .refused(
            "TOO_MANY_ROOT_FIELDS",
            "1,900 of `__typename` without an alias",
            || query(format!("{{ {} }}", "__typename ".repeat(1_900))),
        )
        .refused(
            "TOO_MANY_TOKENS",
            "10,000 of one field without an alias",
            || query(format!("{{ {} }}", "id ".repeat(10_000))),
        )
        .refused(
            "TOO_EXPENSIVE",
            "1,900 of `totalCount` without an alias",
            || {
                query(format!(
                    "{{ topics {{ {} }} }}",
                    "totalCount ".repeat(1_900)
                ))
            },
        )
        .refused("TOO_EXPENSIVE", "600 lists without an alias", || {
            query(format!(
                "{{ home {{ {} }} }}",
                "latestNews { id } ".repeat(900)
            ))
        })
        .refused(
            "GRAPHQL_VALIDATION_FAILED",
            "one alias for two fields",
            || query("{ topics { nodes { a: id a: title } } }"),
        )
        .refused("GRAPHQL_PARSE_FAILED", "an alias of an alias", || {
            query("{ a: b: topics { totalCount } }")
        })
}
