//! What officers do with a case, from the application to the outcome.

use chrono::TimeDelta;
use municipio_domain::{
    cases::Cases,
    content::{ContentType, Contents, LifeStep, move_on, purge},
    time::{ClosingCalendar, last_day_for_observations, legal_day},
};
use municipio_tests::{
    now, on_both,
    story::{column, global_id},
};
use serde_json::{Value, json};

use super::story::{MARIO, Story, definition, procedure, today, wrong};

fn pair(code: &str, path: &str) -> (String, String) {
    (code.to_owned(), path.to_owned())
}

on_both! {
    async fn a_case_goes_from_the_application_to_the_outcome(engine) {
        let story = Story::begin(engine).await;
        let officer = story.officer(story.offices[1]).await;
        let case = story.open(&officer, story.offices[1], "Trasloco da Trento").await;
        assert_eq!((&case["version"], &case["status"], &case["state"]["label"]), (&json!(1), &json!("IN_PROGRESS"), &json!("Inviata")));
        assert_eq!(case["applicant"], json!({ "fiscalCode": MARIO, "name": "Mario Rossi" }));
        assert_eq!(case["subject"], "Trasloco da Trento");

        // What is missing is told before and after.
        let missing = json!([{ "requirement": { "kind": "DOCUMENT", "code": "form" }, "part": null }]);
        assert_eq!(case["availableTransitions"], json!([{ "code": "register", "missing": missing }]));
        let register = |version: &Value| json!({ "id": case["id"], "expectedVersion": version, "transition": "register" });
        let refused = story.mutate(&officer, "transitionCase", register(&case["version"])).await;
        assert_eq!(wrong(&refused), [pair("REQUIREMENT_MISSING", "protocol"), pair("REQUIREMENT_MISSING", "case.evidence.document.form")]);

        let evidence = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form", "title": "Modulo firmato", "reference": "DMS-77" });
        let case = story.done(&officer, "addCaseEvidence", evidence).await;
        let mut input = register(&case["version"]);
        input["protocol"] = json!({ "number": "2026/0001234", "date": today() });
        let case = story.done(&officer, "transitionCase", input).await;
        assert_eq!(case["protocol"], json!({ "number": "2026/0001234", "date": today() }));

        let step = |case: &Value, transition: &str| json!({ "id": case["id"], "expectedVersion": case["version"], "transition": transition });
        let with = |mut input: Value, key: &str, text: &str| { input[key] = json!(text); input };
        let refused = story.mutate(&officer, "transitionCase", step(&case, "request-integration")).await;
        assert_eq!(wrong(&refused), [pair("REQUIREMENT_MISSING", "comment")]);
        let case = story.done(&officer, "transitionCase", with(step(&case, "request-integration"), "comment", "Manca il contratto di affitto.")).await;
        assert_eq!((&case["status"], &case["state"]["code"]), (&json!("WAITING_FOR_APPLICANT"), &json!("integration-requested")));
        let case = story.done(&officer, "transitionCase", with(step(&case, "answer-integration"), "comment", "Ecco il contratto.")).await;
        let refused = story.mutate(&officer, "transitionCase", step(&case, "answer-integration")).await;
        assert_eq!(wrong(&refused), [pair("TRANSITION_NOT_POSSIBLE", "transition")]);
        let refused = story.mutate(&officer, "transitionCase", step(&case, "vanish")).await;
        assert_eq!(wrong(&refused), [pair("UNKNOWN_TRANSITION", "transition")]);

        let case = story.done(&officer, "transitionCase", with(step(&case, "refuse"), "reasons", "L'alloggio non esiste.")).await;
        assert_eq!((&case["outcome"], &case["reasons"]), (&json!("REFUSED"), &json!("L'alloggio non esiste.")));
        assert!(case["closedAt"].is_string());
        let refused = story.mutate(&officer, "transitionCase", with(step(&case, "reopen"), "comment", "Esiste.")).await;
        assert_eq!(wrong(&refused), [pair("TRANSITION_NOT_YOURS", "transition")], "without the role");
        let case = story.done(&story.chief, "transitionCase", with(step(&case, "reopen"), "comment", "Esiste.")).await;
        assert_eq!((&case["outcome"], &case["closedAt"]), (&Value::Null, &Value::Null));

        let case = story.case(&officer, &case["id"]).await;
        assert_eq!(column(&case["timeline"], "kind"), ["OPENED", "EVIDENCE_ADDED", "MOVED", "MOVED", "MOVED", "MOVED", "MOVED"]);
        assert_eq!(case["timeline"][1]["evidence"], json!({ "kind": "DOCUMENT", "code": "form", "title": "Modulo firmato" }));
        let query = "query($id: ID!) { case(id: $id) { data remedies { plainText } integrationRequests { number text answer answeredAt } procedure { title } } }";
        let seen = story.ask(&officer, query, json!({ "id": case["id"] })).await["case"].take();
        assert_eq!(seen["data"], json!({ "address": "Via Roma 1" }));
        assert_eq!(seen["remedies"]["plainText"], "Ricorso entro 60 giorni.");
        let request = &seen["integrationRequests"][0];
        assert_eq!((&request["text"], &request["answer"]), (&json!("Manca il contratto di affitto."), &json!("Ecco il contratto.")));
        let cases = Cases::from(&Contents::new(story.app.database.tenant(story.tenant.id), Contents::cache(1)));
        let verified = cases.verify().await.unwrap();
        assert!(verified.is_intact(), "{verified:?}");
        assert_eq!((verified.cases, verified.events), (1, 7));
    }
}

