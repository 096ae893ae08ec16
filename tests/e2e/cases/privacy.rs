//! What stays with the citizen, how sure it must be who they are, and who is written down as having read.

use municipio_domain::{citizens::LevelOfAssurance, content::ContentType};
use municipio_tests::{
    on_both,
    story::{column, global_id},
};
use serde_json::{Value, json};

use super::{
    citizen::with_drafts,
    story::{Story, definition, procedure, wrong},
};

/// A procedure with this definition, by its global id.
async fn published(story: &Story, definition: &Value) -> Value {
    let body = procedure("Accesso agli atti", story.offices[1], definition);
    let id = story.editor.published(ContentType::Procedure, body).await;
    json!(global_id(ContentType::Procedure, id))
}

on_both! {
    async fn a_draft_that_is_given_up_is_seen_by_nobody_else(engine) {
        let story = Story::begin(engine).await;
        let mut body = with_drafts();
        let withdrawn = json!({ "code": "withdrawn", "label": "Ritirata", "status": "concluded" });
        body["states"].as_array_mut().unwrap().push(withdrawn);
        let steps = body["transitions"].as_array_mut().unwrap();
        steps.push(json!({ "code": "withdraw", "label": "Ritira", "from": ["draft", "submitted"], "to": "withdrawn", "takers": ["citizen"], "effect": "withdraw" }));
        steps.push(json!({ "code": "resume", "label": "Riprendi", "from": ["withdrawn"], "to": "submitted", "takers": ["citizen"] }));
        let procedure = published(&story, &body).await;
        let anna = story.app.citizen(&story.tenant, 1).await;
        let case = story.done(&anna, "startCase", json!({ "procedure": procedure, "subject": "Ci ho ripensato" })).await;
        let step = |case: &Value, transition: &str| json!({ "id": case["id"], "expectedVersion": case["version"], "transition": transition });
        let case = story.done(&anna, "transitionCase", step(&case, "withdraw")).await;
        assert_eq!(case["outcome"], "WITHDRAWN");
        assert!(story.case(&story.chief, &case["id"]).await.is_null());
        assert_eq!(story.subjects(&story.chief, Value::Null).await, Vec::<String>::new());
        // Nor is it sent in a roundabout way without saying what an application says.
        let refused = story.mutate(&anna, "transitionCase", step(&case, "resume")).await;
        assert_eq!(wrong(&refused)[0].0, "INVALID_DATA");
    }
}

on_both! {
    async fn what_a_citizen_sends_is_checked_without_a_draft_too(engine) {
        let story = Story::begin(engine).await;
        let procedure = published(&story, &definition()).await;
        let anna = story.app.citizen(&story.tenant, 1).await;
        let start = |data: Value| json!({ "procedure": procedure, "subject": "Subito", "data": data });
        let refused = story.mutate(&anna, "startCase", start(Value::Null)).await;
        assert_eq!(wrong(&refused), [("INVALID_DATA".to_owned(), "data".to_owned())]);
        story.done(&anna, "startCase", start(json!({ "address": "Via Roma 1" }))).await;
    }
}

on_both! {
    async fn the_level_of_a_procedure_holds_for_all_that_is_done_in_its_cases(engine) {
        let story = Story::begin(engine).await;
        let mut body = with_drafts();
        body["level_of_assurance"] = json!(3);
        let procedure = published(&story, &body).await;
        let sure = story.app.citizen_at(&story.tenant, 1, LevelOfAssurance::High).await;
        let case = story.done(&sure, "startCase", json!({ "procedure": procedure, "subject": "Riservata" })).await;
        let less = story.app.citizen(&story.tenant, 1).await;
        let (id, version) = (&case["id"], &case["version"]);
        for (name, input) in [
            ("reviseCase", json!({ "id": id, "expectedVersion": version, "data": { "address": "Via Roma 1" } })),
            ("addCaseEvidence", json!({ "id": id, "kind": "DOCUMENT", "code": "form" })),
            ("sendCaseMessage", json!({ "id": id, "audience": "EVERYONE", "text": "Buongiorno" })),
            ("transitionCase", json!({ "id": id, "expectedVersion": version, "transition": "submit" })),
        ] {
            let input_type = name[..1].to_uppercase() + &name[1..];
            let query = format!("mutation($input: {input_type}Input!) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}");
            let refused = story.app.ask_as(&less, &query, json!({ "input": input })).await;
            assert_eq!(refused["errors"][0]["extensions"]["code"], "INSUFFICIENT_USER_AUTHENTICATION", "{name}: {refused}");
        }
        let unchanged = story.case(&sure, id).await;
        assert_eq!(&unchanged["version"], version);
    }
}

on_both! {
    async fn who_reads_people_in_a_list_is_written_down(engine) {
        let story = Story::begin(engine).await;
        let [_, below, _] = story.offices;
        let officer = story.officer(below).await;
        let ids: Vec<_> = {
            let mut ids = Vec::new();
            for subject in ["Prima", "Seconda"] {
                ids.push(story.open(&story.chief, below, subject).await["id"].clone());
            }
            ids
        };
        let readers = async || {
            let query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Case { accessLog { reader } } } }";
            let read = story.ask(&story.chief, query, json!({ "ids": ids })).await;
            let nodes = read["nodes"].as_array().unwrap().clone();
            nodes.iter().map(|node| column(&node["accessLog"], "reader").len()).collect::<Vec<_>>()
        };
        assert_eq!(readers().await, [1, 1], "who opened them, and was shown them");
        story.ask(&officer, "{ cases { nodes { status dueOn state { code } } } }", json!({})).await;
        assert_eq!(readers().await, [1, 1], "where they stand says nothing of people");
        story.ask(&officer, "{ cases { nodes { applicant { name } } } }", json!({})).await;
        assert_eq!(readers().await, [2, 2]);
    }
}

on_both! {
    async fn who_may_not_read_cases_is_shown_none_by_working_on_them(engine) {
        let story = Story::begin(engine).await;
        let case = story.in_progress(&story.chief, story.offices[1]).await;
        let input = json!({ "name": "solo-lavoro", "permissions": [{ "action": "cases.work" }] });
        let query = "mutation($input: AccountRoleInput!) { createAccountRole(input: $input) { userErrors { code } } }";
        story.ask(&story.chief, query, json!({ "input": input })).await;
        let worker = story.app.signed_in_at(&story.tenant, &["solo-lavoro"]).await;
        let note = json!({ "id": case["id"], "audience": "OFFICE", "text": "Fatto" });
        let payload = story.mutate(&worker, "sendCaseMessage", note).await;
        assert_eq!((&payload["userErrors"], &payload["case"]), (&json!([]), &Value::Null));
        let late = json!({ "id": case["id"], "expectedVersion": 1, "transition": "refuse", "reasons": "No" });
        let payload = story.mutate(&worker, "transitionCase", late).await;
        assert_eq!((wrong(&payload)[0].0.as_str(), &payload["case"]), ("CONFLICT", &Value::Null));
        assert_eq!(story.case(&story.chief, &case["id"]).await["timeline"].as_array().unwrap().len(), 4);
    }
}
