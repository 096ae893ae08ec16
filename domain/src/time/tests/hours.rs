use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{date, italian, json, utc};
use crate::time::{ClosingCalendar, OpeningHours, Weekday};

fn hours(value: Value) -> OpeningHours {
    let hours: OpeningHours = json(value);
    hours.validate().unwrap();
    hours
}

fn office() -> OpeningHours {
    hours(json!({
        "weekly": [
            { "days": ["mon", "tue", "wed", "thu", "fri"], "opens": "09:00", "closes": "12:30" },
            { "days": ["tue", "thu"], "opens": "15:00", "closes": "17:00", "by_appointment": true, "note": "Solo anagrafe" },
        ],
        "exceptions": [
            { "from": "2026-08-10", "through": "2026-08-21", "hours": [{ "opens": "08:00", "closes": "11:00" }], "reason": "Orario estivo" },
            { "from": "2026-08-14", "reason": "Ponte" },
        ],
    }))
}

/// Intervals of a day in UTC, such as `07:00-10:30`.
fn shown(hours: &OpeningHours, closings: &ClosingCalendar, day: &str) -> Vec<String> {
    let schedule = hours.day(date(day), closings);
    let time = |at: chrono::DateTime<chrono_tz::Tz>| at.to_utc().format("%H:%M").to_string();
    (schedule.intervals.iter())
        .map(|it| format!("{}-{}", time(it.opens), time(it.closes)))
        .collect()
}

#[test]
fn an_office_in_an_ordinary_week() {
    let (office, closings) = (office(), ClosingCalendar::default());
    let week = office.days(date("2026-06-15"), 7, &closings);
    let counts: Vec<_> = week.iter().map(|day| day.intervals.len()).collect();
    assert_eq!(counts, [1, 2, 1, 2, 1, 0, 0]);
    assert!(week.iter().all(|day| day.closed_reason.is_none()));
    assert_eq!(
        shown(&office, &closings, "2026-06-16"),
        ["07:00-10:30", "13:00-15:00"]
    );
    assert!(week[1].intervals[1].by_appointment);
    assert_eq!(week[1].intervals[1].note, italian("Solo anagrafe"));
    assert!(
        office
            .open_at(utc("2026-06-16T07:00:00Z"), &closings)
            .is_some()
    );
    assert!(
        office
            .open_at(utc("2026-06-16T10:30:00Z"), &closings)
            .is_none()
    );
    let next = office
        .next_opening(utc("2026-06-19T07:00:00Z"), &closings)
        .unwrap();
    assert_eq!(next.to_rfc3339(), "2026-06-22T09:00:00+02:00");
}

#[test]
fn exceptions_go_before_closings_and_closings_before_the_week() {
    let closings: ClosingCalendar = json(json!({
        "patron_saint": "06-24",
        "closing_periods": [{ "from": "2026-08-12", "through": "2026-08-28", "reason": "Ferie" }],
    }));
    let mut office = office();
    let reason = |office: &OpeningHours, day| {
        let schedule = office.day(date(day), &closings);
        schedule
            .closed_reason
            .map(|reason| reason.italian().unwrap().to_owned())
    };
    assert_eq!(shown(&office, &closings, "2026-08-12"), ["06:00-09:00"]);
    assert_eq!(
        office.day(date("2026-08-12"), &closings).intervals[0].note,
        italian("Orario estivo")
    );
    assert_eq!(reason(&office, "2026-08-14").unwrap(), "Ponte");
    assert_eq!(reason(&office, "2026-08-24").unwrap(), "Ferie");
    assert_eq!(
        reason(&office, "2026-06-02").unwrap(),
        "Festa della Repubblica"
    );
    assert_eq!(reason(&office, "2026-06-24").unwrap(), "Santo patrono");
    office.open_on_public_holidays = true;
    assert_eq!(reason(&office, "2026-06-02"), None);
    assert_eq!(
        shown(&office, &closings, "2026-06-02"),
        ["07:00-10:30", "13:00-15:00"]
    );
    assert_eq!(shown(&office, &closings, "2026-06-24"), ["07:00-10:30"]);
    assert_eq!(reason(&office, "2026-08-24").unwrap(), "Ferie");
}

