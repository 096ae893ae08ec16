//! Bad input gets a precise error: a code, the argument it is about, and the field of the query.

use municipio_domain::{content::ContentType, ids::ItemId};
use municipio_tests::{
    Engine, TestApp,
    story::{Refused, global_id},
};
use serde_json::json;

pub(super) async fn small() -> TestApp {
    let app = TestApp::empty(Engine::Sqlite).await;
    let tenant = app.tenant("c_x001", "www.x001.example").await;
    app.editor(&tenant).topic("Acqua").await;
    app
}

/// The root fields that list (with their filter) and that read one item, by introspection.
pub(super) async fn roots(app: &TestApp) -> (Vec<(String, String)>, Vec<String>) {
    let data = app
        .data("{ __type(name: \"Query\") { fields { name args { name type { name } } } } }")
        .await;
    let (mut lists, mut singles) = (Vec::new(), Vec::new());
    for field in data["__type"]["fields"].as_array().unwrap() {
        let name = field["name"].as_str().unwrap().to_owned();
        let arguments = field["args"].as_array().unwrap();
        let has = |wanted: &str| {
            arguments
                .iter()
                .find(|argument| argument["name"] == json!(wanted))
        };
        // Not for everybody: tests/e2e/cursors.rs and tests/e2e/cases page through them.
        if ["contentItems", "cases", "myCases"].contains(&name.as_str()) {
            continue;
        }
        match (has("filter"), has("last"), has("by")) {
            (Some(filter), Some(_), _) if has("orderBy").is_some() => {
                lists.push((name, filter["type"]["name"].as_str().unwrap().to_owned()))
            }
            (_, _, Some(_)) => singles.push(name),
            _ => {}
        }
    }
    assert_eq!((lists.len(), singles.len()), (15, 15));
    (lists, singles)
}

pub(super) fn about(refused: &Refused, code: &str, argument: &str, path: &str) {
    assert_eq!(
        refused.parts(),
        (code, argument, path),
        "{}",
        refused.message
    );
    assert!(refused.message.len() > 10, "{}", refused.message);
}

#[actix_web::test]
async fn what_is_not_in_the_schema_is_refused_before_anything_runs() {
    let app = small().await;
    for (query, code, said) in [
        (
            "{ topics { nodes { colour } } }",
            "GRAPHQL_VALIDATION_FAILED",
            "colour",
        ),
        (
            "{ topics(colour: 1) { totalCount } }",
            "GRAPHQL_VALIDATION_FAILED",
            "colour",
        ),
        (
            "{ topics(orderBy: COLOUR_ASC) { totalCount } }",
            "GRAPHQL_VALIDATION_FAILED",
            "COLOUR_ASC",
        ),
        (
            "{ topics(filter: { colour: \"red\" }) { totalCount } }",
            "GRAPHQL_VALIDATION_FAILED",
            "colour",
        ),
        (
            "{ topics(first: \"three\") { totalCount } }",
            "GRAPHQL_VALIDATION_FAILED",
            "first",
        ),
        ("{ topics }", "GRAPHQL_VALIDATION_FAILED", "topics"),
        (
            "{ topic(by: {}) { id } }",
            "GRAPHQL_VALIDATION_FAILED",
            "by",
        ),
        (
            "{ topic(by: { slug: \"a\", id: \"b\" }) { id } }",
            "GRAPHQL_VALIDATION_FAILED",
            "by",
        ),
        (
            "mutation { deleteAll }",
            "GRAPHQL_VALIDATION_FAILED",
            "mutation",
        ),
        ("{ topics { nodes { title }", "GRAPHQL_PARSE_FAILED", ""),
        ("", "GRAPHQL_PARSE_FAILED", ""),
        ("🙂", "GRAPHQL_PARSE_FAILED", ""),
    ] {
        let answer = app.answer("", query, json!({})).await;
        assert!(
            answer.get("data").is_none(),
            "nothing was executed: {query}\n{answer:#}"
        );
        let error = &answer["errors"][0];
        assert_eq!(
            error["extensions"]["code"],
            json!(code),
            "{query}\n{answer:#}"
        );
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .to_lowercase()
                .contains(&said.to_lowercase()),
            "{query}\n{answer:#}"
        );
        assert!(error.get("path").is_none(), "{answer:#}");
        assert!(error["extensions"]["requestId"].is_string(), "{answer:#}");
    }
}

#[actix_web::test]
async fn variables_that_are_missing_or_wrong_are_refused_before_anything_runs() {
    let app = small().await;
    for (variables, what) in [
        (json!({}), "missing"),
        (json!({ "id": null }), "null"),
        (json!({ "id": {} }), "an object"),
        (json!({ "id": [] }), "a list"),
    ] {
        let answer = app
            .answer(
                "",
                "query($id: ID!) { topics { totalCount } node(id: $id) { id } }",
                variables,
            )
            .await;
        assert!(
            answer.get("data").is_none(),
            "{what}: nothing is executed (GraphQL 6.1.2)\n{answer:#}"
        );
        assert_eq!(
            answer["errors"][0]["extensions"]["code"],
            json!("GRAPHQL_VALIDATION_FAILED"),
            "{what}"
        );
    }
}

