//! What many ask for at once is made once, in a task of its own: it is ended though those who asked have gone, and
//! who asks meanwhile waits for it.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};

use super::MediaError;

type Made<V> = Result<V, Arc<MediaError>>;
type Making<V> = Shared<BoxFuture<'static, Made<V>>>;

/// What is being made.
#[derive(Debug)]
pub(super) struct Once<K, V>(Arc<Mutex<HashMap<K, Making<V>>>>);

impl<K, V> Default for Once<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Clone for Once<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Once<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// What `make` gives, or what is being made under this key already. Who made it before is not asked: that is kept
    /// elsewhere.
    pub(super) async fn get(
        &self,
        key: K,
        make: impl Future<Output = Made<V>> + Send + 'static,
    ) -> Made<V> {
        let making = {
            let mut under_way = self.under_way();
            match under_way.get(&key) {
                Some(making) => making.clone(),
                None => {
                    let making = self.begin(key.clone(), make);
                    under_way.insert(key, making.clone());
                    making
                }
            }
        };
        making.await
    }

    fn begin(&self, key: K, make: impl Future<Output = Made<V>> + Send + 'static) -> Making<V> {
        let ends = Ends {
            once: self.clone(),
            key,
        };
        let task = tokio::spawn(async move {
            let _ends = ends;
            make.await
        });
        let made = task.map(|made| {
            made.unwrap_or_else(|error| Err(Arc::new(MediaError::Render(error.to_string()))))
        });
        made.boxed().shared()
    }
}

impl<K, V> Once<K, V> {
    /// It is whole after every step, whatever becomes of who took one.
    fn under_way(&self) -> MutexGuard<'_, HashMap<K, Making<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that is under way until this is dropped.
struct Ends<K: Eq + Hash, V> {
    once: Once<K, V>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Ends<K, V> {
    fn drop(&mut self) {
        self.once.under_way().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::poll;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn it_is_made_once_though_who_asked_first_has_gone() {
        let (once, made) = (Once::default(), Arc::new(AtomicUsize::new(0)));
        let go_on = Arc::new(Notify::new());
        let make = || {
            let (made, go_on) = (Arc::clone(&made), Arc::clone(&go_on));
            async move {
                go_on.notified().await;
                Ok(made.fetch_add(1, Ordering::SeqCst) + 1)
            }
        };
        let mut first = Box::pin(once.get("a", make()));
        assert!(poll!(&mut first).is_pending());
        let mut second = Box::pin(once.get("a", make()));
        assert!(poll!(&mut second).is_pending());
        drop(first);
        drop(second);
        let mut third = Box::pin(once.get("a", make()));
        assert!(poll!(&mut third).is_pending());
        go_on.notify_one();
        assert_eq!(third.await.unwrap(), 1);
        assert_eq!(made.load(Ordering::SeqCst), 1);
        assert!(once.under_way().is_empty());
    }

    #[tokio::test]
    async fn what_panics_is_an_error_and_is_tried_again() {
        let once = Once::<_, u8>::default();
        let failed = once.get("a", async { panic!("hostile") }).await;
        assert!(failed.is_err_and(|error| matches!(*error, MediaError::Render(_))));
        assert_eq!(once.get("a", async { Ok(1) }).await.unwrap(), 1);
    }
}
