//! Cases that other software of the offices reports: in any order, as often as it likes.

use futures_util::future::join_all;
use municipio_domain::{cases::Cases, content::Contents};
use municipio_tests::{on_both, story::with};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::story::{MARIO, Story};
use crate::rest::{contract, faults, whole};

const NOON: &str = "2026-03-02T12:00:00Z";

/// A report of a case in this state at this moment.
pub fn report(state: &str, occurred_at: &str) -> Value {
    json!({
        "procedure": "cambio-di-residenza",
        "state": state,
        "occurredAt": occurred_at,
        "subject": "Trasloco",
        "applicant": { "fiscalCode": MARIO, "name": "Mario Rossi" },
    })
}

impl Story {
    pub async fn send(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let url = format!("{}/api/v1/sources/{path}", self.app.base);
        let request = self.app.client.request(method, url).bearer_auth(token);
        let request = request.header("host", "www.x001.example");
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        assert_eq!(
            answer.headers().contains_key("cache-control"),
            answer.status().is_success()
        );
        (answer.status(), answer.json().await.unwrap())
    }

    pub async fn put(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        Box::pin(self.send(&self.chief, Method::PUT, path, Some(body))).await
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        Box::pin(self.send(&self.chief, Method::GET, path, None)).await
    }
}

on_both! {
    async fn a_report_is_taken_in_once_and_an_older_one_not_at_all(engine) {
        let story = Story::begin(engine).await;
        let path = "anagrafe/cases/AN-17";
        assert_eq!(story.get(path).await.0, 404);
        let dry = story.put("anagrafe/cases/AN-17?dry-run=true", &report("in-progress", NOON)).await;
        assert_eq!((dry.0.as_u16(), &dry.1["result"]), (200, &json!("CREATED")), "{:#}", dry.1);
        assert_eq!(story.get(path).await.0, 404, "a dry run does nothing");
        let first = story.put(path, &report("in-progress", NOON)).await;
        assert_eq!((first.0.as_u16(), &first.1["result"], &first.1["case"]["version"]), (201, &json!("CREATED"), &json!(2)), "{:#}", first.1);
        for _ in 0..5 {
            let again = story.put(path, &report("in-progress", NOON)).await;
            assert_eq!((again.0.as_u16(), &again.1["result"], &again.1["case"]["version"]), (200, &json!("UNCHANGED"), &json!(2)));
        }
        let protocol = json!({ "protocol": { "number": "2026/0001", "date": "2026-03-02" } });
        let registered = story.put(path, &with(report("in-progress", "2026-03-02T13:00:00Z"), protocol)).await.1;
        assert_eq!((&registered["result"], &registered["case"]["protocolNumber"]), (&json!("UPDATED"), &json!("2026/0001")), "{registered:#}");
        let other = json!({ "protocol": { "number": "2026/0002", "date": "2026-03-02" } });
        let other = story.put(path, &with(report("in-progress", "2026-03-02T14:00:00Z"), other)).await;
        assert_eq!((other.0.as_u16(), &other.1["code"]), (422, &json!("REPORT_REFUSED")), "a case keeps its number");
        let granted = story.put(path, &report("granted", "2026-03-03T09:00:00Z")).await.1;
        assert_eq!((&granted["result"], &granted["case"]["outcome"], &granted["case"]["version"]), (&json!("UPDATED"), &json!("granted"), &json!(4)));
        assert_eq!(granted["case"]["status"], "processo-concluso.esito-positivo");
        let older = story.put(path, &report("integration-requested", "2026-03-02T15:00:00Z")).await;
        assert_eq!((older.0.as_u16(), &older.1["result"], &older.1["case"]["state"]), (200, &json!("OUTDATED"), &json!("granted")));
        let known = story.get(path).await.1;
        assert_eq!((&known["state"], &known["version"], &known["reportedAt"]), (&json!("granted"), &json!(4), &json!("2026-03-03T09:00:00Z")));
        // All of it is as the contract says.
        let contract = contract(&story.app).await;
        let operations = &contract["paths"]["/sources/{source}/cases/{externalId}"];
        let refused = story.put(path, &report("altro", "2026-03-04T09:00:00Z")).await;
        for (operation, (status, body)) in [("put", &first), ("put", &older), ("put", &refused), ("get", &(StatusCode::OK, known.clone()))] {
            let said = whole(&contract, &operations[operation]["responses"][status.as_str()]);
            let schema = &said["content"].as_object().unwrap().values().next().unwrap()["schema"];
            assert_eq!(faults(schema, body), Vec::<String>::new(), "{operation} {status}");
        }
        assert!(!known.to_string().contains("Mario") && !known.to_string().contains(MARIO));
        // Officers see it like any other, and its events hold.
        let query = "{ cases { nodes { subject outcome timeline { kind transition to } } } }";
        let seen = story.ask(&story.chief, query, json!({})).await;
        assert_eq!(seen["cases"]["nodes"][0]["subject"], "Trasloco", "{seen:#}");
        assert_eq!(seen["cases"]["nodes"][0]["timeline"].as_array().unwrap().len(), 4);
        let contents = Contents::new(story.app.database.tenant(story.tenant.id), Contents::cache(10));
        let verified = Cases::from(&contents).verify().await.unwrap();
        assert!(verified.is_intact() && verified.events == 4, "{verified:?}");
    }
}