#[actix_web::test]
async fn pages_have_sizes_from_1_to_100_and_one_end() {
    let app = small().await;
    for (root, _) in roots(&app).await.0 {
        for size in [0, -1, 101, 1_000] {
            for end in ["first", "last"] {
                let refused = app
                    .refused(
                        &format!("{{ {root}({end}: {size}) {{ totalCount }} }}"),
                        json!({}),
                    )
                    .await;
                about(&refused, "INVALID_ARGUMENT", end, &root);
                assert!(
                    refused.message.contains(&size.to_string()),
                    "{}",
                    refused.message
                );
            }
        }
        let refused = app
            .refused(
                &format!("{{ {root}(first: 1, last: 1) {{ totalCount }} }}"),
                json!({}),
            )
            .await;
        about(&refused, "INVALID_ARGUMENT", "last", &root);
        let data = app.data(&format!("{{ a: {root}(first: 1) {{ totalCount }} b: {root}(first: 100) {{ totalCount }} c: {root}(last: 100) {{ totalCount }} }}")).await;
        assert_eq!(data["a"], data["c"]);
    }
    let grouped = "{ serviceCategories { services(last: 101) { totalCount } } }";
    let answer = app.answer("", grouped, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["argument"], json!("last"));
    about(
        &app.refused(
            "{ eventOccurrences(first: 0) { edges { cursor } } }",
            json!({}),
        )
        .await,
        "INVALID_ARGUMENT",
        "first",
        "eventOccurrences",
    );
    about(
        &app.refused("{ home { latestNews(first: 0) { id } } }", json!({}))
            .await,
        "INVALID_ARGUMENT",
        "first",
        "home.latestNews",
    );
    about(
        &app.refused("{ home { nextEvents(first: 101) { id } } }", json!({}))
            .await,
        "INVALID_ARGUMENT",
        "first",
        "home.nextEvents",
    );
    let ids = vec![global_id(ContentType::Topic, ItemId::generate()); 101];
    about(
        &app.refused(
            "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
            json!({ "ids": ids }),
        )
        .await,
        "INVALID_ARGUMENT",
        "ids",
        "nodes",
    );
}

#[actix_web::test]
async fn an_error_inside_a_list_names_its_field() {
    let app = small().await;
    let nested = "{ list: topics { nodes { held: news(first: 0) { totalCount } } } }";
    about(
        &app.refused(nested, json!({})).await,
        "INVALID_ARGUMENT",
        "first",
        // The pinned engine reports it at the item: see null_bubbling.rs.
        "list.nodes.0",
    );
    let nested =
        "{ list: topics { edges { one: node { held: news(after: \"x\") { totalCount } } } } }";
    about(
        &app.refused(nested, json!({})).await,
        "INVALID_CURSOR",
        "after",
        "list.edges.0",
    );
}

#[actix_web::test]
async fn an_unknown_locale_is_named_with_those_there_are() {
    let app = small().await;
    let data = app.data("{ __type(name: \"Query\") { fields { name args { name type { kind } } type { kind ofType { kind } } } } }").await;
    let fields = data["__type"]["fields"].as_array().unwrap().iter();
    // `node` has the one argument that Relay wants; the others have no texts in locales, or all of them.
    let without = [
        "accountRoles",
        "accounts",
        "apiKeys",
        "appIo",
        "appIoSheets",
        "auditEntries",
        "case",
        "caseInsight",
        "caseStateMaps",
        "cases",
        "changes",
        "citizen",
        "citizenIssuers",
        "identityProviders",
        "me",
        "messageTemplates",
        "myCases",
        "node",
        "notificationStatistics",
        "outboxJobs",
        "outboxStatistics",
        "permissions",
        "previewTokens",
        "release",
        "releases",
        "reviewRules",
        "searchInsight",
        "searchSynonyms",
        "signInProviders",
        "simulateProcedure",
        "webhookDeliveries",
        "webhooks",
    ];
    let name_of = |field: &'_ serde_json::Value| field["name"].as_str().unwrap().to_owned();
    for field in fields.filter(|field| !without.contains(&name_of(field).as_str())) {
        let name = field["name"].as_str().unwrap();
        let needed = field["args"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|argument| argument["type"]["kind"] == json!("NON_NULL"));
        let needed: String = needed
            .map(|argument| match argument["name"].as_str().unwrap() {
                "by" => "by: { slug: \"acqua\" }, ".to_owned(),
                "ids" => "ids: [], ".to_owned(),
                "id" => "id: \"topics\", ".to_owned(),
                "path" => "path: \"/\", ".to_owned(),
                "query" => "query: \"anagrafe\", ".to_owned(),
                "prefix" => "prefix: \"ana\", ".to_owned(),
                "orderBy" => String::new(),
                other => panic!("an argument that this test does not know: {name}({other})"),
            })
            .collect();
        let refused = app
            .refused(
                &format!("{{ {name}({needed}locale: \"fr\") {{ __typename }} }}"),
                json!({}),
            )
            .await;
        about(&refused, "UNKNOWN_LOCALE", "locale", name);
        assert!(
            refused.message.contains("«fr»") && refused.message.contains("it, de"),
            "{}",
            refused.message
        );
    }
    let refused = app
        .refused("{ topics(locale: \"klingon\") { totalCount } }", json!({}))
        .await;
    assert!(
        refused.message.contains("klingon") && !refused.code.is_empty(),
        "{refused:?}"
    );
}
