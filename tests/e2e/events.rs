//! Events in the calendar: at each of their times, in the order of time, as long as they last.

use chrono::{DateTime, TimeZone, Utc};
use municipio_domain::content::{ContentType, extend_occurrences};
use municipio_tests::{
    Editor, TestApp, on_both,
    story::{Basics, column, global_id, instant},
};
use serde_json::{Value, json};

use crate::calendar::utc;

async fn events(app: &TestApp) -> (Editor, Basics) {
    let editor = app.editor(&app.tenant("c_x001", "www.x001.example").await);
    let basics = editor.basics().await;
    (editor, basics)
}

/// Titles and beginnings.
type Calendar = Vec<(String, DateTime<Utc>)>;

/// What the calendar shows in these days, the same from either end.
async fn calendar(app: &TestApp, from: &str, through: &str) -> Calendar {
    let forwards = pages(
        app,
        from,
        through,
        ["first", "after", "hasNextPage", "endCursor"],
    )
    .await;
    let way = ["last", "before", "hasPreviousPage", "startCursor"];
    let mut backwards = pages(app, from, through, way).await;
    backwards.reverse();
    assert_eq!(forwards.concat(), backwards.concat());
    forwards.concat()
}

/// The calendar of these days in pages of two.
async fn pages(
    app: &TestApp,
    from: &str,
    through: &str,
    [size, beyond, more, end]: [&str; 4],
) -> Vec<Calendar> {
    let query = format!(
        "query($from: NaiveDate, $through: NaiveDate, $cursor: String) {{
        eventOccurrences(during: {{ from: $from, through: $through }}, {size}: 2, {beyond}: $cursor) {{
            edges {{ node {{ startsAt endsAt event {{ title }} }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    let (mut found, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({ "from": from, "through": through, "cursor": cursor });
        let data = app.read("", &query, variables).await;
        let page = &data["eventOccurrences"];
        let info = &page["pageInfo"];
        let behind = match more {
            "hasNextPage" => &info["hasPreviousPage"],
            _ => &info["hasNextPage"],
        };
        assert_eq!(*behind, json!(!cursor.is_null()));
        let edges = page["edges"].as_array().unwrap();
        let occurrences = edges.iter().map(|edge| {
            let node = &edge["node"];
            assert!(instant(&node["endsAt"]) >= instant(&node["startsAt"]));
            let title = node["event"]["title"].as_str().unwrap();
            (title.to_owned(), instant(&node["startsAt"]))
        });
        found.push(occurrences.collect());
        if info[more] == json!(false) {
            return found;
        }
        assert_eq!(edges.len(), 2);
        cursor = info[end].clone();
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
        for written in [1, 0] {
            let later = Utc.with_ymd_and_hms(2030, 1, 1, 3, 0, 0).unwrap();
            assert_eq!(extend_occurrences(&store, later).await.unwrap(), written, "only the endless one, and once");
            let june = calendar(&app, "2031-06-01", "2031-06-30").await;
            assert_eq!(june.iter().map(|(_, at)| *at).collect::<Vec<_>>(),
                [4, 11, 18, 25].map(|day| Utc.with_ymd_and_hms(2031, 6, day, 5, 30, 0).unwrap()));
            let kept = calendar(&app, "2026-11-01", "2026-12-31").await;
            assert_eq!(kept.iter().filter(|(title, _)| title == "Rassegna").count(), 3, "what has an end is left as it is");
        }
    }
}
