use chrono::Datelike;
use proptest::prelude::*;
use serde_json::json;

use super::{date, italian, json};
use crate::time::{ClosingCalendar, ClosingPeriod, MonthDay, public_holidays};

fn names(year: i32) -> Vec<String> {
    let holidays = public_holidays(year).into_iter();
    holidays
        .map(|day| {
            format!(
                "{} {}",
                day.date.format("%m-%d"),
                day.name.italian().unwrap()
            )
        })
        .collect()
}

fn year(easter: &str, monday: &str, francis: bool) -> Vec<String> {
    let mut days = vec![
        "01-01 Capodanno".to_owned(),
        "01-06 Epifania".into(),
        format!("{easter} Pasqua"),
        format!("{monday} Lunedì dell'Angelo"),
        "04-25 Anniversario della Liberazione".into(),
        "05-01 Festa del lavoro".into(),
        "06-02 Festa della Repubblica".into(),
        "08-15 Assunzione di Maria (Ferragosto)".into(),
        "11-01 Ognissanti".into(),
        "12-08 Immacolata Concezione".into(),
        "12-25 Natale".into(),
        "12-26 Santo Stefano".into(),
    ];
    if francis {
        days.insert(8, "10-04 San Francesco d'Assisi".into());
    }
    days
}

#[test]
fn holidays_of_2024_to_2027() {
    assert_eq!(names(2024), year("03-31", "04-01", false));
    assert_eq!(names(2025), year("04-20", "04-21", false));
    assert_eq!(names(2026), year("04-05", "04-06", true));
    assert_eq!(names(2027), year("03-28", "03-29", true));
}

#[test]
fn holidays_follow_the_law_of_their_time() {
    let has = |year, day: &str| names(year).iter().any(|name| name.starts_with(day));
    assert!(!has(2000, "06-02") && has(2001, "06-02"));
    assert!(!has(1985, "01-06") && has(1986, "01-06"));
    // In 2011 Easter Monday fell on 25 April: two names, one day.
    assert_eq!(
        names(2011)
            .iter()
            .filter(|name| name.starts_with("04-25"))
            .count(),
        2
    );
    assert!(public_holidays(1948).is_empty());
    for year in [i32::MIN, -1, 0, 9999, i32::MAX] {
        public_holidays(year);
    }
}

#[test]
fn names_are_in_three_languages() {
    for holiday in public_holidays(2026) {
        let locales: Vec<_> = holiday.name.locales().map(ToString::to_string).collect();
        assert_eq!(locales, ["de", "en", "it"]);
    }
}

/// Dates of Easter as published, with the earliest and the latest possible.
#[test]
fn easter_is_where_the_tables_have_it() {
    for easter in [
        "1954-04-18",
        "1961-04-02",
        "1981-04-19",
        "2000-04-23",
        "2008-03-23",
        "2011-04-24",
        "2019-04-21",
        "2020-04-12",
        "2021-04-04",
        "2022-04-17",
        "2023-04-09",
        "2024-03-31",
        "2025-04-20",
        "2026-04-05",
        "2027-03-28",
        "2028-04-16",
        "2029-04-01",
        "2030-04-21",
        "2031-04-13",
        "2032-03-28",
        "2033-04-17",
        "2034-04-09",
        "2035-03-25",
        "2036-04-13",
        "2037-04-05",
        "2038-04-25",
        "2049-04-18",
        "2076-04-19",
        "2100-03-28",
        "2285-03-22",
    ] {
        let easter = date(easter);
        let found = public_holidays(easter.year());
        let found = found
            .iter()
            .find(|day| day.name.italian() == Some("Pasqua"));
        assert_eq!(found.unwrap().date, easter);
    }
}

#[test]
fn a_municipality_closes_on_holidays_its_saint_and_its_own_days() {
    let calendar: ClosingCalendar = json(json!({
        "patron_saint": "09-29",
        "patron_saint_name": "San Michele",
        "closing_periods": [
            { "from": "2026-08-10", "through": "2026-08-15", "reason": "Ferie" },
            { "from": "2026-12-24" },
        ],
    }));
    let reason = |day| Some(calendar.closed_on(date(day))?.italian()?.to_owned());
    assert_eq!(reason("2026-09-29").unwrap(), "San Michele");
    assert_eq!(reason("2026-08-10").unwrap(), "Ferie");
    assert_eq!(
        reason("2026-08-15").unwrap(),
        "Assunzione di Maria (Ferragosto)"
    );
    assert_eq!(reason("2026-12-24").unwrap(), "Chiusura straordinaria");
    assert_eq!(reason("2026-10-04").unwrap(), "San Francesco d'Assisi");
    assert_eq!(reason("2025-10-04"), None);
    assert_eq!(reason("2026-08-16"), None);
    assert_eq!(calendar.validate(), Ok(()));
}

#[test]
fn closing_days_are_checked_and_kept_as_they_are() {
    let period: ClosingPeriod = json(json!({ "from": "2026-12-24" }));
    assert_eq!(period.through, date("2026-12-24"));
    let calendar = ClosingCalendar {
        closing_periods: vec![ClosingPeriod {
            from: date("2026-12-24"),
            through: date("2026-12-23"),
            reason: italian("Natale"),
        }],
        ..ClosingCalendar::default()
    };
    assert_eq!(
        calendar.validate().unwrap_err().path,
        "closing_periods[0].through"
    );
    for wrong in [
        json!({ "patron": "09-29" }),
        json!({ "patron_saint": "02-30" }),
        json!({ "closing_periods": [{ "from": "2026-12-24", "to": "2026-12-25" }] }),
    ] {
        serde_json::from_value::<ClosingCalendar>(wrong).unwrap_err();
    }
    for wrong in ["9-29", "09/29", "00-10", "13-01", "+1-01", "04-31", ""] {
        assert!(wrong.parse::<MonthDay>().is_err(), "{wrong}");
    }
    let leap: MonthDay = "02-29".parse().unwrap();
    assert!(leap.is_on(date("2028-02-29")) && !leap.is_on(date("2027-02-28")));
}

proptest! {
    #[test]
    fn a_calendar_survives_storage(saint in proptest::option::of((1u8..=12, 1u8..=31)), name in "[A-Z]{0,5}", day in 0i32..3000, length in 0i32..9) {
        let first = date("2024-01-01") + chrono::Days::new(day.unsigned_abs().into());
        let calendar = ClosingCalendar {
            patron_saint: saint.and_then(|(month, day)| MonthDay::new(month, day)),
            patron_saint_name: if name.is_empty() { Default::default() } else { italian(&name) },
            closing_periods: vec![ClosingPeriod { from: first, through: first + chrono::Days::new(length.unsigned_abs().into()), reason: italian("Ferie") }],
        };
        prop_assert_eq!(&json::<ClosingCalendar>(serde_json::to_value(&calendar).unwrap()), &calendar);
        if let Some(saint) = calendar.patron_saint {
            prop_assert_eq!(saint.to_string().parse(), Ok(saint));
        }
        prop_assert!(calendar.closed_on(first).is_some());
    }
}
