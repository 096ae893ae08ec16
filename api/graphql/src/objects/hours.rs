//! Opening hours: the rule, and what it means now and in the days to come.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use municipio_domain::time;

use crate::{context::data, error::ErrorCode, view::Reader};

/// Opening hours with their exceptions, in the time of Italy (orario per il pubblico).
pub(crate) struct OpeningHours {
    hours: time::OpeningHours,
    reader: Reader,
}

impl OpeningHours {
    pub(crate) fn new(hours: &Option<time::OpeningHours>, reader: &Reader) -> Option<Self> {
        hours.clone().map(|hours| Self {
            hours,
            reader: reader.clone(),
        })
    }
}

/// Opening hours with their exceptions, in the time of Italy (orario per il pubblico).
#[Object]
impl OpeningHours {
    /// The hours of the week (orario settimanale).
    async fn weekly(&self) -> Vec<WeeklyHours> {
        let weekly = self.hours.weekly.iter();
        weekly
            .map(|hours| WeeklyHours::new(hours, &self.reader))
            .collect()
    }

    /// Days with other hours, or closed (eccezioni).
    async fn exceptions(&self) -> Vec<HoursException> {
        let exceptions = self.hours.exceptions.iter();
        exceptions
            .map(|exception| HoursException::new(exception, &self.reader))
            .collect()
    }

    /// Open on public holidays and on the day of the patron saint too (aperto nei festivi).
    async fn open_on_public_holidays(&self) -> bool {
        self.hours.open_on_public_holidays
    }

    /// What else to know (note).
    async fn note(&self) -> Option<String> {
        self.reader.text(&self.hours.note)
    }

    /// Open at this moment (aperto ora).
    async fn open_now(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Another moment than now.")] at: Option<DateTime<Utc>>,
    ) -> Result<bool> {
        let data = data(ctx)?;
        let closings = data.closings().await?;
        Ok(self
            .hours
            .open_at(at.unwrap_or(data.now()), &closings)
            .is_some())
    }

    /// The next time it opens; nothing when it does not within 400 days (prossima apertura).
    async fn next_opening(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "After another moment than now.")] at: Option<DateTime<Utc>>,
    ) -> Option<Result<DateTime<FixedOffset>>> {
        let read = async || -> Result<Option<DateTime<FixedOffset>>> {
            let data = data(ctx)?;
            let closings = data.closings().await?;
            let next = self.hours.next_opening(at.unwrap_or(data.now()), &closings);
            Ok(next.map(|moment| moment.fixed_offset()))
        };
        read().await.transpose()
    }

    /// The hours of single days, holidays and closures included.
    async fn days(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day; today when left out.")] from: Option<NaiveDate>,
        #[graphql(desc = "How many days: 1 to 62.", default = 7)] count: i32,
    ) -> Result<Vec<DaySchedule>> {
        let data = data(ctx)?;
        let count = u16::try_from(count)
            .ok()
            .filter(|count| (1..=62).contains(count))
            .ok_or_else(|| {
                let message = format!("`count` lies between 1 and 62, not {count}");
                ErrorCode::InvalidArgument.about("count", message)
            })?;
        let from = from.unwrap_or_else(|| data.now().with_timezone(&time::ROME).date_naive());
        let closings = data.closings().await?;
        let days = self.hours.days(from, count, &closings).into_iter();
        Ok(days
            .map(|day| DaySchedule::new(day, &self.reader))
            .collect())
    }
}

/// A day of the week (giorno della settimana).
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "time::Weekday")]
pub(crate) enum Weekday {
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

/// Hours on some days of each week.
#[derive(SimpleObject)]
pub(crate) struct WeeklyHours {
    /// On which days.
    days: Vec<Weekday>,
    /// Local time, `HH:MM` (apertura).
    opens: String,
    /// Local time, `HH:MM`; after midnight when not later than `opens` (chiusura).
    closes: String,
    /// First day of this rule.
    valid_from: Option<NaiveDate>,
    /// Last day of this rule.
    valid_through: Option<NaiveDate>,
    /// Only by appointment (su appuntamento).
    by_appointment: bool,
    /// What else to know (note).
    note: Option<String>,
}

impl WeeklyHours {
    fn new(hours: &time::WeeklyHours, reader: &Reader) -> Self {
        Self {
            days: hours.days.iter().map(|day| (*day).into()).collect(),
            opens: hours.opens.to_string(),
            closes: hours.closes.to_string(),
            valid_from: hours.valid_from,
            valid_through: hours.valid_through,
            by_appointment: hours.by_appointment,
            note: reader.text(&hours.note),
        }
    }
}

/// Days with other hours, or closed.
#[derive(SimpleObject)]
pub(crate) struct HoursException {
    /// First day.
    from: NaiveDate,
    /// Last day.
    through: NaiveDate,
    /// The hours; none when closed.
    hours: Vec<TimeSpan>,
    /// Why (motivo).
    reason: Option<String>,
}

/// From one time of the day to another.
#[derive(SimpleObject)]
pub(crate) struct TimeSpan {
    /// Local time, `HH:MM` (apertura).
    opens: String,
    /// Local time, `HH:MM` (chiusura).
    closes: String,
}

impl HoursException {
    fn new(exception: &time::HoursException, reader: &Reader) -> Self {
        let spans = exception.hours.iter().map(|span| TimeSpan {
            opens: span.opens.to_string(),
            closes: span.closes.to_string(),
        });
        Self {
            from: exception.from,
            through: exception.through.unwrap_or(exception.from),
            hours: spans.collect(),
            reason: reader.text(&exception.reason),
        }
    }
}

/// The hours of one day.
#[derive(SimpleObject)]
pub(crate) struct DaySchedule {
    /// The day.
    date: NaiveDate,
    /// When it is open, in order; empty when closed.
    intervals: Vec<OpenInterval>,
    /// Why it is closed, on holidays and closures (motivo della chiusura).
    closed_reason: Option<String>,
}

/// A time in which it is open.
#[derive(SimpleObject)]
pub(crate) struct OpenInterval {
    /// When it opens (apertura).
    opens: DateTime<FixedOffset>,
    /// When it closes (chiusura).
    closes: DateTime<FixedOffset>,
    /// Only by appointment (su appuntamento).
    by_appointment: bool,
    /// What else to know (note).
    note: Option<String>,
}

impl DaySchedule {
    fn new(day: time::DaySchedule, reader: &Reader) -> Self {
        let intervals = day.intervals.into_iter().map(|interval| OpenInterval {
            opens: interval.opens.fixed_offset(),
            closes: interval.closes.fixed_offset(),
            by_appointment: interval.by_appointment,
            note: reader.text(&interval.note),
        });
        Self {
            date: day.date,
            intervals: intervals.collect(),
            closed_reason: day.closed_reason.and_then(|reason| reader.text(&reason)),
        }
    }
}
