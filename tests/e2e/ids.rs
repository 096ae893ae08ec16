//! Filters and ids: what is not an id or a code is refused with its place in the filter, and what is
//! an id of another municipality finds nothing, whatever asks for it. The fields come from the
//! schema by introspection, so that a new filter is checked without a new test.

use municipio_domain::{content::ContentType, ids::ItemId};
use municipio_tests::{
    TestApp, on_both,
    story::{column, forged_cursor, global_id},
};
use serde_json::{Value, json};

use crate::errors::{about, roots, small};

/// The fields of an input whose type is this list or this object.
async fn inputs(app: &TestApp, input: &str, of: &str) -> Vec<String> {
    let query = "query($name: String!) { __type(name: $name) { inputFields { name type { name kind ofType { ofType { name kind } } } } } }";
    let data = app.read("", query, json!({ "name": input })).await;
    let fields = data["__type"]["inputFields"].as_array().unwrap();
    let fits = |field: &&Value| {
        let list = &field["type"]["ofType"]["ofType"];
        field["type"]["name"] == json!(of)
            || (list["name"] == json!(of) && list["kind"] == json!("SCALAR"))
    };
    fields
        .iter()
        .filter(fits)
        .map(|field| field["name"].as_str().unwrap().to_owned())
        .collect()
}

#[actix_web::test]
async fn ids_that_this_api_did_not_give_out_are_refused() {
    let app = small().await;
    let item = ItemId::generate();
    let mut forged = vec![
        String::new(),
        "1".to_owned(),
        "🙂".to_owned(),
        "A".repeat(2_000),
    ];
    forged.extend(
        [
            "",
            ":",
            "Topic",
            "Topic:",
            "Topic:1",
            "Query:1",
            "topic:00000000-0000-0000-0000-000000000000",
        ]
        .map(forged_cursor),
    );
    forged.push(forged_cursor(&format!("Colour:{item}")));
    forged.push(item.to_string());
    for id in &forged {
        about(
            &app.refused(
                "query($id: ID!) { node(id: $id) { id } }",
                json!({ "id": id }),
            )
            .await,
            "INVALID_ID",
            "id",
            "node",
        );
        about(
            &app.refused(
                "query($id: ID!) { nodes(ids: [$id]) { id } }",
                json!({ "id": id }),
            )
            .await,
            "INVALID_ID",
            "ids",
            "nodes",
        );
        about(
            &app.refused(
                "query($id: ID!) { topic(by: { id: $id }) { id } }",
                json!({ "id": id }),
            )
            .await,
            "INVALID_ID",
            "by.id",
            "topic",
        );
    }
    for root in roots(&app).await.1 {
        let mut accepted = 0;
        for content_type in ContentType::ALL {
            let variables = json!({ "id": global_id(*content_type, item) });
            let query = format!("query($id: ID!) {{ {root}(by: {{ id: $id }}) {{ id }} }}");
            let answer = app.answer("", &query, variables.clone()).await;
            if answer.get("errors").is_none() {
                assert_eq!(answer["data"], json!({ root.as_str(): null }));
                accepted += 1;
            } else {
                let refused = app.refused(&query, variables).await;
                about(&refused, "INVALID_ID", "by.id", &root);
                assert!(
                    refused.message.contains(content_type.type_name()),
                    "{}",
                    refused.message
                );
            }
        }
        assert_eq!(accepted, 1, "{root} reads items of one type");
    }
}

