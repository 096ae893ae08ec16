//! How often somebody may ask: so many times at once, and then as often as that comes back in the time that is set. The
//! counting is that of the crate governor (GCRA), in memory: each node counts by itself.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
};

type Counts = DefaultKeyedRateLimiter<String, StateInformationMiddleware>;

/// After so many questions those are forgotten who have all of their limit again.
const TURN: u64 = 1_000;

/// How often each of many may ask.
#[derive(Clone, Debug)]
pub(crate) struct Limiter(Option<Arc<Counted>>);

#[derive(Debug)]
struct Counted {
    counts: Counts,
    asked: AtomicU64,
}

/// How much of their limit somebody has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// How often they may ask in a row.
    pub(crate) limit: u32,
    /// How often they still may.
    pub(crate) remaining: u32,
    /// After how many seconds they have all of it again; of somebody who has none, some of it.
    pub(crate) reset: u64,
}

impl Limiter {
    /// So many times in this period; as often as one likes when that is never.
    pub(crate) fn new(times: u32, period: Duration) -> Self {
        let quota = NonZeroU32::new(times).and_then(|times| {
            let one = Quota::with_period(period / times.get())?;
            Some(one.allow_burst(times))
        });
        Self(quota.map(|quota| {
            let counts = RateLimiter::keyed(quota).with_middleware();
            let asked = AtomicU64::default();
            Arc::new(Counted { counts, asked })
        }))
    }

    /// Counts a question of somebody; nothing where there is no limit.
    ///
    /// # Errors
    /// They have none left.
    pub(crate) fn count(&self, who: &str) -> Result<Option<Standing>, Standing> {
        let Some(counted) = &self.0 else {
            return Ok(None);
        };
        if counted.asked.fetch_add(1, Ordering::Relaxed) % TURN == TURN - 1 {
            counted.counts.retain_recent();
        }
        match counted.counts.check_key(&who.to_owned()) {
            Ok(state) => {
                let (quota, remaining) = (state.quota(), state.remaining_burst_capacity());
                let used = quota.burst_size().get().saturating_sub(remaining);
                Ok(Some(Standing {
                    limit: quota.burst_size().get(),
                    remaining,
                    reset: whole_seconds(quota.replenish_interval() * used),
                }))
            }
            Err(wait) => Err(Standing {
                limit: wait.quota().burst_size().get(),
                remaining: 0,
                reset: whole_seconds(wait.wait_time_from(DefaultClock::default().now())),
            }),
        }
    }
}

/// Never less than it takes.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn each_has_a_limit_of_their_own() {
        let limiter = Limiter::new(3, HOUR);
        for remaining in [2, 1, 0] {
            let standing = limiter.count("a").unwrap().unwrap();
            assert_eq!((standing.limit, standing.remaining), (3, remaining));
            assert_eq!(standing.reset, u64::from(3 - remaining) * 1_200);
        }
        let refused = limiter.count("a").unwrap_err();
        assert_eq!((refused.limit, refused.remaining), (3, 0));
        assert!((1..=1_200).contains(&refused.reset), "{refused:?}");
        assert!(limiter.count("b").is_ok());
    }

    #[test]
    fn a_limit_of_nothing_is_none() {
        let limiter = Limiter::new(0, HOUR);
        assert_eq!(limiter.count("a"), Ok(None));
    }

    #[test]
    fn who_has_all_of_the_limit_again_is_forgotten() {
        let limiter = Limiter::new(1_000_000, Duration::from_millis(1));
        for asked in 0..3 * TURN {
            assert!(limiter.count(&asked.to_string()).is_ok());
        }
        let kept = limiter.0.unwrap().counts.len();
        assert!(kept < usize::try_from(2 * TURN).unwrap(), "{kept}");
    }
}