on_both! {
    async fn of_two_officers_at_once_one_wins_and_the_other_is_told_the_new_state(engine) {
        let story = Story::begin(engine).await;
        let [first, second] = [story.officer(story.offices[0]).await, story.officer(story.offices[1]).await];
        let case = story.in_progress(&first, story.offices[1]).await;
        let input = |transition: &str| json!({
            "id": case["id"], "expectedVersion": case["version"], "transition": transition,
            "comment": "Manca qualcosa.", "reasons": "Mancano i requisiti.",
        });
        let (one, other) = futures_util::future::join(
            story.mutate(&first, "transitionCase", input("refuse")),
            story.mutate(&second, "transitionCase", input("request-integration")),
        ).await;
        let (won, lost) = match one["userErrors"] == json!([]) {
            true => (one, other),
            false => (other, one),
        };
        assert_eq!(won["userErrors"], json!([]));
        assert_eq!(wrong(&lost), [pair("CONFLICT", "expectedVersion")]);
        assert_eq!((&lost["case"]["state"], &lost["case"]["version"]), (&won["case"]["state"], &won["case"]["version"]));
        assert_eq!(story.case(&first, &case["id"]).await["version"], won["case"]["version"]);
    }
}

on_both! {
    async fn two_different_people_must_sign(engine) {
        let story = Story::begin(engine).await;
        let [first, second] = [story.officer(story.offices[0]).await, story.officer(story.offices[1]).await];
        let case = story.in_progress(&first, story.offices[1]).await;
        let sign = json!({ "id": case["id"], "kind": "SIGNATURE", "code": "grant" });
        story.done(&first, "addCaseEvidence", sign.clone()).await;
        let case = story.done(&first, "addCaseEvidence", sign.clone()).await;
        let grant = |case: &Value| json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "grant" });
        let refused = story.mutate(&first, "transitionCase", grant(&case)).await;
        assert_eq!(wrong(&refused), [pair("REQUIREMENT_MISSING", "case.evidence.signature")]);
        let case = story.done(&second, "addCaseEvidence", sign).await;
        let case = story.done(&first, "transitionCase", grant(&case)).await;
        assert_eq!((&case["status"], &case["outcome"]), (&json!("CONCLUDED_POSITIVE"), &json!("GRANTED")));
        let more = json!({ "id": case["id"], "kind": "PAYMENT", "code": "fee" });
        assert_eq!(wrong(&story.mutate(&first, "addCaseEvidence", more).await), [pair("CASE_CLOSED", "")]);
    }
}

