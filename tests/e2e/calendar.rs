//! Hours and dates as the people of Italy see them: changes of the clock, holidays, closures,
//! exceptions, and events that come again.

use chrono::{DateTime, TimeZone, Utc};
use municipio_domain::content::{ContentType, extend_occurrences};
use municipio_tests::{
    Editor, TestApp, on_both,
    story::{Basics, column, contact_point, global_id, instant, with},
};
use serde_json::{Value, json};

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A municipality whose patron saint is San Vigilio and that closes on 7 December 2026, with
/// a desk that has these hours.
async fn desk(app: &TestApp, hours: Value) -> String {
    let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
    editor.published(ContentType::Municipality, json!({
        "title": "Comune di prova", "patron_saint_day": "06-26", "patron_saint": { "it": "San Vigilio", "de": "Heiliger Vigilius" },
        "closing_periods": [{ "from": "2026-12-07", "through": "2026-12-07", "reason": "Ponte dell'Immacolata" }],
    })).await;
    let body = with(contact_point("Sportello"), json!({ "opening_hours": hours }));
    let id = editor.published(ContentType::ContactPoint, body).await;
    global_id(ContentType::ContactPoint, id)
}

async fn open(app: &TestApp, id: &str, at: &str) -> (bool, Option<DateTime<Utc>>) {
    let query = "query($id: ID!, $at: DateTime) { contactPoint(by: { id: $id }) { openingHours { openNow(at: $at) nextOpening(at: $at) } } }";
    let data = app.read("", query, json!({ "id": id, "at": at })).await;
    let hours = &data["contactPoint"]["openingHours"];
    let next = &hours["nextOpening"];
    (hours["openNow"].as_bool().unwrap(), (!next.is_null()).then(|| instant(next)))
}

async fn days(app: &TestApp, id: &str, from: &str, count: usize) -> Vec<(String, Vec<[DateTime<Utc>; 2]>, Value)> {
    let query = "query($id: ID!, $from: NaiveDate, $count: Int!) { contactPoint(by: { id: $id }) { openingHours {
        days(from: $from, count: $count) { date closedReason intervals { opens closes byAppointment note } } } } }";
    let data = app.read("", query, json!({ "id": id, "from": from, "count": count })).await;
    let days = data["contactPoint"]["openingHours"]["days"].as_array().unwrap();
    assert_eq!(days.len(), count);
    days.iter().map(|day| {
        let intervals = day["intervals"].as_array().unwrap();
        let spans = intervals.iter().map(|open| [instant(&open["opens"]), instant(&open["closes"])]).collect();
        (day["date"].as_str().unwrap().to_owned(), spans, day["closedReason"].clone())
    }).collect()
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
        assert_eq!(open(&app, &id, "2026-12-25T09:30:00Z").await.0, true, "open on Christmas Day, for an hour");
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

async fn events(app: &TestApp) -> (Editor, Basics) {
    let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
    let basics = editor.basics().await;
    (editor, basics)
}

/// What the calendar shows in these days: title and beginning.
async fn calendar(app: &TestApp, from: &str, through: &str) -> Vec<(String, DateTime<Utc>)> {
    let query = "query($from: NaiveDate, $through: NaiveDate, $after: String) {
        eventOccurrences(during: { from: $from, through: $through }, first: 2, after: $after) {
            edges { cursor node { startsAt endsAt event { title } } } pageInfo { hasNextPage hasPreviousPage endCursor } } }";
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let data = app.read("", query, json!({ "from": from, "through": through, "after": after })).await;
        let page = &data["eventOccurrences"];
        let edges = page["edges"].as_array().unwrap();
        assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
        found.extend(edges.iter().map(|edge| {
            assert!(instant(&edge["node"]["endsAt"]) >= instant(&edge["node"]["startsAt"]));
            (edge["node"]["event"]["title"].as_str().unwrap().to_owned(), instant(&edge["node"]["startsAt"]))
        }));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            return found;
        }
        assert_eq!(edges.len(), 2);
        after = page["pageInfo"]["endCursor"].clone();
    }
}

on_both! {
    async fn events_that_come_again_stand_in_the_calendar_at_each_of_their_times(engine) {
        let app = TestApp::empty(engine).await;
        let (editor, basics) = events(&app).await;
        let market = json!({ "occurrences": [{ "starts_at": "2026-10-21T07:30", "ends_at": "2026-10-21T13:00" }],
            "recurrence": { "rule": "FREQ=WEEKLY;BYDAY=WE;COUNT=5", "except": ["2026-11-04"] } });
        editor.published(ContentType::Event, basics.event("Mercato", market)).await;
        let concert = json!({ "occurrences": [{ "starts_at": "2026-10-28T07:30" }, { "starts_at": "2026-10-29T21:00", "ends_at": "2026-10-30T00:30" }] });
        let id = editor.published(ContentType::Event, basics.event("Concerto", concert)).await;
        let all = calendar(&app, "2026-10-01", "2026-12-31").await;
        let mut titles: Vec<_> = all.iter().map(|(title, at)| format!("{title} {at}")).collect();
        titles[1..3].sort();
        assert_eq!(titles, ["Mercato 2026-10-21 05:30:00 UTC", "Concerto 2026-10-28 06:30:00 UTC", "Mercato 2026-10-28 06:30:00 UTC",
            "Concerto 2026-10-29 20:00:00 UTC", "Mercato 2026-11-11 06:30:00 UTC", "Mercato 2026-11-18 06:30:00 UTC"], "half past seven before and after the change of the clock");
        assert_eq!(calendar(&app, "2026-10-30", "2026-10-30").await.len(), 1, "what began the evening before and is not over");
        assert_eq!(calendar(&app, "2026-11-04", "2026-11-04").await, [], "called off");
        editor.unpublish(id).await;
        assert_eq!(calendar(&app, "2026-10-29", "2026-10-31").await, []);
    }
}

