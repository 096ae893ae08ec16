//! What would have been different with another definition.

use chrono::TimeDelta;
use municipio_domain::{content::ContentType, time::legal_day};
use municipio_tests::{now, on_both, story::global_id};
use serde_json::{Value, json};

use super::story::{Story, definition, procedure};

const SIMULATE: &str = "query($revision: ID!, $filter: CaseFilter, $most: Int! = 200) { simulateProcedure(revision: $revision, filter: $filter, mostCases: $most) {
    cases different missed wouldMiss differences { kind code count } rules { code wanted notWanted refused }
    details { caseId differences { kind event code missing { requirement { kind code } part } } rules } } }";

impl Story {
    /// A draft of the procedure of the story with this definition; gives its revision.
    async fn draft_of(&self, definition: &Value) -> Value {
        let body = procedure("Cambio di residenza", self.offices[1], definition);
        let written = self
            .editor
            .rewrite(self.procedure, ContentType::Procedure, body);
        written.await.unwrap();
        // A content item is known by the id of the content.
        let id = global_id(ContentType::Procedure, self.procedure);
        let query = "query($id: ID!) { contentItem(id: $id) { draftRevision { id } } }";
        self.ask(&self.chief, query, json!({ "id": id })).await["contentItem"]["draftRevision"]["id"].take()
    }

    async fn simulate(&self, revision: &Value) -> Value {
        let asked = self.ask(&self.chief, SIMULATE, json!({ "revision": revision }));
        asked.await["simulateProcedure"].take()
    }
}

on_both! {
    async fn a_draft_is_held_against_what_happened(engine) {
        let story = Story::begin(engine).await;
        let office = story.offices[1];
        let step = |case: &Value, transition: &str| json!({ "id": case["id"], "expectedVersion": case["version"],
            "transition": transition, "comment": "Manca il contratto.", "reasons": "Non spetta." });
        let refused = story.in_progress(&story.chief, office).await;
        let refused = story.done(&story.chief, "transitionCase", step(&refused, "refuse")).await;
        let asked = story.in_progress(&story.chief, office).await;
        let asked = story.done(&story.chief, "transitionCase", step(&asked, "request-integration")).await;
        let version = asked["version"].clone();

        let same = story.simulate(&story.draft_of(&definition()).await).await;
        assert_eq!((&same["cases"], &same["different"]), (&json!(2), &json!(0)), "{same:#}");
        assert_eq!((&same["differences"], &same["rules"], &same["details"]), (&json!([]), &json!([]), &json!([])));

        let mut other = definition();
        // Nobody is asked for more any more, and a refusal is announced before.
        other["states"].as_array_mut().unwrap().remove(2);
        other["transitions"].as_array_mut().unwrap().drain(1..3);
        other["transitions"][2]["requires"] = json!([{ "type": "reasons" }, { "type": "announcement" }]);
        other["rules"] = json!([
            { "code": "greet", "label": "Saluta", "triggers": [{ "type": "transition", "code": "register" }],
              "conditions": [{ "type": "data", "pointer": "/address", "comparison": "equals", "value": "Via Roma 1" }],
              "actions": [{ "type": "notify", "recipients": ["applicant"], "text": "Benvenuti." }] },
            { "code": "early", "label": "Subito", "triggers": [{ "type": "event", "event": "opened" }],
              "actions": [{ "type": "take", "transition": "register" }] },
            { "code": "never", "label": "Mai", "triggers": [{ "type": "state", "code": "in-progress" }],
              "conditions": [{ "type": "channel", "channels": ["online"] }],
              "actions": [{ "type": "notify", "recipients": ["officer"], "text": "Mai." }] },
        ]);
        let revision = story.draft_of(&other).await;
        let found = story.simulate(&revision).await;
        assert_eq!((&found["cases"], &found["different"]), (&json!(2), &json!(2)));
        assert_eq!(found["differences"], json!([
            { "kind": "STATE_GONE", "code": "integration-requested", "count": 1 },
            { "kind": "TRANSITION_GONE", "code": "request-integration", "count": 1 },
            { "kind": "REQUIREMENT_MISSING", "code": "refuse", "count": 1 },
        ]));
        assert_eq!(found["rules"], json!([
            { "code": "early", "wanted": 2, "notWanted": 0, "refused": 2 },
            { "code": "greet", "wanted": 2, "notWanted": 0, "refused": 0 },
            { "code": "never", "wanted": 0, "notWanted": 2, "refused": 0 },
        ]));
        let details = found["details"].as_array().unwrap();
        assert_eq!((&details[0]["caseId"], &details[1]["caseId"]), (&asked["id"], &refused["id"]), "the newest first");
        assert_eq!(details[1]["differences"], json!([{ "kind": "REQUIREMENT_MISSING", "event": 4, "code": "refuse",
            "missing": [{ "requirement": { "kind": "ANNOUNCEMENT", "code": null }, "part": null }] }]));
        assert_eq!(details[1]["rules"], json!(["early", "greet"]));

        let few = json!({ "revision": revision, "most": 1, "filter": { "isOpen": true } });
        let few = story.ask(&story.chief, SIMULATE, few).await["simulateProcedure"].take();
        assert_eq!((&few["cases"], &few["details"][0]["caseId"]), (&json!(1), &asked["id"]));
        assert_eq!(story.case(&story.chief, &asked["id"]).await["version"], version, "nothing was done");
    }
}

