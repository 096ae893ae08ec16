//! Where pictures and documents are worked on: on threads or in processes of their own, a few at a time, so that
//! memory is bounded and requests are answered meanwhile. Who has a place reads what is worked on, nobody before.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task,
};

use super::MediaError;

/// How long something waits for a place.
const PATIENCE: Duration = Duration::from_secs(15);
/// How many wait at a time for each of the places.
const WAITING: usize = 64;
/// After how long a place that is still taken is told of: nothing can end the work of a library.
const LONG: Duration = Duration::from_secs(60);

/// Places to work at.
#[derive(Clone, Debug)]
pub(super) struct Workshop {
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// A place to work at, until it is dropped.
#[derive(Debug)]
pub(super) struct Place(OwnedSemaphorePermit);

impl Default for Workshop {
    /// Half of the cores work on files, so that the others answer everybody else.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::new((cores / 2).clamp(1, 4))
    }
}

impl Workshop {
    /// With this many places.
    pub(super) fn new(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            waiting: Arc::new(Semaphore::new(places * WAITING)),
        }
    }

    /// Waits for a place, but not long, and not behind many.
    pub(super) async fn place(&self) -> Result<Place, MediaError> {
        let _waits = self.waiting.try_acquire().map_err(|_| MediaError::Busy)?;
        let place = Arc::clone(&self.places).acquire_owned();
        let place = tokio::time::timeout(PATIENCE, place).await;
        match place {
            Ok(Ok(place)) => Ok(Place(place)),
            _ => Err(MediaError::Busy),
        }
    }
}

impl Place {
    /// Does something that takes long. What it began it ends, though nobody waits for it any more; the place is
    /// taken until then.
    pub(super) async fn work<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, MediaError> {
        let mut work = task::spawn_blocking(move || {
            let _place = self.0;
            work()
        });
        let done = match tokio::time::timeout(LONG, &mut work).await {
            Ok(done) => done,
            Err(_) => {
                tracing::error!(
                    "a picture has been worked on for {LONG:?}, and keeps others waiting"
                );
                work.await
            }
        };
        // A library may give up on what it is given: that is the fault of the file.
        done.map_err(|error| MediaError::Render(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_gives_its_place_back() {
        let workshop = Workshop::new(1);
        let place = workshop.place().await.unwrap();
        let failed = place.work(|| -> u8 { panic!("hostile") }).await;
        assert!(matches!(failed, Err(MediaError::Render(_))));
        let place = workshop.place().await.unwrap();
        assert_eq!(place.work(|| 1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn who_comes_behind_many_is_sent_away_at_once() {
        let workshop = Workshop::new(1);
        let taken = workshop.place().await.unwrap();
        let waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(workshop.place())).collect();
        let mut waiting = waiting;
        for place in &mut waiting {
            assert!(futures_util::poll!(place).is_pending());
        }
        assert!(matches!(workshop.place().await, Err(MediaError::Busy)));
        drop(taken);
        assert!(waiting.remove(0).await.is_ok());
    }
}
