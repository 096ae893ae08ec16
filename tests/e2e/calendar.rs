//! Hours and dates as the people of Italy see them: changes of the clock, holidays, closures,
//! exceptions, and events that come again.

use chrono::{DateTime, Utc};
use municipio_domain::content::ContentType;
use municipio_tests::{
    TestApp, on_both,
    story::{contact_point, global_id, instant, with},
};
use serde_json::{Value, json};

pub(super) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A municipality whose patron saint is San Vigilio and that closes on 7 December 2026, with
/// a desk that has these hours.
async fn desk(app: &TestApp, hours: Value) -> String {
    let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
    editor.published(ContentType::Municipality, json!({ "region": "Lombardia",
        "title": "Comune di prova", "patron_saint_day": "06-26", "patron_saint": { "it": "San Vigilio", "de": "Heiliger Vigilius" },
        "closing_periods": [{ "from": "2026-12-07", "through": "2026-12-07", "reason": "Ponte dell'Immacolata" }],
    })).await;
    let body = with(
        contact_point("Sportello"),
        json!({ "opening_hours": hours }),
    );
    let id = editor.published(ContentType::ContactPoint, body).await;
    global_id(ContentType::ContactPoint, id)
}

async fn open(app: &TestApp, id: &str, at: &str) -> (bool, Option<DateTime<Utc>>) {
    let query = "query($id: ID!, $at: DateTime) { contactPoint(by: { id: $id }) { openingHours { openNow(at: $at) nextOpening(at: $at) } } }";
    let data = app.read("", query, json!({ "id": id, "at": at })).await;
    let hours = &data["contactPoint"]["openingHours"];
    let next = &hours["nextOpening"];
    (
        hours["openNow"].as_bool().unwrap(),
        (!next.is_null()).then(|| instant(next)),
    )
}

async fn days(
    app: &TestApp,
    id: &str,
    from: &str,
    count: usize,
) -> Vec<(String, Vec<[DateTime<Utc>; 2]>, Value)> {
    let query = "query($id: ID!, $from: NaiveDate, $count: Int!) { contactPoint(by: { id: $id }) { openingHours {
        days(from: $from, count: $count) { date closedReason intervals { opens closes byAppointment note } } } } }";
    let data = app
        .read("", query, json!({ "id": id, "from": from, "count": count }))
        .await;
    let days = data["contactPoint"]["openingHours"]["days"]
        .as_array()
        .unwrap();
    assert_eq!(days.len(), count);
    days.iter()
        .map(|day| {
            let intervals = day["intervals"].as_array().unwrap();
            let spans = intervals
                .iter()
                .map(|open| [instant(&open["opens"]), instant(&open["closes"])])
                .collect();
            (
                day["date"].as_str().unwrap().to_owned(),
                spans,
                day["closedReason"].clone(),
            )
        })
        .collect()
}

fn weekly(days: &[&str], opens: &str, closes: &str) -> Value {
    json!({ "weekly": [{ "days": days, "opens": opens, "closes": closes }] })
}

const EVERY_DAY: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

on_both! {
    async fn a_night_is_an_hour_shorter_in_spring_and_longer_in_autumn(engine) {
        let app = TestApp::empty(engine).await;
        let id = desk(&app, weekly(&["sun"], "01:00", "05:00")).await;
        let spring = days(&app, &id, "2026-03-29", 1).await;
        assert_eq!(spring[0].1, [[utc("2026-03-29T00:00:00Z"), utc("2026-03-29T03:00:00Z")]], "three hours");
        let autumn = days(&app, &id, "2026-10-25", 1).await;
        assert_eq!(autumn[0].1, [[utc("2026-10-24T23:00:00Z"), utc("2026-10-25T04:00:00Z")]], "five hours");
        for (at, is_open) in [
            ("2026-03-28T23:59:59Z", false), ("2026-03-29T00:00:00Z", true), ("2026-03-29T01:30:00Z", true), ("2026-03-29T03:00:00Z", false),
            ("2026-10-24T23:00:00Z", true), ("2026-10-25T00:30:00Z", true), ("2026-10-25T01:30:00Z", true), ("2026-10-25T03:59:59Z", true),
            ("2026-10-25T04:00:00Z", false),
        ] {
            assert_eq!(open(&app, &id, at).await.0, is_open, "{at}");
        }
    }
}

