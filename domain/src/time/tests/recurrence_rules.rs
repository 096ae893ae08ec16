use std::time::{Duration, Instant};

use serde_json::json;

use super::{json, recurring, starts, utc};
use crate::time::EventSchedule;

/// Dates in Italy on which a rule that begins on 2 September 1997 at nine gives something.
fn rfc(rule: &str, from: &str, until: &str) -> Vec<String> {
    starts(&recurring("1997-09-02T09:00", rule), from, until)
        .into_iter()
        .map(|at| at[..10].to_owned())
        .collect()
}

#[test]
fn rules_of_rfc_5545_give_the_dates_it_lists() {
    assert_eq!(
        rfc("FREQ=DAILY;COUNT=3", "1997-01-01", "1998-01-01"),
        ["1997-09-02", "1997-09-03", "1997-09-04"]
    );
    assert_eq!(
        rfc(
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH;COUNT=8",
            "1997-01-01",
            "1998-01-01"
        ),
        [
            "1997-09-02",
            "1997-09-04",
            "1997-09-16",
            "1997-09-18",
            "1997-09-30",
            "1997-10-02",
            "1997-10-14",
            "1997-10-16"
        ]
    );
    assert_eq!(
        rfc(
            "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3",
            "1997-09-03",
            "1998-01-01"
        ),
        ["1997-09-26", "1997-10-31", "1997-11-28"]
    );
    assert_eq!(
        rfc(
            "FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=3",
            "1997-09-03",
            "1998-01-01"
        ),
        ["1997-09-28", "1997-10-29", "1997-11-28"]
    );
    assert_eq!(
        rfc(
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            "1997-09-03",
            "2000-12-31"
        ),
        [
            "1998-02-13",
            "1998-03-13",
            "1998-11-13",
            "1999-08-13",
            "2000-10-13"
        ]
    );
    assert_eq!(
        rfc(
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "1997-09-03",
            "1998-01-01"
        ),
        ["1997-09-04", "1997-10-07", "1997-11-06"]
    );
    assert_eq!(
        rfc(
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "2000-01-01",
            "2010-01-01"
        ),
        ["2001-11-06", "2005-11-08", "2009-11-03"]
    );
    assert_eq!(
        rfc(
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
            "1998-01-01",
            "2001-01-01"
        ),
        ["1998-05-11", "1999-05-17", "2000-05-15"]
    );
    // Without a BYDAY the day of the week is that of the beginning, a Tuesday.
    assert_eq!(
        rfc("FREQ=YEARLY;BYWEEKNO=20", "1998-01-01", "2000-01-01"),
        ["1998-05-12", "1999-05-18"]
    );
}

#[test]
fn days_that_months_and_weeks_do_not_have_are_left_out() {
    let monthly = recurring("2026-01-31T10:00", "FREQ=MONTHLY");
    assert_eq!(
        starts(&monthly, "2026-03-15", "2026-08-01"),
        ["2026-03-31 08:00", "2026-05-31 08:00", "2026-07-31 08:00"]
    );
    let leap = recurring("2024-02-29T10:00", "FREQ=YEARLY");
    assert_eq!(
        starts(&leap, "2027-03-01", "2033-01-01"),
        ["2028-02-29 09:00", "2032-02-29 09:00"]
    );
    // From a Wednesday, the first of Monday, Tuesday and Friday: never a Friday in later weeks.
    let first = recurring("2026-01-07T10:00", "FREQ=WEEKLY;BYDAY=MO,TU,FR;BYSETPOS=1");
    assert_eq!(
        starts(&first, "2026-02-06", "2026-02-10"),
        ["2026-02-09 09:00"]
    );
}

