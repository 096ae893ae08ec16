//! Terms: they begin with the protocol, stand still while something is missing, are called to mind before they end, and
//! silence means what the procedure says.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use municipio_domain::{content::ContentType, time::legal_day};
use municipio_tests::{now, on_both, story::global_id};
use serde_json::{Value, json};

use super::story::{Story, definition, procedure, wrong};

/// A definition with a term of thirty days, after which silence means assent.
pub fn with_term() -> Value {
    let mut body = definition();
    body["deadline"] = json!({ "days": 30, "alerts": [10, 3] });
    let effects = [
        (0, "start"),
        (1, "suspend"),
        (2, "resume"),
        (3, "end"),
        (4, "end"),
        (5, "start"),
    ];
    for (transition, effect) in effects {
        body["transitions"][transition]["deadline"] = json!(effect);
    }
    let silence = json!({ "code": "assent", "label": "Silenzio assenso", "from": ["in-progress"], "to": "granted",
        "takers": ["timer"], "timer": { "type": "deadline" }, "effect": "grant", "deadline": "end" });
    body["transitions"].as_array_mut().unwrap().push(silence);
    body
}

/// A case of such a procedure that was entered into the protocol today.
async fn registered(story: &Story) -> (Value, NaiveDate) {
    let body = procedure("Con termine", story.offices[1], &with_term());
    let procedure = story.editor.published(ContentType::Procedure, body).await;
    let input = json!({ "procedure": global_id(ContentType::Procedure, procedure), "subject": "Con termine" });
    let case = story.done(&story.chief, "openCase", input).await;
    let form = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form" });
    let case = story.done(&story.chief, "addCaseEvidence", form).await;
    let today = legal_day(now());
    let register = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "register",
        "protocol": { "number": "7", "date": today } });
    (
        story.done(&story.chief, "transitionCase", register).await,
        today,
    )
}

/// Has done what is due by then, until the case has an event of this kind; gives the case.
async fn until(story: &Story, case: &Value, kind: &str, moment: DateTime<Utc>) -> Value {
    loop {
        // The application looks at the job too, and may have it at this moment.
        Box::pin(story.app.worker().run_due(moment)).await.unwrap();
        let seen = story.case(&story.chief, &case["id"]).await;
        let timeline = seen["timeline"].as_array().unwrap();
        if timeline.last().unwrap()["kind"] == kind {
            return seen;
        }
    }
}

on_both! {
    async fn a_term_stands_still_while_something_is_missing(engine) {
        let story = Story::begin(engine).await;
        let (case, today) = registered(&story).await;
        assert_eq!(case["dueOn"], json!(today + TimeDelta::days(30)));
        let step = |case: &Value, transition: &str| json!({ "id": case["id"], "expectedVersion": case["version"],
            "transition": transition, "comment": "Manca il contratto.", "reasons": "Non spetta." });
        let case = story.done(&story.chief, "transitionCase", step(&case, "request-integration")).await;
        assert_eq!(case["dueOn"], json!(today + TimeDelta::days(60)), "at most thirty days longer");
        let case = story.done(&story.chief, "transitionCase", step(&case, "answer-integration")).await;
        assert_eq!(case["dueOn"], json!(today + TimeDelta::days(30)), "it was answered the same day");
        let case = story.done(&story.chief, "transitionCase", step(&case, "refuse")).await;
        assert_eq!(case["dueOn"], json!(today + TimeDelta::days(30)), "that it was kept can be told");
    }
}

on_both! {
    async fn a_case_that_is_reopened_has_a_term_of_its_own(engine) {
        let story = Story::begin(engine).await;
        let (case, today) = registered(&story).await;
        let granted = until(&story, &case, "MOVED", now() + TimeDelta::days(32)).await;
        assert_eq!(granted["outcome"], "GRANTED");
        let reopen = json!({ "id": case["id"], "expectedVersion": granted["version"], "transition": "reopen", "comment": "Da rivedere." });
        let reopened = story.done(&story.chief, "transitionCase", reopen).await;
        // Reopened today, by the clock of the service: the term begins anew, and time leaves the case alone.
        assert_eq!(reopened["dueOn"], json!(today + TimeDelta::days(30)));
        Box::pin(story.app.worker().run_due(now() + TimeDelta::days(1))).await.unwrap();
        let seen = story.case(&story.chief, &case["id"]).await;
        assert_eq!((&seen["version"], &seen["status"]), (&reopened["version"], &json!("IN_PROGRESS")));
    }
}

on_both! {
    async fn nobody_refuses_what_silence_granted(engine) {
        let story = Story::begin(engine).await;
        let body = procedure("Con termine", story.offices[1], &with_term());
        let procedure = story.editor.published(ContentType::Procedure, body).await;
        let input = json!({ "procedure": global_id(ContentType::Procedure, procedure), "subject": "Con termine" });
        let case = story.done(&story.chief, "openCase", input).await;
        let form = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form" });
        let case = story.done(&story.chief, "addCaseEvidence", form).await;
        let register = |date: NaiveDate| json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "register",
            "protocol": { "number": "7", "date": date } });
        let today = legal_day(now());
        // The protocol is of the last year, and not of days to come.
        for date in [today + TimeDelta::days(1), today - TimeDelta::days(400), NaiveDate::from_ymd_opt(9999, 12, 31).unwrap()] {
            let refused = story.mutate(&story.chief, "transitionCase", register(date)).await;
            assert_eq!(wrong(&refused), [("INVALID_VALUE".to_owned(), "protocol.date".to_owned())], "{date}");
        }
        let case = story.done(&story.chief, "transitionCase", register(today - TimeDelta::days(40))).await;
        let refuse = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "refuse", "reasons": "Non spetta." });
        let refused = story.mutate(&story.chief, "transitionCase", refuse).await;
        // Unless time was there before.
        let code = wrong(&refused)[0].0.clone();
        assert!(["TERM_OVER", "CONFLICT"].contains(&code.as_str()), "{refused:#}");
    }
}

on_both! {
    async fn officers_are_reminded_and_silence_means_assent(engine) {
        let story = Story::begin(engine).await;
        let (case, _) = registered(&story).await;
        let early = now() + TimeDelta::days(15);
        Box::pin(story.app.worker().run_due(early)).await.unwrap();
        assert_eq!(story.case(&story.chief, &case["id"]).await["version"], case["version"], "nothing is due");
        let reminded = until(&story, &case, "REMINDED", now() + TimeDelta::days(21)).await;
        assert_eq!(reminded["status"], "IN_PROGRESS");
        // Of several reminders whose time has come the last alone is given, before the term ends.
        let granted = until(&story, &case, "MOVED", now() + TimeDelta::days(32)).await;
        assert_eq!((&granted["status"], &granted["outcome"]), (&json!("CONCLUDED_POSITIVE"), &json!("GRANTED")));
        let timeline = granted["timeline"].as_array().unwrap();
        let by_time: Vec<_> = timeline.iter().filter(|event| event["actor"] == "TIMER").collect();
        let kinds: Vec<_> = by_time.iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["REMINDED", "REMINDED", "MOVED"]);
        assert_eq!(by_time[2]["transition"], "assent");
    }
}