#[test]
fn hours_past_midnight_count_on_the_next_day_even_a_holiday() {
    let bar = hours(json!({ "weekly": [
        { "days": ["thu", "sat"], "opens": "20:00", "closes": "02:00", "valid_through": "2026-12-31" },
    ] }));
    let closings = ClosingCalendar::default();
    // Thursday 24 December 2026, into Christmas.
    assert!(
        bar.open_at(utc("2026-12-25T00:30:00+01:00"), &closings)
            .is_some()
    );
    assert!(
        bar.open_at(utc("2026-12-25T02:00:00+01:00"), &closings)
            .is_none()
    );
    assert!(bar.day(date("2026-12-25"), &closings).intervals.is_empty());
    // The last hours that hold open on the last date and end after it.
    assert!(
        bar.open_at(utc("2027-01-01T01:59:59+01:00"), &closings)
            .is_some()
    );
    assert_eq!(
        bar.next_opening(utc("2026-12-31T20:00:00+01:00"), &closings),
        None
    );
}

#[test]
fn days_of_the_clock_change_are_23_and_25_hours_long() {
    let always =
        hours(json!({ "weekly": [{ "days": Weekday::ALL, "opens": "00:00", "closes": "24:00" }] }));
    let also =
        hours(json!({ "weekly": [{ "days": Weekday::ALL, "opens": "00:00", "closes": "00:00" }] }));
    let closings = ClosingCalendar::default();
    for (day, length) in [
        ("2026-03-28", 24),
        ("2026-03-29", 23),
        ("2026-10-24", 24),
        ("2026-10-25", 25),
    ] {
        let schedule = always.day(date(day), &closings);
        let [all_day] = &schedule.intervals[..] else {
            panic!("{schedule:?}")
        };
        assert_eq!(
            all_day.closes - all_day.opens,
            TimeDelta::hours(length),
            "{day}"
        );
        assert_eq!(also.day(date(day), &closings), schedule);
    }
}

#[test]
fn spring_leaves_out_an_hour() {
    let closings = ClosingCalendar::default();
    let night = |opens: &str, closes: &str| {
        hours(json!({ "weekly": [{ "days": ["sun"], "opens": opens, "closes": closes }] }))
    };
    let on = |opens, closes| shown(&night(opens, closes), &closings, "2026-03-29");
    // 02:00 to 03:00 does not exist; both stand for 01:00 UTC.
    assert_eq!(on("02:30", "05:00"), ["01:00-03:00"]);
    assert_eq!(on("01:00", "02:30"), ["00:00-01:00"]);
    assert_eq!(on("02:00", "02:45"), [""; 0]);
    let next = night("02:30", "05:00")
        .next_opening(utc("2026-03-28T00:00:00Z"), &closings)
        .unwrap();
    assert_eq!(next.to_rfc3339(), "2026-03-29T03:00:00+02:00");
}

#[test]
fn autumn_repeats_an_hour() {
    let closings = ClosingCalendar::default();
    let on = |spans: &[(&str, &str)]| {
        let weekly = spans
            .iter()
            .map(|(opens, closes)| json!({ "days": ["sun"], "opens": opens, "closes": closes }));
        shown(
            &hours(json!({ "weekly": weekly.collect::<Vec<_>>() })),
            &closings,
            "2026-10-25",
        )
    };
    // 02:00 to 03:00 comes twice: 00:00 to 01:00 UTC and 01:00 to 02:00 UTC.
    assert_eq!(on(&[("02:30", "05:00")]), ["00:30-04:00"]);
    assert_eq!(on(&[("01:00", "02:30")]), ["23:00-01:30"]);
    assert_eq!(
        on(&[("01:00", "02:30"), ("02:30", "05:00")]),
        ["23:00-01:30", "01:30-04:00"]
    );
}

