//! Rules of a procedure: what is done by itself, once for each occasion, under the guards of everybody, and why.

use chrono::TimeDelta;
use municipio_domain::content::ContentType;
use municipio_tests::{now, on_both, story::global_id};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::story::{Story, definition, procedure, today};

/// What is asked of what rules did.
const LOG: &str =
    "automationLog(first: 50) { nodes { number rule label occasion event days dueOn result
    conditions { path holds isMet } actions { kind done event refusals { code message } } }
    pageInfo { hasNextPage endCursor } }";

/// The definition of the story with these rules.
pub fn with_rules(rules: Value) -> Value {
    let mut body = definition();
    body["rules"] = rules;
    body
}

impl Story {
    /// A case of a procedure with this definition, of the office below the area.
    pub async fn case_of(&self, definition: &Value) -> Value {
        let body = procedure("Con regole", self.offices[1], definition);
        let procedure = self.editor.published(ContentType::Procedure, body).await;
        self.another_of(&global_id(ContentType::Procedure, procedure))
            .await
    }

    /// A case of a procedure.
    pub async fn another_of(&self, procedure: &str) -> Value {
        let input = json!({ "procedure": procedure, "subject": "Con regole",
            "applicant": { "fiscalCode": super::story::MARIO }, "data": { "address": "Via Roma 1" } });
        self.done(&self.chief, "openCase", input).await
    }

    /// The same after it was entered into the protocol.
    pub async fn register(&self, case: &Value) -> Value {
        let form = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form" });
        let case = self.done(&self.chief, "addCaseEvidence", form).await;
        // Rules may have done something meanwhile.
        let case = self.settled(&case).await;
        let register = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "register",
            "protocol": { "number": "7", "date": today() } });
        self.done(&self.chief, "transitionCase", register).await
    }

    /// A case after all that rules have to do at this moment.
    pub async fn settled(&self, case: &Value) -> Value {
        self.settled_in(case, 0).await
    }

    /// The same in so many days.
    async fn settled_in(&self, case: &Value, days: i64) -> Value {
        loop {
            // A little later: what the application enqueues meanwhile is due by its own clock.
            let moment = now() + TimeDelta::days(days) + TimeDelta::seconds(5);
            // The application looks at the jobs too, and may have some at this moment.
            Box::pin(self.app.worker().run_due(moment)).await.unwrap();
            let open = format!(
                "SELECT CAST(count(*) AS TEXT) FROM outbox_job WHERE topic IN ('case-rules', 'case-timer')
                 AND (status = 'running' OR status = 'waiting' AND due_key <= {})",
                moment.timestamp_millis()
            );
            if self.app.texts(&open).await == ["0"] {
                return self.case(&self.chief, &case["id"]).await;
            }
        }
    }

    /// What rules did in a case, the first first.
    async fn log(&self, token: &str, case: &Value) -> Vec<Value> {
        let query = format!("query($id: ID!) {{ case(id: $id) {{ {LOG} }} }}");
        let mut seen = self.ask(token, &query, json!({ "id": case["id"] })).await;
        let nodes = seen["case"]["automationLog"]["nodes"].take();
        let mut runs = nodes.as_array().unwrap().clone();
        runs.reverse();
        runs
    }
}

fn kinds(case: &Value) -> Vec<&str> {
    let timeline = case["timeline"].as_array().unwrap().iter();
    timeline
        .map(|event| event["kind"].as_str().unwrap())
        .collect()
}

