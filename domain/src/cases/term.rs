//! The term of a case, as its events and its definition have it: plain functions over [`crate::time::Deadline`].

use chrono::NaiveDate;

use super::{CaseEvent, Happening};
use crate::{
    procedures::{DeadlineEffect, Term},
    time::{
        ClosingCalendar, Deadline, DeadlineRule, PauseKind, PauseRefused, TermLength, legal_day,
    },
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
/// again, or when the term is over, does not hold it. When it ended and begins again, as with a case that is
/// reopened, it is counted anew.
///
/// # Errors
/// Something would have happened before what is known of the term.
pub(super) fn due_on(
    term: &Term,
    touches: &[Touch],
    calendar: &ClosingCalendar,
) -> Result<Option<NaiveDate>, PauseRefused> {
    let (mut deadline, mut has_ended): (Option<Deadline>, _) = (None, false);
    for touch in touches {
        let pause = |deadline: &mut Deadline, kind| deadline.pause(kind, touch.day, calendar);
        let touched = match (touch.effect, &mut deadline) {
            (DeadlineEffect::Start, known) if has_ended || known.is_none() => {
                deadline = Some(Deadline::new(term.into(), touch.day));
                has_ended = false;
                Ok(())
            }
            (DeadlineEffect::End, Some(_)) => {
                has_ended = true;
                Ok(())
            }
            (DeadlineEffect::Suspend, Some(deadline)) => pause(deadline, PauseKind::Suspension),
            (DeadlineEffect::Announce, Some(deadline)) => {
                pause(deadline, PauseKind::RejectionNotice)
            }
            (DeadlineEffect::Interrupt, Some(deadline)) => pause(deadline, PauseKind::Interruption),
            // Documents end a suspension, or begin a term anew that was interrupted.
            (DeadlineEffect::Resume, Some(deadline)) => {
                match deadline.resume(PauseKind::Suspension, touch.day) {
                    Err(PauseRefused::Running) => {
                        deadline.resume(PauseKind::Interruption, touch.day)
                    }
                    resumed => resumed,
                }
            }
            (DeadlineEffect::Answer, Some(deadline)) => {
                deadline.resume(PauseKind::RejectionNotice, touch.day)
            }
            _ => Ok(()),
        };
        // Of what else is refused the term goes on as if nothing had been asked for.
        if let Err(PauseRefused::Earlier) = touched {
            return Err(PauseRefused::Earlier);
        }
    }
    Ok(deadline.and_then(|deadline| deadline.due(calendar)))
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
        due_on(&Term::default(), &touches, &ClosingCalendar::default()).unwrap()
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

    #[test]
    fn documents_are_no_observations() {
        use DeadlineEffect::{Announce, Answer, Resume, Start, Suspend};
        let announced = [
            (Start, day(3, 2)),
            (Suspend, day(3, 5)),
            (Announce, day(4, 7)),
        ];
        let due_after = |touch| due(&[announced.as_slice(), &[touch]].concat());
        assert_eq!(due(&announced), Some(day(5, 11)));
        assert_eq!(due_after((Resume, day(4, 8))), Some(day(5, 11)));
        assert_eq!(due_after((Answer, day(4, 8))), Some(day(5, 12)));
    }

    #[test]
    fn a_case_that_is_reopened_has_a_term_of_its_own() {
        use DeadlineEffect::{End, Start, Suspend};
        let closed = [(Start, day(3, 2)), (Suspend, day(3, 5)), (End, day(3, 10))];
        let reopened = [closed.as_slice(), &[(Start, day(6, 1))]].concat();
        assert_eq!(due(&reopened), Some(day(7, 1)));
        let again = [reopened.as_slice(), &[(Start, day(6, 20))]].concat();
        assert_eq!(due(&again), Some(day(7, 1)), "it runs already");
    }

    #[test]
    fn a_term_that_is_interrupted_begins_anew_with_what_was_missing() {
        use DeadlineEffect::{Interrupt, Resume, Start};
        let interrupted = [(Start, day(3, 2)), (Interrupt, day(3, 10))];
        assert_eq!(due(&interrupted), None, "it waits");
        let corrected = [interrupted.as_slice(), &[(Resume, day(5, 1))]].concat();
        assert_eq!(due(&corrected), Some(day(5, 31)));
    }

    #[test]
    fn nothing_happens_to_a_term_before_it_begins() {
        let touches = [
            (DeadlineEffect::Start, day(3, 10)),
            (DeadlineEffect::Suspend, day(3, 2)),
        ];
        let touches = touches.map(|(effect, day)| Touch { effect, day });
        let refused = due_on(&Term::default(), &touches, &ClosingCalendar::default());
        assert_eq!(refused, Err(PauseRefused::Earlier));
    }

    proptest! {
        #[test]
        fn what_happens_to_a_term_never_makes_it_shorter(steps in proptest::collection::vec((0..5_usize, 0..9_i64), 0..12)) {
            use DeadlineEffect::{Announce, Answer, Resume, Start, Suspend};
            let mut at = day(1, 7);
            let mut touches = vec![(Start, at)];
            let granted = due(&touches);
            for (kind, days) in steps {
                at += chrono::TimeDelta::days(days);
                touches.push(([Suspend, Resume, Announce, Answer, Start][kind], at));
                // Whoever answers early takes back some of the days that were added, but none of the term itself.
                let now = due(&touches);
                prop_assert!(now >= granted, "{touches:?}");
                // Thirty days for what is missing, twenty for the announcement of a refusal.
                prop_assert!(now <= granted.map(|day| day + chrono::TimeDelta::days(50)), "{touches:?}");
            }
        }
    }
}
