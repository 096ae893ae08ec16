//! Many reports in one request, states in the words of the software, and how often it may report.

use futures_util::future::join_all;
use municipio_domain::content::ContentType;
use municipio_tests::{
    TestApp, on_both,
    story::{column, global_id, with},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    reports::report,
    story::{MARIO, Story, wrong},
};
use crate::rest::{contract, faults, whole};

const MANY: &str = "anagrafe/cases";

fn item(id: &str, report: Value) -> Value {
    json!({ "externalId": id, "report": report })
}

impl Story {
    /// The status and the items of the answer to many reports.
    async fn report_all(&self, query: &str, items: &Value) -> (u16, Value) {
        let path = format!("{MANY}{query}");
        let body = json!({ "items": items });
        let sent = Box::pin(self.send(&self.chief, Method::POST, &path, Some(&body)));
        let (status, mut body) = sent.await;
        match body["items"].is_array() {
            true => (status.as_u16(), body["items"].take()),
            false => (status.as_u16(), body),
        }
    }

    /// Says what «anagrafe» calls the states of the procedure of the story.
    async fn map_states(&self, token: &str, names: &[(&str, &str)]) -> Value {
        let names = names
            .iter()
            .map(|(name, state)| json!({ "name": name, "state": state }));
        let input = json!({
            "source": "anagrafe",
            "procedure": global_id(ContentType::Procedure, self.procedure),
            "states": names.collect::<Vec<_>>(),
        });
        let query = "mutation($input: SetCaseStateMapInput!) { setCaseStateMap(input: $input) {
            stateMap { source states { name state } procedure { title } } userErrors { code path message } } }";
        self.ask(token, query, json!({ "input": input })).await["setCaseStateMap"].take()
    }
}

on_both! {
    async fn what_is_wrong_with_one_report_keeps_no_other_from_being_taken_in(engine) {
        let story = Story::begin(engine).await;
        let at = "2026-03-02T12:00:00Z";
        let items = json!([
            item("1", report("in-progress", at)),
            item("2", report("altro", at)),
            item("3", with(report("in-progress", at), json!({ "applicant": { "fiscalCode": "RSSMRA80A01H501V" } }))),
            { "externalId": "4" },
            { "externalId": 5, "report": report("in-progress", at) },
            "no report at all",
            item("1", report("in-progress", at)),
            item("1", report("granted", "2026-03-02T13:00:00Z")),
            item("1", report("refused", "2026-03-02T12:30:00Z")),
            item("7", report("submitted", at)),
        ]);
        let dry = story.report_all("?dry-run=true", &items).await;
        assert_eq!(dry.0, 200, "{:#}", dry.1);
        let results = ["CREATED", "", "", "", "", "", "UNCHANGED", "UPDATED", "OUTDATED", "CREATED"];
        assert_eq!(column(&dry.1, "result"), results);
        assert!(dry.1.as_array().unwrap().iter().all(|one| one["case"].is_null()), "there is no such case: {:#}", dry.1);
        assert_eq!(story.get("anagrafe/cases/1").await.0, 404, "a dry run does nothing");
        let (status, done) = story.report_all("", &items).await;
        assert_eq!(status, 200, "{done:#}");
        let statuses: Vec<_> = done.as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, [201, 422, 422, 422, 422, 422, 200, 200, 200, 201]);
        assert_eq!(column(&done, "result"), results);
        assert_eq!(column(&done, "externalId"), ["1", "2", "3", "", "", "", "1", "1", "1", "7"]);
        assert_eq!(done[8]["case"]["state"], "granted");
        assert_eq!(done[1]["problem"]["code"], "REPORT_REFUSED");
        assert!(!done.to_string().contains("RSSMRA80A01H501V"));
        // As often as one likes.
        let again = story.report_all("", &items).await.1;
        assert_eq!(column(&again, "result"), ["OUTDATED", "", "", "", "", "", "OUTDATED", "UNCHANGED", "OUTDATED", "UNCHANGED"]);
        let (_, mended) = story.report_all("", &json!([item("2", report("in-progress", "2026-03-02T11:00:00Z"))])).await;
        assert_eq!(mended[0]["result"], "CREATED", "what was refused left nothing behind");
        let contract = contract(&story.app).await;
        let said = whole(&contract, &contract["components"]["schemas"]["ReportedCases"]);
        assert_eq!(faults(&said, &json!({ "items": done })), Vec::<String>::new());
    }
}

