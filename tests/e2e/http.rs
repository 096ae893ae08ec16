//! GraphQL over HTTP to the letter: media types, status codes, what is refused before it runs, and
//! what every other address answers.

use std::{fs, path::Path};

use municipio_tests::{Engine, TestApp, on_both};
use reqwest::{Method, Response};
use serde_json::{Value, json};

const RESPONSE: &str = "application/graphql-response+json; charset=utf-8";
const LEGACY: &str = "application/json; charset=utf-8";
const PROBLEM: &str = "application/problem+json";

async fn small() -> TestApp {
    let app = TestApp::empty(Engine::Sqlite).await;
    let tenant = app.tenant("c_x001", "www.x001.example").await;
    for title in ["Acqua", "Bosco"] {
        app.editor(&tenant).topic(title).await;
    }
    app
}

fn media_type(response: &Response) -> String {
    response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// A refusal that is no GraphQL: status, code, and nothing executed.
async fn problem(response: Response, status: u16, code: &str, what: &str) -> Value {
    assert_eq!((response.status().as_u16(), media_type(&response).as_str()), (status, PROBLEM), "{what}");
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["code"], &body["status"]), (&json!(code), &json!(status)), "{what} {body}");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.len() > 5), "{what} {body}");
    assert!(body["type"].as_str().unwrap().ends_with(code), "{what} {body}");
    assert!(body.get("data").is_none() && body.get("errors").is_none(), "{what} {body}");
    body
}

#[actix_web::test]
async fn the_answer_comes_in_the_media_type_that_is_accepted() {
    let app = small().await;
    for (accept, wanted) in [
        ("application/json", LEGACY), ("application/graphql-response+json", RESPONSE), ("*/*", RESPONSE), ("application/*", RESPONSE),
        ("application/json, application/graphql-response+json;q=0.9", LEGACY), ("text/html, application/json;q=0.5", LEGACY),
        ("application/graphql-response+json, application/json;q=0.9", RESPONSE), ("APPLICATION/JSON", LEGACY), ("application/json; charset=utf-8", LEGACY),
    ] {
        let response = app.post().header("accept", accept).json(&json!({ "query": "{ __typename }" })).send().await.unwrap();
        assert_eq!((response.status().as_u16(), media_type(&response).as_str()), (200, wanted), "{accept}");
        assert_eq!(response.json::<Value>().await.unwrap(), json!({ "data": { "__typename": "Query" } }));
    }
    for accept in ["text/html", "application/xml", "application/json;q=0"] {
        let response = app.post().header("accept", accept).json(&json!({ "query": "{ __typename }" })).send().await.unwrap();
        problem(response, 406, "NOT_ACCEPTABLE", accept).await;
    }
}