on_both! {
    async fn a_rule_gives_cases_to_who_has_the_fewest_and_says_why(engine) {
        let story = Story::begin(engine).await;
        let office = story.offices[1];
        let officers = [story.officer(office).await, story.officer(office).await];
        let rules = json!([
            { "code": "share-out", "label": "Assegna", "triggers": [{ "type": "state", "code": "in-progress" }],
              "exceptions": [{ "type": "assigned" }], "actions": [{ "type": "assign", "officer": "least_busy" }] },
            { "code": "thank", "label": "Ringrazia", "triggers": [{ "type": "transition", "code": "register" }],
              "conditions": [{ "type": "data", "pointer": "/address", "comparison": "contains", "value": "Roma" },
                       { "type": "channel", "channels": ["counter"] }],
              "actions": [{ "type": "notify", "recipients": ["applicant"], "text": "Grazie, ci pensiamo noi." }] },
            { "code": "abroad", "label": "Estero", "triggers": [{ "type": "transition", "code": "register" }],
              "conditions": [{ "type": "data", "pointer": "/address", "comparison": "equals", "value": "Wien" }],
              "actions": [{ "type": "notify", "recipients": ["officer"], "text": "Estero" }] },
        ]);
        let body = procedure("Con regole", office, &with_rules(rules));
        let procedure = story.editor.published(ContentType::Procedure, body).await;
        let procedure = global_id(ContentType::Procedure, procedure);
        let mut given = Vec::new();
        for _ in 0..4 {
            let case = story.another_of(&procedure).await;
            let case = story.register(&case).await;
            let seen = story.settled(&case).await;
            let query = "query($id: ID!) { case(id: $id) { officer { accountId } } }";
            let officer = story.ask(&story.chief, query, json!({ "id": case["id"] })).await;
            given.push(officer["case"]["officer"]["accountId"].clone());
            assert_eq!(kinds(&seen)[2..], ["MOVED", "ASSIGNED", "NOTIFIED"]);
            assert_eq!(seen["timeline"][4]["text"], "Grazie, ci pensiamo noi.");
            assert_eq!((&seen["timeline"][3]["actor"], &seen["timeline"][4]["actor"]), (&json!("SYSTEM"), &json!("SYSTEM")));
        }
        // The chief works everywhere and gets none; the two take turns.
        assert!(given[0] != given[1] && given[2] != given[3], "{given:?}");
        let me = story.ask(&officers[0], "{ me { account { id } } }", json!({})).await;
        assert_eq!(given.iter().filter(|officer| **officer == me["me"]["account"]["id"]).count(), 2);

        let cases = story.ask(&officers[1], "{ cases(first: 1, orderBy: OLDEST) { nodes { id } } }", json!({})).await;
        let log = story.log(&officers[1], &cases["cases"]["nodes"][0]).await;
        let said: Vec<_> = log.iter().map(|run| (run["rule"].as_str().unwrap(), run["result"].as_str().unwrap())).collect();
        assert_eq!(said, [("share-out", "DONE"), ("thank", "DONE"), ("abroad", "NOT_WANTED")]);
        assert_eq!(log[0]["label"], "Assegna");
        assert_eq!((&log[0]["occasion"], &log[0]["event"]), (&json!("EVENT"), &json!(3)));
        assert_eq!(log[0]["conditions"], json!([{ "path": "exceptions[0]", "holds": false, "isMet": true }]));
        assert_eq!(log[0]["actions"], json!([{ "kind": "ASSIGN", "done": true, "event": 4, "refusals": [] }]));
        assert_eq!(log[2]["conditions"], json!([{ "path": "conditions[0]", "holds": false, "isMet": false }]));
        assert_eq!(log[2]["actions"], json!([]));
    }
}

on_both! {
    async fn a_rule_passes_no_guard_and_says_what_was_missing(engine) {
        let story = Story::begin(engine).await;
        let rules = json!([{ "code": "hurry", "label": "Protocolla", "triggers": [{ "type": "evidence", "code": "form" }],
            "actions": [{ "type": "take", "transition": "register" },
                     { "type": "notify", "recipients": ["applicant"], "text": "Protocollata." }] }]);
        let case = story.case_of(&with_rules(rules)).await;
        let form = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form" });
        story.done(&story.chief, "addCaseEvidence", form).await;
        let seen = story.settled(&case).await;
        assert_eq!(kinds(&seen), ["OPENED", "EVIDENCE_ADDED"], "what stands after it is not done either");
        let log = story.log(&story.chief, &case).await;
        assert_eq!(log.len(), 1);
        assert_eq!(log[0]["result"], "REFUSED");
        let refusals = json!([{ "code": "REQUIREMENT_MISSING", "message": "give the number and the date of the protocol" }]);
        assert_eq!(log[0]["actions"], json!([{ "kind": "TAKE", "done": false, "event": null, "refusals": refusals }]));
    }
}

