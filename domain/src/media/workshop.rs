//! Where pictures and documents are worked on: on threads of their own, a few at a time, so that memory is
//! bounded and requests are answered meanwhile.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use tokio::{sync::Semaphore, task};

use super::MediaError;

/// How long something waits for a place.
const PATIENCE: Duration = Duration::from_secs(15);

/// Places to work at.
#[derive(Clone, Debug)]
pub(super) struct Workshop(Arc<Semaphore>);

impl Default for Workshop {
    /// Half of the cores work on files, so that the others answer everybody else.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self(Arc::new(Semaphore::new((cores / 2).clamp(1, 4))))
    }
}

impl Workshop {
    /// Does something that takes long. What it began it ends, though nobody waits for it any more; its place is
    /// taken until then.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, MediaError> {
        let place = Arc::clone(&self.0).acquire_owned();
        let place = tokio::time::timeout(PATIENCE, place).await;
        let place = place
            .map_err(|_| MediaError::Busy)?
            .map_err(|_| MediaError::Busy)?;
        let work = task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        // A library may give up on what it is given: that is the fault of the file.
        work.await
            .map_err(|error| MediaError::Render(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_gives_its_place_back() {
        let workshop = Workshop(Arc::new(Semaphore::new(1)));
        let failed = workshop.work(|| -> u8 { panic!("hostile") }).await;
        assert!(matches!(failed, Err(MediaError::Render(_))));
        assert_eq!(workshop.work(|| 1).await.unwrap(), 1);
    }
}
