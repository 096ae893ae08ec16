//! Each limit at its last allowed value and one above, with its own code; and the cost that is shown.

use municipio::settings::Settings;
use municipio_domain::ids::TenantId;
use municipio_tests::{Engine, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

/// An application with one municipality that has a topic, and these limits.
async fn limited(change: impl FnOnce(&mut Settings)) -> TestApp {
    let app = TestApp::configured(Engine::Sqlite, false, |settings, _| change(settings)).await;
    let tenant = app.tenant("c_x001", "www.x001.example").await;
    app.editor(&tenant).topic("Acqua").await;
    app
}

/// The query is answered, or refused with this code before anything runs.
async fn answers(app: &TestApp, query: &str, variables: Value, refused: Option<&str>) {
    let answer = app.ask(query, variables).await;
    let code = &answer["errors"][0]["extensions"]["code"];
    assert_eq!(code.as_str(), refused, "{query}\n{answer:#}");
    assert_eq!(
        answer.get("data").is_some(),
        refused.is_none(),
        "{answer:#}"
    );
}

#[actix_web::test]
async fn a_document_is_as_large_as_its_limits_allow() {
    let app = limited(|settings| {
        settings.limit_document = 300;
        settings.limit_tokens = 57;
        settings.limit_depth = 4;
        settings.limit_fields = 30;
        settings.limit_aliases = 3;
        settings.limit_root_fields = 2;
        settings.limit_directives = 2;
        settings.limit_filter = 4;
    })
    .await;
    let comment = |length: usize| format!("{{ __typename #{}\n}}", "x".repeat(length));
    let skips = |count: usize| format!("{{ __typename {} }}", "@skip(if: false) ".repeat(count));
    let nodes = |count: usize| format!("{{ topics {{ {} }} }}", "nodes { id } ".repeat(count));
    let titles =
        |count: usize| format!("{{ topics {{ nodes {{ {} }} }} }}", "title ".repeat(count));
    let deep = |inner: &str| format!("{{ topics {{ nodes {{ services {{ {inner} }} }} }} }}");
    let spread = |spreads: usize, fields: usize| {
        let (spreads, fields) = ("...F ".repeat(spreads), "a: id ".repeat(fields));
        format!("{{ topics {{ nodes {{ {spreads} }} }} }} fragment F on Topic {{ {fields} }}")
    };
    let roots = |spread: usize| {
        format!(
            "{{ {} topics {{ totalCount }} }}",
            "... { __typename } ".repeat(spread)
        )
    };
    let filter = |inner: &str| {
        format!(
            "{{ topics(filter: {{ and: [{{ titlePrefix: \"a\" }} {inner}] }}) {{ totalCount }} }}"
        )
    };
    for (allowed, above, code) in [
        (comment(284), comment(285), "DOCUMENT_TOO_LARGE"),
        (nodes(13), nodes(14), "TOO_MANY_TOKENS"),
        (deep("totalCount"), deep("nodes { id }"), "TOO_DEEP"),
        (titles(28), titles(29), "TOO_MANY_FIELDS"),
        (spread(3, 1), spread(2, 2), "TOO_MANY_ALIASES"),
        (roots(1), roots(2), "TOO_MANY_ROOT_FIELDS"),
        (skips(2), skips(3), "TOO_MANY_DIRECTIVES"),
        (filter(""), filter("{}"), "FILTER_TOO_LARGE"),
    ] {
        answers(&app, &allowed, json!({}), None).await;
        answers(&app, &above, json!({}), Some(code)).await;
    }
}

#[actix_web::test]
async fn values_count_in_the_text_and_in_variables() {
    let app = limited(|settings| settings.limit_values = 6).await;
    let once = "query($f: TopicFilter) { topics(filter: $f) { totalCount } }";
    let twice = "query($f: TopicFilter) { topics(filter: $f) { totalCount } ...A } fragment A on Query { a: topics(filter: $f) { totalCount } }";
    let filter = |count: usize| json!({ "f": { "and": vec![json!({}); count] } });
    let literal = |count: usize| {
        let all = "{} ".repeat(count);
        format!("{{ topics(filter: {{ and: [{all}] }}) {{ totalCount }} }}")
    };
    answers(&app, &literal(4), json!({}), None).await;
    answers(&app, &literal(5), json!({}), Some("TOO_MANY_VALUES")).await;
    answers(&app, once, filter(4), None).await;
    answers(&app, once, filter(5), Some("TOO_MANY_VALUES")).await;
    answers(&app, twice, filter(1), None).await;
    answers(&app, twice, filter(2), Some("TOO_MANY_VALUES")).await;
    answers(
        &app,
        "{ __typename }",
        json!({ "a": [1, 2, 3, 4, 5] }),
        None,
    )
    .await;
    answers(
        &app,
        "{ __typename }",
        json!({ "a": [1, 2, 3, 4, 5, 6] }),
        Some("TOO_MANY_VALUES"),
    )
    .await;
    answers(
        &app,
        "{ __typename }",
        json!({ "a": "x".repeat(600) }),
        None,
    )
    .await;
    answers(
        &app,
        "{ __typename }",
        json!({ "a": "x".repeat(601) }),
        Some("TOO_MANY_VALUES"),
    )
    .await;
}

#[actix_web::test]
async fn the_cost_is_shown_when_asked_for_and_refused_above_its_limit() {
    let query = "{ topics(first: 10) { nodes { title services(first: 2) { nodes { title } } } } }";
    // Two statements of 200, and 1 + 10 × (1 + 1 + 1 + 2 × 2).
    let cost = 400 + 1 + 10 * (1 + 1 + 1 + 2 * 2);
    for (limit, refused) in [(cost, None), (cost - 1, Some("TOO_EXPENSIVE"))] {
        let app = limited(|settings| settings.limit_cost = limit).await;
        answers(&app, query, json!({}), refused).await;
        if refused.is_some() {
            continue;
        }
        let ask = async |extensions: Value| {
            let body = json!({ "query": query, "extensions": extensions });
            let answer: Value = app
                .post()
                .json(&body)
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            answer.get("extensions").cloned()
        };
        assert_eq!(
            ask(json!({ "cost": true })).await,
            Some(json!({ "cost": cost }))
        );
        assert_eq!(ask(json!({ "cost": false })).await, None);
        assert_eq!(ask(json!({})).await, None);
        let asked = [("query", query), ("extensions", "{\"cost\":true}")];
        let answer: Value = app
            .query(&asked)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(answer["extensions"]["cost"], json!(cost));
    }
}

#[actix_web::test]
async fn introspection_can_be_switched_off() {
    let app = limited(|settings| settings.introspection = false).await;
    for query in [
        "{ __schema { queryType { name } } }",
        "{ __type(name: \"Query\") { name } }",
    ] {
        let answer = app.ask(query, json!({})).await;
        assert!(!answer["data"].to_string().contains("Query"), "{answer}");
    }
    answers(
        &app,
        "{ __typename topics { totalCount } }",
        json!({}),
        None,
    )
    .await;
}

#[actix_web::test]
async fn an_answer_has_no_more_errors_than_allowed() {
    let app = limited(|settings| settings.limit_errors = 3).await;
    let wrong = (0..10)
        .map(|index| format!("a{index}: topics(first: 0) {{ totalCount }} "))
        .collect::<String>();
    for query in [format!("{{ {wrong} }}"), "{ a b c d e }".to_owned()] {
        let answer = app.ask(&query, json!({})).await;
        assert!(
            (1..=3).contains(&answer["errors"].as_array().unwrap().len()),
            "{answer:#}"
        );
    }
}

#[actix_web::test]
async fn a_batch_is_as_long_as_allowed() {
    let one = json!({ "query": "{ __typename }" });
    let app = limited(|settings| settings.limit_batch = 2).await;
    let ask = async |count: usize| app.post().json(&vec![&one; count]).send().await.unwrap();
    let answers: Value = ask(2).await.json().await.unwrap();
    assert_eq!(
        answers,
        json!([{ "data": { "__typename": "Query" } }, { "data": { "__typename": "Query" } }])
    );
    for count in [0, 3] {
        crate::http::problem(ask(count).await, 400, "BATCH_REFUSED", &count.to_string()).await;
    }
}

#[actix_web::test]
async fn a_query_that_takes_too_long_is_stopped() {
    let app = limited(|settings| settings.limit_seconds = 0).await;
    // Who signs in is written down, which has to wait until this is over: it cannot be done in no time.
    let other = app.other_program().await.tenant(TenantId(Uuid::nil()));
    let _writing = other.begin().await.unwrap();
    let sign_in = "mutation { signIn(input: { email: \"a@comune.example\", password: \"b\" }) { session { accessToken } } }";
    let response = app
        .post()
        .json(&json!({ "query": sign_in }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 504);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TIMEOUT");
    assert!(answer.get("data").is_none(), "{answer}");
}
