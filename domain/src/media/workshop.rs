//! Where pictures and documents are worked on: on threads or in processes of their own, a few at a time, so that
//! memory is bounded and requests are answered meanwhile. Who has a place reads what is worked on, nobody before.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task,
};

use super::MediaError;
use crate::ids::TenantId;

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
    /// How many wait, of each tenant.
    waiting: Arc<Mutex<HashMap<TenantId, usize>>>,
    /// How many may wait.
    most: usize,
}

/// A place to work at, until it is dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<OwnedSemaphorePermit>);

/// Half of the cores, so that the others answer everybody else.
pub(super) fn half_of_the_cores() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (cores / 2).clamp(1, 4)
}

impl Workshop {
    /// With this many places.
    pub(super) fn new(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            waiting: Arc::default(),
            most: places * WAITING,
        }
    }

    /// Waits for a place, but not long, and not behind many: no tenant has more than half of those who wait.
    pub(super) async fn place(&self, tenant: TenantId) -> Result<Place, MediaError> {
        let _waits = self.wait(tenant)?;
        let place = Arc::clone(&self.places).acquire_owned();
        let place = tokio::time::timeout(PATIENCE, place).await;
        match place {
            Ok(Ok(place)) => Ok(Place(Arc::new(place))),
            _ => Err(MediaError::Busy),
        }
    }

    fn wait(&self, tenant: TenantId) -> Result<Waits<'_>, MediaError> {
        let mut waiting = self.waiting();
        let of_all: usize = waiting.values().sum();
        let of_tenant = waiting.entry(tenant).or_default();
        if of_all >= self.most || *of_tenant >= self.most / 2 {
            return Err(MediaError::Busy);
        }
        *of_tenant += 1;
        Ok(Waits {
            workshop: self,
            tenant,
        })
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<TenantId, usize>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody waits for a place.
struct Waits<'a> {
    workshop: &'a Workshop,
    tenant: TenantId,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        let mut waiting = self.workshop.waiting();
        if let Some(count) = waiting.get_mut(&self.tenant) {
            *count -= 1;
        }
        waiting.retain(|_, count| *count > 0);
    }
}

impl Place {
    /// Does something that takes long. What it began it ends, though nobody waits for it any more; the place is
    /// taken until then.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, MediaError> {
        let place = Arc::clone(&self.0);
        let mut work = task::spawn_blocking(move || {
            let _place = place;
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
        let (workshop, tenant) = (Workshop::new(1), TenantId::generate());
        let place = workshop.place(tenant).await.unwrap();
        let failed = place.work(|| -> u8 { panic!("hostile") }).await;
        assert!(matches!(failed, Err(MediaError::Render(_))));
        drop(place);
        let place = workshop.place(tenant).await.unwrap();
        assert_eq!(place.work(|| 1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn who_comes_behind_many_is_sent_away_at_once() {
        let (workshop, tenant) = (Workshop::new(1), TenantId::generate());
        let taken = workshop.place(tenant).await.unwrap();
        let mut waiting = Vec::new();
        // Each has one half.
        for tenant in [tenant, TenantId::generate()] {
            for _ in 0..WAITING / 2 {
                let mut place = Box::pin(workshop.place(tenant));
                assert!(futures_util::poll!(&mut place).is_pending());
                waiting.push(place);
            }
            let refused = workshop.place(tenant).await;
            assert!(matches!(refused, Err(MediaError::Busy)));
        }
        let third = TenantId::generate();
        assert!(matches!(workshop.place(third).await, Err(MediaError::Busy)));
        drop(taken);
        assert!(waiting.remove(0).await.is_ok());
        drop(waiting);
        assert!(workshop.waiting().is_empty());
    }
}
