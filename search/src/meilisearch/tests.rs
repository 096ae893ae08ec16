//! The adapter against a server that answers as the real one does, quirks included; and against the real one,
//! when there is one: `meilisearch` on PATH, or `MEILI_URL` (and `MEILI_API_KEY`).

mod real;
mod scripted;

use municipio_domain::{
    ids::TenantId,
    locale::Locale,
    search::{Batch, EngineError, FacetField, SearchEngine, SearchQuery, SearchText},
};
use serde_json::{Value, json};

use super::{Meilisearch, settings};
use crate::conformance::{document, position};
use scripted::Scripted;

/// What the real server answers to a write.
fn task(uid: u32) -> Value {
    json!({ "taskUid": uid, "indexUid": "m", "status": "enqueued", "type": "documentAdditionOrUpdate",
        "enqueuedAt": "2026-11-26T09:00:00.000000Z", "details": { "receivedDocuments": 1 } })
}

fn error(code: &str, message: &str) -> Value {
    json!({ "message": message, "code": code, "type": "invalid_request", "link": "https://docs.meilisearch.com/errors" })
}

fn done(status: &str) -> Value {
    json!({ "uid": 1, "status": status, "type": "somethingNew", "error": null })
}

fn one() -> Batch {
    Batch {
        documents: vec![document("Carta d'identità", "")],
        removed: Vec::new(),
        position: Some(position(7)),
    }
}

async fn apply(server: &Scripted) -> Result<(), EngineError> {
    engine(server).apply(TenantId::generate(), one()).await
}

fn engine(server: &Scripted) -> Meilisearch {
    Meilisearch::new(&format!("{}/", server.url), Some("key"), "m")
}

/// The settings as they are to be, with what the server adds.
fn present() -> Value {
    let mut present = Value::Object(settings::wanted());
    present["proximityPrecision"] = json!("byWord");
    present["typoTolerance"]["disableOnWords"] = json!([]);
    present
}

#[tokio::test]
async fn the_position_is_sent_with_the_documents_and_settings_are_left_as_they_are() {
    let server = Scripted::start([
        ("GET /indexes/m/settings", 200, present()),
        ("POST /indexes/m/documents?primaryKey=id", 202, task(1)),
        ("GET /tasks/1", 200, done("enqueued")),
        ("GET /tasks/1", 200, done("succeeded")),
    ])
    .await;
    apply(&server).await.unwrap();
    let requests = server.requests();
    let sent: Value = serde_json::from_str(&requests[1].body).unwrap();
    assert_eq!(sent.as_array().unwrap().len(), 2, "{sent:#}");
    assert_eq!(
        (&sent[0]["title"], &sent[1]["sequence"]),
        (&json!("carta identita"), &json!(7))
    );
    assert!(
        sent[0]["tenant"].is_string() && sent[1].get("tenant").is_none(),
        "{sent:#}"
    );
    assert!(
        requests
            .iter()
            .all(|request| request.authorization == "Bearer key")
    );
}

#[tokio::test]
async fn an_index_that_is_not_there_is_made_with_its_settings() {
    let server = Scripted::start([
        (
            "GET /indexes/m/settings",
            404,
            error("index_not_found", "Index `m` not found."),
        ),
        ("POST /indexes", 202, task(1)),
        ("GET /tasks/1", 200, done("succeeded")),
        (
            "GET /indexes/m/settings",
            200,
            json!({ "rankingRules": ["words"], "searchableAttributes": ["*"] }),
        ),
        ("PATCH /indexes/m/settings", 202, task(2)),
        ("GET /tasks/2", 200, done("succeeded")),
        ("POST /indexes/m/documents?primaryKey=id", 202, task(3)),
        ("GET /tasks/3", 200, done("succeeded")),
    ])
    .await;
    apply(&server).await.unwrap();
    let changed: Value = serde_json::from_str(&server.requests()[4].body).unwrap();
    assert_eq!(changed, Value::Object(settings::wanted()));
}

#[tokio::test]
async fn what_became_of_a_task_is_told_apart() {
    let failed = json!({ "uid": 1, "status": "failed", "error": error("invalid_document_id", "Document identifier is invalid.") });
    for (status, answer, is_failure) in [
        (200, failed, true),
        (200, done("canceled"), false),
        (404, error("task_not_found", "Task `1` not found."), false),
        (
            503,
            error("too_many_search_requests", "Too many search requests."),
            false,
        ),
        (502, json!("<html>Bad gateway</html>"), false),
    ] {
        let server = Scripted::start([
            ("GET /indexes/m/settings", 200, present()),
            ("POST /indexes/m/documents?primaryKey=id", 202, task(1)),
            ("GET /tasks/1", status, answer.clone()),
        ])
        .await;
        let error = apply(&server).await.unwrap_err();
        assert_eq!(
            matches!(error, EngineError::Failed(_)),
            is_failure,
            "{answer}: {error}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let nowhere = Meilisearch::new("http://127.0.0.1:9", None, "m");
    let italian = Locale::italian();
    let query = SearchQuery::new(SearchText::read("carta", &italian).unwrap(), italian, 10);
    let error = nowhere
        .query(TenantId::generate(), &query)
        .await
        .unwrap_err();
    assert!(matches!(error, EngineError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn what_somebody_writes_stays_a_value_in_the_filter() {
    let answer = json!({ "hits": [], "query": "", "processingTimeMs": 1, "page": 1, "hitsPerPage": 10, "totalHits": 0,
        "totalPages": 0, "degraded": true, "facetDistribution": { "topic": { "b": 1, "a": 1, "c": 2 } } });
    let server = Scripted::start([("POST /indexes/m/search", 200, answer)]).await;
    let (tenant, italian) = (TenantId::generate(), Locale::italian());
    let mut query = SearchQuery::new(SearchText::default(), italian, 10);
    query.filters = vec![(FacetField::Topic, vec!["a\" OR tenant = \"b\\".to_owned()])];
    query.facets = vec![FacetField::Topic];
    let hits = engine(&server).query(tenant, &query).await.unwrap();
    let counts = [("c", 2), ("a", 1), ("b", 1)].map(|(value, count)| (value.to_owned(), count));
    assert_eq!(hits.facets, [(FacetField::Topic, counts.to_vec())]);
    let asked: Value = serde_json::from_str(&server.requests()[0].body).unwrap();
    let filter = format!(
        "tenant = \"{tenant}\" AND locale = \"it\" AND topic IN [\"a\\\" OR tenant = \\\"b\\\\\"]"
    );
    assert_eq!(asked["filter"], filter);
}
