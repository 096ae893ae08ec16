//! Opening hours in linked data: structured for schema.org, in words for CPSV-AP, which has no
//! structure for them.

use chrono::NaiveDate;
use serde_json::Value;

use super::{node::Node, view::ServiceView};
use crate::time::{OpeningHours, TimeOfDay, Weekday, WeeklyHours};

/// How hours are put into words in one language.
struct Words {
    locale: &'static str,
    days: [&'static str; 7],
    by_appointment: &'static str,
    closed: &'static str,
}

const WORDS: [Words; 3] = [
    Words {
        locale: "it",
        days: ["lun", "mar", "mer", "gio", "ven", "sab", "dom"],
        by_appointment: "su appuntamento",
        closed: "chiuso",
    },
    Words {
        locale: "de",
        days: ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
        by_appointment: "nach Vereinbarung",
        closed: "geschlossen",
    },
    Words {
        locale: "en",
        days: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        by_appointment: "by appointment",
        closed: "closed",
    },
];

const SCHEMA_DAYS: [&str; 7] = [
    "https://schema.org/Monday",
    "https://schema.org/Tuesday",
    "https://schema.org/Wednesday",
    "https://schema.org/Thursday",
    "https://schema.org/Friday",
    "https://schema.org/Saturday",
    "https://schema.org/Sunday",
];

/// One `OpeningHoursSpecification` for each span of hours. A day of closing opens and closes at
/// midnight, as is usual in schema.org.
pub(super) fn specifications(hours: &OpeningHours, view: &ServiceView) -> Vec<Value> {
    let spec = |opens: &str, closes: &str, from: Option<NaiveDate>, through: Option<NaiveDate>| {
        Node::of("OpeningHoursSpecification")
            .with("opens", opens)
            .with("closes", closes)
            .with("validFrom", from.map(|date| date.to_string()))
            .with("validThrough", through.map(|date| date.to_string()))
    };
    let mut all = Vec::new();
    for weekly in &hours.weekly {
        let note = view.text(&weekly.note).map(str::to_owned);
        let appointment = weekly.by_appointment.then(|| {
            let words = WORDS.iter().find(|words| words.locale == view.language());
            words.unwrap_or(&WORDS[0]).by_appointment.to_owned()
        });
        let remarks: Vec<_> = appointment.into_iter().chain(note).collect();
        let days = weekly.days.iter().map(|day| of_day(&SCHEMA_DAYS, *day));
        let (from, through) = (weekly.valid_from, weekly.valid_through);
        all.push(
            spec(
                &weekly.opens.to_string(),
                &closing(weekly.closes),
                from,
                through,
            )
            .with("dayOfWeek", days.collect::<Vec<_>>())
            .with("description", remarks.join("; ")),
        );
    }
    for exception in &hours.exceptions {
        let from = Some(exception.from);
        let through = exception.through.or(from);
        let reason = view.text(&exception.reason);
        if exception.hours.is_empty() {
            all.push(spec("00:00", "00:00", from, through).with("description", reason));
        }
        for span in &exception.hours {
            let node = spec(
                &span.opens.to_string(),
                &closing(span.closes),
                from,
                through,
            );
            all.push(node.with("description", reason));
        }
    }
    all.into_iter().map(Value::from).collect()
}

/// Hours in words, by language: those in which words are known, one line for each span.
pub(super) fn in_words(hours: &OpeningHours) -> Vec<(&'static str, String)> {
    WORDS
        .iter()
        .map(|words| (words.locale, lines(hours, words).join("\n")))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

fn lines(hours: &OpeningHours, words: &Words) -> Vec<String> {
    let own = |text: &crate::locale::LocalizedText| {
        let mut own = text.iter();
        let (_, text) = own.find(|(locale, _)| locale.as_str() == words.locale)?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let weekly = hours.weekly.iter().map(|weekly| {
        let appointment = weekly
            .by_appointment
            .then(|| words.by_appointment.to_owned());
        let days = weekly.days.iter().map(|day| of_day(&words.days, *day));
        let line = format!(
            "{} {}–{}{}",
            days.collect::<Vec<_>>().join(", "),
            weekly.opens,
            weekly.closes,
            validity(weekly)
        );
        remarked(line, appointment.into_iter().chain(own(&weekly.note)))
    });
    let exceptions = hours.exceptions.iter().map(|exception| {
        let dates = match exception
            .through
            .filter(|through| *through != exception.from)
        {
            Some(through) => format!("{} – {through}", exception.from),
            None => exception.from.to_string(),
        };
        let spans = exception.hours.iter();
        let spans: Vec<_> = spans
            .map(|span| format!("{}–{}", span.opens, span.closes))
            .collect();
        let spans = if spans.is_empty() {
            words.closed.to_owned()
        } else {
            spans.join(", ")
        };
        remarked(
            format!("{dates} {spans}"),
            own(&exception.reason).into_iter(),
        )
    });
    weekly.chain(exceptions).chain(own(&hours.note)).collect()
}

fn remarked(line: String, remarks: impl Iterator<Item = String>) -> String {
    let remarks: Vec<_> = remarks.collect();
    if remarks.is_empty() {
        line
    } else {
        format!("{line} ({})", remarks.join("; "))
    }
}

fn validity(weekly: &WeeklyHours) -> String {
    match (weekly.valid_from, weekly.valid_through) {
        (Some(from), Some(through)) => format!(" [{from} – {through}]"),
        (Some(from), None) => format!(" [{from} –]"),
        (None, Some(through)) => format!(" [– {through}]"),
        (None, None) => String::new(),
    }
}

fn of_day(names: &[&'static str; 7], day: Weekday) -> &'static str {
    let mut named = Weekday::ALL.iter().zip(names);
    named
        .find(|(it, _)| **it == day)
        .map_or("", |(_, name)| name)
}

/// schema.org knows no 24:00.
fn closing(time: TimeOfDay) -> String {
    if time == TimeOfDay::END {
        "23:59".to_owned()
    } else {
        time.to_string()
    }
}
