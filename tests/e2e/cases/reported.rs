//! Cases that other software reports, and on which an office works as well: who is newer is right, and terms count by the
//! days on which things came to be.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use municipio_domain::{content::ContentType, time::legal_day};
use municipio_tests::{now, on_both, story::with};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    reports::report,
    story::{Story, procedure},
    terms::with_term,
};

const PATH: &str = "anagrafe/cases/AN-20";

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

impl Story {
    /// What a report did, and how the case stands then.
    async fn told(&self, body: &Value) -> (Value, Value) {
        let (status, mut answer) = self.put(PATH, body).await;
        assert!(status.is_success(), "{answer:#}");
        (answer["result"].take(), answer["case"].take())
    }
}

on_both! {
    async fn what_an_office_did_is_not_undone_by_what_was_reported_before(engine) {
        let story = Story::begin(engine).await;
        let at = |days: i64| instant(now() - TimeDelta::days(days));
        let first = report("in-progress", &at(2));
        let (_, case) = story.told(&first).await;
        let refuse = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "refuse", "reasons": "Non spetta." });
        let refused = story.done(&story.chief, "transitionCase", refuse).await;
        for again in [&first, &report("in-progress", &at(1)), &report("granted", &at(1))] {
            let (result, case) = story.told(again).await;
            assert_eq!((&result, &case["state"], &case["version"]), (&json!("OUTDATED"), &json!("refused"), &refused["version"]));
        }
        let (result, case) = story.told(&report("in-progress", &instant(now()))).await;
        assert_eq!((&result, &case["state"]), (&json!("UPDATED"), &json!("in-progress")), "what is newer counts");
    }
}

on_both! {
    async fn of_two_reports_of_one_moment_the_first_counts(engine) {
        let story = Story::begin(engine).await;
        let at = instant(now() - TimeDelta::days(2));
        let [one, other] = ["in-progress", "integration-requested"].map(|state| report(state, &at));
        story.told(&one).await;
        for _ in 0..3 {
            let (result, case) = story.told(&other).await;
            assert_eq!((&result, &case["state"]), (&json!("OUTDATED"), &json!("in-progress")));
            let (result, case) = story.told(&one).await;
            assert_eq!((&result, &case["version"]), (&json!("UNCHANGED"), &json!(2)));
        }
    }
}

on_both! {
    async fn a_clock_that_is_wrong_locks_no_case(engine) {
        let story = Story::begin(engine).await;
        story.told(&report("submitted", &instant(now() - TimeDelta::days(1)))).await;
        let ahead = report("granted", &instant(now() + TimeDelta::hours(1)));
        let (status, body) = story.put(PATH, &ahead).await;
        assert_eq!((status.as_u16(), body["detail"].as_str().unwrap().split(':').next()), (422, Some("occurredAt")), "{body:#}");
        let (result, _) = story.told(&report("in-progress", &instant(now()))).await;
        assert_eq!(result, "UPDATED");
    }
}

/// A municipality whose procedure has a term, and the body of a report of a day so long ago.
async fn with_a_term(story: &Story) -> impl Fn(&str, i64) -> Value {
    let body = procedure("Con termine", story.offices[1], &with_term());
    let item = story.editor.published(ContentType::Procedure, body).await;
    let query = "query($id: ID!) { procedure(by: { id: $id }) { slug } }";
    let id = municipio_tests::story::global_id(ContentType::Procedure, item);
    let found = story.ask(&story.chief, query, json!({ "id": id })).await;
    let slug = found["procedure"]["slug"].clone();
    move |state, days| {
        let at = instant(now() - TimeDelta::days(days));
        with(report(state, &at), json!({ "procedure": slug }))
    }
}

on_both! {
    async fn terms_of_reported_cases_count_by_the_days_on_which_things_came_to_be(engine) {
        let story = Story::begin(engine).await;
        let told = with_a_term(&story).await;
        let day = |ago: i64| legal_day(now() - TimeDelta::days(ago));
        let due = |day: NaiveDate, days: i64| json!(day + TimeDelta::days(days));
        let protocol = json!({ "protocol": { "number": "2026/7", "date": day(25) } });
        // It begins with the protocol, and stands still since the office asked for something, of which one hears now.
        let (_, case) = story.told(&with(told("integration-requested", 20), protocol)).await;
        assert_eq!(case["dueOn"], due(day(25), 60));
        let (_, case) = story.told(&told("in-progress", 15)).await;
        assert_eq!(case["dueOn"], due(day(25), 35), "five days later");
        let (_, case) = story.told(&told("granted", 10)).await;
        assert_eq!(case["dueOn"], due(day(25), 35));
        let (_, case) = story.told(&told("in-progress", 5)).await;
        assert_eq!(case["dueOn"], due(day(5), 30), "it was reopened then");
    }
}

on_both! {
    async fn silence_grants_nothing_that_other_software_keeps(engine) {
        let story = Story::begin(engine).await;
        let told = with_a_term(&story).await;
        let protocol = json!({ "protocol": { "number": "2026/8", "date": legal_day(now() - TimeDelta::days(180)) } });
        let (_, case) = story.told(&with(told("in-progress", 170), protocol)).await;
        Box::pin(story.app.worker().run_due(now() + TimeDelta::days(1))).await.unwrap();
        let seen = story.case(&story.chief, &case["id"]).await;
        assert_eq!(seen["status"], "IN_PROGRESS", "{seen:#}");
        let refuse = json!({ "id": case["id"], "expectedVersion": seen["version"], "transition": "refuse", "reasons": "Non spetta." });
        let refused = story.done(&story.chief, "transitionCase", refuse).await;
        assert_eq!(refused["outcome"], "REFUSED", "nor does anybody wait for time");
    }
}

on_both! {
    async fn who_may_not_read_cases_is_not_shown_what_they_report(engine) {
        let story = Story::begin(engine).await;
        let office = municipio_tests::story::global_id(ContentType::Office, story.offices[1]);
        let permissions = json!([{ "action": "cases.work", "offices": [office] }]);
        let input = json!({ "input": { "name": "gestionale", "permissions": permissions } });
        let query = "mutation($input: AccountRoleInput!) { createAccountRole(input: $input) { userErrors { code } } }";
        story.ask(&story.chief, query, input).await;
        let writer = story.app.signed_in_at(&story.tenant, &["gestionale"]).await;
        let body = report("in-progress", &instant(now() - TimeDelta::days(1)));
        let (status, answer) = story.send(&writer, Method::PUT, PATH, Some(&body)).await;
        assert_eq!((status.as_u16(), &answer), (201, &json!({ "result": "CREATED" })));
        let (status, answer) = story.send(&writer, Method::PUT, &format!("{PATH}?dry-run=true"), Some(&body)).await;
        assert_eq!((status.as_u16(), &answer), (200, &json!({ "result": "UNCHANGED" })));
    }
}
