//! Tells the workers of this program at once that a transaction put something into an outbox.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// The bell of a transaction: pulled while it runs, heard when it is committed.
#[derive(Debug)]
pub(super) struct Bell {
    workers: watch::Sender<()>,
    is_rung: AtomicBool,
}

impl Bell {
    pub(super) fn of(workers: &watch::Sender<()>) -> Self {
        Self {
            workers: workers.clone(),
            is_rung: AtomicBool::new(false),
        }
    }

    /// To be heard at the commit. Says whether it is the first time.
    pub(super) fn ring(&self) -> bool {
        !self.is_rung.swap(true, Ordering::Relaxed)
    }

    /// To be called after the commit.
    pub(super) fn sound(self) {
        if self.is_rung.into_inner() {
            self.workers.send_replace(());
        }
    }
}
