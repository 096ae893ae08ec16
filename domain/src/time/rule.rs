//! Recurrence rules of RFC 5545 on local time.
//!
//! The `rrule` crate calculates with the local time taken for UTC, so that an event keeps its time on
//! the clock through the year and no date is lost to a change of the clock.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use rrule::{Frequency, NWeekday, RRule, RRuleSet, Tz, Unvalidated};

use super::local_time;

/// The years in which events may begin; later dates of a rule are not calculated.
pub(super) const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

/// The most dates of a rule that are looked at in one calculation.
const MAX_DATES: usize = 100_000;
/// The highest `COUNT`: such rules are always calculated from their beginning.
const MAX_COUNT: u32 = 10_000;
/// The most times of one day (`BYHOUR` and the like), and the longest rule in bytes.
const MAX_TIMES: usize = 24;
const MAX_LENGTH: usize = 500;

/// A rule and the local time from which it counts.
pub(super) struct Rule {
    rule: RRule<Unvalidated>,
    start: NaiveDateTime,
}

impl Rule {
    /// Reads the value of an RRULE. The error is a sentence.
    pub(super) fn parse(value: &str, start: NaiveDateTime) -> Result<Self, String> {
        if value.len() > MAX_LENGTH {
            return Err(format!("The rule is longer than {MAX_LENGTH} characters."));
        }
        if value.contains(':') {
            return Err(
                "Write the rule alone, without `RRULE:`, such as `FREQ=WEEKLY;BYDAY=SA`.".into(),
            );
        }
        if !YEARS.contains(&start.year()) {
            return Err(format!(
                "The year is not one of {} to {}.",
                YEARS.start(),
                YEARS.end()
            ));
        }
        let parts: Result<Vec<_>, _> = value.trim().split(';').map(local_until).collect();
        let mut rule: RRule<Unvalidated> = parts?.join(";").parse().map_err(sentence)?;
        if !rule.get_by_week_no().is_empty() && rule.get_by_weekday().is_empty() {
            rule = rule.by_weekday(vec![NWeekday::Every(start.weekday())]);
        }
        let times = [
            rule.get_by_hour(),
            rule.get_by_minute(),
            rule.get_by_second(),
        ];
        let nth = |day: &NWeekday| matches!(day, NWeekday::Nth(..));
        let refused = if rule.get_freq() > Frequency::Daily {
            Some("Events can recur daily or less often: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY.")
        } else if rule.get_interval() == 0 {
            Some("INTERVAL is at least 1.")
        } else if rule.get_count().is_some() && rule.get_until().is_some() {
            Some("COUNT and UNTIL exclude each other.")
        } else if rule
            .get_until()
            .is_some_and(|until| until.naive_utc() < start)
        {
            Some("UNTIL is before the beginning.")
        } else if rule
            .get_count()
            .is_some_and(|count| !(1..=MAX_COUNT).contains(&count))
        {
            Some("COUNT is a number from 1 to 10000.")
        } else if times
            .iter()
            .map(|list| list.len().max(1))
            .product::<usize>()
            > MAX_TIMES
        {
            Some("BYHOUR, BYMINUTE and BYSECOND give more than 24 times a day.")
        } else if rule.get_freq() >= Frequency::Weekly && rule.get_by_weekday().iter().any(nth) {
            Some("A numbered day such as 2MO needs FREQ=MONTHLY or FREQ=YEARLY.")
        } else {
            None
        };
        let rule = Self { rule, start };
        match refused {
            Some(refused) => Err(refused.into()),
            None => rule.set(start).map(|_| rule).map_err(sentence),
        }
    }

    /// True when the rule has an end of its own, COUNT or UNTIL.
    pub(super) fn is_bounded(&self) -> bool {
        self.rule.get_count().is_some() || self.rule.get_until().is_some()
    }

