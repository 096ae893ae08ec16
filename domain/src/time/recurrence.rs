//! When events take place: dates that were entered one by one, and a rule by which the first recurs.

use std::{fmt, str::FromStr};

use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{
    ScheduleError, beginning, ending, is_false, local_time,
    rule::{Rule, YEARS},
};

/// A date and time on the clocks in Italy, to the second.
///
/// Read from `2026-12-05T21:00`, `2026-12-05T21:00:00`, a date (its midnight), or RFC 3339 with an
/// offset, which is converted to the time in Italy; years 0 to 9999. Written
/// `2026-12-05T21:00:00`. In the hour that comes twice in autumn the offset is not kept: see
/// [`to_utc`](Self::to_utc) and [`to_utc_as_end`](Self::to_utc_as_end).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDateTime(NaiveDateTime);

impl LocalDateTime {
    /// The date and time as they are on the clock.
    pub fn naive(self) -> NaiveDateTime {
        self.0
    }

    /// The date on the calendar.
    pub fn date(self) -> NaiveDate {
        self.0.date()
    }

    /// The instant of a beginning: the earlier one if the time comes twice, the next one that exists
    /// if the clock leaves the time out.
    pub fn to_utc(self) -> DateTime<Utc> {
        beginning(self.0).to_utc()
    }

    /// The instant of an end: as [`to_utc`](Self::to_utc), but the later one if the time comes twice.
    pub fn to_utc_as_end(self) -> DateTime<Utc> {
        ending(self.0).to_utc()
    }
}

impl From<NaiveDateTime> for LocalDateTime {
    /// Fractions of a second are dropped.
    fn from(naive: NaiveDateTime) -> Self {
        Self(naive.with_nanosecond(0).unwrap_or(naive))
    }
}

impl From<DateTime<Utc>> for LocalDateTime {
    fn from(at: DateTime<Utc>) -> Self {
        local_time(at).into()
    }
}

/// A string that is not a date and time.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("«{0}» is not a date and time: write the time in Italy, such as `2026-12-05T21:00`")]
pub struct InvalidLocalDateTime(String);

impl FromStr for LocalDateTime {
    type Err = InvalidLocalDateTime;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let local = |format| NaiveDateTime::parse_from_str(value, format).ok();
        let date = || value.parse::<NaiveDate>().ok();
        let instant = || DateTime::parse_from_rfc3339(value).ok();
        local("%Y-%m-%dT%H:%M:%S%.f")
            .or_else(|| local("%Y-%m-%dT%H:%M"))
            .or_else(|| date().map(|date| date.and_time(NaiveTime::MIN)))
            .or_else(|| instant().map(|at| local_time(at.to_utc())))
            .filter(|at| (0..=9999).contains(&at.year()))
            .map(Self::from)
            .ok_or_else(|| InvalidLocalDateTime(value.chars().take(40).collect()))
    }
}

impl fmt::Display for LocalDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%S"))
    }
}

impl Serialize for LocalDateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LocalDateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// One time at which an event takes place (data dell'evento).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Occurrence {
    /// When it begins; of an all-day event only the date counts (inizio).
    pub starts_at: LocalDateTime,
    /// When it ends; of an all-day event the date of its last day, inclusive. Without an end the
    /// event lasts no known time, or one whole day (fine).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<LocalDateTime>,
    /// It takes whole days, from midnight to midnight in Italy (tutto il giorno).
    #[serde(default, skip_serializing_if = "is_false")]
    pub all_day: bool,
}

impl Occurrence {
    /// Beginning and end on the clock.
    fn local(&self) -> (NaiveDateTime, NaiveDateTime) {
        let (from, through) = (self.starts_at.0, self.ends_at.unwrap_or(self.starts_at).0);
        if !self.all_day {
            return (from, through);
        }
        let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN);
        let next = through.date().checked_add_days(Days::new(1));
        (
            midnight(from.date()),
            midnight(next.unwrap_or(through.date())),
        )
    }

    /// Beginning and end as instants.
    pub fn interval(&self) -> Interval {
        let (from, through) = self.local();
        self.interval_of(from, through)
    }

    fn interval_of(&self, from: NaiveDateTime, through: NaiveDateTime) -> Interval {
        let starts_at = beginning(from).to_utc();
        // Without a duration the end is the very instant of the beginning.
        let ends_at = if from < through {
            ending(through).to_utc()
        } else {
            starts_at
        };
        Interval {
            starts_at,
            ends_at,
            all_day: self.all_day,
        }
    }

    /// The same occurrence beginning at another local time, as long on the clock.
    fn moved_to(&self, start: NaiveDateTime) -> Interval {
        let (from, through) = self.local();
        let start = if self.all_day {
            start.date().and_time(NaiveTime::MIN)
        } else {
            start
        };
        self.interval_of(
            start,
            start.checked_add_signed(through - from).unwrap_or(start),
        )
    }
}

/// When an event takes place (data e orario).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EventSchedule {
    /// The times entered one by one, in any order; `recurrence` repeats the first (date).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub occurrences: Vec<Occurrence>,
    /// How the first occurrence comes again (ricorrenza).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Recurrence>,
}

/// How the first occurrence of an event comes again, at the same local time and as long on the
/// clock. It takes place as entered even when the rule would not give it; then COUNT does not count
/// it (ricorrenza).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recurrence {
    /// The value of an RRULE of RFC 5545, section 3.3.10, such as `FREQ=WEEKLY;BYDAY=SA`. UNTIL
    /// without `Z` is local time, and as a date includes that day (regola).
    pub rule: String,
    /// Dates on which it does not take place, the first occurrence included. Other occurrences that
    /// were entered one by one are not affected (date escluse).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<NaiveDate>,
}

