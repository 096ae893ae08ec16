//! The term of a case, as its events and its definition have it: plain functions over [`crate::time::Deadline`].

use chrono::{DateTime, NaiveDate, Utc};

use super::{CaseEvent, Happening, Movement};
use crate::{
    procedures::{DeadlineEffect, Effect, Term},
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
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub(super) effect: DeadlineEffect,
    /// The day on which it happened: of the beginning that of the protocol.
    pub(super) day: NaiveDate,
}

/// What the events of a case do to its term.
pub(super) fn touches(events: &[CaseEvent]) -> Vec<Touch> {
    let moves = events.iter().filter_map(moved);
    moves
        .flat_map(|(movement, at)| movement.touches(at))
        .collect()
}

/// The last day on which the applicant was told why the outcome is going to be negative.
pub(super) fn announced_on(events: &[CaseEvent]) -> Option<NaiveDate> {
    let mut moves = events.iter().rev().filter_map(moved);
    let (movement, at) =
        moves.find(|(movement, _)| movement.effect == Some(Effect::AnnounceRefusal))?;
    Some(movement.day(at))
}

fn moved(event: &CaseEvent) -> Option<(&Movement, DateTime<Utc>)> {
    match &event.happening {
        Happening::Moved(movement) => Some((movement, event.at)),
        _ => None,
    }
}

impl Movement {
    /// The day on which it came to be, as an event of this moment.
    pub(super) fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        self.occurred_on.unwrap_or_else(|| legal_day(at))
    }

    /// What it does to the term, as an event of this moment. Of what other software reports the first protocol begins the
    /// term, whatever else it says along with it.
    pub(super) fn touches(&self, at: DateTime<Utc>) -> impl Iterator<Item = Touch> + use<> {
        let starts = self.is_reported || self.deadline == Some(DeadlineEffect::Start);
        let protocol = self.protocol.as_ref().filter(|_| starts);
        let start = protocol.map(|protocol| Touch {
            effect: DeadlineEffect::Start,
            day: protocol.date,
        });
        let day = self.day(at);
        // A term that begins twice begins once.
        let then = self.deadline.map(|effect| Touch { effect, day });
        start.into_iter().chain(then)
    }
}

/// The last day of a term that is touched like this; nothing before it begins. When it ended and begins again, as with a
/// case that is reopened, it is counted anew.
pub(super) fn due_on(
    term: &Term,
    touches: &[Touch],
    calendar: &ClosingCalendar,
) -> Option<NaiveDate> {
    let (mut deadline, mut has_ended): (Option<Deadline>, _) = (None, false);
    for touch in touches {
        match (touch.effect, &mut deadline) {
            (DeadlineEffect::Start, known) if has_ended || known.is_none() => {
                deadline = Some(Deadline::new(term.into(), touch.day));
                has_ended = false;
            }
            (DeadlineEffect::End, Some(_)) => has_ended = true,
            // What the law allows once and is done again, or when the term is over, does not hold it: it goes on as if
            // nothing had been asked for.
            (_, Some(deadline)) => {
                hold(deadline, *touch, calendar).ok();
            }
            (_, None) => {}
        }
    }
    deadline.and_then(|deadline| deadline.due(calendar))
}

