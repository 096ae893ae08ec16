//! The settings of the index, as code. They are compared with those of the server before anything is sent: a
//! change that changes nothing costs the server a second, and one of how texts are read stops it for longer.

use municipio_domain::search::{FacetField, MOST_HITS};
use serde_json::{Map, Value, json};

/// The attributes that are searched, the most telling first. All are flat: nested objects make later changes of
/// the settings fail (Meilisearch issue 6636).
const SEARCHABLE: [&str; 7] = [
    "title",
    "keywords",
    "summary",
    "names",
    "body",
    "attachments",
    "stems",
];
/// Those that hold titles and what is said for them.
pub(super) const TITLES: [&str; 2] = ["title", "keywords"];

/// What the settings are to be.
pub(super) fn wanted() -> Map<String, Value> {
    let facets = FacetField::ALL.iter().map(|field| field.as_str());
    let filterable: Vec<&str> = facets
        .chain(["tenant", "item", "locale", "date", "_geo"])
        .collect();
    let settings = json!({
        "searchableAttributes": SEARCHABLE,
        "displayedAttributes": ["id", "item", "locale", "digest", "sequence", "recipe"],
        "filterableAttributes": filterable,
        "sortableAttributes": ["date", "title_key", "type_rank", "popularity", "_geo"],
        // An order that is asked for goes before how well hits fit; services before other hits with as many of the
        // words: of the orders of these rules that were tried, this one finds most of the judged set.
        "rankingRules": [
            "sort", "words", "type_rank:asc", "typo", "attributeRank", "proximity", "wordPosition", "exactness",
            "popularity:desc",
        ],
        // Words that say nothing are left out by who writes and who asks, in the language of each document.
        "stopWords": [],
        "synonyms": {},
        "pagination": { "maxTotalHits": MOST_HITS },
        "faceting": { "maxValuesPerFacet": 200, "sortFacetValuesBy": { "*": "count" } },
        "typoTolerance": {
            "enabled": true,
            "minWordSizeForTypos": { "oneTypo": 4, "twoTypos": 8 },
            "disableOnNumbers": true,
        },
    });
    match settings {
        Value::Object(settings) => settings,
        _ => Map::new(),
    }
}

/// Those of the wanted settings that the server has otherwise.
pub(super) fn differences(wanted: Map<String, Value>, present: &Value) -> Map<String, Value> {
    let differs = |(name, value): &(String, Value)| !holds(present.get(name), value);
    wanted.into_iter().filter(differs).collect()
}

/// A value of the server holds what is wanted; of objects it may hold more. Lists that are sets there come back
/// in another order.
fn holds(present: Option<&Value>, wanted: &Value) -> bool {
    match (present, wanted) {
        (Some(Value::Object(present)), Value::Object(wanted)) if !wanted.is_empty() => wanted
            .iter()
            .all(|(name, value)| holds(present.get(name), value)),
        (Some(Value::Array(present)), Value::Array(wanted)) => {
            present == wanted || {
                let sorted = |list: &[Value]| {
                    let mut list: Vec<String> = list.iter().map(Value::to_string).collect();
                    list.sort();
                    list
                };
                // The order of rules and of searched attributes means something.
                let is_set = !wanted.contains(&json!("words")) && !wanted.contains(&json!("stems"));
                is_set && sorted(present) == sorted(wanted)
            }
        }
        (present, wanted) => present == Some(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_sent() {
        let same = Value::Object(wanted());
        assert!(differences(wanted(), &same).is_empty());
        let mut other = same.clone();
        other["filterableAttributes"]
            .as_array_mut()
            .unwrap()
            .reverse();
        other["typoTolerance"]["disableOnWords"] = json!([]);
        assert!(
            differences(wanted(), &other).is_empty(),
            "sets have no order, and more may be there"
        );
        other["rankingRules"].as_array_mut().unwrap().reverse();
        other["pagination"]["maxTotalHits"] = json!(5);
        let differences = differences(wanted(), &other);
        let names: Vec<_> = differences.keys().map(String::as_str).collect();
        assert_eq!(names, ["rankingRules", "pagination"]);
    }
}
