//! Introspection: the schema leads from everything to everything.

use super::Family;
use crate::request::{many, nested, query};

/// What introspection can say of all types and fields.
const ALL: &str = "types { name description fields { name description args { name description type { name ofType { name } } }
    type { name ofType { name ofType { name } } } } inputFields { name description type { name } } enumValues { name description } }";

pub fn family() -> Family {
    const REFUSED: &str = "INTROSPECTION_REFUSED";
    Family::new("introspection")
        .refused(REFUSED, "types and fields, three deep", || {
            query("{ __schema { types { fields { type { fields { name } } } } } }")
        })
        .refused(REFUSED, "types and fields, eight deep", || {
            query(format!("{{ __type(name: \"Query\") {{ {} }} }}", nested("fields { type { ", 8, "name", " } }")))
        })
        .refused("TOO_DEEP", "types and fields, 40 deep", || {
            query(format!("{{ __type(name: \"Query\") {{ {} }} }}", nested("fields { type { ", 40, "name", " } }")))
        })
        .refused(REFUSED, "types and fields by fragments", || {
            query("{ __schema { types { ...A } } } fragment A on __Type { fields { type { ...B } } } fragment B on __Type { fields { type { name } } }")
        })
        .refused(REFUSED, "possible types of interfaces of fields", || {
            query("{ __schema { types { possibleTypes { interfaces { possibleTypes { fields { name } } } } } } }")
        })
        .refused(REFUSED, "inputs of inputs", || {
            query("{ __schema { types { inputFields { type { inputFields { type { inputFields { name } } } } } } } }")
        })
        .refused("TOO_MANY_ROOT_FIELDS", "50 schemas", || {
            query(format!("{{ {} }}", many(50, |index| format!("s{index}: __schema {{ queryType {{ name }} }} "))))
        })
        .refused("TOO_MANY_ALIASES", "60 schemas", || {
            query(format!("{{ {} }}", many(60, |index| format!("s{index}: __schema {{ queryType {{ name }} }} "))))
        })
        .refused(REFUSED, "20 whole schemas", || {
            query(format!("{{ {} }}", many(20, |index| format!("s{index}: __schema {{ {ALL} }} "))))
        })
        .refused(REFUSED, "20 whole schemas without an alias", || {
            query(format!("{{ {} }}", many(20, |_| format!("__schema {{ {ALL} }} "))))
        })
        .refused(REFUSED, "the descriptions of all fields, 40 times", || {
            let texts = many(40, |index| format!("d{index}: description "));
            query(format!("{{ __schema {{ types {{ fields {{ {texts} args {{ description type {{ fields {{ name }} }} }} }} }} }} }}"))
        })
        .refused(REFUSED, "all arguments of all fields, 45 times", || {
            let texts = many(45, |index| format!("a{index}: args {{ name description }} "));
            query(format!("{{ __schema {{ types {{ fields {{ {texts} }} }} }} }}"))
        })
        .answered("`ofType`, 20 deep", || {
            query(format!("{{ __type(name: \"Service\") {{ {} }} }}", nested("ofType { ", 20, "name", " }")))
        })
        .refused("TOO_DEEP", "`ofType`, 40 deep", || {
            query(format!("{{ __type(name: \"Service\") {{ {} }} }}", nested("ofType { ", 40, "name", " }")))
        })
        .answered("a type with a name of 10 kB", || {
            query(format!("{{ __type(name: \"{}\") {{ name }} }}", "x".repeat(10_000)))
        })
        .refused("GRAPHQL_VALIDATION_FAILED", "1,000 fields that it does not have", || {
            query(format!("{{ __schema {{ {} }} }}", many(1_000, |index| format!("f{index} "))))
        })
        .answered("all of it once", || query(format!("{{ __schema {{ {ALL} }} }}")))
}