on_both! {
    async fn a_rule_runs_once_for_an_event_however_often_it_is_told(engine) {
        let story = Story::begin(engine).await;
        let rules = json!([{ "code": "thank", "label": "Ringrazia", "triggers": [{ "type": "event", "event": "opened" }],
            "actions": [{ "type": "notify", "recipients": ["officer"], "text": "Nuova pratica." }] }]);
        let case = story.case_of(&with_rules(rules)).await;
        story.settled(&case).await;
        let connection = story.app.administrator().await;
        for _ in 0..3 {
            let again = "UPDATE outbox_job SET status = 'waiting', due_key = 0 WHERE topic = 'case-rules'";
            connection.execute_unprepared(again).await.unwrap();
            // Something new has the outbox looked at.
            let note = json!({ "id": case["id"], "audience": "OFFICE", "text": "Nota" });
            story.done(&story.chief, "sendCaseMessage", note).await;
            story.settled(&case).await;
        }
        let seen = story.settled(&case).await;
        assert_eq!(kinds(&seen), ["OPENED", "NOTIFIED", "NOTE_ADDED", "NOTE_ADDED", "NOTE_ADDED"]);
        assert_eq!(story.log(&story.chief, &case).await.len(), 1);
    }
}

on_both! {
    async fn rules_that_set_each_other_off_come_to_an_end(engine) {
        let story = Story::begin(engine).await;
        let mut body = with_rules(json!([
            { "code": "ping", "label": "Ping", "triggers": [{ "type": "state", "code": "in-progress" }],
              "actions": [{ "type": "take", "transition": "hold", "comment": "Attesa" }] },
            { "code": "pong", "label": "Pong", "triggers": [{ "type": "state", "code": "held" }],
              "actions": [{ "type": "take", "transition": "go-on" }] },
        ]));
        body["states"].as_array_mut().unwrap().push(json!({ "code": "held", "label": "Sospesa", "status": "suspended" }));
        let step = |code: &str, from: &str, to: &str| json!({ "code": code, "label": code, "from": [from], "to": to, "takers": ["officer", "system"] });
        let steps = body["transitions"].as_array_mut().unwrap();
        steps.extend([step("hold", "in-progress", "held"), step("go-on", "held", "in-progress")]);
        let case = story.case_of(&body).await;
        let case = story.register(&case).await;
        let seen = story.settled(&case).await;
        let timeline = seen["timeline"].as_array().unwrap();
        assert_eq!(timeline.len(), 3 + 20, "so many by themselves, and no more");
        let log = story.log(&story.chief, &case).await;
        let last = log.last().unwrap();
        assert_eq!((&last["result"], &last["event"]), (&json!("HALTED"), &json!(23)));
        assert_eq!(log.iter().filter(|run| run["result"] == "DONE").count(), 20);
        // A page of the log, and the next one.
        let page = "query($id: ID!, $after: String) { case(id: $id) { automationLog(first: 15, after: $after) { nodes { number } pageInfo { hasNextPage endCursor } } } }";
        let first = story.ask(&story.chief, page, json!({ "id": case["id"] })).await["case"]["automationLog"].take();
        assert_eq!((&first["nodes"][0]["number"], &first["pageInfo"]["hasNextPage"]), (&json!(21), &json!(true)));
        let after = &first["pageInfo"]["endCursor"];
        let rest = story.ask(&story.chief, page, json!({ "id": case["id"], "after": after })).await["case"]["automationLog"].take();
        assert_eq!(rest["nodes"].as_array().unwrap().len(), 6);
        assert_eq!((&rest["nodes"][0]["number"], &rest["pageInfo"]["hasNextPage"]), (&json!(6), &json!(false)));
    }
}