#[test]
fn wrong_hours_are_refused_with_the_field() {
    let weekly = |entries: Value| json!({ "weekly": entries });
    let exception = |value: Value| json!({ "exceptions": [value] });
    for (path, value) in [
        (
            "weekly[0].days",
            weekly(json!([{ "days": [], "opens": "09:00", "closes": "12:00" }])),
        ),
        (
            "weekly[0].days",
            weekly(json!([{ "days": ["mon", "mon"], "opens": "09:00", "closes": "12:00" }])),
        ),
        (
            "weekly[0].opens",
            weekly(json!([{ "days": ["mon"], "opens": "24:00", "closes": "12:00" }])),
        ),
        (
            "weekly[0].valid_through",
            weekly(
                json!([{ "days": ["mon"], "opens": "09:00", "closes": "12:00", "valid_from": "2026-02-01", "valid_through": "2026-01-01" }]),
            ),
        ),
        (
            "weekly[1].opens",
            weekly(
                json!([{ "days": ["mon", "tue"], "opens": "09:00", "closes": "12:00" }, { "days": ["tue"], "opens": "11:59", "closes": "15:00" }]),
            ),
        ),
        (
            "weekly[1].opens",
            weekly(
                json!([{ "days": ["mon"], "opens": "22:00", "closes": "03:00" }, { "days": ["tue"], "opens": "02:00", "closes": "04:00" }]),
            ),
        ),
        (
            "weekly[1].opens",
            weekly(
                json!([{ "days": ["mon"], "opens": "02:00", "closes": "04:00" }, { "days": ["sun"], "opens": "22:00", "closes": "03:00" }]),
            ),
        ),
        (
            "exceptions[0].through",
            exception(json!({ "from": "2026-02-01", "through": "2026-01-31" })),
        ),
        (
            "exceptions[0].hours[1].opens",
            exception(
                json!({ "from": "2026-02-01", "hours": [{ "opens": "09:00", "closes": "12:00" }, { "opens": "08:00", "closes": "10:00" }] }),
            ),
        ),
    ] {
        let error = json::<OpeningHours>(value.clone()).validate().unwrap_err();
        assert_eq!(error.path, path, "{value}");
        assert!(error.to_string().ends_with('.'), "{error}");
    }
    for fine in [
        // The same hours in other seasons, on other days, and one after the other.
        weekly(
            json!([{ "days": ["mon"], "opens": "09:00", "closes": "12:00", "valid_through": "2026-05-31" }, { "days": ["mon"], "opens": "10:00", "closes": "12:00", "valid_from": "2026-06-01" }]),
        ),
        weekly(
            json!([{ "days": ["mon"], "opens": "09:00", "closes": "12:00" }, { "days": ["tue"], "opens": "10:00", "closes": "12:00" }]),
        ),
        weekly(
            json!([{ "days": ["mon"], "opens": "09:00", "closes": "12:00" }, { "days": ["mon"], "opens": "12:00", "closes": "13:00" }]),
        ),
        weekly(
            json!([{ "days": ["mon"], "opens": "22:00", "closes": "02:00" }, { "days": ["tue"], "opens": "02:00", "closes": "04:00" }]),
        ),
    ] {
        assert_eq!(json::<OpeningHours>(fine).validate(), Ok(()));
    }
    for wrong in [
        json!({ "weekdays": [] }),
        weekly(json!([{ "days": ["lun"], "opens": "09:00", "closes": "12:00" }])),
        weekly(json!([{ "days": ["mon"], "opens": "9:00", "closes": "12:00" }])),
        weekly(json!([{ "days": ["mon"], "opens": "09:00", "closes": "24:01" }])),
        weekly(json!([{ "days": ["mon"], "opens": "09:00", "closes": "12:60" }])),
    ] {
        serde_json::from_value::<OpeningHours>(wrong).unwrap_err();
    }
}

#[test]
fn the_ends_of_the_calendar_are_harmless() {
    let (office, closings) = (office(), ClosingCalendar::default());
    for at in [
        chrono::DateTime::<chrono::Utc>::MIN_UTC,
        chrono::DateTime::<chrono::Utc>::MAX_UTC,
    ] {
        office.open_at(at, &closings);
        office.next_opening(at, &closings);
    }
    assert!(office.days(chrono::NaiveDate::MAX, 5, &closings).len() <= 5);
}