on_both! {
    async fn terms_are_counted_as_the_draft_says(engine) {
        let story = Story::begin(engine).await;
        let case = story.open(&story.chief, story.offices[1], "In ritardo").await;
        let form = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form" });
        let case = story.done(&story.chief, "addCaseEvidence", form).await;
        let long_ago = legal_day(now()) - TimeDelta::days(25);
        let register = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "register",
            "protocol": { "number": "7", "date": long_ago } });
        story.done(&story.chief, "transitionCase", register).await;
        let mut body = definition();
        for (days, would_miss) in [(30, 0), (20, 1)] {
            body["deadline"] = json!({ "days": days });
            body["transitions"][0]["deadline"] = json!("start");
            body["transitions"][5]["deadline"] = json!("start");
            let found = story.simulate(&story.draft_of(&body).await).await;
            assert_eq!((&found["missed"], &found["wouldMiss"]), (&json!(0), &json!(would_miss)), "{days}");
        }
    }
}

on_both! {
    async fn only_cases_that_one_sees_are_gone_through_by_who_writes_procedures(engine) {
        let story = Story::begin(engine).await;
        story.in_progress(&story.chief, story.offices[1]).await;
        let revision = story.draft_of(&definition()).await;
        let code = async |token: &str, variables: Value| {
            let request = json!({ "query": SIMULATE, "variables": variables });
            let answer = story.app.post().bearer_auth(token).json(&request).send().await.unwrap();
            let answer: Value = answer.json().await.unwrap();
            answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
        };
        let officer = story.officer(story.offices[1]).await;
        let editor = story.app.signed_in_at(&story.tenant, &["editor"]).await;
        for who in [&officer, &editor] {
            assert_eq!(code(who, json!({ "revision": revision })).await, "FORBIDDEN");
        }
        for most in [0, 501] {
            assert_eq!(code(&story.chief, json!({ "revision": revision, "most": most })).await, "INVALID_ARGUMENT");
        }
        let query = "mutation($input: AccountRoleInput!) { createAccountRole(input: $input) { userErrors { code } } }";
        let beside = json!({ "action": "cases.read", "offices": [global_id(ContentType::Office, story.offices[2])] });
        let input = json!({ "name": "scrive", "permissions": [{ "action": "content.update" }, beside] });
        story.ask(&story.chief, query, json!({ "input": input })).await;
        let writer = story.app.signed_in_at(&story.tenant, &["scrive"]).await;
        let seen = story.ask(&writer, SIMULATE, json!({ "revision": revision })).await["simulateProcedure"].take();
        assert_eq!(seen["cases"], 0, "{seen:#}");
    }
}
