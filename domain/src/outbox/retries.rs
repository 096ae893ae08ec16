//! When a job that failed is tried again, and when it is given up.

use std::time::Duration;

use chrono::TimeDelta;

/// How often and how long a job is tried.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// The longest pause after the first failure; it doubles with each.
    pub first: Duration,
    /// The longest pause of all.
    pub longest: Duration,
    /// How often a job is tried; without end when there is no number.
    pub attempts: Option<u32>,
    /// How old a job may become; without end when there is no age.
    pub age: Option<TimeDelta>,
}

impl Retries {
    /// How long to wait after so many attempts: any time up to a limit that doubles («full jitter»), so that jobs
    /// that failed together do not come back together. `random` is any number.
    pub fn pause(&self, attempts: u32, random: u64) -> Duration {
        let doublings = attempts.saturating_sub(1).min(u32::BITS - 1);
        let limit = self.first.saturating_mul(1 << doublings);
        let milliseconds = limit.min(self.longest).as_millis();
        // The upper half of the product: an even choice among the numbers below the limit.
        let chosen = (milliseconds * u128::from(random)) >> u64::BITS;
        Duration::from_millis(u64::try_from(chosen).unwrap_or(u64::MAX))
    }

    /// Whether a job is never given up.
    pub fn are_endless(&self) -> bool {
        self.attempts.is_none() && self.age.is_none()
    }

    /// Whether a job is given up that failed after so many attempts and at this age.
    pub fn are_over(&self, attempts: u32, age: TimeDelta) -> bool {
        self.attempts.is_some_and(|most| attempts >= most)
            || self.age.is_some_and(|oldest| age >= oldest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RETRIES: Retries = Retries {
        first: Duration::from_secs(1),
        longest: Duration::from_secs(600),
        attempts: Some(10),
        age: Some(TimeDelta::days(1)),
    };

    /// The longest pause that there can be after so many attempts.
    fn limit(attempts: u32) -> Duration {
        RETRIES.pause(attempts, u64::MAX) + Duration::from_millis(1)
    }

    proptest! {
        #[test]
        fn a_pause_is_anything_up_to_a_limit_that_doubles(attempts in 1..200_u32, random: u64) {
            let pause = RETRIES.pause(attempts, random);
            prop_assert!(pause < limit(attempts));
            prop_assert!(limit(attempts) <= RETRIES.longest);
            prop_assert!(limit(attempts) <= limit(attempts + 1));
            prop_assert_eq!(RETRIES.pause(attempts, 0), Duration::ZERO);
            if limit(attempts + 1) < RETRIES.longest {
                prop_assert_eq!(limit(attempts + 1), limit(attempts) * 2);
            }
        }

        #[test]
        fn pauses_of_jobs_that_failed_together_are_spread(attempts in 1..40_u32, seeds in prop::array::uniform32(any::<u64>())) {
            let half = limit(attempts) / 2;
            let early = seeds.iter().filter(|seed| RETRIES.pause(attempts, **seed) < half).count();
            let below = seeds.iter().filter(|seed| **seed < u64::MAX / 2).count();
            // To the millisecond, as many come early as there are small numbers.
            let edge = seeds.iter().filter(|seed| seed.abs_diff(u64::MAX / 2) < u64::MAX / 500).count();
            prop_assert!(early.abs_diff(below) <= edge);
        }

        #[test]
        fn what_is_given_up_stays_given_up(attempts in 0..20_u32, hours in 0..48_i64) {
            let age = TimeDelta::hours(hours);
            prop_assert_eq!(RETRIES.are_over(attempts, age), attempts >= 10 || hours >= 24);
            let endless = Retries { attempts: None, age: None, ..RETRIES };
            prop_assert!(!endless.are_over(attempts, age));
        }
    }
}
