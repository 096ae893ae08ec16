//! What HTTP refuses before anything is executed: methods, media types, sizes, what is no request.

use municipio_tests::{Engine, TestApp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::http::{problem, small};

#[actix_web::test]
async fn an_address_that_cannot_be_read_is_a_problem_like_others() {
    let app = small().await;
    let twice = [
        ("query", "{ a: __typename }"),
        ("query", "{ b: __typename }"),
    ];
    problem(
        app.query(&twice).send().await.unwrap(),
        400,
        "BAD_REQUEST",
        "two queries",
    )
    .await;
}

#[actix_web::test]
async fn a_method_that_is_not_allowed_is_told_which_are() {
    let app = small().await;
    for (method, path, wanted) in [
        (Method::GET, "/graphql?query=mutation%7Ba%7D", "POST"),
        (Method::PUT, "/graphql", "GET"),
        (Method::POST, "/health/live", "GET"),
        (Method::POST, "/schema.graphql", "GET"),
        (Method::DELETE, "/status", "GET"),
        (Method::POST, "/", "GET"),
    ] {
        let response = app
            .client
            .request(method.clone(), format!("{}{path}", app.base))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 405, "{method} {path}");
        let allow = response
            .headers()
            .get("allow")
            .map(|allow| allow.to_str().unwrap())
            .unwrap_or_default();
        assert!(
            allow.contains(wanted),
            "{method} {path}: «{allow}» (RFC 9110, 15.5.6: a 405 has Allow)"
        );
    }
}

#[actix_web::test]
async fn mutations_are_not_answered_over_get() {
    let app = small().await;
    for query in [
        "mutation { deleteAll }",
        "mutation A { deleteAll } query B { __typename }",
    ] {
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
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/graphql",
        "text/json",
        "application/json-patch+json",
        "application/jsonx",
        "",
        "text/plain; application/json",
    ] {
        let response = app
            .post()
            .header("content-type", media_type)
            .body(query.clone())
            .send()
            .await
            .unwrap();
        problem(response, 415, "UNSUPPORTED_MEDIA_TYPE", media_type).await;
    }
    problem(
        app.post().body(query.clone()).send().await.unwrap(),
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "none",
    )
    .await;
    for media_type in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
    ] {
        let response = app
            .post()
            .header("content-type", media_type)
            .body(query.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{media_type}");
    }
}

