//! Whether hours overlap, before they are turned into instants.

use chrono::{Days, NaiveDate};

use super::{HoursError, TimeOfDay, TimeSpan, Weekday, WeeklyHours};

/// Hours of some days of the week between two dates, for comparing them with others.
pub(super) struct Slot<'a> {
    pub(super) path: String,
    pub(super) days: &'a [Weekday],
    pub(super) from: NaiveDate,
    pub(super) through: NaiveDate,
    pub(super) span: TimeSpan,
}

impl<'a> Slot<'a> {
    pub(super) fn weekly(index: usize, hours: &'a WeeklyHours) -> Self {
        Self {
            path: format!("weekly[{index}]"),
            days: &hours.days,
            from: hours.valid_from.unwrap_or(NaiveDate::MIN),
            through: hours.valid_through.unwrap_or(NaiveDate::MAX),
            span: hours.span(),
        }
    }

    /// True when these hours, begun `ahead` days (0 or 1) before a date, overlap others of that date.
    fn overlaps(&self, other: &Slot<'_>, ahead: u8) -> bool {
        let (opens, closes) = self.span.minutes();
        let (others_open, others_close) = other.span.minutes();
        let shift = i64::from(ahead) * i64::from(TimeOfDay::END.minutes());
        let later = |date: NaiveDate| {
            date.checked_add_days(Days::new(ahead.into()))
                .unwrap_or(date)
        };
        opens - shift < others_close
            && others_open < closes - shift
            && other
                .from
                .max(later(self.from))
                .iter_days()
                .take(7)
                .any(|date| {
                    let begun = date
                        .checked_sub_days(Days::new(ahead.into()))
                        .unwrap_or(date);
                    date <= other.through.min(later(self.through))
                        && other.days.contains(&Weekday::of(date))
                        && self.days.contains(&Weekday::of(begun))
                })
    }
}

/// Checks each of these hours, and each against those before it.
pub(super) fn check(slots: &[Slot<'_>]) -> Result<(), HoursError> {
    for (index, slot) in slots.iter().enumerate() {
        if slot.span.opens == TimeOfDay::END {
            let path = format!("{}.opens", slot.path);
            return Err(HoursError::new(
                path,
                "24:00 can only be a closing time: write 00:00.",
            ));
        }
        if slot.through < slot.from {
            let path = format!("{}.valid_through", slot.path);
            return Err(HoursError::new(path, "The last day is before the first."));
        }
        let before = slots.iter().take(index);
        let mut clashes = before.filter(|other| {
            slot.overlaps(other, 0) || slot.overlaps(other, 1) || other.overlaps(slot, 1)
        });
        if let Some(other) = clashes.next() {
            let message = format!(
                "These hours overlap those of {} on the same day.",
                other.path
            );
            return Err(HoursError::new(format!("{}.opens", slot.path), message));
        }
    }
    Ok(())
}
