//! Values of clock and calendar that are written as text: days of the week, times, days of the year.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// Two numbers of two digits each with this between them.
fn two_numbers(value: &str, between: char) -> Option<(u8, u8)> {
    let number = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| digits)
    };
    let (first, second) = value.split_once(between)?;
    Some((number(first)?, number(second)?))
}

/// A day of the week, written `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun` (giorno della settimana).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday (lunedì).
    Mon,
    /// Tuesday (martedì).
    Tue,
    /// Wednesday (mercoledì).
    Wed,
    /// Thursday (giovedì).
    Thu,
    /// Friday (venerdì).
    Fri,
    /// Saturday (sabato).
    Sat,
    /// Sunday (domenica).
    Sun,
}

impl Weekday {
    /// Monday to Sunday.
    pub const ALL: [Self; 7] = [
        Self::Mon,
        Self::Tue,
        Self::Wed,
        Self::Thu,
        Self::Fri,
        Self::Sat,
        Self::Sun,
    ];

    /// The day of the week of a date.
    pub fn of(date: NaiveDate) -> Self {
        date.weekday().into()
    }
}

impl From<chrono::Weekday> for Weekday {
    fn from(day: chrono::Weekday) -> Self {
        match day {
            chrono::Weekday::Mon => Self::Mon,
            chrono::Weekday::Tue => Self::Tue,
            chrono::Weekday::Wed => Self::Wed,
            chrono::Weekday::Thu => Self::Thu,
            chrono::Weekday::Fri => Self::Fri,
            chrono::Weekday::Sat => Self::Sat,
            chrono::Weekday::Sun => Self::Sun,
        }
    }
}

/// A time on the clock to the minute, from `00:00` to `24:00`, written `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// `24:00`, the end of the day: it can close but not open.
    pub const END: Self = Self(MINUTES_OF_A_DAY);

    /// The time of this hour and minute, if there is one; `24:00` is the end of the day.
    pub fn new(hour: u8, minute: u8) -> Option<Self> {
        let minutes = u16::from(hour) * 60 + u16::from(minute);
        (minute < 60 && minutes <= MINUTES_OF_A_DAY).then_some(Self(minutes))
    }

    /// Minutes on the clock since midnight, 0 to 1440.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

/// A string that is not a time of day.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("«{0}» is not a time of day: write hours and minutes as `HH:MM`, `00:00` to `24:00`")]
pub struct InvalidTimeOfDay(String);

impl FromStr for TimeOfDay {
    type Err = InvalidTimeOfDay;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        two_numbers(value, ':')
            .and_then(|(hour, minute)| Self::new(hour, minute))
            .ok_or_else(|| InvalidTimeOfDay(value.chars().take(20).collect()))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// A day of every year, written `MM-DD`, such as `09-29`. The `02-29` comes in leap years only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthDay {
    month: u8,
    day: u8,
}

impl MonthDay {
    /// The day of this month (1 to 12), if the month has it in a leap year.
    pub fn new(month: u8, day: u8) -> Option<Self> {
        NaiveDate::from_ymd_opt(2000, month.into(), day.into()).map(|_| Self { month, day })
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    pub fn day(self) -> u8 {
        self.day
    }

    /// True when the date is this day of its year.
    pub fn is_on(self, date: NaiveDate) -> bool {
        (date.month(), date.day()) == (u32::from(self.month), u32::from(self.day))
    }
}

/// A string that is not a day of the year.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("«{0}» is not a day of the year: write month and day as `MM-DD`, such as `09-29`")]
pub struct InvalidMonthDay(String);

impl FromStr for MonthDay {
    type Err = InvalidMonthDay;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        two_numbers(value, '-')
            .and_then(|(month, day)| Self::new(month, day))
            .ok_or_else(|| InvalidMonthDay(value.chars().take(20).collect()))
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl Serialize for MonthDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MonthDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}
