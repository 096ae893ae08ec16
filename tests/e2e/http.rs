//! GraphQL over HTTP to the letter: media types, status codes, what is refused before it runs, and
//! what every other address answers.

use std::{fs, path::Path};

use municipio_tests::{Engine, TestApp, on_both};
use reqwest::{Method, Response};
use serde_json::{Value, json};

const RESPONSE: &str = "application/graphql-response+json; charset=utf-8";
const LEGACY: &str = "application/json; charset=utf-8";
const PROBLEM: &str = "application/problem+json";

pub(super) async fn small() -> TestApp {
    let app = TestApp::empty(Engine::Sqlite).await;
    let tenant = app.tenant("c_x001", "www.x001.example").await;
    for title in ["Acqua", "Bosco"] {
        app.editor(&tenant).topic(title).await;
    }
    app
}

fn media_type(response: &Response) -> String {
    response
        .headers()
        .get("content-type")
        .map(|value| value.to_str().unwrap().to_owned())
        .unwrap_or_default()
}

/// A refusal that is no GraphQL: status, code, and nothing executed.
pub(super) async fn problem(response: Response, status: u16, code: &str, what: &str) -> Value {
    assert_eq!(
        (response.status().as_u16(), media_type(&response).as_str()),
        (status, PROBLEM),
        "{what}"
    );
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        (&body["code"], &body["status"]),
        (&json!(code), &json!(status)),
        "{what} {body}"
    );
    assert!(
        body["detail"]
            .as_str()
            .is_some_and(|detail| detail.len() > 5),
        "{what} {body}"
    );
    assert!(
        body["type"].as_str().unwrap().ends_with(code),
        "{what} {body}"
    );
    assert!(
        body.get("data").is_none() && body.get("errors").is_none(),
        "{what} {body}"
    );
    body
}

#[actix_web::test]
async fn the_answer_comes_in_the_media_type_that_is_accepted() {
    let app = small().await;
    for (accept, wanted) in [
        ("application/json", LEGACY),
        ("application/graphql-response+json", RESPONSE),
        ("*/*", LEGACY),
        ("application/*", LEGACY),
        (
            "application/json, application/graphql-response+json;q=0.9",
            LEGACY,
        ),
        ("text/html, application/json;q=0.5", LEGACY),
        (
            "application/graphql-response+json, application/json;q=0.9",
            RESPONSE,
        ),
        ("APPLICATION/JSON", LEGACY),
        ("application/json; charset=utf-8", LEGACY),
    ] {
        let response = app
            .post()
            .header("accept", accept)
            .json(&json!({ "query": "{ __typename }" }))
            .send()
            .await
            .unwrap();
        assert_eq!(
            (response.status().as_u16(), media_type(&response).as_str()),
            (200, wanted),
            "{accept}"
        );
        assert_eq!(
            response.json::<Value>().await.unwrap(),
            json!({ "data": { "__typename": "Query" } })
        );
    }
    for accept in ["text/html", "application/xml", "application/json;q=0"] {
        let response = app
            .post()
            .header("accept", accept)
            .json(&json!({ "query": "{ __typename }" }))
            .send()
            .await
            .unwrap();
        problem(response, 406, "NOT_ACCEPTABLE", accept).await;
    }
}

#[actix_web::test]
async fn the_status_says_whether_anything_was_executed() {
    let app = small().await;
    for (query, modern, has_data) in [
        ("{ __typename }", 200, true),
        ("{ topics(first: 0) { totalCount } }", 200, true),
        (
            "{ a: __typename topic(by: { id: \"x\" }) { id } }",
            200,
            true,
        ),
        ("{ colour }", 400, false),
        ("{ topics {", 400, false),
        ("query A { __typename } query B { __typename }", 400, false),
    ] {
        for (accept, status) in [
            ("application/graphql-response+json", modern),
            ("application/json", 200),
        ] {
            let response = app
                .post()
                .header("accept", accept)
                .json(&json!({ "query": query }))
                .send()
                .await
                .unwrap();
            assert_eq!(response.status().as_u16(), status, "{accept} {query}");
            let body: Value = response.json().await.unwrap();
            assert_eq!(body.get("data").is_some(), has_data, "{query} {body}");
        }
    }
}

