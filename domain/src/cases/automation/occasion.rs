//! What sets rules off: an event, or time. Plain functions of a definition and of what happened.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::{
    cases::{
        CaseEvent, Happening,
        event::CITIZEN,
        timer::{Since, last_move},
    },
    procedures::{Definition, MessageAuthor, Rule, RuleEvent, Trigger},
    store::StoreError,
    time::end_of_day,
};

/// So many events in a row that nobody but rules and time brought about are enough: rules that set each other off come
/// to an end.
const MOST_IN_A_ROW: usize = 20;

/// What set a rule off; a rule runs once for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// The event with this number.
    Event(i64),
    /// So many days were left before the end of the term, which was this day.
    DaysLeft {
        /// The last day of the term.
        due_on: NaiveDate,
        /// So many days before it.
        days: u16,
    },
    /// The term was over, whose last day was this one.
    TermOver {
        /// The last day of the term.
        due_on: NaiveDate,
    },
    /// The case stood for so long where the event with this number took it.
    TimeInState {
        /// The number of that event.
        since: i64,
        /// For so many days.
        days: u16,
    },
    /// The time of a reminder came, which the run with this number had set.
    Reminder {
        /// The number of the run.
        run: i64,
        /// Which of the actions of the rule it is.
        action: usize,
    },
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(number) => write!(f, "event:{number}"),
            Self::DaysLeft { due_on, days } => write!(f, "days-left:{due_on}:{days}"),
            Self::TermOver { due_on } => write!(f, "term-over:{due_on}"),
            Self::TimeInState { since, days } => write!(f, "time-in-state:{since}:{days}"),
            Self::Reminder { run, action } => write!(f, "reminder:{run}:{action}"),
        }
    }
}

impl FromStr for Occasion {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let parts: Vec<_> = text.split(':').collect();
        let read = || {
            Some(match parts.as_slice() {
                ["event", number] => Self::Event(number.parse().ok()?),
                ["days-left", due_on, days] => Self::DaysLeft {
                    due_on: due_on.parse().ok()?,
                    days: days.parse().ok()?,
                },
                ["term-over", due_on] => Self::TermOver {
                    due_on: due_on.parse().ok()?,
                },
                ["time-in-state", since, days] => Self::TimeInState {
                    since: since.parse().ok()?,
                    days: days.parse().ok()?,
                },
                ["reminder", run, action] => Self::Reminder {
                    run: run.parse().ok()?,
                    action: action.parse().ok()?,
                },
                _ => return None,
            })
        };
        read().ok_or_else(|| StoreError::corrupt("occasion of a rule", text))
    }
}

/// The rules that an event sets off, in their order.
pub(in crate::cases) fn set_off<'a>(
    definition: &'a Definition,
    event: &'a CaseEvent,
) -> impl Iterator<Item = &'a Rule> {
    let rules = definition.rules.iter();
    rules.filter(move |rule| {
        let mut triggers = rule.triggers.iter();
        triggers.any(|trigger| hears(trigger, event))
    })
}

/// Whether an event is one that this waits for.
fn hears(trigger: &Trigger, event: &CaseEvent) -> bool {
    match (trigger, &event.happening) {
        (Trigger::Event { event }, happening) => kind(happening) == Some(*event),
        (Trigger::Transition { code }, Happening::Moved(movement)) => movement.transition == *code,
        (Trigger::State { code }, happening) => happening.state() == Some(code.as_str()),
        (Trigger::Evidence { code }, Happening::EvidenceAdded(evidence)) => evidence.code == *code,
        (Trigger::Message { from }, Happening::Wrote(_)) => {
            let by_citizen = event.actor.starts_with(CITIZEN);
            by_citizen == (*from == MessageAuthor::Citizen)
        }
        _ => false,
    }
}

fn kind(happening: &Happening) -> Option<RuleEvent> {
    Some(match happening {
        Happening::Opened(_) => RuleEvent::Opened,
        Happening::Moved(_) => RuleEvent::Moved,
        Happening::Assigned(_) => RuleEvent::Assigned,
        Happening::EvidenceAdded(_) => RuleEvent::EvidenceAdded,
        Happening::Wrote(_) => RuleEvent::Wrote,
        Happening::Revised(_) => RuleEvent::Revised,
        Happening::Migrated(_) => RuleEvent::Migrated,
        Happening::Reminded(_) => RuleEvent::Reminded,
        Happening::Notified(_) | Happening::Erased(_) => return None,
    })
}

/// The rules that time sets off in a case that stands in a state since then, and when.
pub(in crate::cases) fn with_time<'a>(
    definition: &'a Definition,
    state: &str,
    since: Since,
    due_on: Option<NaiveDate>,
) -> Vec<(DateTime<Utc>, &'a Rule, Occasion)> {
    let time_of = |trigger: &Trigger| {
        Some(match trigger {
            Trigger::DaysLeft { days } => {
                let due_on = due_on?;
                let before = due_on.checked_sub_days(Days::new(u64::from(*days) + 1))?;
                let days = *days;
                (end_of_day(before)?, Occasion::DaysLeft { due_on, days })
            }
            Trigger::TermOver => {
                let due_on = due_on?;
                (end_of_day(due_on)?, Occasion::TermOver { due_on })
            }
            Trigger::TimeInState { state: named, days } if named == state => {
                let last = since.day.checked_add_days(Days::new((*days).into()))?;
                let (since, days) = (since.number, *days);
                (end_of_day(last)?, Occasion::TimeInState { since, days })
            }
            _ => return None,
        })
    };
    let rules = definition.rules.iter().flat_map(|rule| {
        let times = rule.triggers.iter().filter_map(time_of);
        times.map(move |(at, occasion)| (at, rule, occasion))
    });
    rules.collect()
}

/// Whether so much happened by itself, one after the other, that rules are to leave the case to people.
pub(super) fn runs_away(events: &[CaseEvent]) -> bool {
    let by_itself = |event: &&CaseEvent| {
        event.actor.starts_with(super::ACTOR) || event.actor == crate::cases::timer::ACTOR
    };
    events.iter().rev().take_while(by_itself).count() >= MOST_IN_A_ROW
}

/// The number of the event that took a case to where it stands.
pub(super) fn stands_since(events: &[CaseEvent]) -> Option<i64> {
    last_move(events).map(|event| event.number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_occasion() -> impl Strategy<Value = Occasion> {
        let day = (1_i32..800_000).prop_filter_map("a day", NaiveDate::from_num_days_from_ce_opt);
        prop_oneof![
            any::<i64>().prop_map(Occasion::Event),
            (day.clone(), any::<u16>())
                .prop_map(|(due_on, days)| Occasion::DaysLeft { due_on, days }),
            day.prop_map(|due_on| Occasion::TermOver { due_on }),
            (any::<i64>(), any::<u16>())
                .prop_map(|(since, days)| Occasion::TimeInState { since, days }),
            (any::<i64>(), any::<usize>())
                .prop_map(|(run, action)| Occasion::Reminder { run, action }),
        ]
    }

    proptest! {
        #[test]
        fn occasions_are_read_as_they_are_written(occasion in any_occasion()) {
            prop_assert_eq!(occasion.to_string().parse::<Occasion>().unwrap(), occasion);
        }

        #[test]
        fn what_is_no_occasion_is_refused(text in "[a-z:0-9-]{0,20}") {
            if let Ok(occasion) = text.parse::<Occasion>() {
                // A number may be written in several ways.
                prop_assert_eq!(occasion.to_string().parse::<Occasion>().unwrap(), occasion);
            }
        }
    }
}
