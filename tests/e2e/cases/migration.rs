//! A case is made to follow what its procedure says now: that is no way around its transitions.

use municipio_domain::{content::ContentType, time::legal_day};
use municipio_tests::{now, on_both};
use serde_json::{Value, json};

use super::story::{Story, definition, procedure, wrong};

async fn publish(story: &Story, definition: &Value) {
    let body = procedure("Cambio di residenza", story.offices[1], definition);
    let item = story.procedure;
    let written = story.editor.rewrite(item, ContentType::Procedure, body);
    written.await.unwrap();
    story.editor.publish(item).await.unwrap();
}

on_both! {
    async fn migrating_a_case_passes_no_guard(engine) {
        let story = Story::begin(engine).await;
        let case = story.in_progress(&story.chief, story.offices[1]).await;
        let migrate = |case: &Value, state: Value| json!({ "id": case["id"], "expectedVersion": case["version"], "state": state });
        let asked = async |case: &Value, state: Value| {
            let payload = story.mutate(&story.chief, "migrateCase", migrate(case, state)).await;
            wrong(&payload).into_iter().map(|(code, _)| code).collect::<Vec<_>>()
        };
        assert_eq!(asked(&case, Value::Null).await, ["CASE_UP_TO_DATE"]);

        let mut newer = definition();
        newer["deadline"] = json!({ "days": 20 });
        newer["transitions"][0]["deadline"] = json!("start");
        newer["transitions"][5]["deadline"] = json!("start");
        publish(&story, &newer).await;
        for state in ["granted", "submitted", "integration-requested"] {
            assert_eq!(asked(&case, json!(state)).await, ["INVALID_VALUE"], "{state}: its own state is there");
        }
        newer["states"][1]["code"] = json!("working");
        let text = newer["transitions"].to_string().replace("\"in-progress\"", "\"working\"");
        newer["transitions"] = serde_json::from_str(&text).unwrap();
        publish(&story, &newer).await;
        for state in ["granted", "integration-requested"] {
            assert_eq!(asked(&case, json!(state)).await, ["INVALID_VALUE"], "{state}: citizens are told something else");
        }
        let migrated = story.done(&story.chief, "migrateCase", migrate(&case, json!("working"))).await;
        assert_eq!((&migrated["state"]["code"], &migrated["status"]), (&json!("working"), &json!("IN_PROGRESS")));

        let refuse = json!({ "id": case["id"], "expectedVersion": migrated["version"], "transition": "refuse", "reasons": "Non spetta." });
        let closed = story.done(&story.chief, "transitionCase", refuse).await;
        assert_eq!(asked(&closed, Value::Null).await, ["CASE_CLOSED"]);
    }
}

on_both! {
    async fn a_case_that_is_migrated_has_the_term_of_its_new_definition(engine) {
        let story = Story::begin(engine).await;
        let with_term = |days: u16| {
            let mut body = definition();
            body["deadline"] = json!({ "days": days });
            for transition in [0, 5] {
                body["transitions"][transition]["deadline"] = json!("start");
            }
            body
        };
        publish(&story, &with_term(30)).await;
        let case = story.in_progress(&story.chief, story.offices[1]).await;
        let due = |days: i64| json!(legal_day(now()) + chrono::TimeDelta::days(days));
        assert_eq!(case["dueOn"], due(30));
        publish(&story, &with_term(90)).await;
        let migrate = json!({ "id": case["id"], "expectedVersion": case["version"] });
        let case = story.done(&story.chief, "migrateCase", migrate).await;
        assert_eq!(case["dueOn"], due(90));
    }
}
