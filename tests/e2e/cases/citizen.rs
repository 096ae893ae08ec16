//! Citizens apply, follow what is theirs, and see nothing else.

use municipio_domain::{
    citizens::{DEMO_CITIZENS, LevelOfAssurance},
    content::ContentType,
};
use municipio_tests::{
    on_both,
    story::{column, global_id},
};
use serde_json::{Value, json};

use super::story::{Story, definition, procedure, today, wrong};

/// A definition in which citizens have drafts.
pub fn with_drafts() -> Value {
    let mut body = definition();
    let draft = json!({ "code": "draft", "label": "In bozza", "status": "draft" });
    body["states"].as_array_mut().unwrap().insert(0, draft);
    let submit = json!({ "code": "submit", "label": "Invia", "from": ["draft"], "to": "submitted", "takers": ["citizen"],
        "requires": [{ "type": "attachments" }], "effect": "submit" });
    body["transitions"]
        .as_array_mut()
        .unwrap()
        .insert(0, submit);
    body["allows_delegates"] = json!(true);
    body
}

on_both! {
    async fn a_citizen_applies_and_follows_what_is_theirs(engine) {
        let story = Story::begin(engine).await;
        let body = procedure("Accesso agli atti", story.offices[1], &with_drafts());
        let procedure = story.editor.published(ContentType::Procedure, body).await;
        let citizen = async |number| story.app.citizen(&story.tenant, number).await;
        let [anna, luca, giulia] = [citizen(1).await, citizen(2).await, citizen(3).await];
        let start = json!({ "procedure": global_id(ContentType::Procedure, procedure), "subject": "Copia di un atto", "data": {} });
        let case = story.done(&anna, "startCase", start.clone()).await;
        assert_eq!((&case["status"], &case["applicant"]["name"]), (&json!("DRAFT"), &json!("Anna Bianchi")));

        // A draft is seen by nobody else, whatever their role.
        assert!(story.case(&story.chief, &case["id"]).await.is_null());
        assert!(story.case(&luca, &case["id"]).await.is_null());
        assert_eq!(story.subjects(&story.chief, Value::Null).await, Vec::<String>::new());

        let step = |case: &Value, transition: &str| json!({ "id": case["id"], "expectedVersion": case["version"], "transition": transition });
        let refused = story.mutate(&anna, "transitionCase", step(&case, "submit")).await;
        assert_eq!(wrong(&refused)[0], ("REQUIREMENT_MISSING".to_owned(), "case.evidence.document.form".to_owned()));
        let form = |reference: Value| json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form", "title": "Modulo", "reference": reference });
        let nothing = story.mutate(&anna, "addCaseEvidence", form(Value::Null)).await;
        assert_eq!(wrong(&nothing), [("INVALID_VALUE".to_owned(), "reference".to_owned())], "no document without a place");
        let case = story.done(&anna, "addCaseEvidence", form(json!("portale/4711"))).await;
        let refused = story.mutate(&anna, "transitionCase", step(&case, "submit")).await;
        assert_eq!(wrong(&refused), [("INVALID_DATA".to_owned(), "data".to_owned())]);
        let revised = json!({ "id": case["id"], "expectedVersion": case["version"], "data": { "address": "Via Roma 1" } });
        let case = story.done(&anna, "reviseCase", revised.clone()).await;
        let case = story.done(&anna, "transitionCase", step(&case, "submit")).await;
        assert_eq!(case["status"], "IN_PROGRESS");
        let mut late = revised;
        late["expectedVersion"] = case["version"].clone();
        assert_eq!(wrong(&story.mutate(&anna, "reviseCase", late).await)[0].0, "CASE_SENT");

        // The office works on it and writes; what it notes for itself the citizen does not read.
        let write = |audience: &str, text: &str| json!({ "id": case["id"], "audience": audience, "text": text });
        story.done(&story.chief, "sendCaseMessage", write("OFFICE", "Chiedere al messo")).await;
        story.done(&story.chief, "sendCaseMessage", write("EVERYONE", "Stiamo cercando l'atto.")).await;
        story.done(&anna, "sendCaseMessage", write("EVERYONE", "Grazie.")).await;
        assert_eq!(wrong(&story.mutate(&anna, "sendCaseMessage", write("OFFICE", "?")).await)[0].0, "NOT_FOR_CITIZENS");
        let payment = json!({ "id": case["id"], "kind": "PAYMENT", "code": "fee" });
        assert_eq!(wrong(&story.mutate(&anna, "addCaseEvidence", payment).await)[0].0, "NOT_FOR_CITIZENS");
        let seen = story.case(&anna, &case["id"]).await;
        assert_eq!(column(&seen["timeline"], "kind"), ["OPENED", "EVIDENCE_ADDED", "REVISED", "MOVED", "MESSAGE_SENT", "MESSAGE_SENT"]);
        assert_eq!(column(&seen["timeline"], "actor"), ["CITIZEN", "CITIZEN", "CITIZEN", "CITIZEN", "OFFICER", "CITIZEN"]);
        let version = story.case(&story.chief, &case["id"]).await["version"].clone();
        let register = json!({ "id": case["id"], "expectedVersion": version, "transition": "register", "protocol": { "number": "1", "date": today() } });
        assert_eq!(wrong(&story.mutate(&anna, "transitionCase", register).await)[0].0, "TRANSITION_NOT_YOURS");

        // Others have nothing of it; who acts for somebody shares it with them.
        let mine = "{ myCases { totalCount nodes { subject applicant { name } delegate { name } } } }";
        let list = async |citizen: &str| story.ask(citizen, mine, json!({})).await["myCases"].take();
        assert_eq!(list(&luca).await["totalCount"], 0);
        assert_eq!(wrong(&story.mutate(&luca, "sendCaseMessage", write("EVERYONE", "?")).await)[0].0, "NOT_FOUND");
        let mut for_anna = start;
        for_anna["applicant"] = json!({ "fiscalCode": DEMO_CITIZENS[0].fiscal_code, "name": "Anna Bianchi" });
        assert_eq!(wrong(&story.mutate(&luca, "startCase", for_anna.clone()).await)[0].0, "DELEGATION_MISSING");
        let acts = json!({ "principal": DEMO_CITIZENS[0].fiscal_code, "delegate": DEMO_CITIZENS[1].fiscal_code, "kind": "DELEGATION" });
        story.grant(acts).await;
        story.done(&luca, "startCase", for_anna).await;
        let shared = json!({ "subject": "Copia di un atto", "applicant": { "name": "Anna Bianchi" }, "delegate": { "name": "Luca Verdi" } });
        let own = json!({ "subject": "Copia di un atto", "applicant": { "name": "Anna Bianchi" }, "delegate": null });
        assert_eq!(list(&luca).await["nodes"], json!([shared, own]));
        assert_eq!(list(&anna).await["totalCount"], 2);
        assert_eq!(list(&giulia).await["totalCount"], 0);

        // Who read it is known.
        let query = "query($id: ID!) { case(id: $id) { accessLog { actor reader } } }";
        let read = story.ask(&story.chief, query, json!({ "id": case["id"] })).await;
        let readers = column(&read["case"]["accessLog"], "reader");
        assert!(readers.iter().any(|reader| reader.starts_with("citizen:")), "{readers:?}");
        assert!(readers.iter().any(|reader| reader.starts_with("account:")), "{readers:?}");
        assert_eq!(readers.len(), 3, "once for each hour");
        let mut own = story.ask(&anna, query, json!({ "id": case["id"] })).await;
        let own = own["case"]["accessLog"].take();
        assert_eq!(column(&own, "reader"), ["", "", ""], "not which officer");
        let mut actors = column(&own, "actor");
        actors.sort();
        assert_eq!(actors, ["CITIZEN", "CITIZEN", "OFFICER"]);

        let weak = story.app.citizen_at(&story.tenant, 1, LevelOfAssurance::Low).await;
        let refused = story.app.ask_as(&weak, mine, json!({})).await;
        assert!(refused.pointer("/data/myCases").is_none_or(Value::is_null), "{refused}");
    }
}

