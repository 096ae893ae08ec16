use chrono::{DateTime, Utc};
use serde_json::json;

use super::{date, json, recurring, starts, utc, valid_schedule as valid};
use crate::time::{EventSchedule, Interval, LocalDateTime, ROME};

fn local(value: &str) -> LocalDateTime {
    value.parse().unwrap()
}

#[test]
fn recurring_events_keep_their_time_on_the_clock() {
    let market = recurring("2026-03-21T21:00", "FREQ=WEEKLY;BYDAY=SA");
    assert_eq!(
        starts(&market, "2026-03-20", "2026-04-05"),
        ["2026-03-21 20:00", "2026-03-28 20:00", "2026-04-04 19:00"]
    );
    assert_eq!(
        starts(&market, "2026-10-20", "2026-11-03"),
        ["2026-10-24 19:00", "2026-10-31 20:00"]
    );
    // A time left out in spring moves to 03:00 (01:00 UTC); one that comes twice is the first.
    let night = recurring("2026-03-28T02:30", "FREQ=DAILY");
    assert_eq!(
        starts(&night, "2026-03-28", "2026-03-31"),
        ["2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"]
    );
    assert_eq!(
        starts(&night, "2026-10-24", "2026-10-27"),
        ["2026-10-24 00:30", "2026-10-25 00:30", "2026-10-26 01:30"]
    );
}

#[test]
fn ends_follow_the_clock_too() {
    let dance = valid(json!({
        "occurrences": [{ "starts_at": "2026-03-21T22:00", "ends_at": "2026-03-22T04:00" }],
        "recurrence": { "rule": "FREQ=WEEKLY;COUNT=32" },
    }));
    let all = dance.expand(
        utc("2026-01-01T00:00:00Z"),
        utc("2027-01-01T00:00:00Z"),
        100,
    );
    let hours = |day: &str| {
        let it = all
            .iter()
            .find(|it| it.starts_at.with_timezone(&ROME).date_naive() == date(day))
            .unwrap();
        (it.ends_at - it.starts_at).num_hours()
    };
    assert_eq!(
        (
            all.len(),
            hours("2026-03-21"),
            hours("2026-03-28"),
            hours("2026-10-24")
        ),
        (32, 6, 5, 7)
    );
    assert_eq!(dance.last_end(), Some(utc("2026-10-25T04:00:00+01:00")));
}

#[test]
fn all_day_events_last_from_midnight_to_midnight() {
    let fair = valid(json!({ "occurrences": [
        { "starts_at": "2026-10-24", "ends_at": "2026-10-25", "all_day": true },
        { "starts_at": "2026-03-29T10:00", "all_day": true },
    ] }));
    let all = fair.expand(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, 10);
    let lengths: Vec<_> = all
        .iter()
        .map(|it| (it.ends_at - it.starts_at).num_hours())
        .collect();
    assert_eq!(lengths, [23, 49]);
    assert_eq!(all[1].starts_at, utc("2026-10-24T00:00:00+02:00"));
    assert_eq!(fair.last_end(), Some(utc("2026-10-26T00:00:00+01:00")));
    let yearly = valid(json!({
        "occurrences": [{ "starts_at": "2020-10-25", "all_day": true }],
        "recurrence": { "rule": "FREQ=YEARLY;UNTIL=20261025" },
    }));
    let last = yearly.expand(utc("2026-10-25T22:59:59Z"), utc("2030-01-01T00:00:00Z"), 10);
    assert_eq!(
        last,
        [Interval {
            starts_at: utc("2026-10-25T00:00:00+02:00"),
            ends_at: utc("2026-10-26T00:00:00+01:00"),
            all_day: true
        }]
    );
}

#[test]
fn windows_take_what_overlaps_them() {
    let schedule = valid(json!({ "occurrences": [
        { "starts_at": "2026-05-02T10:00" },
        { "starts_at": "2026-05-01T10:00", "ends_at": "2026-05-01T12:00" },
        { "starts_at": "2026-05-01T10:00", "ends_at": "2026-05-01T12:00" },
    ] }));
    let count = |from, until, limit| schedule.expand(utc(from), utc(until), limit).len();
    assert_eq!(
        count("2026-05-01T11:00:00+02:00", "2026-05-01T11:01:00+02:00", 9),
        1
    );
    assert_eq!(
        count("2026-05-01T12:00:00+02:00", "2026-05-01T13:00:00+02:00", 9),
        0
    );
    assert_eq!(
        count("2026-05-02T10:00:00+02:00", "2026-05-02T10:00:01+02:00", 9),
        1
    );
    assert_eq!(
        count("2026-05-02T09:00:00+02:00", "2026-05-02T10:00:00+02:00", 9),
        0
    );
    assert_eq!(
        count("2026-05-01T00:00:00+02:00", "2026-05-03T00:00:00+02:00", 1),
        1
    );
    assert_eq!(
        count("2026-05-03T00:00:00+02:00", "2026-05-01T00:00:00+02:00", 9),
        0
    );
}

