#![allow(clippy::panic, clippy::unwrap_used)]

mod deadline;
mod hours;
mod hours_properties;
mod public_holidays;
mod recurrence;
mod recurrence_properties;
mod recurrence_rules;

use chrono::{DateTime, NaiveDate, Utc};

use super::EventSchedule;
use crate::locale::LocalizedText;

fn date(value: &str) -> NaiveDate {
    value.parse().unwrap()
}

/// An instant from RFC 3339.
fn utc(value: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(value).unwrap().to_utc()
}

fn italian(value: &str) -> LocalizedText {
    [("it".parse().unwrap(), value.to_owned())]
        .into_iter()
        .collect()
}

fn json<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn valid_schedule(value: serde_json::Value) -> EventSchedule {
    let schedule: EventSchedule = json(value);
    schedule.validate().unwrap();
    schedule
}

/// An event without a known end that recurs by this rule.
fn recurring(starts_at: &str, rule: &str) -> EventSchedule {
    valid_schedule(serde_json::json!({
        "occurrences": [{ "starts_at": starts_at }],
        "recurrence": { "rule": rule },
    }))
}

/// Beginnings in UTC between two dates.
fn starts(schedule: &EventSchedule, from: &str, until: &str) -> Vec<String> {
    let at = |day: &str| date(day).and_time(Default::default()).and_utc();
    let found = schedule.expand(at(from), at(until), 1000);
    found
        .iter()
        .map(|it| it.starts_at.format("%Y-%m-%d %H:%M").to_string())
        .collect()
}