on_both! {
    async fn a_time_that_the_clock_skips_or_repeats_has_one_meaning(engine) {
        let app = TestApp::empty(engine).await;
        let id = desk(&app, weekly(&["sun"], "02:30", "04:00")).await;
        let spring = days(&app, &id, "2026-03-29", 1).await;
        assert_eq!(spring[0].1, [[utc("2026-03-29T01:00:00Z"), utc("2026-03-29T02:00:00Z")]], "02:30 is not there: 03:00 is next");
        let autumn = days(&app, &id, "2026-10-25", 1).await;
        assert_eq!(autumn[0].1, [[utc("2026-10-25T00:30:00Z"), utc("2026-10-25T03:00:00Z")]], "02:30 comes twice: the first opens");
        let (is_open, next) = open(&app, &id, "2026-03-22T02:00:00Z").await;
        assert_eq!((is_open, next), (true, Some(utc("2026-03-29T01:00:00Z"))), "03:00 in winter, and the next is the short one");
        assert_eq!(open(&app, &id, "2026-10-25T00:29:59Z").await, (false, Some(utc("2026-10-25T00:30:00Z"))));
    }
}

on_both! {
    async fn opening_times_move_with_the_clock(engine) {
        let app = TestApp::empty(engine).await;
        let id = desk(&app, weekly(&["sat", "mon"], "09:00", "12:00")).await;
        for (before, after) in [("2026-03-28T08:00:00Z", "2026-03-30T07:00:00Z"), ("2026-10-24T07:00:00Z", "2026-10-26T08:00:00Z")] {
            assert_eq!(open(&app, &id, before).await, (true, Some(utc(after))), "nine o'clock on both sides");
        }
    }
}

on_both! {
    async fn it_is_closed_on_holidays_the_patron_saint_and_own_closures(engine) {
        let app = TestApp::empty(engine).await;
        let id = desk(&app, weekly(&EVERY_DAY, "09:00", "12:00")).await;
        for (day, reason) in [("2026-12-25", Some("Natale")), ("2026-12-26", Some("")), ("2026-06-26", Some("San Vigilio")), ("2026-12-07", Some("Ponte")),
            ("2026-12-08", Some("")), ("2026-04-06", Some("")), ("2026-12-24", None), ("2026-06-27", None), ("2027-12-07", None)] {
            let found = &days(&app, &id, day, 1).await[0];
            match reason {
                Some(reason) => {
                    assert!(found.1.is_empty(), "{day} is closed");
                    let said = found.2.as_str().unwrap_or_default();
                    assert!(!said.is_empty() && said.contains(reason), "{day}: {said}");
                    assert!(!open(&app, &id, &format!("{day}T10:00:00Z")).await.0, "{day}");
                }
                None => assert_eq!((found.1.len(), &found.2), (1, &Value::Null), "{day} is open"),
            }
        }
        assert_eq!(open(&app, &id, "2026-12-24T13:00:00Z").await.1, Some(utc("2026-12-27T08:00:00Z")), "after Christmas");
        assert_eq!(open(&app, &id, "2026-12-06T13:00:00Z").await.1, Some(utc("2026-12-09T08:00:00Z")), "closure and holiday in a row");
        let query = "query($id: ID!) { contactPoint(by: { id: $id }, locale: \"de\") { openingHours { days(from: \"2026-06-26\", count: 1) { closedReason } } } }";
        let data = app.read("", query, json!({ "id": id })).await;
        assert_eq!(data["contactPoint"]["openingHours"]["days"][0]["closedReason"], json!("Heiliger Vigilius"));
    }
}

