//! Filters and ids: what is not an id or a code is refused with its place in the filter, and what is
//! an id of another municipality finds nothing, whatever asks for it. The fields come from the
//! schema by introspection, so that a new filter is checked without a new test.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use municipio_domain::{content::ContentType, ids::ItemId};
use municipio_tests::{
    TestApp, on_both,
    story::{column, forged, global_id},
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
    let mut forged_ids = vec![
        String::new(),
        "1".to_owned(),
        "🙂".to_owned(),
        "A".repeat(2_000),
    ];
    forged_ids.extend(
        [
            "",
            ":",
            "Topic",
            "Topic:",
            "Topic:1",
            "Query:1",
            "topic:00000000-0000-0000-0000-000000000000",
        ]
        .map(forged),
    );
    forged_ids.push(forged(&format!("Colour:c_x001:{item}")));
    forged_ids.push(forged(&format!("Topic:{item}")));
    forged_ids.push(forged(&format!("Topic:-:{item}")));
    forged_ids.push(item.to_string());
    for id in &forged_ids {
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
            "ids[0]",
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
    async fn an_id_of_another_municipality_is_refused_whatever_takes_it(engine) {
        let app = TestApp::demo(engine).await;
        let (own, other) = ("www.x001.example", "www.comune.montelago.example");
        let takers = takers(&app).await;
        assert!(takers.len() >= 100, "only {} places take ids", takers.len());
        let (lists, _) = roots(&app).await;
        app.second_demo("c_x001", own).await;
        let fields: String = lists.iter().map(|(root, _)| format!("{root}(first: 1) {{ totalCount nodes {{ id }} }} ")).collect();
        let query = format!("{{ {fields} municipality {{ id }} }}");
        let theirs = app.read(other, &query, json!({})).await;
        let ours = app.read(own, &query, json!({})).await;
        let mut foreign = vec![theirs["municipality"]["id"].clone()];
        for (root, _) in &lists {
            assert_eq!(ours[root]["totalCount"], theirs[root]["totalCount"], "{root}: the same content twice");
            foreign.push(theirs[root]["nodes"][0]["id"].clone());
        }
        for Taker { root, query, argument } in takers {
            // Those who did not sign in are refused before anything else.
            if BEHIND_A_SIGN_IN.contains(&root.as_str()) {
                continue;
            }
            for id in &foreign {
                let refused = app.refused_at(own, &query, json!({ "id": id })).await;
                about(&refused, "FOREIGN_ID", &argument, &root);
                assert!(refused.message.contains("c_m999"), "{}", refused.message);
            }
            let answers = ours.as_object().unwrap().values();
            let known = answers.map(|list| list["id"].as_str().or(list["nodes"][0]["id"].as_str()).unwrap().to_owned());
            let mut accepted = 0;
            for id in known {
                let answer = app.answer(own, &query, json!({ "id": id })).await;
                accepted += usize::from(answer.get("errors").is_none());
            }
            // Webhooks are not for everybody.
            let is_private = root == "webhookDeliveries";
            assert!(accepted == 1 || argument.starts_with("id") || is_private, "{query}: takes ids of one type, not of {accepted}");
        }
    }
}

on_both! {
    async fn an_id_in_a_disguise_yields_nothing_of_another_municipality(engine) {
        let app = TestApp::demo(engine).await;
        let own = "www.x001.example";
        let takers = takers(&app).await;
        app.tenant("c_x001", own).await;
        let theirs = app.read("www.comune.montelago.example", "{ topics(first: 1) { nodes { id } } }", json!({})).await;
        let id = theirs["topics"]["nodes"][0]["id"].as_str().unwrap();
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id).unwrap()).unwrap();
        assert!(text.contains(":c_m999:"), "{text}");
        // Whoever knows the form can claim an id for the wrong municipality: the rows are not there.
        let disguised = forged(&text.replace("c_m999", "c_x001"));
        for Taker { query, root, .. } in takers {
            let answer = app.answer(own, &query, json!({ "id": disguised })).await;
            let found = &answer["data"][&root];
            let nothing = [json!(null), json!([null]), json!([]), json!({ "nodes": [] })];
            assert!(nothing.contains(found), "{query}: {answer:#}");
        }
    }
}

