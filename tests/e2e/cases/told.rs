//! `caseUpdated`: what happens in cases is told to those who see them, in its order.

use municipio_tests::on_both;
use reqwest::Response;
use serde_json::{Value, json};

use super::story::Story;

const FOLLOW: &str =
    "subscription { caseUpdated { case { id subject version } event { number kind to } } }";

/// The updates of a stream of events.
struct Updates {
    response: Response,
    read: String,
}

impl Updates {
    async fn of(story: &Story, token: &str) -> Self {
        let others = story.app.database.feeds().listeners();
        let post = story.app.post().header("accept", "text/event-stream");
        let response = post
            .bearer_auth(token)
            .json(&json!({ "query": FOLLOW }))
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

    async fn next(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let data = event
                    .split_once("data:")
                    .map(|(_, data)| data.trim().to_owned());
                self.read = rest.to_owned();
                if let Some(data) = data.filter(|data| !data.is_empty()) {
                    let mut told: Value = serde_json::from_str(&data).unwrap();
                    assert!(told.get("errors").is_none(), "{told}");
                    return told["data"]["caseUpdated"].take();
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
        let mut updates = Updates::of(&story, &officer).await;
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