on_both! {
    async fn exceptions_win_over_everything_else(engine) {
        let app = TestApp::empty(engine).await;
        let mut hours = weekly(&EVERY_DAY, "09:00", "12:00");
        hours["exceptions"] = json!([
            { "from": "2026-12-24", "through": "2026-12-26", "reason": "Ferie" },
            { "from": "2026-12-25", "hours": [{ "opens": "10:00", "closes": "11:00" }], "reason": "Solo per urgenze" },
        ]);
        let id = desk(&app, hours).await;
        let week = days(&app, &id, "2026-12-23", 5).await;
        let shape: Vec<_> = week.iter().map(|day| (day.1.len(), day.2.as_str())).collect();
        assert_eq!(shape, [(1, None), (0, Some("Ferie")), (1, None), (0, Some("Ferie")), (1, None)]);
        assert!(open(&app, &id, "2026-12-25T09:30:00Z").await.0, "open on Christmas Day, for an hour");
        assert_eq!(open(&app, &id, "2026-12-23T12:00:00Z").await.1, Some(utc("2026-12-25T09:00:00Z")));
    }
}

on_both! {
    async fn some_are_open_on_holidays_and_days_are_counted_from_1_to_62(engine) {
        let app = TestApp::empty(engine).await;
        let mut hours = weekly(&EVERY_DAY, "20:00", "02:00");
        hours["open_on_public_holidays"] = json!(true);
        let id = desk(&app, hours).await;
        assert!(open(&app, &id, "2026-12-25T20:00:00Z").await.0);
        assert!(open(&app, &id, "2026-12-26T00:30:00Z").await.0, "half past one of the next day");
        assert!(!open(&app, &id, "2026-12-07T20:00:00Z").await.0, "an own closure closes even these");
        assert!(open(&app, &id, "2026-12-07T00:30:00Z").await.0, "the night before it goes on until two");
        assert_eq!(days(&app, &id, "2026-12-01", 62).await.last().unwrap().0, "2027-01-31");
        for count in [0, -1, 63, 100, i32::MAX] {
            let query = format!("{{ contactPoints {{ nodes {{ openingHours {{ days(count: {count}) {{ date }} }} }} }} }}");
            let refused = app.refused(&query, json!({})).await;
            assert_eq!(refused.parts(), ("INVALID_ARGUMENT", "count", "contactPoints.nodes.0.openingHours.days"));
        }
    }
}

on_both! {
    async fn dates_at_the_end_of_the_calendar_break_nothing(engine) {
        let app = TestApp::demo(engine).await;
        let mut wrong = Vec::new();
        for (day, at) in [
            ("0000-01-01", "0000-01-01T00:00:00Z"), ("9999-12-31", "9999-12-31T23:59:59Z"),
            ("+262142-12-31", "+262142-12-31T23:59:59Z"), ("-262143-01-01", "-262143-01-01T00:00:00Z"),
        ] {
            for query in [
                format!("{{ eventOccurrences(first: 1, during: {{ from: \"{day}\" }}) {{ edges {{ cursor }} }} }}"),
                format!("{{ eventOccurrences(first: 1, during: {{ through: \"{day}\" }}) {{ edges {{ cursor }} }} }}"),
                format!("{{ news(first: 1, filter: {{ date: {{ from: \"{day}\", through: \"{day}\" }} }}) {{ totalCount }} }}"),
                format!("{{ topics(first: 1, filter: {{ modifiedAfter: \"{at}\" }}) {{ totalCount }} }}"),
                format!("{{ offices(first: 3) {{ nodes {{ openingHours {{ days(from: \"{day}\", count: 62) {{ date }} }} }} }} }}"),
                format!("{{ offices(first: 3) {{ nodes {{ openingHours {{ openNow(at: \"{at}\") nextOpening(at: \"{at}\") }} }} }} }}"),
                format!("{{ events(first: 3) {{ nodes {{ upcoming(from: \"{at}\", first: 2) {{ startsAt }} }} }} }}"),
            ] {
                let request = app.post().json(&json!({ "query": query })).send().await;
                let answer: Option<Value> = match request {
                    Ok(response) => response.json().await.ok(),
                    Err(_) => None,
                };
                let internal = |answer: &Value| answer.to_string().contains("\"INTERNAL\"");
                match answer {
                    Some(answer) if !internal(&answer) => {}
                    answer => wrong.push((query, answer)),
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