/// Root fields whose ids are not looked at before the caller is.
const BEHIND_A_SIGN_IN: [&str; 6] = [
    "caseInsight",
    "cases",
    "messageTemplates",
    "myCases",
    "notificationStatistics",
    "simulateProcedure",
];

/// A root field that takes an id somewhere: the query takes it as `$id`.
#[derive(Debug)]
struct Taker {
    root: String,
    query: String,
    argument: String,
}

/// Every place where a root field takes an id, found by walking the arguments in the schema.
async fn takers(app: &TestApp) -> Vec<Taker> {
    let query = "{ __schema { types { name kind inputFields { name type { ...Type } } }
          queryType { fields { name type { ...Type } args { name type { ...Type } } } } } }
        fragment Type on __Type { name kind ofType { name kind ofType { name kind ofType { name kind } } } }";
    let schema = app.data(query).await["__schema"].take();
    let mut takers = Vec::new();
    for field in schema["queryType"]["fields"].as_array().unwrap() {
        let root = field["name"].as_str().unwrap();
        let named = named(&field["type"]);
        let selection = match (named["kind"].as_str().unwrap(), named["name"].as_str()) {
            (_, Some(name)) if name.ends_with("Connection") => "{ nodes { __typename } }",
            ("SCALAR" | "ENUM", _) => "",
            _ => "{ __typename }",
        };
        let arguments = field["args"].as_array().unwrap();
        let is_day = |argument: &&Value| {
            let of = &argument["type"];
            of["kind"] == "NON_NULL" && of["ofType"]["name"] == "NaiveDate"
        };
        let days = arguments.iter().filter(is_day);
        let days: String = days
            .map(|argument| format!("{}: \"2026-01-01\", ", argument["name"].as_str().unwrap()))
            .collect();
        for argument in arguments {
            for (literal, path) in literals(&schema, argument, &mut Vec::new()) {
                takers.push(Taker {
                    root: root.to_owned(),
                    query: format!("query($id: ID!) {{ {root}({days}{literal}) {selection} }}"),
                    argument: path,
                });
            }
        }
    }
    takers
}

fn named(of: &Value) -> &Value {
    if of["ofType"].is_null() {
        of
    } else {
        named(&of["ofType"])
    }
}

/// The ways to write `$id` into an argument or an input field, with the path of each. An input inside
/// itself (`and`, `or`, `not`) is entered once.
fn literals(schema: &Value, input: &Value, above: &mut Vec<String>) -> Vec<(String, String)> {
    let name = input["name"].as_str().unwrap();
    let is_list = input["type"]["kind"] == "LIST" || input["type"]["ofType"]["kind"] == "LIST";
    let of = named(&input["type"]);
    let of_name = of["name"].as_str().unwrap();
    let inner = match of["kind"].as_str().unwrap() {
        "SCALAR" if of_name == "ID" => vec![("$id".to_owned(), String::new())],
        "INPUT_OBJECT" if above.iter().filter(|seen| *seen == of_name).count() < 2 => {
            above.push(of_name.to_owned());
            let types = schema["types"].as_array().unwrap();
            let object = types
                .iter()
                .find(|object| object["name"] == of["name"])
                .unwrap();
            let fields = object["inputFields"].as_array().unwrap().iter();
            let found = fields
                .flat_map(|field| literals(schema, field, above))
                .collect::<Vec<_>>();
            above.pop();
            found
                .into_iter()
                .map(|(literal, path)| (format!("{{ {literal} }}"), format!(".{path}")))
                .collect()
        }
        _ => Vec::new(),
    };
    let item = |(literal, path): (String, String)| match is_list {
        true => (format!("{name}: [{literal}]"), format!("{name}[0]{path}")),
        false => (format!("{name}: {literal}"), format!("{name}{path}")),
    };
    inner.into_iter().map(item).collect()
}

#[actix_web::test]
async fn every_filter_by_code_knows_its_vocabulary_and_every_range_its_order() {
    let app = small().await;
    let (mut codes, mut ranges) = (0, 0);
    for (root, filter) in roots(&app).await.0 {
        for field in inputs(&app, &filter, "String")
            .await
            .into_iter()
            // A media type is no code of a vocabulary.
            .filter(|field| !["titlePrefix", "mediaType"].contains(&field.as_str()))
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