on_both! {
    async fn content_of_another_municipality_is_not_there_whatever_asks_for_it(engine) {
        let app = TestApp::demo(engine).await;
        let (own, other) = ("www.x001.example", "www.comune.montelago.example");
        let (lists, singles) = roots(&app).await;
        let mut filters = Vec::new();
        for (root, filter) in &lists {
            filters.extend(inputs(&app, filter, "ID").await.into_iter().map(|field| (root, field)));
        }
        assert!(filters.len() >= 25, "only {} filters take ids", filters.len());
        app.second_demo("c_x001", own).await;
        let fields: String = lists.iter().map(|(root, _)| format!("{root}(first: 1) {{ totalCount nodes {{ id __typename }} }} ")).collect();
        let theirs = app.read(other, &format!("{{ {fields} municipality {{ id }} }}"), json!({})).await;
        let ours = app.read(own, &format!("{{ {fields} }}"), json!({})).await;
        let mut foreign = vec![theirs["municipality"]["id"].as_str().unwrap().to_owned()];
        for (root, _) in &lists {
            assert_eq!(ours[root]["totalCount"], theirs[root]["totalCount"], "{root}: the same content twice");
            foreign.push(theirs[root]["nodes"][0]["id"].as_str().unwrap().to_owned());
        }
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let found = app.read(own, query, json!({ "ids": foreign })).await;
        assert!(found["nodes"].as_array().unwrap().iter().all(Value::is_null), "{found}");
        assert_eq!(app.read(other, query, json!({ "ids": foreign })).await["nodes"].as_array().unwrap().len(), 15);
        for id in &foreign {
            let found = app.read(own, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
            assert_eq!(found["node"], Value::Null);
            for root in &singles {
                let answer = app.answer(own, &format!("query($id: ID!) {{ {root}(by: {{ id: $id }}) {{ id }} }}"), json!({ "id": id })).await;
                assert!(answer["data"][root].is_null(), "{root}: {answer}");
            }
        }
        for (root, field) in filters {
            let mut accepted = 0;
            for id in &foreign {
                let query = format!("query($id: ID!) {{ {root}(filter: {{ {field}: [$id] }}) {{ totalCount nodes {{ id }} }} }}");
                let answer = app.answer(own, &query, json!({ "id": id })).await;
                if answer.get("errors").is_none() {
                    assert_eq!(answer["data"][root], json!({ "totalCount": 0, "nodes": [] }), "{root} {field}");
                    accepted += 1;
                } else {
                    let refused = app.refused_at(own, &query, json!({ "id": id })).await;
                    about(&refused, "INVALID_ID", &format!("filter.{field}[0]"), root);
                }
            }
            assert_eq!(accepted, 1, "{root}(filter: {{ {field} }}) takes ids of one type");
        }
    }
}

#[actix_web::test]
async fn every_filter_by_code_knows_its_vocabulary_and_every_range_its_order() {
    let app = small().await;
    let (mut codes, mut ranges) = (0, 0);
    for (root, filter) in roots(&app).await.0 {
        for field in inputs(&app, &filter, "String")
            .await
            .into_iter()
            .filter(|field| field != "titlePrefix")
        {
            let query = format!(
                "{{ {root}(filter: {{ or: [{{}}, {{ not: {{ {field}: [\"no-such-code\"] }} }}] }}) {{ totalCount }} }}"
            );
            let refused = app.refused(&query, json!({})).await;
            about(
                &refused,
                "UNKNOWN_CODE",
                &format!("filter.or[1].not.{field}[0]"),
                &root,
            );
            assert!(
                refused.message.contains("«no-such-code»"),
                "{}",
                refused.message
            );
            codes += 1;
        }
        for field in inputs(&app, &filter, "DateRange").await {
            let range = "{ from: \"2026-11-02\", through: \"2026-11-01\" }";
            let refused = app
                .refused(
                    &format!("{{ {root}(filter: {{ {field}: {range} }}) {{ totalCount }} }}"),
                    json!({}),
                )
                .await;
            about(
                &refused,
                "INVALID_ARGUMENT",
                &format!("filter.{field}.through"),
                &root,
            );
            app.data(&format!("{{ {root}(filter: {{ {field}: {{ from: \"2026-11-01\", through: \"2026-11-01\" }} }}) {{ totalCount }} }}")).await;
            ranges += 1;
        }
    }
    assert!(
        codes >= 17 && ranges >= 4,
        "{codes} filters by code, {ranges} by date"
    );
    let query = "{ services(filter: { category: [\"turismo\", \"no\"] }) { totalCount } }";
    about(
        &app.refused(query, json!({})).await,
        "UNKNOWN_CODE",
        "filter.category[1]",
        "services",
    );
    let query = "{ eventOccurrences(during: { from: \"2026-11-02\", through: \"2026-11-01\" }) { edges { cursor } } }";
    about(
        &app.refused(query, json!({})).await,
        "INVALID_ARGUMENT",
        "during.through",
        "eventOccurrences",
    );
    let query = "{ vocabulary(id: \"topics\") { term(code: \"no\") { label } } }";
    about(
        &app.refused(query, json!({})).await,
        "UNKNOWN_CODE",
        "code",
        "vocabulary.term",
    );
    assert_eq!(
        app.data("{ vocabulary(id: \"no\") { id } }").await["vocabulary"],
        Value::Null
    );
}

on_both! {
    async fn empty_filters_mean_what_logic_says(engine) {
        let app = TestApp::empty(engine).await;
        let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
        for title in ["Acqua", "Bosco", "Clima"] {
            editor.topic(title).await;
        }
        for (filter, count) in [
            ("{}", 3), ("{ and: [] }", 3), ("{ and: [{}] }", 3), ("{ or: [] }", 0), ("{ or: [{}] }", 3), ("{ not: {} }", 0),
            ("{ not: { or: [] } }", 3), ("{ not: { not: {} } }", 3), ("{ code: [] }", 0), ("{ not: { code: [] } }", 3),
            ("{ not: { code: [\"acqua\"] } }", 3), ("{ titlePrefix: \"\" }", 3), ("{ titlePrefix: \"À\" }", 1), ("{ titlePrefix: \"b\\u0000\" }", 1),
            ("{ not: { titlePrefix: \"b\" } }", 2), ("{ or: [{ titlePrefix: \"a\" }, { titlePrefix: \"c\" }], not: { titlePrefix: \"c\" } }", 1),
        ] {
            let data = app.data(&format!("{{ topics(filter: {filter}) {{ totalCount nodes {{ title }} }} }}")).await;
            let found = column(&data["topics"]["nodes"], "title");
            assert_eq!((data["topics"]["totalCount"].as_u64(), found.len()), (Some(count), usize::try_from(count).unwrap()), "{filter}");
        }
    }
}
