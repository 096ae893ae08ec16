//! Arguments: forged ids and cursors, days that are not in any calendar, locales nobody speaks.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::Family;
use crate::request::with_variables;

pub fn family() -> Family {
    places(days(cursors(ids(Family::new("arguments")))))
}

fn ids(family: Family) -> Family {
    let node =
        |id: String| with_variables("query($i: ID!) { node(id: $i) { id } }", json!({ "i": id }));
    let forged = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let family = [
        ("empty", String::new()),
        ("no base64", "***".to_owned()),
        ("no UTF-8", URL_SAFE_NO_PAD.encode(b"\xff\xfe\xfd")),
        ("no type", forged(":")),
        (
            "of a type that is not there",
            forged("Secret:c_m999:018f0000-0000-7000-8000-000000000000"),
        ),
        (
            "of a type in other letters",
            forged("SERVICE:c_m999:018f0000-0000-7000-8000-000000000000"),
        ),
        ("of no item", forged("Service:c_m999:")),
        ("of a number", forged("Service:c_m999:1")),
        ("of a statement", forged("Service:c_m999:' OR '1'='1")),
        (
            "of 100 kB",
            forged(&format!("Service:c_m999:{}", "0".repeat(75_000))),
        ),
        ("with a NUL", forged("Service:c_m999:\0")),
        ("a number", "0".to_owned()),
    ]
    .into_iter()
    .fold(family, |family, (name, id)| {
        family.refused("INVALID_ID", &format!("an id that is {name}"), move || {
            node(id.clone())
        })
    });
    family
        .answered("an id of nobody", move || {
            node(forged(
                "Service:c_m999:00000000-0000-0000-0000-000000000000",
            ))
        })
        .refused("INVALID_ID", "100 ids that are none", || {
            with_variables(
                "query($i: [ID!]!) { nodes(ids: $i) { id } }",
                json!({ "i": vec!["x"; 100] }),
            )
        })
        .refused("INVALID_ID", "an id of another type", move || {
            let id = forged("Topic:c_m999:018f0000-0000-7000-8000-000000000000");
            with_variables(
                "query($i: ID!) { service(by: { id: $i }) { id } }",
                json!({ "i": id }),
            )
        })
        .refused(
            "INVALID_ID",
            "an id of another type in a filter",
            move || {
                let id = forged("Topic:c_m999:018f0000-0000-7000-8000-000000000000");
                with_variables(
                    "query($i: ID!) { services(filter: { office: [$i] }) { totalCount } }",
                    json!({ "i": id }),
                )
            },
        )
        .answered("100 ids of nobody", move || {
            let id = forged("Service:c_m999:00000000-0000-0000-0000-000000000000");
            with_variables(
                "query($i: [ID!]!) { nodes(ids: $i) { id } }",
                json!({ "i": vec![id; 100] }),
            )
        })
        .refused("UNKNOWN_CODE", "a code of 10 kB", || {
            with_variables(
                "query($c: [String!]) { services(filter: { category: $c }) { totalCount } }",
                json!({ "c": ["x".repeat(10_000)] }),
            )
        })
}

fn cursors(family: Family) -> Family {
    let after = |cursor: String| {
        with_variables(
            "query($c: String) { services(after: $c) { nodes { id } } }",
            json!({ "c": cursor }),
        )
    };
    // A place in a list of the demo municipality.
    let forged = |place: &str| URL_SAFE_NO_PAD.encode(format!("[\"c_m999\",{place}]"));
    let id = "00000000-0000-0000-0000-000000000000";
    let family = [
        ("empty", String::new()),
        ("no base64", "***".to_owned()),
        ("no JSON", forged("{{{")),
        ("of 100 kB", "A".repeat(100_000)),
        ("nested without end", forged(&"[".repeat(100_000))),
        ("of another order", forged(&format!("[\"d\",1,\"{id}\"]"))),
        (
            "of a number for a title",
            forged(&format!("[\"t\",1,\"{id}\"]")),
        ),
        (
            "of a number beyond numbers",
            forged(&format!("[\"d\",1e400,\"{id}\"]")),
        ),
        (
            "of a title with a NUL",
            forged(&format!("[\"t\",\"\\u0000\",\"{id}\"]")),
        ),
        ("of no item", forged("[\"t\",\"a\",\"x\"]")),
        ("of a statement", forged("[\"t\",\"a\",\"' OR 1=1 --\"]")),
    ]
    .into_iter()
    .fold(family, |family, (name, cursor)| {
        family.refused(
            "INVALID_CURSOR",
            &format!("a cursor that is {name}"),
            move || after(cursor.clone()),
        )
    });
    family
        .answered("a cursor of a statement for a title", move || {
            after(forged(&format!("[\"t\",\"' OR 1=1 --\",\"{id}\"]")))
        })
        .answered("a cursor of a title of 20 kB", move || {
            after(forged(&format!(
                "[\"t\",\"{}\",\"{id}\"]",
                "z".repeat(20_000)
            )))
        })
        .answered("a cursor of the last moment", move || {
            let cursor = forged(&format!("[\"d\",{},\"{id}\"]", i64::MIN));
            with_variables(
                "query($c: String) { news(after: $c) { nodes { id } } }",
                json!({ "c": cursor }),
            )
        })
        .answered("a cursor of the last moment of the calendar", move || {
            let cursor = forged(&format!("[\"o\",{},\"{id}\"]", i64::MAX));
            with_variables(
                "query($c: String) { eventOccurrences(after: $c) { nodes { startsAt } } }",
                json!({ "c": cursor }),
            )
        })
}

