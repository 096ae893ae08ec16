//! AVIF, whose encoder takes seconds: a variant is prepared in the background when somebody who accepts it asks, and
//! delivered to those who ask once it is there. One is prepared at a time, on one thread that is not one of the
//! workshop: nobody who waits for another form waits for it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::future::Cache;
use tokio::sync::Semaphore;

use super::{FileFacts, Format, Key, MediaError, TenantMedia, Variant, workshop::Workshop};

/// How many variants wait to be prepared; more are asked for again.
const WAITING: usize = 100;
/// How long it is remembered that a variant is not there yet.
const REMEMBERED: Duration = Duration::from_secs(5);

/// What is being prepared.
#[derive(Debug)]
pub(super) struct Preparing {
    keys: Arc<Mutex<HashSet<Key>>>,
    /// In turn.
    turn: Arc<Semaphore>,
    /// Where whoever's turn it is works.
    pub(super) workshop: Workshop,
    there: Cache<Key, bool>,
}

impl Default for Preparing {
    fn default() -> Self {
        Self {
            keys: Arc::default(),
            turn: Arc::new(Semaphore::new(1)),
            workshop: Workshop::new(1),
            there: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(REMEMBERED)
                .build(),
        }
    }
}

impl TenantMedia {
    /// Whether a variant is there as AVIF. If it is not, it is prepared.
    pub(super) async fn is_prepared(&self, facts: &FileFacts, variant: Variant) -> bool {
        let name = format!("{variant}.{}", Format::Avif.extension());
        let key = Key::variant(self.tenant(), &facts.sha256, &name);
        let preparing = &self.shared().preparing;
        let find = async { matches!(self.blobs().find(&key).await, Ok(Some(_))) };
        let is_there = preparing.there.get_with(key.clone(), find).await;
        if !is_there {
            self.prepare(facts.clone(), variant, key);
        }
        is_there
    }

    fn prepare(&self, facts: FileFacts, variant: Variant, key: Key) {
        let preparing = &self.shared().preparing;
        let keys = Arc::clone(&preparing.keys);
        {
            let mut keys = keys.lock().unwrap_or_else(PoisonError::into_inner);
            if keys.len() >= WAITING || !keys.insert(key.clone()) {
                return;
            }
        }
        let (media, turn) = (self.clone(), Arc::clone(&preparing.turn));
        tokio::spawn(async move {
            let _turn = turn.acquire().await;
            let made = media.keep_variant(&facts, variant, Format::Avif).await;
            if let Err(error) = made.map_err(|error: MediaError| error.to_string()) {
                tracing::warn!(error, "a variant cannot be prepared as AVIF");
            }
            media.shared().preparing.there.invalidate(&key).await;
            keys.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&key);
        });
    }
}
