//! Cursors: those of this list and this order, and nothing else.

use std::collections::BTreeMap;

use municipio_domain::ids::ItemId;
use municipio_tests::{
    TestApp, on_both,
    story::{forged, forged_cursor},
};
use serde_json::json;

use crate::errors::about;

on_both! {
    async fn a_forged_cursor_is_never_a_failure_of_the_server(engine) {
        let app = TestApp::demo(engine).await;
        let id = ItemId::generate();
        for (order, text) in [("TITLE_ASC", format!("[\"t\",\"\\u0000\",\"{id}\"]")), ("TITLE_ASC", format!("[\"t\",\"{}\",\"{id}\"]", "z".repeat(3_000))),
            ("DATE_ASC", format!("[\"d\",{},\"{id}\"]", i64::MAX)), ("UPDATED_DESC", format!("[\"u\",{},\"{id}\"]", i64::MIN))] {
            let answer = app.answer("", &format!("{{ topics(orderBy: {order}, after: \"{}\") {{ nodes {{ id }} }} }}", forged_cursor(&text)), json!({})).await;
            let code = answer["errors"][0]["extensions"]["code"].as_str();
            assert!(matches!(code, None | Some("INVALID_CURSOR")), "{text} {answer:#}");
        }
    }
}

on_both! {
    async fn cursors_are_those_of_this_list_and_order(engine) {
        let app = TestApp::demo(engine).await;
        let id = ItemId::generate();
        let forged = [
            String::new(), "x".to_owned(), "🙂".to_owned(), "A".repeat(3_000),
            forged("[]"), forged("{}"), forged(&format!("[\"t\",\"a\",\"{id}\"]")), forged(&format!("[\"?\",[\"t\",\"a\",\"{id}\"]]")),
            forged_cursor("[]"), forged_cursor("{}"), forged_cursor("null"), forged_cursor("[\"t\",\"a\"]"),
            forged_cursor(&format!("[\"t\",null,\"{id}\"]")), forged_cursor(&format!("[\"t\",\"a\",\"{id}\",1]")),
            forged_cursor(&format!("[\"d\",1e30,\"{id}\"]")), forged_cursor("[\"t\",\"a\",\"1 OR 1=1\"]"),
        ];
        for place in ["after", "before"] {
            for cursor in &forged {
                let query = format!("query($cursor: String) {{ topics({place}: $cursor) {{ nodes {{ id }} }} }}");
                let refused = app.refused(&query, json!({ "cursor": cursor })).await;
                about(&refused, "INVALID_CURSOR", place, "topics");
            }
        }
        let mut cursors = BTreeMap::new();
        for order in ["TITLE_ASC", "DATE_ASC", "UPDATED_ASC"] {
            let data = app.data(&format!("{{ news(first: 1, orderBy: {order}) {{ pageInfo {{ endCursor }} }} }}")).await;
            cursors.insert(order, data["news"]["pageInfo"]["endCursor"].clone());
        }
        for (order, cursor) in &cursors {
            for other in ["TITLE_ASC", "TITLE_DESC", "DATE_ASC", "DATE_DESC", "UPDATED_ASC", "UPDATED_DESC"] {
                let query = format!("{{ news(orderBy: {other}, after: {cursor}) {{ nodes {{ id }} }} }}");
                if other[..4] == order[..4] {
                    app.data(&query).await;
                } else {
                    about(&app.refused(&query, json!({})).await, "INVALID_CURSOR", "after", "news");
                }
            }
        }
        let query = format!("{{ eventOccurrences(after: {}) {{ edges {{ cursor }} }} }}", cursors["TITLE_ASC"]);
        about(&app.refused(&query, json!({})).await, "INVALID_CURSOR", "after", "eventOccurrences");
    }
}
