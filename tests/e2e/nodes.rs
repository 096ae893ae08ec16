//! `node` and `nodes` of what is not public: whatever has a global id is found by it, by those who may see it.

use municipio_domain::identity::BuiltInRole;
use municipio_tests::{TestApp, on_both, story::forged};
use serde_json::{Value, json};

const KINDS: [&str; 9] = [
    "NewsItem",
    "ContentItem",
    "ContentRevision",
    "Release",
    "PreviewToken",
    "Account",
    "ApiKey",
    "Webhook",
    "WebhookDelivery",
];
const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
const NODE: &str = "query($id: ID!) { node(id: $id) { __typename id } }";

/// The ids of one thing of each kind.
async fn one_of_each(app: &TestApp, token: &str) -> Vec<Value> {
    let public = app.data("{ news(first: 1) { nodes { id } } }").await;
    let content = public["news"]["nodes"][0]["id"].clone();
    let make = "mutation($content: ID!) {
        createRelease(input: { name: \"Bilancio\" }) { release { id } }
        createPreviewToken(input: { shows: { item: $content }, minutes: 5 }) { previewToken { id itemId contentId } }
        createApiKey(input: { name: \"Rassegna\", scopes: [{ action: \"content.read\" }] }) { apiKey { id } } }";
    let made = app
        .data_as(token, make, json!({ "content": content }))
        .await;
    let read = "query($content: ID!) { contentItem(id: $content) { id draftRevision { id } } me { account { id } } }";
    let found = app
        .data_as(token, read, json!({ "content": content }))
        .await;
    // A name that nobody has (RFC 2606).
    let make = "mutation { createWebhook(input: { url: \"https://webhook.invalid/\", events: [CONTENT_PUBLISHED] }) { webhook { id } userErrors { code } } }";
    let webhook =
        app.data_as(token, make, json!({})).await["createWebhook"]["webhook"]["id"].take();
    let make = "mutation($id: ID!) { testWebhook(input: { id: $id }) { delivery { id } } }";
    let told = app.data_as(token, make, json!({ "id": webhook })).await;
    let shown = &made["createPreviewToken"]["previewToken"];
    let item = found["contentItem"]["id"].clone();
    assert_eq!((&shown["itemId"], &shown["contentId"]), (&item, &content));
    vec![
        content,
        item,
        found["contentItem"]["draftRevision"]["id"].clone(),
        made["createRelease"]["release"]["id"].clone(),
        shown["id"].clone(),
        found["me"]["account"]["id"].clone(),
        made["createApiKey"]["apiKey"]["id"].clone(),
        webhook,
        told["testWebhook"]["delivery"]["id"].clone(),
    ]
}

on_both! {
    async fn whatever_has_a_global_id_is_a_node(engine) {
        let app = TestApp::demo(engine).await;
        let administrator = app.signed_in(BuiltInRole::Administrator).await;
        let author = app.signed_in(BuiltInRole::Author).await;
        let ids = one_of_each(&app, &administrator).await;
        let expected = KINDS.iter().zip(&ids);
        let expected: Vec<_> = expected.map(|(kind, id)| json!({ "__typename": kind, "id": id })).collect();
        let seen = app.data_as(&administrator, NODES, json!({ "ids": ids })).await;
        assert_eq!(seen["nodes"], json!(expected));

        let may = |kind: &str| !["Account", "ApiKey", "Webhook", "WebhookDelivery"].contains(&kind);
        for (kind, id) in KINDS.iter().zip(&ids) {
            let anonymous = app.ask(NODE, json!({ "id": id })).await;
            let code = &anonymous["errors"][0]["extensions"]["code"];
            match *kind {
                "NewsItem" => assert_eq!(anonymous["data"]["node"]["id"], *id),
                _ => assert_eq!((code, &anonymous["data"]["node"]), (&json!("UNAUTHENTICATED"), &Value::Null), "{kind}"),
            }
            let known = app.ask_as(&author, NODE, json!({ "id": id })).await;
            match may(kind) {
                true => assert_eq!(known["data"]["node"]["id"], *id, "{known:#}"),
                false => assert_eq!(known["errors"][0]["extensions"]["code"], "FORBIDDEN", "{kind}"),
            }
            // One that may not be seen does not hide the others.
            let both = app.ask_as(&author, NODES, json!({ "ids": [ids[0], id] })).await;
            assert_eq!(both["data"]["nodes"][0]["id"], ids[0], "{both:#}");

            let nothing = forged(&format!("{kind}:c_m999:01936d5a-0000-7000-8000-000000000000"));
            let nothing = app.data_as(&administrator, NODE, json!({ "id": nothing })).await;
            assert_eq!(nothing["node"], Value::Null, "{kind}");
        }
    }
}

on_both! {
    async fn statements_do_not_grow_with_what_is_asked_for(engine) {
        let app = TestApp::demo(engine).await;
        let administrator = app.signed_in(BuiltInRole::Administrator).await;
        let mut each = Vec::new();
        for _ in 0..3 {
            each.push(one_of_each(&app, &administrator).await);
            app.signed_in(BuiltInRole::Author).await;
        }
        let accounts = app.data_as(&administrator, "{ accounts { nodes { id } } }", json!({})).await;
        for (ids, account) in each.iter_mut().zip(accounts["accounts"]["nodes"].as_array().unwrap()) {
            ids[5] = account["id"].clone();
        }
        let mut statements = Vec::new();
        for ids in [each[0].clone(), each.concat()] {
            let ask = async || {
                let found = app.data_as(&administrator, NODES, json!({ "ids": ids })).await;
                assert!(found["nodes"].as_array().unwrap().iter().all(Value::is_object), "{found:#}");
            };
            statements.push(app.statements(ask).await);
        }
        assert_eq!(statements[0], statements[1]);
    }
}