#[test]
fn wrong_schedules_are_refused_with_the_field() {
    let ends = |from: &str, to: &str, all_day: bool| json!({ "occurrences": [{ "starts_at": from, "ends_at": to, "all_day": all_day }] });
    let rule = |rule: &str| json!({ "occurrences": [{ "starts_at": "2026-05-01T10:00" }], "recurrence": { "rule": rule } });
    let mut wrong = vec![
        (
            "occurrences[0].ends_at",
            ends("2026-05-01T10:00", "2026-05-01T09:59", false),
        ),
        (
            "occurrences[0].ends_at",
            ends("2026-05-02", "2026-05-01", true),
        ),
        (
            "occurrences[0].ends_at",
            ends("2026-05-02", "2026-04-01", true),
        ),
        (
            "occurrences[0].starts_at",
            ends("1026-05-02", "2026-05-01", true),
        ),
        (
            "occurrences[0].ends_at",
            ends("2026-05-02", "9999-12-31", true),
        ),
        (
            "recurrence",
            json!({ "recurrence": { "rule": "FREQ=DAILY" } }),
        ),
    ];
    let long = format!("FREQ=DAILY;BYMONTHDAY={}1", "1,".repeat(300));
    let hours = format!(
        "FREQ=DAILY;BYHOUR={}23;BYMINUTE=0,30",
        (0..23).map(|h| format!("{h},")).collect::<String>()
    );
    let rules = [
        "",
        "weekly",
        "BYDAY=SA",
        "FREQ=HOURLY",
        "FREQ=MINUTELY",
        "FREQ=SECONDLY",
        "RRULE:FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=10001",
        "FREQ=DAILY;COUNT=3;UNTIL=20270101",
        "FREQ=DAILY;UNTIL=soon",
        "FREQ=DAILY;UNTIL=20260430",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=WEEKLY;BYDAY=2MO",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYMONTHDAY=3",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=DAILY;BYEASTER=1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY\nFREQ=DAILY",
        &long,
        &hours,
    ];
    wrong.extend(rules.map(|value| ("recurrence.rule", rule(value))));
    for (path, value) in wrong {
        let error = json::<EventSchedule>(value.clone()).validate().unwrap_err();
        assert_eq!(error.path, path, "{value}");
        let message = error.message;
        assert!(
            message.ends_with('.') && !message.ends_with(".."),
            "{message}"
        );
    }
    assert!(serde_json::from_value::<EventSchedule>(json!({ "dates": [] })).is_err());
}

#[test]
fn a_refused_rule_gives_nothing() {
    let schedule: EventSchedule = json(json!({
        "occurrences": [{ "starts_at": "2026-05-01T10:00" }], "recurrence": { "rule": "FREQ=SECONDLY" },
    }));
    assert_eq!(starts(&schedule, "2026-01-01", "2027-01-01").len(), 1);
    assert_eq!(schedule.last_end(), Some(utc("2026-05-01T10:00:00+02:00")));
}

#[test]
fn a_rule_from_decades_ago_costs_no_more_than_a_new_one() {
    let (from, until) = (utc("2199-01-01T00:00:00Z"), utc("2199-02-01T00:00:00Z"));
    for freq in ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] {
        let schedule = recurring(
            "1900-01-31T10:00",
            &format!("FREQ={freq};BYDAY=MO,TU,WE,TH,FR,SA,SU"),
        );
        let begun = Instant::now();
        assert_eq!(schedule.expand(from, until, 100).len(), 31, "{freq}");
        assert!(begun.elapsed() < Duration::from_millis(500), "{freq}");
    }
}

#[test]
fn the_worst_rules_come_to_an_end() {
    let (from, until) = (utc("2199-01-01T00:00:00Z"), utc("2199-02-01T00:00:00Z"));
    for rule in [
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;COUNT=10000",
        "FREQ=YEARLY;COUNT=10000",
        "FREQ=DAILY;COUNT=10000",
        "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2;BYDAY=MO;INTERVAL=4",
        "FREQ=DAILY;INTERVAL=65535;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;INTERVAL=65535;BYMONTHDAY=31",
        "FREQ=WEEKLY;INTERVAL=65535;BYMONTH=3",
        "FREQ=YEARLY;INTERVAL=65535",
    ] {
        let schedule: EventSchedule = json(json!({
            "occurrences": [{ "starts_at": "1900-01-01T10:00" }], "recurrence": { "rule": rule },
        }));
        let begun = Instant::now();
        assert!(schedule.expand(from, until, 100).len() <= 1, "{rule}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{rule}");
    }
}