/// Stops a term, or sets it going. What is told late of a day before what is known counts from then on.
fn hold(
    deadline: &mut Deadline,
    touch: Touch,
    calendar: &ClosingCalendar,
) -> Result<(), PauseRefused> {
    let day = touch.day.max(deadline.touched_on());
    match touch.effect {
        DeadlineEffect::Suspend => deadline.pause(PauseKind::Suspension, day, calendar),
        DeadlineEffect::Announce => deadline.pause(PauseKind::RejectionNotice, day, calendar),
        DeadlineEffect::Interrupt => deadline.pause(PauseKind::Interruption, day, calendar),
        // Documents begin a term anew that was interrupted, or end a suspension.
        DeadlineEffect::Resume => deadline
            .resume(PauseKind::Interruption, day)
            .or_else(|_| deadline.resume(PauseKind::Suspension, day)),
        DeadlineEffect::Answer => deadline.resume(PauseKind::RejectionNotice, day),
        DeadlineEffect::Start | DeadlineEffect::End => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use chrono::TimeDelta;

    use super::*;
    use crate::time::last_day_for_observations;

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
    fn what_is_told_late_counts_from_what_is_known() {
        use DeadlineEffect::{Resume, Start, Suspend};
        let before = [
            (Start, day(3, 10)),
            (Suspend, day(3, 2)),
            (Resume, day(3, 15)),
        ];
        assert_eq!(due(&before), Some(day(4, 14)), "five days later");
    }

    #[test]
    fn a_term_is_interrupted_or_held_by_a_notice_also_while_it_is_suspended() {
        use DeadlineEffect::{Announce, Answer, Interrupt, Resume, Start, Suspend};
        let suspended = [(Start, day(3, 2)), (Suspend, day(3, 10))];
        let then = |touches: &[_]| due(&[suspended.as_slice(), touches].concat());
        let interrupted = (Interrupt, day(3, 12));
        assert_eq!(then(&[interrupted]), None);
        assert_eq!(then(&[interrupted, (Resume, day(5, 1))]), Some(day(5, 31)));
        let announced = (Announce, day(3, 12));
        assert_eq!(then(&[announced]), Some(day(4, 14)));
        let answered = [announced, (Answer, day(3, 23))];
        assert_eq!(then(&answered), Some(day(4, 24)), "the tenth was a Sunday");
    }

    proptest! {
        #[test]
        fn what_happens_to_a_term_never_makes_it_shorter(steps in proptest::collection::vec((0..6_usize, 0..9_i64), 0..12)) {
            use DeadlineEffect::{Announce, Answer, Interrupt, Resume, Start, Suspend};
            let mut at = day(1, 7);
            let mut touches = vec![(Start, at)];
            let granted = due(&touches);
            for (kind, days) in steps {
                at += TimeDelta::days(days);
                touches.push(([Suspend, Resume, Announce, Answer, Start, Interrupt][kind], at));
                // Whoever answers early takes back some of the days that were added, but none of the term itself.
                let now = due(&touches);
                prop_assert!(now.is_none_or(|now| Some(now) >= granted), "{touches:?}");
                // Thirty days for what is missing, and for the announcement of a refusal twenty and some holidays.
                let is_interrupted = touches.iter().any(|(effect, _)| *effect == Interrupt);
                prop_assert!(is_interrupted || now <= granted.map(|day| day + TimeDelta::days(55)), "{touches:?}");
            }
        }

        /// However the term stands, what the law lets happen once happens.
        #[test]
        fn nothing_keeps_an_interruption_or_a_notice_from_a_term_that_is_not_over(
            steps in proptest::collection::vec((0..4_usize, 0..9_i64), 0..8), days in 0..9_i64, takes in 0..60_i64,
        ) {
            use DeadlineEffect::{Announce, Answer, Interrupt, Resume, Start, Suspend};
            let mut at = day(1, 7);
            let mut touches = vec![(Start, at)];
            for (kind, days) in steps {
                at += TimeDelta::days(days);
                touches.push(([Suspend, Resume, Start, Answer][kind], at));
            }
            at += TimeDelta::days(days);
            prop_assume!(due(&touches).is_some_and(|due| due >= at));
            let then = |more: &[_]| due(&[touches.as_slice(), more].concat());
            prop_assert_eq!(then(&[(Interrupt, at)]), None);
            let completed = at + TimeDelta::days(takes);
            let anew = Some(completed + TimeDelta::days(30));
            prop_assert_eq!(then(&[(Interrupt, at), (Resume, completed)]), anew);
            let announced = then(&[(Announce, at)]);
            prop_assert!(announced >= last_day_for_observations(at, &ClosingCalendar::default()));
        }
    }
}