    /// The dates of the rule in order: at least all from `after` on, and perhaps some before it.
    pub(super) fn dates(&self, after: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> {
        // A start past UNTIL is refused: then there are no dates either.
        let set = self.set(self.start_before(after)).ok();
        set.into_iter()
            .flat_map(|set| set.into_iter())
            .map(|date| date.naive_utc())
            .take(MAX_DATES)
            .take_while(|date| date.year() <= *YEARS.end())
    }

    /// The last date of the rule that is kept; None when there is none, or no end.
    pub(super) fn last(&self, kept: impl Fn(NaiveDate) -> bool) -> Option<NaiveDateTime> {
        let last_from = |from| self.dates(from).filter(|date| kept(date.date())).last();
        let end = NaiveDate::from_ymd_opt(*YEARS.end() + 1, 1, 1)?.and_time(NaiveTime::MIN);
        match self.rule.get_until() {
            Some(until) => [1, 10, 100, 400].into_iter().find_map(|years| {
                last_from(
                    until
                        .naive_utc()
                        .min(end)
                        .checked_sub_months(Months::new(12 * years))?,
                )
            }),
            None => self.rule.get_count().and_then(|_| last_from(self.start)),
        }
    }

    fn set(&self, start: NaiveDateTime) -> Result<RRuleSet, rrule::RRuleError> {
        let set = self
            .rule
            .clone()
            .build(start.and_utc().with_timezone(&Tz::UTC));
        set.map(RRuleSet::limit)
    }

    /// A later start that gives the same dates from `after` on, so that a rule which began decades
    /// ago costs no more than a new one: a whole number of intervals after the true start, on the
    /// same day of the week or month, and so early that the period of `after` is a whole one.
    fn start_before(&self, after: NaiveDateTime) -> NaiveDateTime {
        let start = self.start;
        if self.rule.get_count().is_some() || after <= start {
            return start;
        }
        let days = (after - start).num_days();
        let months =
            12 * (after.year() - start.year()) + after.month() as i32 - start.month() as i32;
        let interval = i32::from(self.rule.get_interval());
        let in_days = |length: i64| {
            let whole = (days / length - 1).max(0) * length;
            start
                .checked_add_signed(TimeDelta::days(whole))
                .unwrap_or(start)
        };
        let in_months = |length: i32| {
            let shifted = |whole: i32| {
                let months = Months::new(u32::try_from(whole * length).ok()?);
                start
                    .checked_add_months(months)
                    .filter(|date| date.day() == start.day())
            };
            (0..months / length)
                .rev()
                .find_map(shifted)
                .unwrap_or(start)
        };
        match self.rule.get_freq() {
            Frequency::Yearly => in_months(12 * interval),
            Frequency::Monthly => in_months(interval),
            Frequency::Weekly => in_days(7 * i64::from(interval)),
            _ => in_days(interval.into()),
        }
    }
}

/// What `rrule` complains of, as a sentence.
fn sentence(error: rrule::RRuleError) -> String {
    let error = error.to_string();
    let reason = error
        .split_once("error: ")
        .map_or(&*error, |(_, reason)| reason);
    format!(
        "This is not a recurrence rule of RFC 5545: {}.",
        reason.trim_end_matches('.')
    )
}

/// The same part of a rule, its UNTIL as the local time that `rrule` is told is UTC. A date alone
/// includes the whole of its day.
fn local_until(part: &str) -> Result<String, String> {
    let until = |value: &str| {
        if let Ok(date) = NaiveDate::parse_from_str(value, "%Y%m%d") {
            return date
                .checked_add_days(Days::new(1))?
                .and_hms_opt(0, 0, 0)?
                .checked_sub_signed(TimeDelta::seconds(1));
        }
        let at =
            NaiveDateTime::parse_from_str(value.trim_end_matches('Z'), "%Y%m%dT%H%M%S").ok()?;
        Some(if value.ends_with('Z') {
            local_time(at.and_utc())
        } else {
            at
        })
    };
    match part.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("UNTIL") => {
            until(&value.to_ascii_uppercase())
                .map(|at| format!("UNTIL={}Z", at.format("%Y%m%dT%H%M%S")))
                .ok_or_else(|| {
                    "UNTIL is a date such as 20261231 or a time such as 20261231T235959.".into()
                })
        }
        _ => Ok(part.to_owned()),
    }
}