fn days(family: Family) -> Family {
    const WRONG: &str = "INVALID_ARGUMENT";
    const RANGE: &str = "query($r: DateRange) { news(filter: { date: $r }) { totalCount } eventOccurrences(during: $r, first: 1) { nodes { startsAt } } }";
    let family = [
        ("99999-01-01", WRONG),
        ("+262143-01-01", WRONG),
        ("-262144-01-01", WRONG),
        ("2026-02-30", WRONG),
        ("2026-13-01", WRONG),
        ("2026-00-00", WRONG),
        ("", WRONG),
        ("today", WRONG),
        ("2026-01-01T00:00:00Z", WRONG),
    ]
    .into_iter()
    .fold(family, |family, (day, code)| {
        family.refused(code, &format!("the day «{day}»"), move || {
            with_variables(RANGE, json!({ "r": { "from": day } }))
        })
    });
    let family = ["+262142-12-31", "-262143-01-01", "9999-12-31", "0000-01-01"]
        .into_iter()
        .fold(family, |family, day| {
            family
                .answered(&format!("from the day «{day}» on"), move || {
                    with_variables(RANGE, json!({ "r": { "from": day } }))
                })
                .answered(&format!("until the day «{day}»"), move || {
                    with_variables(RANGE, json!({ "r": { "through": day } }))
                })
        });
    family
        .refused(WRONG, "a day of 100 kB", || {
            with_variables(RANGE, json!({ "r": { "from": "1".repeat(15_000) } }))
        })
        .refused(WRONG, "a range that ends before it begins", || {
            with_variables(
                RANGE,
                json!({ "r": { "from": "+262142-12-31", "through": "-262143-01-01" } }),
            )
        })
        .answered("a moment at the end of time", || {
            with_variables(
                "query($t: DateTime) { news(filter: { modifiedAfter: $t }) { totalCount } }",
                json!({ "t": "+262142-12-31T23:59:59Z" }),
            )
        })
        .refused(WRONG, "a moment before all time", || {
            with_variables(
                "query($t: DateTime) { news(filter: { modifiedAfter: $t }) { totalCount } }",
                json!({ "t": "-262143-01-01T00:00:00+23:59" }),
            )
        })
}

fn places(family: Family) -> Family {
    let spoken = |locale: String| {
        with_variables(
            "query($l: Locale) { topics(locale: $l) { totalCount } }",
            json!({ "l": locale }),
        )
    };
    let route = |path: String| {
        with_variables(
            "query($p: String!) { route(path: $p) { __typename } }",
            json!({ "p": path }),
        )
    };
    let slug = |slug: String| {
        with_variables(
            "query($s: Slug!) { service(by: { slug: $s }) { id } }",
            json!({ "s": slug }),
        )
    };
    family
        .refused("UNKNOWN_LOCALE", "a locale that is not there", move || spoken("fr".to_owned()))
        .refused("INVALID_ARGUMENT", "a locale of 10 kB", move || spoken("x".repeat(10_000)))
        .refused("INVALID_ARGUMENT", "an empty locale", move || spoken(String::new()))
        .refused("INVALID_ARGUMENT", "a locale with a NUL", move || spoken("it\0".to_owned()))
        .refused("INVALID_ARGUMENT", "a locale of a statement", move || spoken("it' --".to_owned()))
        .refused("INVALID_ARGUMENT", "a slug of 10 kB", move || slug("x".repeat(10_000)))
        .refused("INVALID_ARGUMENT", "a slug of a statement", move || slug("' or 1=1 --".to_owned()))
        .refused("INVALID_ARGUMENT", "a slug of stars", move || slug("*".repeat(200)))
        .answered("a slug of 255 letters", move || slug("x".repeat(255)))
        .answered("a path of 200 kB", move || route(format!("/{}", "x".repeat(200_000))))
        .answered("a path of 100,000 steps", move || route("/a".repeat(100_000)))
        .answered("a path upwards", move || route("/../".repeat(1_000)))
        .answered("a path of NULs", move || route("/\0".repeat(1_000)))
        .answered("a path to elsewhere", move || route("https://elsewhere.example//servizi".to_owned()))
        .refused("INVALID_ARGUMENT", "a page of nothing", || crate::request::query("{ services(first: 0) { totalCount } }"))
        .refused("INVALID_ARGUMENT", "both ends of a list", || crate::request::query("{ services(first: 1, last: 1) { totalCount } }"))
        .refused("INVALID_ARGUMENT", "2,147,483,647 openings", || {
            crate::request::query("{ offices(first: 1) { nodes { openingHours { days(count: 2147483647) { date } } } } }")
        })
}