/// A time at which an event takes place. Ordered by beginning, then by end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Interval {
    /// The first instant, inclusive.
    pub starts_at: DateTime<Utc>,
    /// The last instant, exclusive; equal to `starts_at` when the end is not known.
    pub ends_at: DateTime<Utc>,
    /// It takes whole days.
    pub all_day: bool,
}

impl Interval {
    /// True when some of it is in the window from an instant until just before another.
    fn overlaps(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        self.starts_at < until && (self.ends_at > from || self.starts_at >= from)
    }
}

impl EventSchedule {
    /// Checks that occurrences end after they begin and lie in the years 1900 to 2200, and that the
    /// rule is one of RFC 5545, recurs at most daily, gives a date, and has an occurrence to repeat.
    /// COUNT goes to 10 000, and a rule gives at most 24 times a day.
    ///
    /// # Errors
    ///
    /// The first field found wrong, such as `occurrences[0].ends_at` or `recurrence.rule`.
    pub fn validate(&self) -> Result<(), ScheduleError> {
        for (index, occurrence) in self.occurrences.iter().enumerate() {
            let wrong = |field, message: String| {
                Err(ScheduleError::new(
                    format!("occurrences[{index}].{field}"),
                    message,
                ))
            };
            let fields = [
                ("starts_at", Some(occurrence.starts_at)),
                ("ends_at", occurrence.ends_at),
            ];
            for (field, at) in fields {
                if at.is_some_and(|at| !YEARS.contains(&at.0.year())) {
                    let (first, last) = (YEARS.start(), YEARS.end());
                    return wrong(field, format!("The year is not one of {first} to {last}."));
                }
            }
            let (from, through) = occurrence.local();
            if through < from || (occurrence.all_day && through == from) {
                return wrong("ends_at", "The end is before the beginning.".into());
            }
        }
        match (&self.recurrence, self.occurrences.first()) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(ScheduleError::new(
                "recurrence",
                "There is no occurrence that could recur.",
            )),
            (Some(recurrence), Some(first)) => {
                let start = first.local().0;
                let rule = Rule::parse(&recurrence.rule, start).and_then(|rule| {
                    match rule.dates(start).next() {
                        Some(_) => Ok(()),
                        None => Err("The rule does not give any date.".into()),
                    }
                });
                rule.map_err(|message| ScheduleError::new("recurrence.rule", message))
            }
        }
    }

    /// When the event takes place in the window from an instant (inclusive) until another
    /// (exclusive): what overlaps it, ordered, without duplicates, and no more than the first
    /// `limit`. A rule which [`validate`](Self::validate) refuses gives nothing; of other rules at
    /// most 100 000 dates are looked at, none after the year 2200.
    pub fn expand(&self, from: DateTime<Utc>, until: DateTime<Utc>, limit: usize) -> Vec<Interval> {
        if from >= until || limit == 0 {
            return Vec::new();
        }
        let mut found: Vec<_> = self
            .entered()
            .filter(|it| it.overlaps(from, until))
            .collect();
        if let Some((first, rule)) = self.rule() {
            let (starts, ends) = first.local();
            // A day more than it lasts, because a day can be an hour longer than on the clock.
            let reach = (ends - starts).max(TimeDelta::zero()) + TimeDelta::days(1);
            let after = local_time(from).checked_sub_signed(reach).unwrap_or(starts);
            let mut last = None;
            let recurring = rule
                .dates(after)
                .map(|start| (start.date(), first.moved_to(start)))
                .take_while(|(_, it)| it.starts_at < until)
                .filter(|(date, it)| it.overlaps(from, until) && self.is_kept(*date))
                .map(|(_, it)| it)
                .filter(|it| last.replace(*it) != Some(*it))
                .take(limit);
            found.extend(recurring);
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
        found
    }

    /// When the event is over for good: the end of its last occurrence. None when it recurs without
    /// an end, or never takes place. Dates of a rule after the year 2200 are left out.
    pub fn last_end(&self) -> Option<DateTime<Utc>> {
        let entered = self.entered().map(|it| it.ends_at).max();
        let Some((first, rule)) = self.rule() else {
            return entered;
        };
        if !rule.is_bounded() {
            return None;
        }
        let recurring = rule.last(|date| self.is_kept(date));
        entered.max(recurring.map(|start| first.moved_to(start).ends_at))
    }

    /// The occurrences entered one by one, without a first one that an exception calls off.
    fn entered(&self) -> impl Iterator<Item = Interval> {
        let dropped = |index, it: &Occurrence| index == 0 && !self.is_kept(it.starts_at.date());
        let occurrences = self.occurrences.iter().enumerate();
        occurrences
            .filter(move |(index, it)| !dropped(*index, it))
            .map(|(_, it)| it.interval())
    }

    fn is_kept(&self, date: NaiveDate) -> bool {
        let except = self
            .recurrence
            .iter()
            .flat_map(|recurrence| &recurrence.except);
        { except }.all(|other| *other != date)
    }

    fn rule(&self) -> Option<(&Occurrence, Rule)> {
        let (recurrence, first) = (self.recurrence.as_ref()?, self.occurrences.first()?);
        let rule = Rule::parse(&recurrence.rule, first.local().0).ok()?;
        Some((first, rule))
    }
}