on_both! {
    async fn time_sets_rules_off_and_brings_reminders(engine) {
        let story = Story::begin(engine).await;
        let mut body = with_rules(json!([
            { "code": "ripe", "label": "Ferma da tempo", "triggers": [{ "type": "time_in_state", "state": "in-progress", "days": 5 }],
              "actions": [{ "type": "remind", "days": 2, "text": "È ancora ferma." }, { "type": "notify", "recipients": ["officer"], "text": "Ferma da 5 giorni." }] },
            { "code": "near", "label": "Scadenza vicina", "triggers": [{ "type": "days_left", "days": 10 }],
              "conditions": [{ "type": "days_left", "at_most": 10 }], "exceptions": [{ "type": "assigned" }],
              "actions": [{ "type": "notify", "recipients": ["officer", "applicant"], "text": "Mancano 10 giorni." }] },
            { "code": "over", "label": "Termine superato", "triggers": [{ "type": "term_over" }],
              "actions": [{ "type": "take", "transition": "give-up" }] },
        ]));
        body["deadline"] = json!({ "days": 30 });
        body["transitions"][0]["deadline"] = json!("start");
        body["transitions"][5]["deadline"] = json!("start");
        let give_up = json!({ "code": "give-up", "label": "Chiudi", "from": ["in-progress"], "to": "refused", "takers": ["system"] });
        body["transitions"].as_array_mut().unwrap().push(give_up);
        let case = story.case_of(&body).await;
        let case = story.register(&case).await;
        let at = async |days: i64| story.settled_in(&case, days).await;
        let texts = |case: &Value| -> Vec<String> {
            let timeline = case["timeline"].as_array().unwrap().iter();
            let told = timeline.filter(|event| event["kind"] == "NOTIFIED");
            told.map(|event| event["text"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(texts(&at(4).await), Vec::<String>::new(), "nothing is due");
        assert_eq!(texts(&at(6).await), ["Ferma da 5 giorni."]);
        assert_eq!(texts(&at(6).await).len(), 1, "once");
        assert_eq!(texts(&at(9).await).last().unwrap(), "È ancora ferma.");
        assert_eq!(texts(&at(21).await).last().unwrap(), "Mancano 10 giorni.");
        let closed = at(31).await;
        assert_eq!((&closed["state"]["code"], &closed["status"]), (&json!("refused"), &json!("CONCLUDED_NEGATIVE")));
        let log = story.log(&story.chief, &case).await;
        let said: Vec<_> = log.iter().map(|run| (run["occasion"].as_str().unwrap(), run["result"].as_str().unwrap())).collect();
        assert_eq!(said, [("TIME_IN_STATE", "DONE"), ("REMINDER", "DONE"), ("DAYS_LEFT", "DONE"), ("TERM_OVER", "DONE")]);
        assert_eq!((&log[0]["event"], &log[0]["days"]), (&json!(3), &json!(5)));
        assert_eq!(log[1]["actions"][0]["kind"], "REMIND");
        assert_eq!(log[2]["dueOn"], case["dueOn"]);
        at(60).await;
        assert_eq!(story.log(&story.chief, &case).await.len(), 4, "of a closed case time asks nothing");
    }
}

on_both! {
    async fn a_reminder_is_not_given_when_the_case_has_gone_on(engine) {
        let story = Story::begin(engine).await;
        let rules = json!([{ "code": "later", "label": "Promemoria", "triggers": [{ "type": "state", "code": "in-progress" }],
            "actions": [{ "type": "remind", "days": 3, "text": "Da esaminare." }] }]);
        let case = story.case_of(&with_rules(rules)).await;
        let case = story.register(&case).await;
        let case = story.settled(&case).await;
        let refuse = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "refuse", "reasons": "Non spetta." });
        story.done(&story.chief, "transitionCase", refuse).await;
        let seen = story.settled_in(&case, 4).await;
        assert_eq!(kinds(&seen), ["OPENED", "EVIDENCE_ADDED", "MOVED", "MOVED"]);
    }
}

on_both! {
    async fn citizens_are_told_what_is_for_them_and_not_why(engine) {
        let story = Story::begin(engine).await;
        let anna = story.app.citizen(&story.tenant, 1).await;
        let rules = json!([
            { "code": "office", "label": "Avvisa l'ufficio", "triggers": [{ "type": "message", "from": "citizen" }],
              "actions": [{ "type": "notify", "recipients": ["officer"], "text": "Ha scritto." }] },
            { "code": "answer", "label": "Rispondi", "triggers": [{ "type": "message", "from": "citizen" }], "conditions": [{ "type": "channel", "channels": ["online"] }],
              "actions": [{ "type": "notify", "recipients": ["applicant"], "text": "Ti risponderemo." }] },
        ]);
        let body = procedure("Con regole", story.offices[1], &with_rules(rules));
        let procedure = story.editor.published(ContentType::Procedure, body).await;
        let start = json!({ "procedure": global_id(ContentType::Procedure, procedure), "subject": "Trasloco", "data": { "address": "Via Roma 1" } });
        let case = story.done(&anna, "startCase", start).await;
        for (who, text) in [(&anna, "A che punto siamo?"), (&story.chief, "Ci siamo quasi.")] {
            let message = json!({ "id": case["id"], "audience": "EVERYONE", "text": text });
            story.done(who, "sendCaseMessage", message).await;
        }
        let seen = story.settled(&case).await;
        let mut told: Vec<_> = kinds(&seen);
        told.sort_unstable();
        assert_eq!(told, ["MESSAGE_SENT", "MESSAGE_SENT", "NOTIFIED", "NOTIFIED", "OPENED"]);
        let hers = story.case(&anna, &case["id"]).await;
        let texts: Vec<_> = hers["timeline"].as_array().unwrap().iter().filter(|event| event["kind"] == "NOTIFIED").map(|event| &event["text"]).collect();
        assert_eq!(texts, [&json!("Ti risponderemo.")]);
        assert_eq!(story.log(&anna, &case).await, Vec::<Value>::new());
        assert_eq!(story.log(&story.chief, &case).await.len(), 2);
        let query = "query($id: ID!) { case(id: $id) { channel timeline { rule notifies } } }";
        let hers = story.ask(&anna, query, json!({ "id": case["id"] })).await["case"].take();
        assert_eq!(hers["channel"], "ONLINE");
        assert!(hers["timeline"].as_array().unwrap().iter().all(|event| event["rule"].is_null()));
        let officers = story.ask(&story.chief, query, json!({ "id": case["id"] })).await["case"].take();
        let rules: Vec<_> = officers["timeline"].as_array().unwrap().iter().filter_map(|event| event["rule"].as_str()).collect();
        assert_eq!(rules, ["office", "answer"]);
    }
}

on_both! {
    async fn the_log_of_many_cases_is_read_together(engine) {
        let story = Story::begin(engine).await;
        let rules = json!([{ "code": "thank", "label": "Ringrazia", "triggers": [{ "type": "event", "event": "opened" }],
            "actions": [{ "type": "notify", "recipients": ["officer"], "text": "Nuova pratica." }] }]);
        let case = story.case_of(&with_rules(rules)).await;
        let query = "query($id: ID!) { case(id: $id) { procedure { id } } }";
        let procedure = story.ask(&story.chief, query, json!({ "id": case["id"] })).await["case"]["procedure"]["id"].take();
        for _ in 0..3 {
            let case = story.another_of(procedure.as_str().unwrap()).await;
            story.settled(&case).await;
        }
        let list = format!("query($first: Int) {{ cases(first: $first) {{ nodes {{ {LOG} }} }} }}");
        let statements = async |first: i32| {
            let work = async || { story.ask(&story.chief, &list, json!({ "first": first })).await; };
            story.app.statements(work).await
        };
        assert_eq!(statements(1).await, statements(4).await, "however many are shown");
        // What held is encrypted.
        let sealed = story.app.texts("SELECT sealed FROM case_rule_run").await;
        assert!(sealed.len() == 4 && sealed.iter().all(|text| !text.contains("judgement")), "{sealed:?}");
    }
}
