//! How a double behaves.

use std::{collections::BTreeSet, time::Duration};

/// How a double behaves.
#[derive(Clone, Debug)]
pub struct Conduct {
    /// How many calls of an account it answers in five seconds; all when there is no number.
    pub calls: Option<usize>,
    /// After how long a message is delivered.
    pub settles_after: Duration,
    /// How old a key must be.
    pub fresh: Duration,
    /// How old a service must be to take a picture.
    pub fresh_services: Duration,
    /// After how long what is under review is approved; when somebody says so when there is no time.
    pub review_after: Option<Duration>,
    /// The fiscal codes of those who are not on IO, or want nothing of it.
    pub absent: BTreeSet<String>,
    /// The fiscal codes of those to whom messages are not delivered though they were taken in.
    pub rejecting: BTreeSet<String>,
    /// The languages that everybody prefers.
    pub languages: Vec<String>,
    /// What goes wrong at random.
    pub faults: Faults,
    /// From which randomness begins, so that a run can be repeated.
    pub seed: u64,
}

/// What goes wrong at random: of each hundred calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Are answered with 429, as if there were too many.
    pub throttled: u8,
    /// Fail before anything is done (500).
    pub failing: u8,
    /// Are done, and never answered: of those that send a message.
    pub lost: u8,
    /// Are answered late.
    pub slow: u8,
}

impl Default for Conduct {
    /// As IO behaves on a good day.
    fn default() -> Self {
        Self {
            calls: Some(150),
            settles_after: Duration::from_secs(2),
            fresh: Duration::ZERO,
            fresh_services: Duration::from_secs(5),
            review_after: Some(Duration::from_secs(20)),
            absent: BTreeSet::new(),
            rejecting: BTreeSet::new(),
            languages: vec!["it_IT".to_owned()],
            faults: Faults::default(),
            seed: 0,
        }
    }
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mishap {
    Throttled,
    Failing,
    Slow,
}

impl Faults {
    /// What goes wrong, by a number below a hundred.
    pub(super) fn mishap(self, number: u8) -> Option<Mishap> {
        let all = [
            (self.throttled, Mishap::Throttled),
            (self.failing, Mishap::Failing),
            (self.slow, Mishap::Slow),
        ];
        let mut beyond = 0;
        all.into_iter().find_map(|(part, mishap)| {
            beyond += part;
            (number < beyond).then_some(mishap)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_wrong_goes_wrong_as_often_as_it_should() {
        let faults = Faults {
            throttled: 10,
            failing: 5,
            lost: 1,
            slow: 20,
        };
        let count = |wanted| {
            (0..100)
                .filter(|number| faults.mishap(*number) == wanted)
                .count()
        };
        assert_eq!(count(Some(Mishap::Throttled)), 10);
        assert_eq!(count(Some(Mishap::Failing)), 5);
        assert_eq!(count(Some(Mishap::Slow)), 20);
        assert_eq!(count(None), 65);
        assert_eq!(Faults::default().mishap(0), None);
    }
}