#[test]
fn exceptions_call_off_what_recurs_but_not_what_was_entered_besides() {
    let schedule = valid(json!({
        "occurrences": [{ "starts_at": "2026-12-05T21:00" }, { "starts_at": "2026-12-12T18:00" }],
        "recurrence": { "rule": "FREQ=WEEKLY;UNTIL=20261226T200000Z", "except": ["2026-12-05", "2026-12-12"] },
    }));
    assert_eq!(
        starts(&schedule, "2026-01-01", "2027-12-31"),
        ["2026-12-12 17:00", "2026-12-19 20:00", "2026-12-26 20:00"]
    );
    assert_eq!(schedule.last_end(), Some(utc("2026-12-26T20:00:00Z")));
}

#[test]
fn ends_for_good() {
    let last = |starts, rule| recurring(starts, rule).last_end();
    assert_eq!(EventSchedule::default().last_end(), None);
    assert_eq!(last("2026-01-01T10:00", "FREQ=DAILY"), None);
    assert_eq!(
        last("2026-01-01T10:00", "FREQ=DAILY;UNTIL=20261231"),
        Some(utc("2026-12-31T10:00:00+01:00"))
    );
    assert_eq!(
        last("2026-01-01T10:00", "FREQ=DAILY;COUNT=365"),
        Some(utc("2026-12-31T10:00:00+01:00"))
    );
    // The last leap day before it, and a rule that outlasts the calculation.
    assert_eq!(
        last("2000-02-29T10:00", "FREQ=YEARLY;UNTIL=20270101"),
        Some(utc("2024-02-29T10:00:00+01:00"))
    );
    assert_eq!(
        last("2000-06-01T10:00", "FREQ=DAILY;UNTIL=99991231"),
        Some(utc("2200-12-31T10:00:00+01:00"))
    );
    let once = valid(
        json!({ "occurrences": [{ "starts_at": "2026-05-01T10:00", "ends_at": "2026-05-01T12:00" }] }),
    );
    assert_eq!(once.last_end(), Some(utc("2026-05-01T12:00:00+02:00")));
}

#[test]
fn times_are_read_in_many_ways_and_written_in_one() {
    for (given, written) in [
        ("2026-12-05T21:00", "2026-12-05T21:00:00"),
        ("2026-12-05T21:00:30", "2026-12-05T21:00:30"),
        ("2026-12-05T21:00:30.250", "2026-12-05T21:00:30"),
        ("2026-12-05", "2026-12-05T00:00:00"),
        ("2026-12-05T20:00:00Z", "2026-12-05T21:00:00"),
        ("2026-07-05T20:00:00.000Z", "2026-07-05T22:00:00"),
        ("2026-12-05T21:00:00-05:00", "2026-12-06T03:00:00"),
        ("2026-12-05T23:59:60", "2026-12-05T23:59:59"),
    ] {
        assert_eq!(json::<LocalDateTime>(json!(given)).to_string(), written);
    }
    for wrong in [
        "",
        "tomorrow",
        "2026-13-01",
        "2026-02-29",
        "2026-12-05T25:00",
        "2026-12-05 21:00",
        "05/12/2026",
        "+12026-12-05",
        "10000-01-01",
    ] {
        assert!(wrong.parse::<LocalDateTime>().is_err(), "{wrong}");
    }
    let (gap, fold) = (local("2026-03-29T02:30"), local("2026-10-25T02:30"));
    assert_eq!(
        (gap.to_utc(), gap.to_utc_as_end()),
        (utc("2026-03-29T01:00:00Z"), utc("2026-03-29T01:00:00Z"))
    );
    assert_eq!(
        (fold.to_utc(), fold.to_utc_as_end()),
        (utc("2026-10-25T00:30:00Z"), utc("2026-10-25T01:30:00Z"))
    );
}