on_both! {
    async fn nobody_begins_applications_without_end(engine) {
        let story = Story::begin(engine).await;
        let body = procedure("Accesso agli atti", story.offices[1], &with_drafts());
        let procedure = story.editor.published(ContentType::Procedure, body).await;
        let anna = story.app.citizen(&story.tenant, 1).await;
        let query = "mutation($input: StartCaseInput!) { startCase(input: $input) { case { id version } userErrors { code } } }";
        let input = json!({ "input": { "procedure": global_id(ContentType::Procedure, procedure), "subject": "Copia" } });
        let start = async || story.ask(&anna, query, input.clone()).await["startCase"].take();
        for _ in 0..49 {
            assert_eq!(start().await["userErrors"], json!([]));
        }
        let last = start().await;
        assert_eq!(start().await["userErrors"][0]["code"], "TOO_MANY_DRAFTS");
        // What was sent is no draft any more.
        let form = json!({ "id": last["case"]["id"], "kind": "DOCUMENT", "code": "form", "reference": "portale/1" });
        story.done(&anna, "addCaseEvidence", form).await;
        let revise = json!({ "id": last["case"]["id"], "expectedVersion": 2, "data": { "address": "Via Roma 1" } });
        story.done(&anna, "reviseCase", revise).await;
        let seen = story.ask(&anna, "query($id: ID!) { case(id: $id) { data } }", json!({ "id": last["case"]["id"] })).await;
        assert_eq!(seen["case"]["data"], json!({ "address": "Via Roma 1" }));
        let submit = json!({ "id": last["case"]["id"], "expectedVersion": 3, "transition": "submit" });
        story.done(&anna, "transitionCase", submit).await;
        assert_eq!(start().await["userErrors"], json!([]));
        let luca = story.app.citizen(&story.tenant, 2).await;
        let other = story.ask(&luca, query, input.clone()).await;
        assert_eq!(other["startCase"]["userErrors"], json!([]), "others begin their own");
    }
}

