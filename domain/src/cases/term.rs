//! The term of a case, as its events and its definition have it: plain functions over [`crate::time::Deadline`].

use chrono::NaiveDate;

use super::{CaseEvent, Happening};
use crate::{
    procedures::{DeadlineEffect, Term},
    time::{ClosingCalendar, Deadline, DeadlineRule, PauseKind, TermLength, legal_day},
};

impl From<&Term> for DeadlineRule {
    fn from(term: &Term) -> Self {
        let length = match term.counts_working_days {
            true => TermLength::WorkingDays(term.days()),
            false => TermLength::Days(term.days()),
        };
        Self {
            length,
            ends_on_working_day: term.ends_on_working_day,
            saturday_is_holiday: term.saturday_is_holiday,
        }
    }
}

/// Something that touches the term of a case.
pub(super) struct Touch {
    pub(super) effect: DeadlineEffect,
    /// The day on which it happened: of the beginning that of the protocol.
    pub(super) day: NaiveDate,
}

/// What the events of a case do to its term.
pub(super) fn touches(events: &[CaseEvent]) -> Vec<Touch> {
    let touches = events.iter().filter_map(|event| {
        let Happening::Moved(movement) = &event.happening else {
            return None;
        };
        let effect = movement.deadline?;
        let protocol = movement.protocol.as_ref().map(|protocol| protocol.date);
        let protocol = protocol.filter(|_| effect == DeadlineEffect::Start);
        Some(Touch {
            effect,
            day: protocol.unwrap_or_else(|| legal_day(event.at)),
        })
    });
    touches.collect()
}

/// The last day of a term that is touched like this; nothing before it begins. What the law allows once and is done
/// again does not hold the term a second time.
pub(super) fn due_on(
    term: &Term,
    touches: &[Touch],
    calendar: &ClosingCalendar,
) -> Option<NaiveDate> {
    let mut deadline: Option<Deadline> = None;
    for touch in touches {
        match (touch.effect, &mut deadline) {
            (DeadlineEffect::Start, None) => {
                deadline = Some(Deadline::new(term.into(), touch.day));
            }
            (DeadlineEffect::Suspend, Some(deadline)) => {
                let _ = deadline.pause(PauseKind::Suspension, touch.day, calendar);
            }
            (DeadlineEffect::Announce, Some(deadline)) => {
                let _ = deadline.pause(PauseKind::RejectionNotice, touch.day, calendar);
            }
            (DeadlineEffect::Resume | DeadlineEffect::Answer, Some(deadline)) => {
                let _ = deadline.resume(touch.day);
            }
            _ => {}
        }
    }
    deadline?.due(calendar)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    fn due(touches: &[(DeadlineEffect, NaiveDate)]) -> Option<NaiveDate> {
        let touches = touches.iter();
        let touches: Vec<_> = touches
            .map(|(effect, day)| Touch {
                effect: *effect,
                day: *day,
            })
            .collect();
        due_on(&Term::default(), &touches, &ClosingCalendar::default())
    }

    #[test]
    fn a_term_begins_with_the_protocol_and_stands_still_while_something_is_missing() {
        use DeadlineEffect::{Resume, Start, Suspend};
        assert_eq!(due(&[]), None);
        assert_eq!(due(&[(Suspend, day(3, 1))]), None, "nothing to suspend");
        let begun = (Start, day(3, 2));
        assert_eq!(due(&[begun]), Some(day(4, 1)));
        let held = [begun, (Suspend, day(3, 10)), (Resume, day(3, 20))];
        assert_eq!(due(&held), Some(day(4, 11)));
        let again = [
            held.as_slice(),
            &[(Suspend, day(3, 25)), (Resume, day(3, 28))],
        ]
        .concat();
        assert_eq!(due(&again), Some(day(4, 11)), "the law allows it once");
    }

    proptest! {
        #[test]
        fn what_happens_to_a_term_never_makes_it_shorter(steps in proptest::collection::vec((0..5_usize, 0..9_i64), 0..12)) {
            use DeadlineEffect::{Announce, Answer, Resume, Start, Suspend};
            let mut at = day(1, 7);
            let mut touches = vec![(Start, at)];
            let mut last = due(&touches);
            for (kind, days) in steps {
                at += chrono::TimeDelta::days(days);
                touches.push(([Suspend, Resume, Announce, Answer, Start][kind], at));
                let now = due(&touches);
                // Whoever answers early takes back some of the days that were granted, but none of the term itself.
                prop_assert!(now >= due(&touches[..1]), "{touches:?}");
                prop_assert!(now.is_some());
                last = now.max(last);
            }
            prop_assert!(last.is_some());
        }
    }
}
