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

/// Lists for those who sign in: what an item is known by, and the name of the list in its cursors.
const PRIVATE: [(&str, &str, &str); 9] = [
    ("accounts", "email", "[\"Account\",\"x\"]"),
    ("accountRoles", "name", "[\"AccountRole\",\"x\"]"),
    ("apiKeys", "name", "[\"ApiKey\",\"x\"]"),
    ("releases", "name", "[\"Release\",\"x\"]"),
    ("auditEntries", "number", "[\"a\",1]"),
    ("webhooks", "id", "[\"Webhook\",\"x\"]"),
    (
        "webhookDeliveries",
        "id",
        "[\"WebhookDelivery\",\"019383a0-0000-7000-8000-000000000000\"]",
    ),
    ("outboxJobs", "number", "[\"o\",1]"),
    (
        "contentItems",
        "id",
        "[\"u\",1,\"00000000-0000-7000-8000-000000000000\"]",
    ),
];

on_both! {
    async fn lists_for_those_who_sign_in_page_both_ways(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let token = app.signed_in_at(&tenant, &["administrator"]).await;
        for number in 0..3 {
            app.account(&tenant, &["author"]).await;
            app.editor(&tenant).topic(&format!("Argomento {number}")).await;
            let make = format!("mutation {{
                createApiKey(input: {{ name: \"K{number}\", scopes: [{{ action: \"content.read\" }}] }}) {{ userErrors {{ code }} }}
                createRelease(input: {{ name: \"R{number}\" }}) {{ userErrors {{ code }} }}
                createWebhook(input: {{ url: \"https://hook.invalid/{number}\", events: [CONTENT_PUBLISHED] }}) {{ webhook {{ id }} }} }}");
            let made = app.data_as(&token, &make, json!({})).await;
            let test = "mutation($id: ID!) { testWebhook(input: { id: $id }) { userErrors { code } } }";
            app.data_as(&token, test, json!({ "id": made["createWebhook"]["webhook"]["id"] })).await;
        }
        for (list, field, place) in PRIVATE {
            let page = async |arguments: String| {
                let query = format!("{{ {list}({arguments}) {{ edges {{ cursor node {{ {field} }} }} nodes {{ {field} }}
                    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}");
                app.data_as(&token, &query, json!({})).await[list].take()
            };
            let whole = page("first: 100".to_owned()).await["nodes"].take();
            let whole = whole.as_array().unwrap().clone();
            assert!(whole.len() >= 3, "{list}: {whole:?}");
            for size in [1, 2, 100] {
                for (count, place, more, end) in [("first", "after", "hasNextPage", "endCursor"), ("last", "before", "hasPreviousPage", "startCursor")] {
                    let mut read = Vec::new();
                    let mut arguments = format!("{count}: {size}");
                    loop {
                        let mut part = page(arguments).await;
                        let nodes = part["nodes"].as_array_mut().unwrap();
                        match count {
                            "first" => read.append(nodes),
                            _ => {
                                nodes.append(&mut read);
                                read = std::mem::take(nodes);
                            }
                        }
                        if part["pageInfo"][more] != true {
                            break;
                        }
                        arguments = format!("{count}: {size}, {place}: {}", part["pageInfo"][end]);
                    }
                    assert_eq!(read, whole, "{list} {count} {size}");
                }
            }
            for (cursor, code) in [(forged(&format!("[\"c_x002\",{place}]")), "FOREIGN_ID"), ("x".to_owned(), "INVALID_CURSOR"),
                (forged("[\"c_x001\",[\"Other\",\"x\"]]"), "INVALID_CURSOR")] {
                for argument in ["after", "before"] {
                    let query = format!("{{ {list}({argument}: \"{cursor}\") {{ nodes {{ {field} }} }} }}");
                    let answer = app.ask_as(&token, &query, json!({})).await;
                    let extensions = &answer["errors"][0]["extensions"];
                    assert_eq!((&extensions["code"], &extensions["argument"]), (&json!(code), &json!(argument)), "{list} {answer}");
                }
            }
        }
    }
}