on_both! {
    async fn who_must_be_surer_is_told_at_which_levels_to_sign_in(engine) {
        let story = Story::begin(engine).await;
        let mut body = with_drafts();
        body["level_of_assurance"] = json!(3);
        let body = procedure("Accesso agli atti", story.offices[1], &body);
        let procedure = story.editor.published(ContentType::Procedure, body).await;
        let start = "mutation($input: StartCaseInput!) { startCase(input: $input) { case { id } userErrors { code } } }";
        let input = json!({ "input": { "procedure": global_id(ContentType::Procedure, procedure), "subject": "Copia", "data": {} } });
        let token = story.app.citizen(&story.tenant, 1).await;
        let refused = story.app.ask_as(&token, start, input.clone()).await;
        let extensions = &refused["errors"][0]["extensions"];
        assert_eq!(extensions["code"], "INSUFFICIENT_USER_AUTHENTICATION", "{refused:#}");
        let values = "https://www.spid.gov.it/SpidL3 http://eidas.europa.eu/LoA/high";
        assert_eq!(extensions["acrValues"], values);
        let token = story.app.citizen_at(&story.tenant, 1, LevelOfAssurance::High).await;
        let done = story.app.data_as(&token, start, input).await;
        assert!(done["startCase"]["case"]["id"].is_string(), "{done:#}");
    }
}

on_both! {
    async fn what_a_citizen_is_answered_is_kept_encrypted_and_read_with_their_next_token(engine) {
        let story = Story::begin(engine).await;
        let body = procedure("Accesso agli atti", story.offices[1], &with_drafts());
        let procedure = story.editor.published(ContentType::Procedure, body).await;
        let query = "mutation($input: StartCaseInput!) { startCase(input: $input) { case { id subject applicant { name } } userErrors { message } } }";
        let input = |subject: &str| json!({ "procedure": global_id(ContentType::Procedure, procedure), "subject": subject, "data": {} });
        let send = async |token: &str, key: &str, input: Value| -> (u16, Value) {
            let post = story.app.post().bearer_auth(token).header("idempotency-key", key);
            let sent = post.json(&json!({ "query": query, "variables": { "input": input } })).send();
            let response = sent.await.unwrap();
            (response.status().as_u16(), response.json().await.unwrap())
        };
        let first = story.app.citizen(&story.tenant, 1).await;
        let (_, done) = send(&first, "uno", input("Copia di un atto")).await;
        assert_eq!(done["data"]["startCase"]["case"]["applicant"]["name"], "Anna Bianchi", "{done:#}");
        // A refusal may tell what was written, too.
        let mut refused = input("Copia di un atto");
        refused["applicant"] = json!({ "fiscalCode": "BNCNNA85E52X999A", "name": "Anna Bianchi" });
        send(&first, "due", refused).await;
        let kept = story.app.texts("SELECT answer FROM idempotency_key WHERE answer IS NOT NULL").await;
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|answer| !answer.contains("startCase")), "{kept:?}");
        let next = story.app.citizen_at(&story.tenant, 1, LevelOfAssurance::High).await;
        assert_ne!(first, next);
        let (status, again) = send(&next, "uno", input("Copia di un atto")).await;
        assert_eq!((status, &again["data"]), (200, &done["data"]));
        let (status, other) = send(&next, "uno", input("Un altro atto")).await;
        assert_eq!((status, &other["code"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")));
        // Somebody else's key is another one.
        let luca = story.app.citizen(&story.tenant, 2).await;
        let (_, own) = send(&luca, "uno", input("Copia di un atto")).await;
        assert_eq!(own["data"]["startCase"]["case"]["applicant"]["name"], "Luca Verdi");
    }
}