on_both! {
    async fn an_application_is_checked_and_told_where_it_is_wrong(engine) {
        let story = Story::begin(engine).await;
        let input = |change: Value| {
            let base = json!({ "procedure": global_id(ContentType::Procedure, story.procedure), "subject": "Trasloco" });
            municipio_tests::story::with(base, change)
        };
        let person = |code: &str| json!({ "fiscalCode": code, "name": "Mario Rossi" });
        for (change, code, path) in [
            (json!({ "subject": " " }), "INVALID_VALUE", "subject"),
            (json!({ "data": {} }), "INVALID_DATA", "data"),
            (json!({ "data": { "address": 1 } }), "INVALID_DATA", "data/address"),
            (json!({ "delegate": person(MARIO) }), "DELEGATE_NOT_ALLOWED", "delegate"),
        ] {
            let refused = story.mutate(&story.chief, "openCase", input(change.clone())).await;
            assert_eq!(wrong(&refused), [pair(code, path)], "{change}");
            assert_eq!(refused["case"], Value::Null);
        }
        let wrong_code = story.mutate(&story.chief, "openCase", input(json!({ "applicant": person("RSSMRA80A01H501X") }))).await;
        assert_eq!(wrong(&wrong_code)[0].1, "applicant.fiscalCode");
        let sheet = story.editor.published(ContentType::Procedure, procedure("Senza definizione", story.offices[1], &Value::Null)).await;
        let refused = story.mutate(&story.chief, "openCase", input(json!({ "procedure": global_id(ContentType::Procedure, sheet) }))).await;
        assert_eq!(wrong(&refused), [pair("DEFINITION_MISSING", "procedure")]);
        assert_eq!(story.app.rows("case_file").await, 0);
    }
}

on_both! {
    async fn a_case_stays_on_its_version_until_it_is_migrated(engine) {
        let story = Story::begin(engine).await;
        let case = story.in_progress(&story.chief, story.offices[1]).await;
        let mut newer = definition();
        newer["states"][1]["code"] = json!("working");
        newer["states"][1]["label"] = json!("In istruttoria");
        for (transition, from, to) in [(0, None, Some("working")), (1, Some("working"), None), (2, None, Some("working")), (3, Some("working"), None), (4, Some("working"), None), (5, None, Some("working"))] {
            let transition = &mut newer["transitions"][transition];
            if let Some(from) = from { transition["from"] = json!([from]) }
            if let Some(to) = to { transition["to"] = json!(to) }
        }
        let body = procedure("Cambio di residenza", story.offices[1], &newer);
        story.editor.rewrite(story.procedure, ContentType::Procedure, body).await.unwrap();
        story.editor.publish(story.procedure).await.unwrap();
        assert_eq!(story.case(&story.chief, &case["id"]).await["state"]["label"], "In lavorazione");
        let migrate = |state: Value| json!({ "id": case["id"], "expectedVersion": case["version"], "state": state });
        let refused = story.mutate(&story.chief, "migrateCase", migrate(Value::Null)).await;
        assert_eq!(wrong(&refused), [pair("INVALID_VALUE", "state")]);
        let case = story.done(&story.chief, "migrateCase", migrate(json!("working"))).await;
        assert_eq!(case["state"]["label"], "In istruttoria");
        assert_eq!(column(&case["availableTransitions"], "code"), ["request-integration", "grant", "refuse"]);
    }
}

on_both! {
    async fn what_a_case_says_of_people_is_nowhere_in_clear(engine) {
        let story = Story::begin(engine).await;
        let case = story.in_progress(&story.chief, story.offices[1]).await;
        let note = json!({ "id": case["id"], "audience": "OFFICE", "text": "Parlare con Rossi" });
        story.done(&story.chief, "sendCaseMessage", note).await;
        // Nor in what is kept for those who send a mutation again, whatever came of it.
        let stale = json!({ "input": { "id": case["id"], "expectedVersion": 1, "transition": "refuse", "reasons": "Non spetta a Rossi" } });
        let query = "mutation($input: TransitionCaseInput!) { transitionCase(input: $input) { case { subject applicant { name } } userErrors { code } } }";
        let post = |key: &str| story.app.post().bearer_auth(&story.chief).header("idempotency-key", key);
        let told = "mutation($input: SendCaseMessageInput!) { sendCaseMessage(input: $input) { case { applicant { name } } userErrors { code } } }";
        let again = json!({ "input": { "id": case["id"], "audience": "OFFICE", "text": "Rossi richiama" } });
        let told = post("key-0").json(&json!({ "query": told, "variables": again })).send().await.unwrap().text().await.unwrap();
        assert!(told.contains("Mario Rossi") && told.contains("\"userErrors\":[]"), "{told}");
        let conflict = post("key-1").json(&json!({ "query": query, "variables": stale })).send().await.unwrap().text().await.unwrap();
        assert!(conflict.contains("CONFLICT") && conflict.contains("Mario Rossi"), "{conflict}");
        let columns = ["SELECT coalesce(answer, '') FROM idempotency_key", "SELECT CAST(payload AS TEXT) FROM outbox_job", "SELECT details || coalesce(sealed, '') FROM case_event", "SELECT coalesce(sealed, '') || coalesce(applicant, '') || coalesce(data_key, '') FROM case_file", "SELECT details || coalesce(subject, '') FROM audit_entry"];
        for sql in columns {
            let kept = story.app.texts(sql).await.concat();
            assert!(!kept.is_empty() || sql.contains("outbox_job"), "{sql}");
            for secret in ["Rossi", "Mario", MARIO, "Via Roma", "Trasloco", "Modulo firmato"] {
                assert!(!kept.contains(secret), "{secret} in {sql}");
            }
        }
    }
}

