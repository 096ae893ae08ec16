//! Days and hours of a municipality: public holidays, opening hours, when events take place, and when
//! procedures are due.
//!
//! Everything local is the time of Italy ([`ROME`]); "now" is always a parameter. At the two changes
//! of the clock one rule holds everywhere: a local time that does not exist (spring) moves to the
//! first instant that does; of a local time that happens twice (autumn) a beginning takes the
//! earlier instant and an end the later one.

mod clock;
mod deadline;
mod moment;
mod opening_hours;
mod overlap;
mod public_holidays;
mod recurrence;
mod rule;
#[cfg(test)]
mod tests;

use chrono::{
    DateTime, FixedOffset, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike,
    Utc,
};
use chrono_tz::Tz;

pub use clock::{InvalidMonthDay, InvalidTimeOfDay, MonthDay, TimeOfDay, Weekday};
pub use deadline::{
    Deadline, DeadlineRule, Pause, PauseKind, PauseRefused, Standing, TermLength, end_of_day,
    last_day_for_observations, legal_day,
};
pub use moment::Moment;
pub use opening_hours::{
    DaySchedule, HoursException, OpenInterval, OpeningHours, TimeSpan, WeeklyHours,
};
pub use public_holidays::{ClosingCalendar, ClosingPeriod, PublicHoliday, public_holidays};
pub use recurrence::{
    EventSchedule, Interval, InvalidLocalDateTime, LocalDateTime, Occurrence, Recurrence,
};

/// The time zone of every municipality.
pub const ROME: Tz = Tz::Europe__Rome;

/// A moment as it is read in Italy: with the offset of that day, such as
/// `2026-11-24T08:30:00+01:00`.
pub fn local(moment: DateTime<Utc>) -> DateTime<FixedOffset> {
    moment.with_timezone(&ROME).fixed_offset()
}

/// A field whose value cannot be kept, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct FieldError {
    /// Where the value stands, such as `weekly[2].closes`.
    pub path: String,
    /// One sentence for the person who entered the value.
    pub message: String,
}

impl FieldError {
    fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

/// What is wrong with [`OpeningHours`] or a [`ClosingCalendar`].
pub type HoursError = FieldError;

/// What is wrong with an [`EventSchedule`].
pub type ScheduleError = FieldError;

/// Serde: leave a flag out when it is not set.
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The instant at which something begins at this local time.
fn beginning(local: NaiveDateTime) -> DateTime<Tz> {
    instant(local, MappedLocalTime::earliest)
}

/// The instant at which something ends at this local time.
fn ending(local: NaiveDateTime) -> DateTime<Tz> {
    instant(local, MappedLocalTime::latest)
}

fn instant(
    local: NaiveDateTime,
    choose: fn(MappedLocalTime<DateTime<Tz>>) -> Option<DateTime<Tz>>,
) -> DateTime<Tz> {
    let at = |local: NaiveDateTime| choose(ROME.from_local_datetime(&local));
    // Italian clocks have always moved on by at most an hour, and on to a full minute.
    let minute = local.with_second(0).unwrap_or(local);
    at(local)
        .or_else(|| (1..=60).find_map(|m| at(minute.checked_add_signed(TimeDelta::minutes(m))?)))
        .unwrap_or_else(|| ROME.from_utc_datetime(&local))
}

/// What the clocks in Italy show at this instant; it does not fail at the ends of the calendar.
fn local_time(at: DateTime<Utc>) -> NaiveDateTime {
    let utc = at.naive_utc();
    let offset = ROME.offset_from_utc_datetime(&utc).fix();
    utc.checked_add_offset(offset).unwrap_or(utc)
}
