//! Deadlines of administrative procedures (termini del procedimento) as L. 7 agosto 1990, n. 241 counts them:
//! plain functions of dates. `docs/deadlines.md` has worked examples, which a test reads.
//!
//! One rule carries everything. A day counts when it comes after the day of the start (art. 2963 c.c., art. 155
//! c.p.c.: the first day does not count), and is not one on which the term stands still. What makes it stand still on
//! a day lets that day count, and what sets it going again does not: the rule of the first day, once more. A term that
//! is stopped on its last day has none left, and ends with the day on which it would run again.

use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClosingCalendar, Weekday, beginning, local_time};

/// The longest suspension, in days (art. 2, c. 7).
const LONGEST_SUSPENSION: u64 = 30;
/// The days in which observations on a notice of rejection are received, and those after which the term runs again
/// (art. 10-bis).
const OBSERVATIONS: u64 = 10;

/// How long a term is (durata del termine).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TermLength {
    /// Days of the calendar (giorni).
    Days(u16),
    /// Days that are neither Sundays nor holidays, such as the two in which a residence is registered (giorni
    /// lavorativi).
    WorkingDays(u16),
    /// Months, up to the day with the number of the first, or the last one of a shorter month (mesi).
    Months(u16),
}

/// The term of a procedure (termine del procedimento).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeadlineRule {
    /// How long it is; thirty days where nothing else is laid down (art. 2, c. 2).
    pub length: TermLength,
    /// Whether it ends on the next working day when its last one is a holiday (proroga al primo giorno non festivo).
    pub ends_on_working_day: bool,
    /// Whether Saturdays count as holidays: for offices that work five days a week (sabato festivo).
    pub saturday_is_holiday: bool,
}

impl Default for DeadlineRule {
    fn default() -> Self {
        Self {
            length: TermLength::Days(30),
            ends_on_working_day: false,
            saturday_is_holiday: false,
        }
    }
}

impl DeadlineRule {
    /// Whether work is done on this day: no Sunday, national holiday or feast of the patron saint. Days on which the
    /// municipality closes of its own accord count like any other.
    fn is_working_day(&self, day: NaiveDate, calendar: &ClosingCalendar) -> bool {
        let is_free = self.saturday_is_holiday && Weekday::of(day) == Weekday::Sat;
        !is_free && !is_holiday(day, calendar)
    }

    /// The last day of a term that begins on this one, with days on which it stands still; none when that is beyond
    /// the calendar.
    fn last_day(
        &self,
        start: NaiveDate,
        pauses: &[Pause],
        calendar: &ClosingCalendar,
    ) -> Option<NaiveDate> {
        let mut left = match self.length {
            TermLength::Days(days) | TermLength::WorkingDays(days) => i64::from(days),
            TermLength::Months(months) => {
                let end = start.checked_add_months(Months::new(months.into()))?;
                (end - start).num_days()
            }
        };
        let pauses: Vec<_> = pauses.iter().map(|pause| pause.still(calendar)).collect();
        let stands_still = |day: NaiveDate| pauses.iter().any(|pause| pause.holds(day));
        let is_in_working_days = matches!(self.length, TermLength::WorkingDays(_));
        let counts = |day: NaiveDate| {
            !stands_still(day) && (!is_in_working_days || self.is_working_day(day, calendar))
        };
        let ends_on_working_day = self.ends_on_working_day || is_in_working_days;
        let can_end = |day: NaiveDate| {
            !day.succ_opt().is_some_and(stands_still)
                && (!ends_on_working_day || self.is_working_day(day, calendar))
        };
        let mut day = start;
        while left > 0 {
            day = day.succ_opt()?;
            left -= i64::from(counts(day));
        }
        while !can_end(day) {
            day = day.succ_opt()?;
        }
        Some(day)
    }
}

/// Whether this is a Sunday, a national holiday or the feast of the patron saint.
fn is_holiday(day: NaiveDate, calendar: &ClosingCalendar) -> bool {
    Weekday::of(day) == Weekday::Sun || calendar.public_holiday_on(day).is_some()
}

