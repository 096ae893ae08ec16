//! What somebody publishes who may change it at any time, and who may not answer. It is kept for an hour; whoever
//! needs something newer has it fetched anew, but not again within seconds, whether that succeeds or fails, so that
//! nobody makes us ask all the time. While it cannot be fetched, what was published last is good for a day. Who has
//! that to go on with does not wait for who fetches.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Mutex, watch};

use super::OpenIdError;

/// How long it is kept without being looked at again.
const KEPT: TimeDelta = TimeDelta::hours(1);
/// How long it is good while nothing newer can be had.
const GOOD: TimeDelta = TimeDelta::days(1);
/// How often it is fetched anew, or after it failed, at the most.
const PAUSE: TimeDelta = TimeDelta::seconds(10);

/// Something that is published.
#[derive(Debug)]
pub(super) struct Published<T> {
    known: watch::Sender<Known<T>>,
    /// One fetches at a time.
    turn: Mutex<()>,
}

/// What is known of it.
#[derive(Debug)]
struct Known<T> {
    /// What was published last, and when it was fetched.
    last: Option<(Arc<T>, DateTime<Utc>)>,
    /// When something newer was asked for last.
    asked_anew: Option<DateTime<Utc>>,
    /// Why it could not be fetched since, and when.
    failed: Option<(OpenIdError, DateTime<Utc>)>,
}

impl<T> Known<T> {
    /// What was fetched no longer ago than this.
    fn within(&self, time: TimeDelta, now: DateTime<Utc>) -> Option<Arc<T>> {
        let (last, fetched) = self.last.as_ref()?;
        (*fetched > now - time).then(|| Arc::clone(last))
    }

    /// Why it could not be fetched just now.
    fn failed(&self, now: DateTime<Utc>) -> Option<OpenIdError> {
        let (error, at) = self.failed.as_ref()?;
        (*at > now - PAUSE).then(|| error.clone())
    }
}

impl<T> Default for Published<T> {
    fn default() -> Self {
        let known = Known {
            last: None,
            asked_anew: None,
            failed: None,
        };
        Self {
            known: watch::Sender::new(known),
            turn: Mutex::default(),
        }
    }
}

impl<T> Published<T> {
    /// What is published.
    pub(super) async fn get(
        &self,
        now: DateTime<Utc>,
        fetch: impl Future<Output = Result<T, OpenIdError>>,
    ) -> Result<Arc<T>, OpenIdError> {
        let fresh = || self.known.borrow().within(KEPT, now);
        if let Some(fresh) = fresh() {
            return Ok(fresh);
        }
        let good = self.known.borrow().within(GOOD, now);
        let _turn = match (&good, self.turn.try_lock()) {
            (_, Ok(turn)) => turn,
            (Some(good), Err(_)) => return Ok(Arc::clone(good)),
            (None, Err(_)) => self.turn.lock().await,
        };
        if let Some(fresh) = fresh() {
            return Ok(fresh);
        }
        let failed = self.known.borrow().failed(now);
        let fetched = match failed {
            Some(error) => Err(error),
            None => self.fetched(now, fetch).await,
        };
        match (fetched, good) {
            (Err(_), Some(good)) => Ok(good),
            (fetched, _) => fetched,
        }
    }

    /// What is newer than this; the same when it was asked for just now.
    pub(super) async fn newer(
        &self,
        seen: &Arc<T>,
        now: DateTime<Utc>,
        fetch: impl Future<Output = Result<T, OpenIdError>>,
    ) -> Result<Arc<T>, OpenIdError> {
        let _turn = self.turn.lock().await;
        let newest = self.known.borrow().within(GOOD, now);
        if let Some(newest) = newest.filter(|newest| !Arc::ptr_eq(newest, seen)) {
            return Ok(newest);
        }
        let failed = self.known.borrow().failed(now);
        if let Some(error) = failed {
            return Err(error);
        }
        let asked = self.known.borrow().asked_anew;
        if asked.is_some_and(|asked| asked > now - PAUSE) {
            return Ok(Arc::clone(seen));
        }
        self.known.send_modify(|known| known.asked_anew = Some(now));
        self.fetched(now, fetch).await
    }