on_both! {
    async fn who_reports_of_the_same_cases_at_once_waits(engine) {
        let story = Story::begin(engine).await;
        let items = |state: &str, at: &str| (0..40).map(|id| item(&id.to_string(), report(state, at))).collect::<Vec<_>>();
        let at = "2026-03-02T12:00:00Z";
        let forwards = items("in-progress", at);
        let backwards: Vec<_> = forwards.iter().rev().cloned().collect();
        let orders = [json!(forwards), json!(backwards), json!(forwards), json!(backwards)];
        let told = join_all(orders.iter().map(|items| story.report_all("", items))).await;
        let mut created = 0;
        for (status, items) in told {
            assert_eq!(status, 200, "{items:#}");
            let results = column(&items, "result");
            created += usize::from(results[0] == "CREATED");
            assert!(results.iter().all(|result| *result == results[0]), "one waits for the other: {results:?}");
        }
        assert_eq!(created, 1);
        let (_, granted) = story.report_all("", &json!(items("granted", "2026-03-02T13:00:00Z"))).await;
        assert!(column(&granted, "result").iter().all(|result| *result == "UPDATED"), "{granted:#}");
        let verified = story.cases().verify().await.unwrap();
        assert_eq!((verified.cases, verified.events, verified.total), (40, 120, 0), "{:?}", verified.flaws);
    }
}

on_both! {
    async fn many_reports_have_an_end(engine) {
        let story = Story::begin(engine).await;
        let one = report("in-progress", "2026-03-02T12:00:00Z");
        let items: Vec<_> = (0..501).map(|id| item(&id.to_string(), one.clone())).collect();
        let (status, body) = story.report_all("", &json!(items)).await;
        assert_eq!((status, &body["code"]), (422, &json!("REPORT_REFUSED")), "{body:#}");
        assert_eq!(story.report_all("", &json!([])).await.0, 422);
        let long = with(one.clone(), json!({ "reasons": "x".repeat(70_000) }));
        let (_, done) = story.report_all("", &json!([item("a", long), item("b", one)])).await;
        assert_eq!((&done[0]["status"], &done[1]["status"]), (&json!(413), &json!(201)));
        let huge = json!([{ "externalId": "x".repeat(4 * 1024 * 1024) }]);
        assert_eq!(story.report_all("", &huge).await.0, 413);
        let citizen = story.app.citizen(&story.tenant, 1).await;
        let refused = story.send(&citizen, Method::POST, MANY, Some(&json!({ "items": [] }))).await;
        assert_eq!(refused.0, 403);
        let beside = story.officer(story.offices[2]).await;
        let body = json!({ "items": [item("a", report("in-progress", "2026-03-02T12:00:00Z"))] });
        let (status, body) = story.send(&beside, Method::POST, MANY, Some(&body)).await;
        assert_eq!((status.as_u16(), &body["items"][0]["status"]), (200, &json!(404)), "of another office");
    }
}