/// The last of the days on which observations on a notice of rejection are received that reached the applicant on this
/// day. They are the applicant's: they do not end on a holiday (art. 2963 c.c.).
pub fn last_day_for_observations(
    notice: NaiveDate,
    calendar: &ClosingCalendar,
) -> Option<NaiveDate> {
    let mut last = notice.checked_add_days(Days::new(OBSERVATIONS))?;
    while is_holiday(last, calendar) {
        last = last.succ_opt()?;
    }
    Some(last)
}

/// Why a term stands still, or begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseKind {
    /// Documents or information are waited for: once, and for thirty days at most (sospensione, art. 2, c. 7).
    Suspension,
    /// The applicant was told why the application is going to be rejected: the term runs again ten days after the
    /// observations, or when the ten days for them are over (preavviso di rigetto, art. 10-bis).
    RejectionNotice,
    /// The application is to be completed or corrected, where a law has the term begin anew then (interruzione).
    Interruption,
}

/// Days on which a term stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Why.
    pub kind: PauseKind,
    /// The day on which it began: of a notice of rejection the one on which the applicant received it.
    pub from: NaiveDate,
    /// The day on which what was waited for arrived; none while it has not.
    pub answered: Option<NaiveDate>,
}

impl Pause {
    /// The day from which the term runs again, at the latest; none when only an answer sets it going.
    pub fn until(&self, calendar: &ClosingCalendar) -> Option<NaiveDate> {
        let after = |day: NaiveDate, days| day.checked_add_days(Days::new(days));
        match self.kind {
            PauseKind::Suspension => {
                let latest = after(self.from, LONGEST_SUSPENSION)?;
                Some(
                    self.answered
                        .map_or(latest, |answered| answered.min(latest)),
                )
            }
            PauseKind::RejectionNotice => {
                let latest = last_day_for_observations(self.from, calendar)?;
                match self.answered {
                    // Observations that come too late do not hold the term any longer.
                    Some(answered) if answered <= latest => after(answered, OBSERVATIONS),
                    _ => Some(latest),
                }
            }
            PauseKind::Interruption => self.answered,
        }
    }

    fn still(&self, calendar: &ClosingCalendar) -> Still {
        Still {
            from: self.from,
            until: self.until(calendar),
        }
    }
}

/// From when to when a term stands still.
struct Still {
    from: NaiveDate,
    until: Option<NaiveDate>,
}

impl Still {
    fn holds(&self, day: NaiveDate) -> bool {
        day > self.from && self.until.is_none_or(|until| day <= until)
    }
}

/// The term of one case (termine della pratica): when it began, and what held it up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// What it follows.
    pub rule: DeadlineRule,
    /// The day of the protocol number, or of the act with which the office began by itself.
    pub start: NaiveDate,
    /// What held it up, in order.
    pub pauses: Vec<Pause>,
}

/// How a term stands on a day (stato del termine).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs until the end of this day.
    Running(NaiveDate),
    /// It stands still, and ends with this day if nothing more is heard; none when it begins anew with an answer.
    Paused(PauseKind, Option<NaiveDate>),
    /// It ended with this day.
    Over(NaiveDate),
    /// Its end is beyond the calendar.
    Endless,
}

/// Why a term is not held up, or not set going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PauseRefused {
    /// It waits to begin anew, so that nothing else holds it up.
    #[error("the term waits to begin anew")]
    Paused,
    /// Nothing of the kind is waited for.
    #[error("nothing of the kind is waited for")]
    Running,
    /// Once, for each reason.
    #[error("the term was held up for this reason before: the law allows it once")]
    Again,
    /// Too late.
    #[error("the term is over")]
    Over,
    /// Before what happened last.
    #[error("this would have happened before what is known of the term")]
    Earlier,
}

impl Deadline {
    /// A term that begins on this day.
    pub fn new(rule: DeadlineRule, start: NaiveDate) -> Self {
        Self {
            rule,
            start,
            pauses: Vec::new(),
        }
    }

