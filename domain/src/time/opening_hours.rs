//! Opening hours of offices and places: stored by day of the week with exceptions, read as instants.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ClosingCalendar, HoursError, TimeOfDay, Weekday, beginning, ending, is_false, local_time,
    overlap::{Slot, check},
    public_holidays::closing_reason,
};
use crate::locale::LocalizedText;

/// How far ahead, in days, [`OpeningHours::next_opening`] looks.
const SEARCH_DAYS: usize = 400;

/// The most entries of any list that are accepted.
const MAX_ENTRIES: usize = 500;

/// When an office or a place is open. What decides for a date: the last exception that covers it;
/// then the closing calendar of the municipality; then the weekly hours (orari di apertura).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OpeningHours {
    /// Hours that come back every week (orario settimanale).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weekly: Vec<WeeklyHours>,
    /// Hours or closings of certain days (eccezioni).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<HoursException>,
    /// Weekly hours hold on national holidays and on the feast of the patron saint too. The closing
    /// periods of the municipality still close (aperto nei giorni festivi).
    #[serde(skip_serializing_if = "is_false")]
    pub open_on_public_holidays: bool,
    /// A remark on all of the hours (nota).
    #[serde(skip_serializing_if = "LocalizedText::is_empty")]
    pub note: LocalizedText,
}

/// One span of hours on some days of the week (orario settimanale).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklyHours {
    /// The days on which it opens (giorni).
    pub days: Vec<Weekday>,
    /// When it opens, before `24:00` (apertura).
    pub opens: TimeOfDay,
    /// When it closes; a time not after `opens` is on the next day (chiusura).
    pub closes: TimeOfDay,
    /// The first date on which these hours hold (valido dal).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<NaiveDate>,
    /// The last date, inclusive, on which these hours hold (on which they open) (valido al).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_through: Option<NaiveDate>,
    /// Only for those with an appointment (su appuntamento).
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_appointment: bool,
    /// A remark on these hours (nota).
    #[serde(default, skip_serializing_if = "LocalizedText::is_empty")]
    pub note: LocalizedText,
}

/// Hours of certain dates in place of everything else, holidays included (orario straordinario o chiusura).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoursException {
    /// The first date (dal).
    pub from: NaiveDate,
    /// The last date, inclusive; without one it is `from` (al).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<NaiveDate>,
    /// The hours of each of these dates; none means closed (orari).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<TimeSpan>,
    /// Why; it is the reason of the closing or the note of the hours (motivo).
    #[serde(default, skip_serializing_if = "LocalizedText::is_empty")]
    pub reason: LocalizedText,
}

impl HoursException {
    fn last_day(&self) -> NaiveDate {
        self.through.unwrap_or(self.from)
    }
}

/// From a time of day to another (fascia oraria).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeSpan {
    /// When it opens, before `24:00` (apertura).
    pub opens: TimeOfDay,
    /// When it closes; a time not after `opens` is on the next day (chiusura).
    pub closes: TimeOfDay,
}

impl TimeSpan {
    /// Opening and closing in minutes since the midnight with which the opening's day begins.
    pub(super) fn minutes(self) -> (i64, i64) {
        let next_day = if self.closes <= self.opens {
            TimeOfDay::END.minutes()
        } else {
            0
        };
        let closes = self.closes.minutes() + next_day;
        (self.opens.minutes().into(), closes.into())
    }
}

/// The hours of one date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DaySchedule {
    /// The date, in Italy.
    pub date: NaiveDate,
    /// What opens on this date: ordered, without overlaps. The last may end on the next date.
    pub intervals: Vec<OpenInterval>,
    /// Why an exception or the closing calendar closes this date. None on open days, and on days
    /// that simply have no hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_reason: Option<LocalizedText>,
}

/// A time without a break in which it is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenInterval {
    /// The first instant, inclusive.
    pub opens: DateTime<Tz>,
    /// The last instant, exclusive.
    pub closes: DateTime<Tz>,
    /// Only for those with an appointment.
    pub by_appointment: bool,
    /// The note of the weekly hours, or the reason of the exception.
    pub note: LocalizedText,
}

impl OpenInterval {
    fn new(date: NaiveDate, span: TimeSpan, by_appointment: bool, note: &LocalizedText) -> Self {
        let (opens, closes) = span.minutes();
        let at = |minutes| {
            let midnight = date.and_time(NaiveTime::MIN);
            (midnight.checked_add_signed(TimeDelta::minutes(minutes))).unwrap_or(NaiveDateTime::MAX)
        };
        Self {
            opens: beginning(at(opens)),
            closes: ending(at(closes)),
            by_appointment,
            note: note.clone(),
        }
    }

    /// True from the opening until just before the closing.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.opens <= at && at < self.closes
    }
}

