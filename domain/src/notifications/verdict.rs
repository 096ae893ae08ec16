//! What follows when IO does not do what it is asked for. It has no memory of what it was sent: whoever asks twice
//! writes twice. So whether a message is sent again depends on whether it can have been sent.

use std::time::Duration;

use super::port::CallFault;

/// What IO was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Something that can be asked for as often as one likes.
    Look,
    /// To send a message.
    Send,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nobody calls for so long; it was not tried.
    Wait(Duration),
    /// It is tried again after so long.
    Retry(Duration),
    /// The service is left alone: its keys are not accepted.
    Pause,
    /// It is not tried again.
    GiveUp,
    /// Nobody knows whether the message was sent.
    Doubt,
}

/// How long to wait after each failure, in seconds; the last of these again and again, for a day in all.
const PAUSES: [u64; 4] = [60, 5 * 60, 30 * 60, 2 * 3_600];
/// How many failures make a day.
const MOST: u32 = 14;

/// What follows from a fault after so many failures, this one included. `random` is any number: what failed together
/// does not come back together.
pub(super) fn verdict(step: Step, fault: CallFault, failures: u32, random: u64) -> Verdict {
    match (step, fault) {
        (_, CallFault::Throttled(pause)) => Verdict::Wait(pause + part(1_000, random)),
        (_, CallFault::Unauthorised) => Verdict::Pause,
        (_, CallFault::Refused) => Verdict::GiveUp,
        (Step::Send, CallFault::Unknown) => Verdict::Doubt,
        (_, CallFault::Failed | CallFault::Unknown) => match pause(failures, random) {
            Some(pause) => Verdict::Retry(pause),
            None => Verdict::GiveUp,
        },
    }
}

/// How long to wait after so many failures; nothing when it is given up. Up to a fifth is added at random.
pub(super) fn pause(failures: u32, random: u64) -> Option<Duration> {
    if failures >= MOST {
        return None;
    }
    let index = usize::try_from(failures.saturating_sub(1)).ok()?;
    let seconds = PAUSES[index.min(PAUSES.len() - 1)];
    Some(Duration::from_secs(seconds) + part(seconds * 1_000 / 5, random))
}

/// A part of so many milliseconds.
fn part(milliseconds: u64, random: u64) -> Duration {
    let part = (u128::from(milliseconds) * u128::from(random)) >> u64::BITS;
    Duration::from_millis(u64::try_from(part).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn faults() -> impl Strategy<Value = CallFault> {
        prop_oneof![
            (0..600_u64).prop_map(|seconds| CallFault::Throttled(Duration::from_secs(seconds))),
            Just(CallFault::Unauthorised),
            Just(CallFault::Refused),
            Just(CallFault::Failed),
            Just(CallFault::Unknown),
        ]
    }

    proptest! {
        /// A message is sent again only when it was certainly not sent.
        #[test]
        fn what_may_have_been_sent_is_not_sent_again(fault in faults(), failures in 1..20_u32, random: u64) {
            let verdict = verdict(Step::Send, fault, failures, random);
            let goes_on = matches!(verdict, Verdict::Wait(_) | Verdict::Retry(_) | Verdict::Pause);
            prop_assert_eq!(verdict == Verdict::Doubt, fault == CallFault::Unknown);
            prop_assert!(!(goes_on && fault == CallFault::Unknown));
        }

        #[test]
        fn io_is_left_alone_for_as_long_as_it_says(seconds in 0..600_u64, random: u64) {
            let asked = Duration::from_secs(seconds);
            let verdict = verdict(Step::Send, CallFault::Throttled(asked), 1, random);
            let Verdict::Wait(pause) = verdict else { panic!("{verdict:?}") };
            prop_assert!(pause >= asked && pause <= asked + Duration::from_secs(1));
        }

        #[test]
        fn what_fails_is_tried_for_a_day(random: u64) {
            let pauses: Vec<_> = (1..).map_while(|failures| pause(failures, random)).collect();
            let whole: Duration = pauses.iter().sum();
            let hours = whole.as_secs() / 3_600;
            prop_assert!((20..26).contains(&hours), "{hours}");
            for (index, pause) in pauses.iter().enumerate() {
                let seconds = PAUSES[index.min(3)];
                prop_assert!(pause.as_secs() >= seconds && pause.as_secs_f64() <= seconds as f64 * 1.2);
            }
        }
    }
}