#[actix_web::test]
async fn queries_can_be_asked_in_the_address() {
    let app = small().await;
    let get = async |parameters: &[(&str, &str)]| app.query(parameters).send().await.unwrap();
    let query = "query A { __typename } query B($first: Int, $filter: TopicFilter) { topics(first: $first, filter: $filter) { nodes { title } } }";
    let variables = r#"{ "first": 5, "filter": { "titlePrefix": "b" } }"#;
    let response = get(&[
        ("query", query),
        ("operationName", "B"),
        ("variables", variables),
    ])
    .await;
    assert_eq!(
        response.json::<Value>().await.unwrap(),
        json!({ "data": { "topics": { "nodes": [{ "title": "Bosco" }] } } })
    );
    assert_eq!(
        get(&[("query", "{ __typename }"), ("variables", "")])
            .await
            .status(),
        200
    );
    for (parameters, what) in [
        (
            vec![("query", "{ __typename }"), ("variables", "{")],
            "broken variables",
        ),
        (
            vec![("query", "{ __typename }"), ("variables", "[1]")],
            "a list of variables",
        ),
    ] {
        problem(get(&parameters).await, 400, "BAD_REQUEST", what).await;
    }
    assert_eq!(get(&[]).await.status(), 400, "no query");
}

#[actix_web::test]
async fn every_address_answers_in_its_way() {
    let app = small().await;
    for path in [
        "/nothing",
        "/graphql/x",
        "/servizi/turismo",
        "/health",
        "/schema",
        "/%ff",
        "/..%2f..%2fetc/passwd",
    ] {
        problem(app.get(path).send().await.unwrap(), 404, "NOT_FOUND", path).await;
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let response = app
            .client
            .request(method.clone(), format!("{}/graphql", app.base))
            .send()
            .await
            .unwrap();
        problem(response, 405, "METHOD_NOT_ALLOWED", method.as_str()).await;
    }
    let committed =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema.graphql"))
            .unwrap();
    assert_eq!(
        app.get("/schema.graphql")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        committed
    );
    let index: Value = app.get("/").send().await.unwrap().json().await.unwrap();
    for name in ["graphql", "schema", "status", "graphiql"] {
        let response = app.get(index[name].as_str().unwrap()).send().await.unwrap();
        assert_ne!(response.status(), 404, "{name}");
    }
}

on_both! {
    async fn health_and_status_tell_how_it_is(engine) {
        let app = TestApp::demo(engine).await;
        let read = async |path: &str| -> Value { app.get(path).send().await.unwrap().json().await.unwrap() };
        assert_eq!(read("/health/live").await, json!({ "status": "ok" }));
        assert_eq!(read("/health/ready").await, json!({ "status": "ok", "database": "ok", "outbox": "ok", "search": "ok" }));
        let status = read("/status").await;
        assert_eq!((&status["name"], &status["municipalities"]), (&json!("Municipio"), &json!(1)));
        let name = status["database"].as_str().unwrap().to_lowercase();
        assert!(name.contains(if engine == Engine::Sqlite { "sqlite" } else { "postgres" }), "{status}");
        assert!(!status.to_string().contains("127.0.0.1"), "nothing of the address of the database: {status}");
    }
}

on_both! {
    async fn who_has_the_token_reads_the_metrics(engine) {
        let token = "a token of those who watch";
        let app = TestApp::configured(engine, false, |settings, _| settings.metrics_token = Some(token.to_owned())).await;
        let read = async |token: &str| app.get("/metrics").bearer_auth(token).send().await.unwrap();
        assert_eq!(app.get("/metrics").send().await.unwrap().status(), 401);
        assert_eq!(read("another").await.status(), 401);
        let page = read(token).await;
        assert!(page.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
        let page = page.text().await.unwrap();
        for line in ["municipio_outbox_late_seconds 0", "municipio_outbox_dead_jobs 0", "municipio_search_degraded 0", "# EOF"] {
            assert!(page.lines().any(|found| found == line), "{line}: {page}");
        }
        // Nobody reads them where the operator set no token.
        assert_eq!(TestApp::demo(engine).await.get("/metrics").bearer_auth("").send().await.unwrap().status(), 404);
    }
}

#[actix_web::test]
async fn errors_carry_the_id_of_their_request() {
    let app = small().await;
    let mut ids = Vec::new();
    for query in [
        "{ colour }",
        "{",
        "{ topics(first: 0) { totalCount } }",
        "{ topics(first: 0) { totalCount } }",
    ] {
        let answer = app.answer("", query, json!({})).await;
        ids.push(
            answer["errors"][0]["extensions"]["requestId"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    ids.dedup();
    assert_eq!(ids.len(), 4, "each has its own");
    assert!(
        app.answer("", "{ __typename }", json!({}))
            .await
            .get("extensions")
            .is_none()
    );
}