on_both! {
    async fn whatever_the_order_the_newest_report_counts(engine) {
        let story = Story::begin(engine).await;
        let reports = [
            ("submitted", "2026-03-02T08:00:00Z"),
            ("in-progress", "2026-03-02T09:00:00Z"),
            ("integration-requested", "2026-03-02T10:00:00Z"),
            ("refused", "2026-03-02T11:00:00Z"),
        ];
        for first in 0..4 {
            for step in [1, 3] {
                let path = format!("anagrafe/cases/{first}-{step}");
                for index in 0..4 {
                    let (state, at) = reports[(first + index * step) % 4];
                    let (status, body) = story.put(&path, &report(state, at)).await;
                    assert!(status.is_success(), "{body:#}");
                }
                assert_eq!(story.get(&path).await.1["state"], "refused", "{path}");
            }
        }
    }
}

on_both! {
    async fn of_many_first_reports_at_once_one_begins_the_case(engine) {
        let story = Story::begin(engine).await;
        let path = "anagrafe/cases/AN-18";
        let body = report("in-progress", NOON);
        let answers = join_all((0..8).map(|_| story.put(path, &body))).await;
        let results: Vec<_> = answers.iter().map(|(_, body)| body["result"].as_str().unwrap_or("none")).collect();
        assert_eq!(results.iter().filter(|result| **result == "CREATED").count(), 1, "{results:?}");
        assert_eq!(results.iter().filter(|result| **result == "UNCHANGED").count(), 7, "{results:?}");
        assert_eq!(story.get(path).await.1["version"], 2);
    }
}

on_both! {
    async fn what_does_not_fit_is_refused_with_its_place(engine) {
        let story = Story::begin(engine).await;
        let path = "anagrafe/cases/AN-19";
        for (change, detail) in [
            (json!({ "state": "altro" }), "state: "),
            (json!({ "procedure": "altro" }), "procedure: "),
            (json!({ "procedure": "No slug" }), "procedure: "),
            (json!({ "subject": "" }), "subject: "),
            (json!({ "applicant": { "fiscalCode": "RSSMRA80A01H501V" } }), "applicant.fiscalCode: "),
            (json!({ "occurredAt": "ieri" }), "a member"),
            (json!({ "occurredAt": "2099-01-01T00:00:00Z" }), "occurredAt: "),
            (json!({ "protocol": { "number": "1", "date": "2099-01-01" } }), "protocol.date: "),
            (json!({ "protocol": { "number": "1", "date": "-200000-01-01" } }), "protocol.date: "),
            (json!({ "altro": 1 }), "a member"),
        ] {
            let (status, body) = story.put(path, &with(report("in-progress", NOON), change)).await;
            assert_eq!((status.as_u16(), &body["code"]), (422, &json!("REPORT_REFUSED")), "{body:#}");
            assert!(body["detail"].as_str().unwrap().starts_with(detail), "{body:#}");
            assert!(!body.to_string().contains("RSSMRA80A01H501V"));
        }
        assert_eq!(story.get(path).await.0, 404);
        // Nothing is locked by what was refused, and no name is too strange to be looked for.
        for strange in ["%00", "a%00b"] {
            let path = format!("anagrafe/cases/{strange}");
            assert_eq!(story.get(&path).await.0, 404, "{strange}");
            assert_eq!(story.put(&path, &report("in-progress", NOON)).await.0, 422, "{strange}");
        }
        let citizen = story.app.citizen(&story.tenant, 1).await;
        let beside = story.officer(story.offices[2]).await;
        let here = story.officer(story.offices[0]).await;
        let body = report("in-progress", NOON);
        for (token, method, status) in [
            ("mun_at_x", Method::PUT, 401),
            (citizen.as_str(), Method::PUT, 403),
            (citizen.as_str(), Method::GET, 403),
            (beside.as_str(), Method::PUT, 404),
            (here.as_str(), Method::PUT, 201),
            (beside.as_str(), Method::PUT, 404),
            (beside.as_str(), Method::GET, 404),
            (here.as_str(), Method::GET, 200),
        ] {
            let (answered, body) = story.send(token, method.clone(), path, Some(&body)).await;
            assert_eq!(answered.as_u16(), status, "{method} {body:#}");
        }
    }
}
