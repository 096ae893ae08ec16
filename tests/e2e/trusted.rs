//! Trusted documents: a manifest in the form of Relay or of Apollo, and nothing else where so
//! configured.

use std::fs;

use municipio_tests::{Engine, TestApp};
use serde_json::{Value, json};

const COUNT: &str = "query Count { topics { totalCount } }";
/// Its SHA-256, which is its id for Apollo.
const COUNT_HASH: &str = "0e89c8857a9eb4d966c312bad4cbf4b96d4b540fd5217c7e75df77f435ec6cca";
const KIND: &str = "query Kind { __typename }";
/// Its MD5, which is its id for Relay.
const KIND_ID: &str = "c57e94b6ab7c37361b9e4eab3bdcfd32";
const KIND_HASH: &str = "a9888ac4b3ffefc13dfc7a046360ac070be0fe0a794d0b89648a44e3801908de";

/// As the Relay compiler writes it.
fn relay() -> Value {
    json!({ COUNT_HASH: COUNT, KIND_ID: KIND })
}

/// As Apollo's `generate-persisted-query-manifest` writes it.
fn apollo() -> Value {
    let operation = |id: &str, name: &str, body: &str| json!({ "id": id, "name": name, "type": "query", "body": body });
    json!({
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [operation(COUNT_HASH, "Count", COUNT), operation(KIND_ID, "Kind", KIND)],
    })
}

async fn trusting(manifest: Value, only: bool) -> TestApp {
    let app = TestApp::configured(Engine::Sqlite, false, |settings, folder| {
        let file = folder.join("manifest.json");
        fs::write(&file, manifest.to_string()).unwrap();
        settings.trusted_documents = Some(file);
        settings.trusted_documents_only = only;
    })
    .await;
    let tenant = app.tenant("c_x001", "www.x001.example").await;
    app.editor(&tenant).topic("Acqua").await;
    app
}

/// Asks by POST and, when the parameters fit an address, by GET; both say the same.
async fn ask(app: &TestApp, request: Value) -> Value {
    let response = app.post().json(&request).send().await.unwrap();
    let by_post: Value = response.json().await.unwrap();
    let parameters: Vec<_> = request.as_object().unwrap().iter().collect();
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let parameters: Vec<_> = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), text(value)))
        .collect();
    let parameters: Vec<_> = parameters
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let by_get: Value = app
        .query(&parameters)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    for part in ["/data", "/errors/0/extensions/code", "/code"] {
        assert_eq!(by_post.pointer(part), by_get.pointer(part), "{request}");
    }
    by_post
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_default()
}

fn hashed(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

#[actix_web::test]
async fn documents_of_either_manifest_are_found_by_id_by_hash_and_by_text() {
    for (manifest, only) in [
        (relay(), true),
        (relay(), false),
        (apollo(), true),
        (apollo(), false),
    ] {
        let app = trusting(manifest, only).await;
        let count = json!({ "topics": { "totalCount": 1 } });
        let kind = json!({ "__typename": "Query" });
        for (request, data) in [
            (json!({ "documentId": COUNT_HASH }), &count),
            (json!({ "documentId": KIND_ID }), &kind),
            (json!({ "extensions": hashed(COUNT_HASH) }), &count),
            (
                json!({ "extensions": hashed(&COUNT_HASH.to_uppercase()) }),
                &count,
            ),
            // By the hash of the text, though the manifest has another id.
            (json!({ "extensions": hashed(KIND_HASH) }), &kind),
            (json!({ "query": COUNT }), &count),
            (json!({ "query": KIND, "operationName": "Kind" }), &kind),
            (
                json!({ "query": COUNT, "extensions": hashed(COUNT_HASH) }),
                &count,
            ),
        ] {
            let answer = ask(&app, request.clone()).await;
            assert_eq!(&answer["data"], data, "{request} {answer:#}");
        }
    }
}

#[actix_web::test]
async fn everything_else_is_refused_where_only_the_manifest_counts() {
    for manifest in [relay(), apollo(), json!({})] {
        let app = trusting(manifest, true).await;
        for request in [
            json!({ "query": "{ __typename }" }),
            json!({ "query": format!("{COUNT} ") }),
            json!({ "query": "" }),
            json!({ "documentId": "unknown" }),
            json!({ "documentId": "" }),
            json!({ "documentId": "unknown", "query": "{ __typename }" }),
            json!({ "extensions": hashed("0") }),
            json!({ "query": "{ __typename }", "extensions": hashed("ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38") }),
            json!({ "operationName": "Count" }),
        ] {
            let answer = ask(&app, request.clone()).await;
            assert_eq!(code(&answer), "UNTRUSTED_DOCUMENT", "{request} {answer:#}");
            assert!(answer.get("data").is_none(), "{answer:#}");
        }
        // What was refused was not remembered either.
        let hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
        assert_eq!(
            code(&ask(&app, json!({ "extensions": hashed(hash) })).await),
            "UNTRUSTED_DOCUMENT"
        );
    }
}

#[actix_web::test]
async fn beside_a_manifest_other_queries_are_answered_unless_it_is_all_that_counts() {
    let app = trusting(relay(), false).await;
    let answer = ask(&app, json!({ "query": "{ a: __typename }" })).await;
    assert_eq!(answer["data"], json!({ "a": "Query" }));
    assert_eq!(
        code(&ask(&app, json!({ "documentId": "unknown" })).await),
        "BAD_REQUEST"
    );
    assert_eq!(
        code(&ask(&app, json!({ "extensions": hashed("0") })).await),
        "PERSISTED_QUERY_NOT_FOUND"
    );
}

#[actix_web::test]
async fn the_limits_hold_for_trusted_documents_too() {
    let bomb = format!("{{ {} }}", "__typename ".repeat(30));
    let app = trusting(json!({ "bomb": bomb }), true).await;
    assert_eq!(
        code(&ask(&app, json!({ "documentId": "bomb" })).await),
        "TOO_MANY_ROOT_FIELDS"
    );
}
