//! Days on which a municipality is closed: the national holidays of Italy, its patron saint, and the
//! periods it closes of its own accord.

use chrono::{Datelike, NaiveDate, TimeDelta};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{HoursError, MonthDay};
use crate::locale::LocalizedText;

/// A national holiday on its date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicHoliday {
    /// The date, in Italy.
    pub date: NaiveDate,
    /// Its name in Italian, English and German.
    pub name: LocalizedText,
}

/// The first year in which a holiday is kept, its month and day, and its name in Italian, English
/// and German.
type FixedHoliday = (i32, u32, u32, [&'static str; 3]);

/// In force without a break when no other source is named: L. 27 maggio 1949, n. 260, art. 2.
const FIXED: [FixedHoliday; 11] = [
    (1949, 1, 1, ["Capodanno", "New Year's Day", "Neujahr"]),
    // Abolished by L. 5 marzo 1977, n. 54; again a holiday by D.P.R. 28 dicembre 1985, n. 792.
    (1986, 1, 6, ["Epifania", "Epiphany", "Heilige Drei Könige"]),
    (
        1949,
        4,
        25,
        [
            "Anniversario della Liberazione",
            "Liberation Day",
            "Tag der Befreiung",
        ],
    ),
    (
        1949,
        5,
        1,
        ["Festa del lavoro", "Labour Day", "Tag der Arbeit"],
    ),
    // Moved to a Sunday by L. 5 marzo 1977, n. 54; again on its day by L. 20 novembre 2000, n. 336.
    (
        2001,
        6,
        2,
        ["Festa della Repubblica", "Republic Day", "Tag der Republik"],
    ),
    (
        1949,
        8,
        15,
        [
            "Assunzione di Maria (Ferragosto)",
            "Assumption Day",
            "Mariä Himmelfahrt",
        ],
    ),
    // L. 8 ottobre 2025, n. 151, in force from 1 January 2026.
    (
        2026,
        10,
        4,
        [
            "San Francesco d'Assisi",
            "Saint Francis of Assisi",
            "Franz von Assisi",
        ],
    ),
    (
        1949,
        11,
        1,
        ["Ognissanti", "All Saints' Day", "Allerheiligen"],
    ),
    (
        1949,
        12,
        8,
        [
            "Immacolata Concezione",
            "Immaculate Conception",
            "Mariä Empfängnis",
        ],
    ),
    (1949, 12, 25, ["Natale", "Christmas Day", "Weihnachten"]),
    (
        1949,
        12,
        26,
        ["Santo Stefano", "Saint Stephen's Day", "Stephanstag"],
    ),
];

fn text([it, en, de]: [&str; 3]) -> LocalizedText {
    [("it", it), ("en", en), ("de", de)]
        .into_iter()
        .filter_map(|(locale, name)| Some((locale.parse().ok()?, name.to_owned())))
        .collect()
}

/// A text, or this one in its place when it is empty.
fn text_or(given: &LocalizedText, instead: [&str; 3]) -> LocalizedText {
    if given.is_empty() {
        text(instead)
    } else {
        given.clone()
    }
}

/// The reason of a closing for which none was written down.
pub(super) fn closing_reason(given: &LocalizedText) -> LocalizedText {
    text_or(
        given,
        [
            "Chiusura straordinaria",
            "Extraordinary closure",
            "Außerordentliche Schließung",
        ],
    )
}

/// Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher).
fn easter(year: i32) -> Option<NaiveDate> {
    let (golden, century, rest) = (year % 19, year / 100, year % 100);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
    let shift = (golden + 11 * epact + 22 * weekday) / 451;
    let day = epact + weekday - 7 * shift + 114;
    NaiveDate::from_ymd_opt(
        year,
        (day / 31).try_into().ok()?,
        (day % 31 + 1).try_into().ok()?,
    )
}

fn holidays(year: i32) -> impl Iterator<Item = (NaiveDate, [&'static str; 3])> {
    let fixed = FIXED
        .into_iter()
        .filter_map(move |(since, month, day, name)| {
            let date = NaiveDate::from_ymd_opt(year, month, day)?;
            (year >= since).then_some((date, name))
        });
    let movable = [
        (0, ["Pasqua", "Easter Sunday", "Ostersonntag"]),
        (1, ["Lunedì dell'Angelo", "Easter Monday", "Ostermontag"]),
    ];
    let movable = movable.into_iter().filter_map(move |(days, name)| {
        let easter = easter(year).filter(|_| year >= 1949)?;
        Some((easter.checked_add_signed(TimeDelta::days(days))?, name))
    });
    fixed.chain(movable)
}

/// The national holidays of a year, ordered by date: L. 27 maggio 1949, n. 260, as changed by
/// L. 5 marzo 1977, n. 54, D.P.R. 28 dicembre 1985, n. 792 (Epiphany, from 1986), L. 20 novembre
/// 2000, n. 336 (2 June, from 2001) and L. 8 ottobre 2025, n. 151 (4 October, from 2026).
///
/// Other Sundays are not listed; whether an office opens on Sundays is for its hours to say. Nor are
/// holidays of one province, such as Whit Monday in South Tyrol: they are closing periods of the
/// municipality. Days which the law of 1977 abolished for good are left out of the years before it,
/// and there is nothing before 1949.
pub fn public_holidays(year: i32) -> Vec<PublicHoliday> {
    let mut days: Vec<_> = holidays(year)
        .map(|(date, name)| PublicHoliday {
            date,
            name: text(name),
        })
        .collect();
    days.sort_by_key(|holiday| holiday.date);
    days
}

/// Days in a row on which the whole municipality is closed (periodo di chiusura).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "StoredClosingPeriod")]
pub struct ClosingPeriod {
    /// The first closed day.
    pub from: NaiveDate,
    /// The last closed day, inclusive. May be left out of the input: then it is `from`.
    pub through: NaiveDate,
    /// Why, for the public.
    #[serde(skip_serializing_if = "LocalizedText::is_empty")]
    pub reason: LocalizedText,
}

/// Days in a row on which the whole municipality is closed (periodo di chiusura).
#[derive(Deserialize, JsonSchema)]
#[serde(rename = "ClosingPeriod", deny_unknown_fields)]
struct StoredClosingPeriod {
    /// The first closed day (dal).
    from: NaiveDate,
    /// The last closed day; the first when it is left out (al).
    through: Option<NaiveDate>,
    /// Why, for the public (motivo).
    #[serde(default)]
    reason: LocalizedText,
}

impl From<StoredClosingPeriod> for ClosingPeriod {
    fn from(stored: StoredClosingPeriod) -> Self {
        Self {
            from: stored.from,
            through: stored.through.unwrap_or(stored.from),
            reason: stored.reason,
        }
    }
}

/// When a municipality as a whole is closed, beside the national holidays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClosingCalendar {
    /// The feast of the patron saint, a local holiday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patron_saint: Option<MonthDay>,
    /// The name of that feast.
    #[serde(skip_serializing_if = "LocalizedText::is_empty")]
    pub patron_saint_name: LocalizedText,
    /// The municipality's own closing days.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub closing_periods: Vec<ClosingPeriod>,
}

impl ClosingCalendar {
    /// Why the municipality is closed on this date: a national holiday, the patron saint, or its own
    /// closing days, in this order. None when it is not closed. A reason is never empty.
    pub fn closed_on(&self, date: NaiveDate) -> Option<LocalizedText> {
        self.public_holiday_on(date)
            .or_else(|| self.own_closing_on(date))
    }

    /// The name of the national holiday, or of the patron saint, on this date.
    pub fn public_holiday_on(&self, date: NaiveDate) -> Option<LocalizedText> {
        let national = holidays(date.year()).find(|(day, _)| *day == date);
        let patron = || self.patron_saint.filter(|saint| saint.is_on(date));
        let names = ["Santo patrono", "Patron saint", "Schutzpatron"];
        national
            .map(|(_, name)| text(name))
            .or_else(|| patron().map(|_| text_or(&self.patron_saint_name, names)))
    }

    /// The reason of the municipality's own closing on this date; of several, that of the first.
    pub fn own_closing_on(&self, date: NaiveDate) -> Option<LocalizedText> {
        self.closing_periods
            .iter()
            .find(|period| (period.from..=period.through).contains(&date))
            .map(|period| closing_reason(&period.reason))
    }

    /// Checks that every closing period ends on or after the day it begins.
    ///
    /// # Errors
    ///
    /// The first period that does not, such as `closing_periods[0].through`.
    pub fn validate(&self) -> Result<(), HoursError> {
        match (self.closing_periods.iter()).position(|period| period.through < period.from) {
            Some(index) => Err(HoursError::new(
                format!("closing_periods[{index}].through"),
                "The last closed day is before the first.",
            )),
            None => Ok(()),
        }
    }
}
