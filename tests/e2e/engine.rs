//! GraphQL answers as the specification says: keys in the order of the query, null for a lookup that
//! fails, operations by name, and an end to nesting.

use municipio_tests::{Engine, TestApp};
use serde_json::{Value, json};

async fn small() -> TestApp {
    let app = TestApp::empty(Engine::Sqlite).await;
    let tenant = app.tenant("c_x001", "www.x001.example").await;
    for title in ["Acqua", "Bosco"] {
        app.editor(&tenant).topic(title).await;
    }
    app
}

#[actix_web::test]
async fn the_operation_is_chosen_by_its_name() {
    let app = small().await;
    let query = "query A { a: __typename } query B($first: Int) { topics(first: $first) { nodes { title } } }";
    let ask = async |request: Value| {
        app.post()
            .json(&request)
            .send()
            .await
            .unwrap()
            .json::<Value>()
            .await
            .unwrap()
    };
    let a =
        ask(json!({ "query": query, "operationName": "A", "variables": null, "extensions": {} }))
            .await;
    assert_eq!(a, json!({ "data": { "a": "Query" } }));
    let b = ask(json!({ "query": query, "operationName": "B", "variables": { "first": 1 } })).await;
    assert_eq!(
        b,
        json!({ "data": { "topics": { "nodes": [{ "title": "Acqua" }] } } })
    );
    let c = ask(json!({ "query": query, "operationName": "C" })).await;
    assert_eq!(
        c["errors"][0]["extensions"]["code"],
        json!("GRAPHQL_VALIDATION_FAILED")
    );
}

#[actix_web::test]
async fn queries_that_nest_without_end_are_refused() {
    let app = small().await;
    let deep = |open: &str, depth: usize, close: &str| {
        format!("{}x{}", open.repeat(depth), close.repeat(depth))
    };
    for query in [
        format!(
            "{{ topics {{ nodes {{ {} }} }} }}",
            deep("highlighted { ... on Topic { ", 20, " } }").replace('x', "id")
        ),
        deep("{ a ", 10_000, "}"),
        format!(
            "{{ topics(filter: {}) {{ totalCount }} }}",
            deep("{ not: ", 5_000, "}").replace('x', "{}")
        ),
        format!(
            "{{ nodes(ids: {}) {{ id }} }}",
            deep("[", 30_000, "]").replace('x', "")
        ),
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
    ] {
        let answer = app.answer("", &query, json!({})).await;
        let code = answer["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default();
        assert!(
            code.starts_with("GRAPHQL_") || code.starts_with("TOO_"),
            "{} {answer}",
            &query[..60]
        );
        assert!(answer.get("data").is_none());
    }
}

#[actix_web::test]
async fn the_raw_answer_keeps_the_order_of_the_query() {
    let app = small().await;
    let query = "query { z: __typename ...F topics(first: 1) { totalCount nodes { title id } } a: __typename topics(first: 1) { nodes { slug } } }
        fragment F on Query { m: __typename topics(first: 1) { pageInfo { hasNextPage } } }";
    let response = app
        .post()
        .json(&json!({ "query": query }))
        .send()
        .await
        .unwrap();
    let text = response.text().await.unwrap();
    let keys = [
        "\"data\"",
        "\"z\"",
        "\"m\"",
        "\"topics\"",
        "\"pageInfo\"",
        "\"totalCount\"",
        "\"nodes\"",
        "\"title\"",
        "\"id\"",
        "\"slug\"",
        "\"a\"",
    ];
    let places: Vec<_> = keys
        .iter()
        .map(|key| {
            text.find(key)
                .unwrap_or_else(|| panic!("{key} is not in {text}"))
        })
        .collect();
    assert!(places.is_sorted(), "{text}");
    assert!(
        keys.iter().all(|key| text.matches(key).count() == 1),
        "each key once: {text}"
    );
}

#[actix_web::test]
async fn a_lookup_that_fails_is_null_and_its_neighbours_are_there() {
    let app = small().await;
    let answer = app.answer("", "{ before: __typename bad: topic(by: { id: \"x\" }) { id } after: topics { totalCount } }", json!({})).await;
    assert_eq!(
        answer["data"],
        json!({ "before": "Query", "bad": null, "after": { "totalCount": 2 } }),
        "{answer:#}"
    );
    assert_eq!(
        answer["errors"][0]["path"],
        json!(["bad"]),
        "the path names the alias: {answer:#}"
    );
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
}
