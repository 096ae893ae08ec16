//! `caseUpdated`: what happens in cases is told to those who see them, in its order.

use municipio_domain::content::ContentType;
use municipio_tests::{on_both, story::global_id};
use reqwest::Response;
use serde_json::{Value, json};

use super::story::Story;

const FOLLOW: &str =
    "subscription { caseUpdated { case { id subject version } event { number kind to } } }";
const FOLLOW_MINE: &str = "subscription { myCaseUpdated { case { id } event { number kind } } }";

/// The updates of a stream of events.
pub(super) struct Updates {
    response: Response,
    read: String,
}

impl Updates {
    pub(super) async fn of(story: &Story, token: &str, query: &str) -> Self {
        let others = story.app.database.feeds().listeners();
        let post = story.app.post().header("accept", "text/event-stream");
        let response = post
            .bearer_auth(token)
            .json(&json!({ "query": query }))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        story.app.followed_by(others + 1).await;
        Self {
            response,
            read: String::new(),
        }
    }

    pub(super) async fn next(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let data = event
                    .split_once("data:")
                    .map(|(_, data)| data.trim().to_owned());
                self.read = rest.to_owned();
                if let Some(data) = data.filter(|data| !data.is_empty()) {
                    let mut told: Value = serde_json::from_str(&data).unwrap();
                    assert!(told.get("errors").is_none(), "{told}");
                    let mut told = told["data"].as_object_mut().unwrap().values_mut();
                    return told.next().unwrap().take();
                }
            } else {
                let chunk = self.response.chunk().await.unwrap().unwrap();
                self.read.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        }
    }
}

on_both! {
    async fn officers_are_told_of_the_cases_that_they_see(engine) {
        let story = Story::begin(engine).await;
        let [_, below, beside] = story.offices;
        let officer = story.officer(below).await;
        let mut updates = Updates::of(&story, &officer, FOLLOW).await;
        story.open(&story.chief, beside, "Di altri").await;
        let case = story.in_progress(&story.chief, below).await;
        let mut told = Vec::new();
        for _ in 0..3 {
            told.push(updates.next().await);
        }
        let event = |number: i64, kind: &str, to: Value| json!({ "number": number, "kind": kind, "to": to });
        assert_eq!(told[0]["event"], event(1, "OPENED", json!("submitted")));
        assert_eq!(told[1]["event"], event(2, "EVIDENCE_ADDED", Value::Null));
        assert_eq!(told[2]["event"], event(3, "MOVED", json!("in-progress")));
        assert!(told.iter().all(|update| update["case"]["id"] == case["id"]), "{told:#?}");
        let refused = story.app.post().header("accept", "text/event-stream").json(&json!({ "query": FOLLOW })).send().await.unwrap();
        let refused = refused.text().await.unwrap();
        assert!(refused.contains("UNAUTHENTICATED"), "{refused}");
    }
}

on_both! {
    async fn citizens_are_told_of_their_own_cases_and_of_no_notes(engine) {
        let story = Story::begin(engine).await;
        let [anna, luca] = [story.app.citizen(&story.tenant, 1).await, story.app.citizen(&story.tenant, 2).await];
        let mut updates = Updates::of(&story, &anna, FOLLOW_MINE).await;
        let start = json!({ "procedure": global_id(ContentType::Procedure, story.procedure), "subject": "Trasloco", "data": { "address": "Via Roma 1" } });
        story.done(&luca, "startCase", start.clone()).await;
        let case = story.done(&anna, "startCase", start).await;
        for (audience, text) in [("OFFICE", "Chiedere al messo"), ("EVERYONE", "Ci siamo quasi.")] {
            let message = json!({ "id": case["id"], "audience": audience, "text": text });
            story.done(&story.chief, "sendCaseMessage", message).await;
        }
        for (number, kind) in [(1, "OPENED"), (3, "MESSAGE_SENT")] {
            let told = updates.next().await;
            assert_eq!(told, json!({ "case": { "id": case["id"] }, "event": { "number": number, "kind": kind } }));
        }
    }
}