on_both! {
    async fn what_cases_follow_is_kept_when_deleted_content_is_removed(engine) {
        let story = Story::begin(engine).await;
        let case = story.in_progress(&story.chief, story.offices[1]).await;
        let store = story.app.database.tenant(story.tenant.id);
        let transaction = store.begin().await.unwrap();
        let [_, with_cases, without] = story.offices;
        for item in [story.procedure, with_cases, without] {
            move_on(&transaction, item, LifeStep::Delete, now()).await.unwrap();
        }
        transaction.commit().await.unwrap();
        let later = now() + TimeDelta::days(100);
        assert_eq!(purge(&store, &story.tenant, later).await.unwrap(), 1, "the office without cases");
        let seen = story.case(&story.chief, &case["id"]).await;
        assert_eq!(seen["state"]["label"], "In lavorazione");
        assert_eq!(column(&seen["availableTransitions"], "code"), ["request-integration", "grant", "refuse"]);
    }
}

on_both! {
    async fn what_waits_for_observations_says_until_when(engine) {
        let story = Story::begin(engine).await;
        let mut announcing = definition();
        let states = announcing["states"].as_array_mut().unwrap();
        states.push(json!({ "code": "announced", "label": "Preavviso di rigetto", "status": "waiting_for_applicant" }));
        let transitions = announcing["transitions"].as_array_mut().unwrap();
        transitions.push(json!({ "code": "announce", "label": "Comunica i motivi", "from": ["in-progress"], "to": "announced",
            "takers": ["officer"], "requires": [{ "type": "comment" }], "effect": "announce_refusal" }));
        transitions[4]["from"] = json!(["in-progress", "announced"]);
        let body = procedure("Cambio di residenza", story.offices[1], &announcing);
        story.editor.rewrite(story.procedure, ContentType::Procedure, body).await.unwrap();
        story.editor.publish(story.procedure).await.unwrap();
        let case = story.in_progress(&story.chief, story.offices[1]).await;
        let step = |case: &Value, transition: &str| json!({ "id": case["id"], "expectedVersion": case["version"],
            "transition": transition, "comment": "Manca un requisito.", "reasons": "Manca un requisito." });
        let query = "query($id: ID!) { case(id: $id) { availableTransitions { code awaitsObservationsUntil } } }";
        let open = async || {
            let seen = story.app.data_as(&story.chief, query, json!({ "id": case["id"] })).await;
            seen["case"]["availableTransitions"].clone()
        };
        let awaited = async || {
            let open = open().await;
            let refuse = open.as_array().unwrap().iter().find(|one| one["code"] == "refuse");
            refuse.unwrap()["awaitsObservationsUntil"].clone()
        };
        assert_eq!(awaited().await, Value::Null);
        let announced = story.done(&story.chief, "transitionCase", step(&case, "announce")).await;
        let last = last_day_for_observations(legal_day(now()), &ClosingCalendar::default()).unwrap();
        assert_eq!(awaited().await, json!(last.to_string()));
        let refused = story.mutate(&story.chief, "transitionCase", step(&announced, "refuse")).await;
        assert_eq!(column(&refused["userErrors"], "code"), ["OBSERVATIONS_AWAITED"]);
    }
}