#[actix_web::test]
async fn the_status_says_whether_anything_was_executed() {
    let app = small().await;
    for (query, modern, has_data) in [
        ("{ __typename }", 200, true),
        ("{ topics(first: 0) { totalCount } }", 200, true),
        ("{ a: __typename topic(by: { id: \"x\" }) { id } }", 200, true),
        ("{ colour }", 400, false),
        ("{ topics {", 400, false),
        ("query A { __typename } query B { __typename }", 400, false),
    ] {
        for (accept, status) in [("application/graphql-response+json", modern), ("application/json", 200)] {
            let response = app.post().header("accept", accept).json(&json!({ "query": query })).send().await.unwrap();
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
    let response = get(&[("query", query), ("operationName", "B"), ("variables", variables)]).await;
    assert_eq!(response.json::<Value>().await.unwrap(), json!({ "data": { "topics": { "nodes": [{ "title": "Bosco" }] } } }));
    assert_eq!(get(&[("query", "{ __typename }"), ("variables", "")]).await.status(), 200);
    for (parameters, what) in [
        (vec![], "no query"), (vec![("query", "{ __typename }"), ("variables", "{")], "broken variables"),
        (vec![("query", "{ __typename }"), ("variables", "[1]")], "a list of variables"),
    ] {
        problem(get(&parameters).await, 400, "BAD_REQUEST", what).await;
    }
}

#[actix_web::test]
async fn an_address_that_cannot_be_read_is_a_problem_like_others() {
    let app = small().await;
    let twice = [("query", "{ a: __typename }"), ("query", "{ b: __typename }")];
    problem(app.query(&twice).send().await.unwrap(), 400, "BAD_REQUEST", "two queries").await;
}

#[actix_web::test]
async fn a_method_that_is_not_allowed_is_told_which_are() {
    let app = small().await;
    for (method, path, wanted) in [(Method::GET, "/graphql?query=mutation%7Ba%7D", "POST"), (Method::PUT, "/graphql", "GET"), (Method::POST, "/health/live", "GET")] {
        let response = app.client.request(method.clone(), format!("{}{path}", app.base)).send().await.unwrap();
        assert_eq!(response.status(), 405, "{method} {path}");
        let allow = response.headers().get("allow").map(|allow| allow.to_str().unwrap()).unwrap_or_default();
        assert!(allow.contains(wanted), "{method} {path}: «{allow}» (RFC 9110, 15.5.6: a 405 has Allow)");
    }
}

#[actix_web::test]
async fn only_queries_are_answered_over_get() {
    let app = small().await;
    for query in ["mutation { deleteAll }", "subscription { news }", "mutation A { deleteAll } query B { __typename }"] {
        let parameters = [("query", query), ("operationName", "A")];
        let shown = &parameters[..if query.contains(" A ") { 2 } else { 1 }];
        let response = app.query(shown).send().await.unwrap();
        problem(response, 405, "METHOD_NOT_ALLOWED", query).await;
    }
}

#[actix_web::test]
async fn what_a_form_of_another_site_could_send_is_never_executed() {
    let app = small().await;
    let query = json!({ "query": "{ __typename }" }).to_string();
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql", "text/json",
        "application/json-patch+json", "application/jsonx", "", "text/plain; application/json"] {
        let response = app.post().header("content-type", media_type).body(query.clone()).send().await.unwrap();
        problem(response, 415, "UNSUPPORTED_MEDIA_TYPE", media_type).await;
    }
    problem(app.post().body(query.clone()).send().await.unwrap(), 415, "UNSUPPORTED_MEDIA_TYPE", "none").await;
    for media_type in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        let response = app.post().header("content-type", media_type).body(query.clone()).send().await.unwrap();
        assert_eq!(response.status(), 200, "{media_type}");
    }
}

#[actix_web::test]
async fn bodies_that_are_too_large_or_no_request_are_refused() {
    let app = small().await;
    let padded = |size: usize| json!({ "query": format!("{{ __typename }} #{}", "x".repeat(size)) }).to_string();
    let send = async |body: String| app.post().header("content-type", "application/json").body(body).send().await.unwrap();
    assert_eq!(send(padded(250 * 1024)).await.status(), 200);
    problem(send(padded(257 * 1024)).await, 413, "PAYLOAD_TOO_LARGE", "257 kB").await;
    problem(send(padded(5 * 1024 * 1024)).await, 413, "PAYLOAD_TOO_LARGE", "5 MB").await;
    for body in ["", "{", "[]", "null", "1", "\"{ __typename }\"", "{}", r#"{"query":1}"#, r#"{"query":null}"#, r#"{"query":"{ __typename }","variables":[1]}"#,
        r#"[{"query":"{ __typename }"}]"#, r#"{"query":"{ __typename }","variables":"{}"}"#, "{\"query\":\"\u{0}\"}"] {
        problem(send(body.to_owned()).await, 400, "BAD_REQUEST", body).await;
    }
    let nested = format!("{{\"query\":\"{{ __typename }}\",\"variables\":{{\"a\":{}{}}}}}", "[".repeat(50_000), "]".repeat(50_000));
    problem(send(nested).await, 400, "BAD_REQUEST", "nested without end").await;
}