impl OpeningHours {
    /// Checks what the types cannot: an entry without days or with a day twice, an opening at
    /// `24:00`, a last date before the first, more than 500 entries in a list, and hours that overlap,
    /// also past midnight.
    /// An exception may overlap hours which began on the day before it.
    ///
    /// # Errors
    ///
    /// The first field found wrong, such as `weekly[2].closes`.
    pub fn validate(&self) -> Result<(), HoursError> {
        let hours_of = |(index, it): (usize, &HoursException)| {
            (format!("exceptions[{index}].hours"), it.hours.len())
        };
        let lists = [
            ("weekly".to_owned(), self.weekly.len()),
            ("exceptions".to_owned(), self.exceptions.len()),
        ];
        let exceptions = self.exceptions.iter().enumerate();
        let mut lists = lists.into_iter().chain(exceptions.map(hours_of));
        if let Some((path, _)) = lists.find(|(_, count)| *count > MAX_ENTRIES) {
            let message = format!("There are more than {MAX_ENTRIES} entries.");
            return Err(HoursError::new(path, message));
        }
        for (index, hours) in self.weekly.iter().enumerate() {
            let path = format!("weekly[{index}].days");
            let twice = |(at, day)| hours.days.iter().take(at).any(|other| other == day);
            if hours.days.is_empty() {
                return Err(HoursError::new(path, "At least one day is needed."));
            }
            if hours.days.iter().enumerate().any(twice) {
                return Err(HoursError::new(path, "A day is named twice."));
            }
        }
        let weekly = self.weekly.iter().enumerate();
        check(
            &weekly
                .map(|(index, hours)| Slot::weekly(index, hours))
                .collect::<Vec<_>>(),
        )?;
        for (index, exception) in self.exceptions.iter().enumerate() {
            if exception.last_day() < exception.from {
                let path = format!("exceptions[{index}].through");
                return Err(HoursError::new(path, "The last day is before the first."));
            }
            let spans = exception.hours.iter().enumerate();
            let slots = spans.map(|(at, span)| Slot {
                path: format!("exceptions[{index}].hours[{at}]"),
                days: &Weekday::ALL,
                from: exception.from,
                through: exception.last_day(),
                span: *span,
            });
            check(&slots.collect::<Vec<_>>())?;
        }
        Ok(())
    }

    /// The hours of `count` days, beginning with `from`.
    pub fn days(
        &self,
        from: NaiveDate,
        count: u16,
        closings: &ClosingCalendar,
    ) -> Vec<DaySchedule> {
        from.iter_days()
            .take(count.into())
            .map(|date| self.day(date, closings))
            .collect()
    }

    /// The hours of one day.
    pub fn day(&self, date: NaiveDate, closings: &ClosingCalendar) -> DaySchedule {
        let closed = |reason| DaySchedule {
            date,
            intervals: Vec::new(),
            closed_reason: Some(reason),
        };
        let exceptions = self.exceptions.iter().rev();
        let exception = { exceptions }.find(|e| (e.from..=e.last_day()).contains(&date));
        let mut intervals: Vec<_> = if let Some(exception) = exception {
            if exception.hours.is_empty() {
                return closed(closing_reason(&exception.reason));
            }
            let spans = exception.hours.iter();
            spans
                .map(|span| OpenInterval::new(date, *span, false, &exception.reason))
                .collect()
        } else {
            let closing = if self.open_on_public_holidays {
                closings.own_closing_on(date)
            } else {
                closings.closed_on(date)
            };
            if let Some(reason) = closing {
                return closed(reason);
            }
            let weekly = self.weekly.iter().filter(|hours| hours.is_on(date));
            weekly
                .map(|h| OpenInterval::new(date, h.span(), h.by_appointment, &h.note))
                .collect()
        };
        // In the hour that comes twice, the end of one span can pass the beginning of the next.
        intervals.sort_by_key(|interval| interval.opens);
        let mut free = None;
        intervals.retain_mut(|interval| {
            interval.opens = free.map_or(interval.opens, |free| interval.opens.max(free));
            free = free.max(Some(interval.closes));
            interval.opens < interval.closes
        });
        DaySchedule {
            date,
            intervals,
            closed_reason: None,
        }
    }

    /// What is open at this instant; hours of the day before count until they end.
    pub fn open_at(&self, at: DateTime<Utc>, closings: &ClosingCalendar) -> Option<OpenInterval> {
        let today = local_time(at).date();
        [Some(today), today.pred_opt()]
            .into_iter()
            .flatten()
            .flat_map(|date| self.day(date, closings).intervals)
            .find(|interval| interval.contains(at))
    }

    /// The first opening strictly after this instant, within the next 400 days. While it is open,
    /// this is the opening after the current one.
    pub fn next_opening(
        &self,
        at: DateTime<Utc>,
        closings: &ClosingCalendar,
    ) -> Option<DateTime<Tz>> {
        local_time(at)
            .date()
            .iter_days()
            .take(SEARCH_DAYS + 1)
            .flat_map(|date| self.day(date, closings).intervals)
            .map(|interval| interval.opens)
            .find(|opens| *opens > at)
    }
}

impl WeeklyHours {
    pub(super) fn span(&self) -> TimeSpan {
        TimeSpan {
            opens: self.opens,
            closes: self.closes,
        }
    }

    fn is_on(&self, date: NaiveDate) -> bool {
        self.days.contains(&Weekday::of(date))
            && self.valid_from.is_none_or(|from| from <= date)
            && self.valid_through.is_none_or(|through| date <= through)
    }
}
