//! Whoever has the number of the protocol and the code of a case is told how it stands, and nothing more.

use municipio_domain::content::ContentType;
use municipio_tests::{TestApp, on_both, story::global_id};
use serde_json::{Value, json};

use super::{
    citizen::with_drafts,
    story::{Story, procedure, today},
};
use crate::rest::{contract, faults, whole};

impl Story {
    /// How a case stands, as it is asked without signing in: the status, when to ask again, and the body.
    async fn look_up(&self, asked: Value) -> (u16, Option<String>, Value) {
        let url = format!("{}/api/v1/case-status", self.app.base);
        let request = self.app.client.post(url).header("host", "www.x001.example");
        let answer = request.json(&asked).send().await.unwrap();
        let retry = answer.headers().get("retry-after");
        let retry = retry.map(|value| value.to_str().unwrap().to_owned());
        (
            answer.status().as_u16(),
            retry,
            answer.json().await.unwrap(),
        )
    }

    /// Offers codes, and begins a case by a citizen; gives it and, of each step, the code that was told.
    async fn sent(&self, is_offered: bool) -> (Value, Vec<Value>) {
        let settings = json!({ "title": "Comune di prova", "region": "Lombardia", "offers_case_codes": is_offered });
        self.editor
            .published(ContentType::Municipality, settings)
            .await;
        let body = procedure("Accesso agli atti", self.offices[1], &with_drafts());
        let procedure = self.editor.published(ContentType::Procedure, body).await;
        let anna = self.app.citizen(&self.tenant, 1).await;
        let start = json!({ "procedure": global_id(ContentType::Procedure, procedure), "subject": "Copia", "data": { "address": "Via Roma 1" } });
        let mut codes = Vec::new();
        let mut case = json!({});
        for (token, name, input) in [
            (&anna, "StartCase", start),
            (
                &anna,
                "AddCaseEvidence",
                json!({ "kind": "DOCUMENT", "code": "form", "title": "Modulo", "reference": "M-1" }),
            ),
            (&anna, "TransitionCase", json!({ "transition": "submit" })),
            (
                &self.chief,
                "TransitionCase",
                json!({ "transition": "register", "protocol": { "number": "2026/7", "date": today() } }),
            ),
        ] {
            let mut input = input;
            if name != "StartCase" {
                input["id"] = case["id"].clone();
            }
            if name == "TransitionCase" {
                input["expectedVersion"] = case["version"].clone();
            }
            let field = name[..1].to_lowercase() + &name[1..];
            let given = if name == "AddCaseEvidence" {
                ""
            } else {
                "code"
            };
            let query = format!(
                "mutation($input: {name}Input!) {{ {field}(input: $input) {{ {given} case {{ id version }} userErrors {{ code path }} }} }}"
            );
            let mut payload =
                self.ask(token, &query, json!({ "input": input })).await[&field].take();
            assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
            case = payload["case"].take();
            codes.push(payload["code"].take());
        }
        (case, codes)
    }
}

on_both! {
    async fn who_has_number_and_code_is_told_how_the_case_stands(engine) {
        let app = TestApp::configured(engine, false, |settings, _| settings.limit_look_ups = 0).await;
        let story = Story::on(app).await;
        let (case, codes) = story.sent(true).await;
        let [Value::Null, Value::Null, Value::String(code), Value::Null] = codes.as_slice() else {
            panic!("told once, when it is sent: {codes:?}");
        };
        let (status, _, body) = story.look_up(json!({ "protocolNumber": "2026/7", "code": code })).await;
        assert_eq!((status, &body["status"]), (200, &json!("processo-in-corso")), "{body:#}");
        assert_eq!(body.as_object().unwrap().len(), 2, "no more than that: {body:#}");
        let written = code.to_lowercase().replace('-', " ");
        assert_eq!(story.look_up(json!({ "protocolNumber": " 2026/7", "code": written })).await.0, 200);
        let wrong_code = story.look_up(json!({ "protocolNumber": "2026/7", "code": "0000-0000-0000" })).await;
        for (number, code) in [("2026/8", code.as_str()), ("2026/8", "0000-0000-0000"), ("2026/7", "0000"), ("2026/7", "è")] {
            let (status, _, body) = story.look_up(json!({ "protocolNumber": number, "code": code })).await;
            assert_eq!((status, &body["detail"]), (404, &wrong_code.2["detail"]), "the same for all of them");
        }
        assert_eq!(wrong_code.0, 404);
        let contract = contract(&story.app).await;
        let said = whole(&contract, &contract["components"]["schemas"]["CaseStanding"]);
        assert_eq!(faults(&said, &body), Vec::<String>::new());
        // The code itself is kept nowhere.
        let kept = story.app.texts("SELECT hash FROM case_code").await;
        assert_eq!(kept.len(), 1);
        assert!(!kept[0].contains(code) && !kept[0].contains(&code.replace('-', "")));
        let log = "{ auditEntries(first: 50) { nodes { details } } }";
        let log = story.ask(&story.chief, log, json!({})).await.to_string();
        assert!(!log.contains(code) && !case.to_string().contains(code));
    }
}

on_both! {
    async fn a_municipality_that_does_not_offer_it_tells_no_code(engine) {
        let story = Story::begin(engine).await;
        let (_, codes) = story.sent(false).await;
        assert_eq!(codes, vec![Value::Null; 4]);
        let (status, _, body) = story.look_up(json!({ "protocolNumber": "2026/7", "code": "0000-0000-0000" })).await;
        assert_eq!((status, &body["code"]), (404, &json!("NOT_FOUND")));
        assert_eq!(story.app.rows("case_code").await, 0);
    }
}

on_both! {
    async fn who_tries_codes_is_held(engine) {
        let app = TestApp::configured(engine, false, |settings, _| {
            settings.limit_look_ups = 3;
            settings.proxies = 1;
        })
        .await;
        let story = Story::on(app).await;
        let (_, codes) = story.sent(true).await;
        let try_from = async |address: &str, number: &str, code: &str| {
            let url = format!("{}/api/v1/case-status", story.app.base);
            let request = story.app.client.post(url).header("host", "www.x001.example");
            let request = request.header("x-forwarded-for", address);
            let asked = json!({ "protocolNumber": number, "code": code });
            request.json(&asked).send().await.unwrap()
        };
        // From one address, whatever the number.
        for number in ["1", "2", "3"] {
            assert_eq!(try_from("192.0.2.1", number, "0000-0000-0000").await.status(), 404);
        }
        let held = try_from("192.0.2.1", "4", "0000-0000-0000").await;
        assert_eq!(held.status(), 429);
        let seconds: u64 = held.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=20).contains(&seconds), "{seconds}");
        // Of one number, from wherever; also of one that there is not.
        for number in ["2026/7", "2026/9"] {
            for address in ["192.0.2.2", "192.0.2.3", "2001:db8:0:1::1"] {
                assert_eq!(try_from(address, number, "0000-0000-0000").await.status(), 404);
            }
            assert_eq!(try_from("192.0.2.9", number, codes[2].as_str().unwrap()).await.status(), 429);
        }
        // The addresses of one home are one.
        assert_eq!(try_from("2001:db8:0:1::2", "5", "0000-0000-0000").await.status(), 404);
        assert_eq!(try_from("2001:db8:0:1::3", "6", "0000-0000-0000").await.status(), 429);
    }
}
