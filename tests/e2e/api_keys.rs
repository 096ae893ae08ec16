//! API keys: what they allow, how long, and that they are shown once.

use chrono::TimeDelta;
use municipio_domain::identity::BuiltInRole;
use municipio_tests::{TestApp, now, on_both, story::instant};
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) {
    apiKey { id name hint expiresAt scopes { action types } } secret userErrors { code path } } }";
const REVOKE: &str = "mutation($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) {
    apiKey { revokedAt } userErrors { code path } } }";
const LIST: &str = "{ apiKeys { nodes { name hint lastUsedAt revokedAt createdBy } } }";
const ME: &str = "{ me { name account { name } permissions { action types } } }";

async fn call(app: &TestApp, token: &str, mutation: &str, input: Value) -> Value {
    let mut data = app
        .data_as(token, mutation, json!({ "input": input }))
        .await;
    let payload = data.as_object_mut().unwrap().values_mut().next().unwrap();
    payload.take()
}

on_both! {
    async fn a_program_calls_with_a_key_until_it_is_revoked(engine) {
        let app = TestApp::demo(engine).await;
        let root = app.signed_in(BuiltInRole::Administrator).await;
        let scopes = json!([{ "action": "content.publish", "types": ["NEWS_ITEM"] }]);
        let made = call(&app, &root, CREATE, json!({ "name": "Rassegna", "scopes": scopes })).await;
        let secret = made["secret"].as_str().unwrap();
        let hint = made["apiKey"]["hint"].as_str().unwrap();
        assert!(secret.starts_with(hint) && hint.starts_with("mun_key_"), "{hint}");
        let end = instant(&made["apiKey"]["expiresAt"]) - now();
        assert_eq!(end.num_days(), 364, "a year when nothing is said");
        let me = app.data_as(secret, ME, json!({})).await;
        let expected = json!({ "name": "Rassegna", "account": null, "permissions": [{ "action": "content.publish", "types": ["NEWS_ITEM"] }] });
        assert_eq!(me["me"], expected);
        let denied = app.ask_as(secret, LIST, json!({})).await;
        assert_eq!(denied["errors"][0]["extensions"]["code"], "FORBIDDEN");
        // The use is noted beside the request.
        let mut used = Value::Null;
        while used.is_null() {
            let mut list = app.data_as(&root, LIST, json!({})).await;
            assert!(!list.to_string().contains(secret), "shown once");
            used = list["apiKeys"]["nodes"][0]["lastUsedAt"].take();
        }
        assert!(now() - instant(&used) < TimeDelta::minutes(1));
        let id = &made["apiKey"]["id"];
        let revoked = call(&app, &root, REVOKE, json!({ "id": id })).await;
        assert!(revoked["apiKey"]["revokedAt"].is_string());
        let answer = app.ask_as(secret, ME, json!({})).await;
        assert_eq!(answer["code"], "UNAUTHENTICATED");
        let again = call(&app, &root, REVOKE, json!({ "id": id })).await;
        assert_eq!(again, revoked);
    }
}

on_both! {
    async fn keys_allow_no_more_than_who_makes_them(engine) {
        let app = TestApp::demo(engine).await;
        let integrator = app.signed_in(BuiltInRole::Integrator).await;
        let input = |action: &str| json!({ "name": "Prova", "scopes": [{ "action": action }] });
        let beyond = app.ask_as(&integrator, CREATE, json!({ "input": input("content.publish") })).await;
        assert_eq!(beyond["errors"][0]["extensions"]["code"], "FORBIDDEN", "{beyond:#}");
        assert_eq!(beyond["errors"][0]["extensions"]["permission"], "content.publish");
        let made = call(&app, &integrator, CREATE, input("content.read")).await;
        assert_eq!(made["userErrors"], json!([]));
        let unknown = app.ask_as(&integrator, CREATE, json!({ "input": input("content.fly") })).await;
        assert_eq!(unknown["errors"][0]["extensions"]["argument"], "input.scopes[0].action");
        for (changed, path, code) in [
            (json!({ "name": "" }), "name", "INVALID_NAME"),
            (json!({ "scopes": [] }), "scopes", "INVALID_PERMISSIONS"),
            (json!({ "expiresAt": now() - TimeDelta::minutes(1) }), "expiresAt", "INVALID_EXPIRY"),
        ] {
            let input = municipio_tests::story::with(input("content.read"), changed);
            let refused = call(&app, &integrator, CREATE, input).await;
            assert_eq!(refused["userErrors"], json!([{ "code": code, "path": path }]));
        }
        let editor = app.signed_in(BuiltInRole::Editor).await;
        for query in [CREATE, REVOKE] {
            let input = match query {
                CREATE => input("content.read"),
                _ => json!({ "id": made["apiKey"]["id"] }),
            };
            let denied = app.ask_as(&editor, query, json!({ "input": input })).await;
            assert_eq!(denied["errors"][0]["extensions"]["code"], "FORBIDDEN");
        }
    }
}

on_both! {
    async fn keys_expire_and_belong_to_one_municipality(engine) {
        let app = TestApp::demo(engine).await;
        let tenant = app.demo_tenant().await;
        let root = app.signed_in(BuiltInRole::Administrator).await;
        let expires_at = now() + TimeDelta::hours(1);
        let input = json!({ "name": "Breve", "scopes": [{ "action": "content.read" }], "expiresAt": expires_at });
        let made = call(&app, &root, CREATE, input).await;
        let secret = made["secret"].as_str().unwrap();
        let node = app.identity(&tenant);
        assert!(node.caller(secret, now()).await.unwrap().is_some());
        assert!(node.caller(secret, expires_at + TimeDelta::seconds(1)).await.unwrap().is_none());
        let fresh = app.identity(&tenant);
        assert!(fresh.caller(secret, expires_at + TimeDelta::seconds(1)).await.unwrap().is_none());
        let other = app.tenant("c_x001", "www.x001.example").await;
        assert!(app.identity(&other).caller(secret, now()).await.unwrap().is_none());
    }
}