#[actix_web::test]
async fn every_address_answers_in_its_way() {
    let app = small().await;
    for path in ["/nothing", "/graphql/x", "/servizi/turismo", "/health", "/schema", "/%ff", "/..%2f..%2fetc/passwd"] {
        problem(app.get(path).send().await.unwrap(), 404, "NOT_FOUND", path).await;
    }
    for (method, path) in [(Method::PUT, "/graphql"), (Method::DELETE, "/graphql"), (Method::PATCH, "/graphql"), (Method::POST, "/schema.graphql"),
        (Method::POST, "/health/live"), (Method::DELETE, "/status"), (Method::POST, "/")] {
        let what = format!("{method} {path}");
        let response = app.client.request(method, format!("{}{path}", app.base)).send().await.unwrap();
        problem(response, 405, "METHOD_NOT_ALLOWED", &what).await;
    }
    let committed = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema.graphql")).unwrap();
    assert_eq!(app.get("/schema.graphql").send().await.unwrap().text().await.unwrap(), committed);
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
        assert_eq!(read("/health/ready").await, json!({ "status": "ok", "database": "ok" }));
        let status = read("/status").await;
        assert_eq!((&status["name"], &status["municipalities"]), (&json!("Municipio"), &json!(1)));
        let name = status["database"].as_str().unwrap().to_lowercase();
        assert!(name.contains(if engine == Engine::Sqlite { "sqlite" } else { "postgres" }), "{status}");
        assert!(!status.to_string().contains("127.0.0.1"), "nothing of the address of the database: {status}");
    }
}

#[actix_web::test]
async fn browsers_of_other_hosts_may_read() {
    let app = small().await;
    let preflight = app.client.request(Method::OPTIONS, format!("{}/graphql", app.base)).header("origin", "https://portale.example")
        .header("access-control-request-method", "POST").header("access-control-request-headers", "content-type, municipio-tenant").send().await.unwrap();
    assert!(preflight.status().is_success(), "{}", preflight.status());
    let header = |response: &Response, name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_lowercase()).unwrap_or_default();
    assert!(["*", "https://portale.example"].contains(&header(&preflight, "access-control-allow-origin").as_str()));
    assert!(header(&preflight, "access-control-allow-methods").contains("post"));
    for name in ["content-type", "municipio-tenant"] {
        assert!(header(&preflight, "access-control-allow-headers").contains(name));
    }
    assert_eq!(header(&preflight, "access-control-allow-credentials"), "", "nothing is read with cookies");
    for body in [json!({ "query": "{ __typename }" }), json!({})] {
        let response = app.post().header("origin", "https://portale.example").json(&body).send().await.unwrap();
        assert_ne!(header(&response, "access-control-allow-origin"), "", "{body}: errors can be read too");
    }
}

#[actix_web::test]
async fn answers_are_compressed_for_those_who_accept_it() {
    let app = small().await;
    let request = json!({ "query": "{ __schema { types { name description fields { name description } } } }" });
    let whole = app.post().json(&request).send().await.unwrap();
    assert!(whole.headers().get("content-encoding").is_none());
    let size = whole.bytes().await.unwrap().len();
    for encoding in ["br", "gzip", "zstd"] {
        let response = app.post().header("accept-encoding", encoding).json(&request).send().await.unwrap();
        assert_eq!(response.headers()["content-encoding"], encoding);
        assert!(response.headers()["vary"].to_str().unwrap().to_lowercase().contains("accept-encoding"), "caches must know");
        let packed = response.bytes().await.unwrap();
        assert!(packed.len() * 3 < size, "{encoding}: {} of {size}", packed.len());
        assert!(encoding != "gzip" || packed.starts_with(&[0x1f, 0x8b]));
    }
}

#[actix_web::test]
async fn errors_carry_the_id_of_their_request() {
    let app = small().await;
    let mut ids = Vec::new();
    for query in ["{ colour }", "{", "{ topics(first: 0) { totalCount } }", "{ topics(first: 0) { totalCount } }"] {
        let answer = app.answer("", query, json!({})).await;
        ids.push(answer["errors"][0]["extensions"]["requestId"].as_str().unwrap().to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 4, "each has its own");
    assert!(app.answer("", "{ __typename }", json!({})).await.get("extensions").is_none());
}

#[actix_web::test]
async fn problems_carry_the_id_of_their_request_too() {
    let app = small().await;
    let silent = app.post().header("municipio-tenant", "?").body("").send().await.unwrap();
    let mut without = Vec::new();
    for (what, response) in [
        ("no media type", silent),
        ("no query", app.get("/graphql").send().await.unwrap()),
        ("a mutation over GET", app.query(&[("query", "mutation { a }")]).send().await.unwrap()),
        ("nothing there", app.get("/nothing").send().await.unwrap()),
        ("no such method", app.client.put(format!("{}/graphql", app.base)).send().await.unwrap()),
    ] {
        let body: Value = response.json().await.unwrap();
        if !body["requestId"].is_string() {
            without.push(format!("{what}: {body}"));
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}