    /// Fetches it, and keeps what came of that.
    async fn fetched(
        &self,
        now: DateTime<Utc>,
        fetch: impl Future<Output = Result<T, OpenIdError>>,
    ) -> Result<Arc<T>, OpenIdError> {
        let fetched = fetch.await.map(Arc::new);
        self.known.send_modify(|known| match &fetched {
            Ok(fetched) => {
                known.last = Some((Arc::clone(fetched), now));
                known.failed = None;
            }
            Err(error) => known.failed = Some((error.clone(), now)),
        });
        fetched
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Somebody who publishes a number, or does not answer.
    #[derive(Default)]
    struct Publisher {
        published: Published<u32>,
        says: Cell<Option<u32>>,
        asked: Cell<u32>,
    }

    impl Publisher {
        async fn answer(&self) -> Result<u32, OpenIdError> {
            self.asked.set(self.asked.get() + 1);
            let silent = || OpenIdError::Unavailable("silence".to_owned());
            self.says.get().ok_or_else(silent)
        }

        /// What is had at this second, and how often it was asked for so far.
        async fn get(&self, second: i64) -> (Option<u32>, u32) {
            let got = self.published.get(at(second), self.answer()).await;
            (got.ok().map(|got| *got), self.asked.get())
        }

        async fn newer(&self, seen: &Arc<u32>, second: i64) -> (Option<u32>, u32) {
            let got = self.published.newer(seen, at(second), self.answer()).await;
            (got.ok().map(|got| *got), self.asked.get())
        }
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(second)
    }

    #[tokio::test]
    async fn who_does_not_answer_is_left_alone_for_some_seconds() {
        let publisher = Publisher::default();
        assert_eq!(publisher.get(0).await, (None, 1));
        assert_eq!(publisher.get(9).await, (None, 1));
        assert_eq!(publisher.get(10).await, (None, 2));
        publisher.says.set(Some(7));
        assert_eq!(publisher.get(19).await, (None, 2));
        assert_eq!(publisher.get(20).await, (Some(7), 3));
        assert_eq!(publisher.get(3_619).await, (Some(7), 3));
    }

    #[tokio::test]
    async fn what_was_known_is_good_for_a_day_while_nobody_answers() {
        let publisher = Publisher::default();
        publisher.says.set(Some(7));
        assert_eq!(publisher.get(0).await, (Some(7), 1));
        publisher.says.set(None);
        assert_eq!(publisher.get(3_600).await, (Some(7), 2));
        assert_eq!(publisher.get(3_609).await, (Some(7), 2));
        assert_eq!(publisher.get(3_610).await, (Some(7), 3));
        assert_eq!(publisher.get(86_400).await, (None, 4));
    }

    #[tokio::test]
    async fn something_newer_is_asked_for_once_in_some_seconds() {
        let publisher = Publisher::default();
        publisher.says.set(Some(7));
        let seen = publisher.published.get(at(0), publisher.answer()).await;
        let seen = seen.unwrap();
        publisher.says.set(None);
        assert_eq!(publisher.newer(&seen, 0).await, (None, 2));
        assert_eq!(publisher.newer(&seen, 9).await, (None, 2));
        publisher.says.set(Some(8));
        assert_eq!(publisher.newer(&seen, 10).await, (Some(8), 3));
        assert_eq!(publisher.newer(&seen, 11).await, (Some(8), 3));
        let seen = publisher.published.get(at(11), publisher.answer()).await;
        let seen = seen.unwrap();
        assert_eq!(publisher.newer(&seen, 19).await, (Some(8), 3));
        assert_eq!(publisher.newer(&seen, 20).await, (Some(8), 4));
    }

    #[tokio::test]
    async fn who_has_something_to_go_on_with_does_not_wait() {
        let published = Published::<u32>::default();
        published.get(at(0), async { Ok(7) }).await.unwrap();
        let hangs = published.get(at(3_600), std::future::pending());
        let silent = OpenIdError::Unavailable("it is being fetched".to_owned());
        let other = published.get(at(3_600), async { Err(silent) });
        tokio::select! {
            biased;
            _ = hangs => panic!("it hangs"),
            other = other => assert_eq!(*other.unwrap(), 7),
        }
    }
}