    /// The last day of the term, as far as is known; none while it waits to begin anew, or beyond the calendar.
    pub fn due(&self, calendar: &ClosingCalendar) -> Option<NaiveDate> {
        let is_interruption = |pause: &&Pause| pause.kind == PauseKind::Interruption;
        let start = match self.pauses.iter().rfind(is_interruption) {
            None => self.start,
            Some(interruption) => interruption.answered?,
        };
        self.rule.last_day(start, &self.pauses, calendar)
    }

    /// How the term stands on a day.
    pub fn on(&self, day: NaiveDate, calendar: &ClosingCalendar) -> Standing {
        let due = self.due(calendar);
        let holds = |pause: &&Pause| pause.still(calendar).holds(day);
        match (self.pauses.iter().rfind(holds), due) {
            (_, Some(due)) if due < day => Standing::Over(due),
            (Some(pause), due) => Standing::Paused(pause.kind, due),
            (None, Some(due)) => Standing::Running(due),
            (None, None) => Standing::Endless,
        }
    }

    /// The last day of which something is known of the term.
    pub fn touched_on(&self) -> NaiveDate {
        let days = self.pauses.iter();
        let days = days.map(|pause| pause.answered.unwrap_or(pause.from));
        days.fold(self.start, NaiveDate::max)
    }

    /// Has the term stand still from this day, which may be its last one, or that on which it was to run again. A notice
    /// and an interruption end a suspension: its documents are not waited for any more. One may be asked for while the
    /// days of a notice run; then the term stands still on those of both.
    ///
    /// # Errors
    /// It waits to begin anew, is over, or was held up like this before.
    pub fn pause(
        &mut self,
        kind: PauseKind,
        from: NaiveDate,
        calendar: &ClosingCalendar,
    ) -> Result<(), PauseRefused> {
        if from < self.touched_on() {
            return Err(PauseRefused::Earlier);
        }
        if self.due(calendar).is_some_and(|due| due < from) {
            return Err(PauseRefused::Over);
        }
        if self.open(PauseKind::Interruption).is_some() {
            return Err(PauseRefused::Paused);
        }
        if self.pauses.iter().any(|pause| pause.kind == kind) {
            return Err(PauseRefused::Again);
        }
        let holds = |pause: &&mut Pause| pause.until(calendar).is_none_or(|until| from < until);
        if kind != PauseKind::Suspension
            && let Some(suspension) = self.open(PauseKind::Suspension).filter(holds)
        {
            suspension.answered = Some(from);
        }
        self.pauses.push(Pause {
            kind,
            from,
            answered: None,
        });
        Ok(())
    }

    /// What was waited for in this way arrived on this day: documents, observations, or the application as it should
    /// be. It may arrive when the term runs again, or stands still for another reason.
    ///
    /// # Errors
    /// Nothing of the kind was waited for, or it had begun later.
    pub fn resume(&mut self, kind: PauseKind, answered: NaiveDate) -> Result<(), PauseRefused> {
        let pause = self.open(kind).ok_or(PauseRefused::Running)?;
        if answered < pause.from {
            return Err(PauseRefused::Earlier);
        }
        pause.answered = Some(answered);
        Ok(())
    }

    /// What was waited for in this way and has not arrived.
    fn open(&mut self, kind: PauseKind) -> Option<&mut Pause> {
        let is_open = |pause: &&mut Pause| pause.kind == kind && pause.answered.is_none();
        self.pauses.iter_mut().rfind(is_open)
    }
}

/// The day of a moment in Italy, where a protocol dates what arrives (giorno legale).
pub fn legal_day(moment: DateTime<Utc>) -> NaiveDate {
    local_time(moment).date()
}

/// The moment at which a day is over in Italy: of a term, when its last day is. None at the end of the calendar.
pub fn end_of_day(day: NaiveDate) -> Option<DateTime<Utc>> {
    let next = day.succ_opt()?.and_time(NaiveTime::MIN);
    Some(beginning(next).to_utc())
}
