//! IO answers with 429, 500 and not at all, and the program is stopped at any moment: nothing that matters arrives twice,
//! nothing is lost without being seen, and IO is never called more often than it allows.

use std::{collections::BTreeMap, time::Duration};

use chrono::TimeDelta;
use municipio_integrations::appio::double::{Conduct, Faults};
use municipio_tests::{Engine, now, on_both};
use serde_json::{Value, json};

use super::story::{Story, texts};

/// A template of which each message says of which case it is.
fn content(subject: &str, in_doubt: &str) -> Value {
    let mut italian = texts();
    italian["subject"] = json!(format!("{subject} {{{{protocol}}}}"));
    json!({ "italian": italian, "inDoubt": in_doubt })
}

/// How often each subject was taken in.
fn counted(story: &Story) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for taken in story.double.taken() {
        let subject = taken.body["content"]["subject"].as_str().unwrap();
        *counts.entry(subject.to_owned()).or_default() += 1;
    }
    counts
}

on_both! {
    async fn a_message_of_which_nobody_knows_is_held_where_it_matters(engine) {
        let faults = Faults { lost: 100, ..Faults::default() };
        let story = Story::away(engine, Conduct { calls: None, faults, ..Conduct::default() }).await;
        story.template("RECEIVED", content("Ricevuta", "RESEND")).await;
        story.template("NOT_ACCEPTED", content("Non accolta", "HOLD")).await;
        let case = story.registered("2026/0000001").await;
        let refuse = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "refuse", "reasons": "No." });
        story.cases.done(&story.cases.chief, "transitionCase", refuse).await;
        let mut moment = now();
        for _ in 0..12 {
            moment += TimeDelta::hours(3);
            story.run(moment).await;
        }
        let told = story.told(&case).await;
        let statuses: Vec<_> = told.iter().map(|one| one["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["AMBIGUOUS", "AMBIGUOUS"], "{told:#?}");
        assert_eq!(told[1]["problem"], "IO did not answer in time");
        let counts = counted(&story);
        assert_eq!(counts["Non accolta 2026/0000001"], 1, "it arrived, and nobody knows");
        assert!(counts["Ricevuta 2026/0000001"] > 1, "it may be sent twice");
        let again = json!({ "id": told[1]["id"], "reason": "Il cittadino non l'ha ricevuta" });
        let resent = story.mutate("resendNotification", "notification { status }", again).await;
        assert_eq!(resent["notification"]["status"], "QUEUED");
    }
}

/// Many cases, an IO that answers as it likes, and a program that is stopped again and again.
async fn whatever_goes_wrong(engine: Engine, cases: usize, seed: u64) {
    let faults = Faults {
        throttled: 8,
        failing: 8,
        lost: 6,
        slow: 4,
    };
    let conduct = Conduct {
        calls: None,
        faults,
        seed,
        ..Conduct::default()
    };
    let story = Story::away(engine, conduct).await;
    story
        .template("RECEIVED", content("Ricevuta", "RESEND"))
        .await;
    story
        .template("NOT_ACCEPTED", content("Non accolta", "HOLD"))
        .await;
    let mut all = Vec::new();
    for number in 0..cases {
        let case = story.registered(&format!("2026/{number:07}")).await;
        let refuse = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "refuse", "reasons": "No." });
        all.push(
            story
                .cases
                .done(&story.cases.chief, "transitionCase", refuse)
                .await,
        );
    }
    let mut moment = now();
    for round in 0..40_u64 {
        // Leases of what was stopped have ended by then, and pauses too.
        moment += TimeDelta::hours(3);
        let worker = story.worker(story.notifier().unlimited());
        let run = Box::pin(worker.run_due(moment));
        // Stopped after some milliseconds, as a program is that is killed; at last it may come to an end.
        let until = match round < 12 {
            true => Duration::from_millis(20 + (seed + round * 37) % 200),
            false => Duration::from_secs(60),
        };
        if let Ok(done) = tokio::time::timeout(until, run).await {
            done.unwrap();
        }
        if round >= 12 && is_settled(&story, &all).await {
            break;
        }
    }
    let counts = counted(&story);
    for (number, case) in all.iter().enumerate() {
        for one in story.told(case).await {
            let is_protected = one["event"] == "NOT_ACCEPTED";
            let subject = match is_protected {
                true => format!("Non accolta 2026/{number:07}"),
                false => format!("Ricevuta 2026/{number:07}"),
            };
            let arrived = counts.get(&subject).copied().unwrap_or_default();
            match one["status"].as_str().unwrap() {
                "SENT" | "DELIVERED" if is_protected => assert_eq!(arrived, 1, "{subject}"),
                "SENT" | "DELIVERED" => assert!((1..=4).contains(&arrived), "{subject}: {arrived}"),
                "AMBIGUOUS" if is_protected => assert!(arrived <= 1, "{subject}: {arrived}"),
                "AMBIGUOUS" => {}
                // Given up after a day of failures: nothing was sent, and everybody sees it.
                "FAILED" if is_protected => assert_eq!(arrived, 0, "{subject}"),
                "FAILED" => {}
                other => panic!("{subject} is {other}: {one:#}"),
            }
        }
    }
}

async fn is_settled(story: &Story, cases: &[Value]) -> bool {
    for case in cases {
        let told = story.told(case).await;
        assert_eq!(told.len(), 2, "each transition is told of once");
        let open = |one: &Value| one["status"] == "QUEUED" || one["status"] == "SENDING";
        if told.iter().any(open) {
            return false;
        }
    }
    true
}

on_both! {
    async fn whatever_goes_wrong_nothing_arrives_twice_or_is_lost_unseen(engine) {
        whatever_goes_wrong(engine, 20, 7).await;
    }
}

/// More messages than may be sent at once: IO is called no more often than it allows, though it is asked for all at once.
#[actix_web::test]
async fn io_is_never_called_more_often_than_it_allows() {
    let story = Story::away(Engine::Sqlite, Conduct::default()).await;
    story
        .template("RECEIVED", content("Ricevuta", "HOLD"))
        .await;
    for number in 0..47 {
        story.registered(&format!("2026/{number:07}")).await;
    }
    let worker = story.worker(story.notifier());
    let moment = now() + TimeDelta::minutes(2);
    // The application may have a job at that moment.
    while story.double.taken().len() < 47 {
        Box::pin(worker.run_due(moment)).await.unwrap();
    }
    let busiest = story.double.busiest();
    assert!(busiest <= 90, "{busiest} calls in five seconds");
    assert!(busiest >= 30, "the share is used: {busiest}");
}