#[actix_web::test]
async fn bodies_that_are_too_large_or_no_request_are_refused() {
    let app = small().await;
    let padded = |size: usize| {
        json!({ "query": format!("{{ __typename }} #{}", "x".repeat(size)) }).to_string()
    };
    let send = async |body: String| {
        app.post()
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap()
    };
    assert_eq!(send(padded(250 * 1024)).await.status(), 200);
    problem(
        send(padded(257 * 1024)).await,
        413,
        "PAYLOAD_TOO_LARGE",
        "257 kB",
    )
    .await;
    for body in [
        "",
        "{",
        "null",
        "1",
        "\"{ __typename }\"",
        r#"{"query":1}"#,
        r#"{"query":"{ __typename }","variables":[1]}"#,
        r#"{"query":"{ __typename }","variables":"{}"}"#,
        "{\"query\":\"\u{0}\"}",
    ] {
        problem(send(body.to_owned()).await, 400, "BAD_REQUEST", body).await;
    }
    for body in [
        "{}",
        r#"{"query":null}"#,
        "[]",
        r#"[{"query":"{ __typename }"}]"#,
    ] {
        let response = send(body.to_owned()).await;
        assert_eq!(response.status(), 400, "{body}");
        assert!(
            !response.text().await.unwrap().contains("\"data\""),
            "{body}"
        );
    }
    let nested = format!(
        "{{\"query\":\"{{ __typename }}\",\"variables\":{{\"a\":{}{}}}}}",
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    problem(send(nested).await, 400, "BAD_REQUEST", "nested without end").await;
}

#[actix_web::test]
async fn problems_carry_the_id_of_their_request_too() {
    let app = small().await;
    let silent = app
        .post()
        .header("municipio-tenant", "?")
        .body("")
        .send()
        .await
        .unwrap();
    let mut without = Vec::new();
    for (what, response) in [
        ("no media type", silent),
        (
            "a mutation over GET",
            app.query(&[("query", "mutation { a }")])
                .send()
                .await
                .unwrap(),
        ),
        ("nothing there", app.get("/nothing").send().await.unwrap()),
        (
            "no such method",
            app.client
                .put(format!("{}/graphql", app.base))
                .send()
                .await
                .unwrap(),
        ),
    ] {
        let body: Value = response.json().await.unwrap();
        if !body["requestId"].is_string() {
            without.push(format!("{what}: {body}"));
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}

/// The engine recurses for each level: the deepest query that the limits allow must not end the
/// program, and introspection, which they exempt, neither.
#[actix_web::test]
async fn the_deepest_query_within_the_limits_is_answered() {
    let app = TestApp::demo(Engine::Sqlite).await;
    let mut query = "id".to_owned();
    for _ in 0..4 {
        query = format!("topics {{ services(first: 1) {{ nodes {{ {query} }} }} }}");
    }
    let deep = format!("{{ services(first: 1) {{ nodes {{ {query} }} }} }}");
    app.data(&deep).await;
    let deeper = deep.replace(
        "{ id }",
        "{ topics { services(first: 1) { nodes { id } } } }",
    );
    assert_eq!(app.error(&deeper).await.0, "TOO_DEEP");
    let mut kind = "name".to_owned();
    for _ in 0..20 {
        kind = format!("name ofType {{ {kind} }}");
    }
    app.data(&format!(
        "{{ __schema {{ types {{ fields {{ type {{ {kind} }} }} }} }} }}"
    ))
    .await;
}

/// Documents that cost little to write and much to answer are refused, each with its own code.
#[actix_web::test]
async fn hostile_documents_are_refused_by_the_limit_they_break() {
    let app = TestApp::demo(Engine::Sqlite).await;
    let chain = |length: usize| {
        let mut query = "{ topics { nodes { ...F0 } } } ".to_owned();
        for index in 0..length {
            let next = index + 1;
            query.push_str(&format!(
                "fragment F{index} on Topic {{ ...F{next} ...F{next} }} "
            ));
        }
        query + &format!("fragment F{length} on Topic {{ title }}")
    };
    let many = |what: &dyn Fn(usize) -> String, count: usize| {
        (0..count).map(what).collect::<Vec<_>>().join(" ")
    };
    for (query, code) in [
        (chain(20), "TOO_MANY_FIELDS"),
        (chain(60), "TOO_DEEP"),
        (format!("{{ {} }}", many(&|index| format!("a{index}: __typename"), 60)), "TOO_MANY_ALIASES"),
        (format!("{{ {} }}", "__typename ".repeat(30)), "TOO_MANY_ROOT_FIELDS"),
        (format!("{{ home {{ featured {{ id {} }} }} }}", "@skip(if: false) ".repeat(60)), "TOO_MANY_DIRECTIVES"),
        (format!("{{ {} }}", "a ".repeat(6_000)), "TOO_MANY_TOKENS"),
        ("{ services(first: 100) { nodes { topics { services(first: 100) { nodes { title } } } } } }".to_owned(), "TOO_EXPENSIVE"),
        ("[".repeat(5_000), "TOO_DEEP"),
        ("{ topics { nodes { ...A } } } fragment A on Topic { ...B } fragment B on Topic { ...A }".to_owned(), "GRAPHQL_VALIDATION_FAILED"),
        ("{ __schema { types { fields { type { fields { name } } } } } }".to_owned(), "INTROSPECTION_REFUSED"),
    ] {
        let shown: String = query.chars().take(80).collect();
        assert_eq!(app.error(&query).await.0, code, "{shown}");
    }
}

/// A query is known by its hash once it was sent along with it (APQ).
#[actix_web::test]
async fn a_query_is_persisted_by_its_hash() {
    let app = TestApp::demo(Engine::Sqlite).await;
    let ask = async |body: Value| {
        let request = app.client.post(format!("{}/graphql", app.base)).json(&body);
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    // SHA-256 of `{__typename}`.
    let hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let code = |answer: &Value| answer["errors"][0]["extensions"]["code"].clone();
    let unknown = ask(json!({ "extensions": extensions })).await;
    assert_eq!(code(&unknown), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(unknown["errors"][0]["message"], "PersistedQueryNotFound");
    let other = ask(json!({ "query": "{ __typename }", "extensions": extensions })).await;
    assert_eq!(code(&other), "PERSISTED_QUERY_MISMATCH");
    let sent = ask(json!({ "query": "{__typename}", "extensions": extensions })).await;
    assert_eq!(sent["data"]["__typename"], "Query");
    let known = ask(json!({ "extensions": extensions })).await;
    assert_eq!(known["data"]["__typename"], "Query");
}