on_both! {
    async fn a_whole_day_ends_at_midnight(engine) {
        let app = TestApp::empty(engine).await;
        let (editor, basics) = events(&app).await;
        let feast = json!({ "occurrences": [{ "starts_at": "2026-12-05", "ends_at": "2026-12-06", "all_day": true }] });
        editor.published(ContentType::Event, basics.event("Festa", feast)).await;
        let evening = json!({ "occurrences": [{ "starts_at": "2026-12-06T21:00", "ends_at": "2026-12-07T00:00" }] });
        editor.published(ContentType::Event, basics.event("Serata", evening)).await;
        let moment = json!({ "occurrences": [{ "starts_at": "2026-12-07T00:00" }] });
        editor.published(ContentType::Event, basics.event("Brindisi", moment)).await;
        for (day, wanted) in [("2026-12-04", vec![]), ("2026-12-05", vec!["Festa"]), ("2026-12-06", vec!["Festa", "Serata"]), ("2026-12-07", vec!["Brindisi"])] {
            let titles: Vec<_> = calendar(&app, day, day).await.into_iter().map(|(title, _)| title).collect();
            assert_eq!(titles, wanted, "calendar of {day}");
            let query = format!("{{ events(orderBy: DATE_ASC, filter: {{ occurs: {{ from: \"{day}\", through: \"{day}\" }} }}) {{ nodes {{ title }} }} }}");
            assert_eq!(column(&app.data(&query).await["events"]["nodes"], "title"), wanted, "events of {day}");
        }
    }
}

on_both! {
    async fn an_event_knows_its_next_times(engine) {
        let app = TestApp::empty(engine).await;
        let (editor, basics) = events(&app).await;
        let weekly = json!({ "occurrences": [{ "starts_at": "2026-10-20T10:00", "ends_at": "2026-10-20T12:00" }], "recurrence": { "rule": "FREQ=WEEKLY" } });
        let id = global_id(ContentType::Event, editor.published(ContentType::Event, basics.event("Corso", weekly)).await);
        let query = "query($id: ID!, $from: DateTime, $first: Int) { event(by: { id: $id }) { upcoming(from: $from, first: $first) { startsAt endsAt allDay }
            nextOccurrence { startsAt } schedule { recurrenceRule except occurrences { startsAt } } } }";
        let event = app.read("", query, json!({ "id": id, "from": "2026-10-20T09:59:00Z", "first": 3 })).await["event"].take();
        let starts: Vec<_> = column(&event["upcoming"], "startsAt").iter().map(|text| instant(&json!(text))).collect();
        assert_eq!(starts, [utc("2026-10-20T08:00:00Z"), utc("2026-10-27T09:00:00Z"), utc("2026-11-03T09:00:00Z")], "the one under way first");
        assert_eq!(event["schedule"]["recurrenceRule"], json!("FREQ=WEEKLY"));
        assert!(event["nextOccurrence"]["startsAt"].is_string(), "it never ends");
        let later = app.read("", query, json!({ "id": id, "from": "2026-10-20T10:00:00Z", "first": 1 })).await;
        assert_eq!(instant(&later["event"]["upcoming"][0]["startsAt"]), utc("2026-10-27T09:00:00Z"), "the first is over");
        let past = json!({ "occurrences": [{ "starts_at": "1999-10-20T10:00" }] });
        let past = global_id(ContentType::Event, editor.published(ContentType::Event, basics.event("Passato", past)).await);
        let event = app.read("", query, json!({ "id": past })).await["event"].take();
        assert_eq!((&event["nextOccurrence"], &event["upcoming"]), (&Value::Null, &json!([])));
    }
}

on_both! {
    async fn the_calendar_of_an_endless_event_is_written_on_as_time_goes_by(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let basics = editor.basics().await;
        let schedule = |rule: &str| json!({ "occurrences": [{ "starts_at": "2026-11-25T07:30", "ends_at": "2026-11-25T13:00" }], "recurrence": { "rule": rule } });
        editor.published(ContentType::Event, basics.event("Mercato", schedule("FREQ=WEEKLY"))).await;
        editor.published(ContentType::Event, basics.event("Rassegna", schedule("FREQ=WEEKLY;COUNT=3"))).await;
        assert_eq!(calendar(&app, "2031-06-01", "2031-06-30").await, []);
        let store = app.database.tenant(tenant.id);
        for _ in 0..2 {
            let later = Utc.with_ymd_and_hms(2030, 1, 1, 3, 0, 0).unwrap();
            assert_eq!(extend_occurrences(&store, later).await.unwrap(), 1, "only the endless one");
            let june = calendar(&app, "2031-06-01", "2031-06-30").await;
            assert_eq!(june.iter().map(|(_, at)| *at).collect::<Vec<_>>(),
                [4, 11, 18, 25].map(|day| Utc.with_ymd_and_hms(2031, 6, day, 5, 30, 0).unwrap()));
            let kept = calendar(&app, "2026-11-01", "2026-12-31").await;
            assert_eq!(kept.iter().filter(|(title, _)| title == "Rassegna").count(), 3, "what has an end is left as it is");
        }
    }
}