on_both! {
    async fn a_source_reports_states_in_its_own_words(engine) {
        let story = Story::begin(engine).await;
        let path = "anagrafe/cases/AN-1";
        let lavorazione = report("IN LAVORAZIONE", "2026-03-02T12:00:00Z");
        let (status, body) = story.put(path, &lavorazione).await;
        assert_eq!(status.as_u16(), 422);
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.starts_with("state: ") && detail.contains("in-progress, integration-requested"), "{detail}");
        assert!(!detail.contains("LAVORAZIONE"), "what was sent may be anything");

        let set = story.map_states(&story.chief, &[("IN LAVORAZIONE", "in-progress"), ("EVASA", "granted")]).await;
        assert_eq!(set["userErrors"], json!([]), "{set:#}");
        assert_eq!(set["stateMap"]["procedure"]["title"], "Cambio di residenza");
        assert_eq!(story.put(path, &lavorazione).await.1["case"]["state"], "in-progress");
        let known = report("in-progress", "2026-03-02T12:10:00Z");
        assert_eq!(story.put(path, &known).await.1["result"], "UNCHANGED", "codes of the definition stay good");
        let evasa = report("EVASA", "2026-03-02T13:00:00Z");
        assert_eq!(story.put("edilizia/cases/AN-1", &evasa).await.0, 422, "another software has other words");
        assert_eq!(story.put(path, &evasa).await.1["case"]["outcome"], "granted");

        // The map as a whole takes the place of the one before.
        story.map_states(&story.chief, &[("CHIUSA", "granted")]).await;
        let list = "{ caseStateMaps { totalCount nodes { source states { name state } } } }";
        let maps = story.ask(&story.chief, list, json!({})).await["caseStateMaps"].take();
        assert_eq!(maps["nodes"], json!([{ "source": "anagrafe", "states": [{ "name": "CHIUSA", "state": "granted" }] }]));
        assert_eq!(story.put("anagrafe/cases/AN-2", &evasa).await.0, 422);
        story.map_states(&story.chief, &[]).await;
        assert_eq!(story.ask(&story.chief, list, json!({})).await["caseStateMaps"]["totalCount"], 0);
        let log = "{ auditEntries(first: 1) { nodes { name } } }";
        let log = story.ask(&story.chief, log, json!({})).await;
        assert_eq!(log["auditEntries"]["nodes"][0]["name"], "case.map_states", "{log:#}");
    }
}

on_both! {
    async fn a_map_names_states_that_there_are(engine) {
        let story = Story::begin(engine).await;
        let refused = story.map_states(&story.chief, &[("A", "in-progress"), ("A", "granted"), ("", "altro")]).await;
        let paths = ["states[1].name", "states[2].name", "states[2].state"];
        let expected: Vec<_> = paths.map(|path| ("INVALID_VALUE".to_owned(), path.to_owned())).into();
        assert_eq!(wrong(&refused), expected);
        let editor = story.app.signed_in_at(&story.tenant, &["editor"]).await;
        assert_eq!(story.map_states(&editor, &[("A", "granted")]).await["userErrors"], json!([]));
        let query = "mutation($input: SetCaseStateMapInput!) { setCaseStateMap(input: $input) { userErrors { code } } }";
        let officer = story.app.signed_in_at(&story.tenant, &["officer"]).await;
        let input = json!({ "source": "anagrafe", "procedure": global_id(ContentType::Procedure, story.procedure), "states": [] });
        let refused = story.app.ask_as(&officer, query, json!({ "input": input })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    }
}

on_both! {
    async fn who_reports_too_often_is_told_when_to_go_on(engine) {
        let app = TestApp::configured(engine, false, |settings, _| settings.limit_reports = 3).await;
        let story = Story::on(app).await;
        let url = format!("{}/api/v1/sources/{MANY}/AN-1", story.app.base);
        let ask = async |token: &str| {
            let request = story.app.client.get(&url).header("host", "www.x001.example");
            let answer = request.bearer_auth(token).send().await.unwrap();
            let headers = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"];
            let headers = headers.map(|name| answer.headers().get(name).map(|value| value.to_str().unwrap().parse::<u64>().unwrap()));
            (answer.status().as_u16(), headers, answer.json::<Value>().await.unwrap())
        };
        for remaining in [2, 1, 0] {
            let (status, headers, body) = ask(&story.chief).await;
            assert_eq!((status, &headers[..2]), (404, [Some(3), Some(remaining)].as_slice()), "{body:#}");
            assert!(headers[2].is_some_and(|seconds| (1..=60).contains(&seconds)) && headers[3].is_none());
        }
        let (status, headers, body) = ask(&story.chief).await;
        assert_eq!((status, &body["code"]), (429, &json!("TOO_MANY_REQUESTS")));
        assert_eq!(&headers[..2], [Some(3), Some(0)]);
        assert!(headers[3].is_some_and(|seconds| (1..=20).contains(&seconds)) && headers[2] == headers[3], "{headers:?}");
        let other = story.app.signed_in_at(&story.tenant, &["officer"]).await;
        assert_eq!(ask(&other).await.0, 404, "others have a limit of their own");
        // Whoever is not known is not counted, and nothing of what was sent is told.
        assert_eq!(ask("mun_at_x").await.0, 401);
        assert!(!body.to_string().contains(MARIO));
    }
}
