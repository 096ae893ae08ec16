//! What readers see when it is not what is public now: drafts, a release before it is published, or the
//! public record of a moment. Each is an overlay over the published state: a few items with another
//! revision, or without any. Lists, links, slugs and sizes are read through it.

mod overlay;
mod plan;
mod record;
mod sql;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use moka::policy::EvictionPolicy;
use tokio::sync::Semaphore;

use super::ContentType;
use crate::{
    ids::{ItemId, ReleaseId, TenantId},
    locale::Locale,
    store::StoreError,
};

pub(super) use overlay::{Overlay, Shown};
use plan::Plan;

/// What a reader sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Perspective {
    /// What is public.
    Published,
    /// Every draft in place of what is public.
    Drafts,
    /// The draft of one item; everything else as it is public.
    DraftOf(ItemId),
    /// What will be public once a release is published; then, what was public at that moment.
    Release(ReleaseId),
    /// What was public at a moment.
    AsOf(DateTime<Utc>),
}

impl Perspective {
    /// Everyone may see it, and any cache may keep it.
    pub fn is_public(&self) -> bool {
        matches!(self, Self::Published | Self::AsOf(_))
    }

    /// The moment of the public record.
    fn moment(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::AsOf(time) => Some(*time),
            _ => None,
        }
    }
}

/// The most items that a perspective shows otherwise than the public site.
pub const MOST_ITEMS: u64 = 5_000;
/// The most rows that lists and the calendar have of them.
const MOST_ROWS: usize = 50_000;

/// Why a perspective cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum PerspectiveError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The moment is still to come.
    #[error("the moment is still to come")]
    ToCome,
    /// There is no such release.
    #[error("there is no such release")]
    NoSuchRelease,
    /// The release was taken back.
    #[error("the release was published and taken back; nothing is seen of it any more")]
    RolledBack,
    /// More items differ than can be shown.
    #[error(
        "more than {MOST_ITEMS} items, or {MOST_ROWS} places of theirs in lists, differ from what is public now"
    )]
    TooLarge,
}

/// Overlays that were made, by what they are made of; none where it would be too large.
#[derive(Clone, Debug)]
pub struct OverlayCache {
    made: moka::sync::Cache<(TenantId, Arc<Plan>), Option<Arc<Overlay>>>,
    /// Whoever waits may find it made by another; and nobody fills the memory with many at once.
    making: Arc<Semaphore>,
}

impl OverlayCache {
    /// Memory for overlays of about this many rows together.
    pub fn new(rows: u64) -> Self {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        const AT_ONCE: usize = 2;
        let made = moka::sync::Cache::builder()
            .max_capacity(rows)
            .weigher(|_, overlay: &Option<Arc<Overlay>>| {
                overlay.as_ref().map_or(1, |overlay| overlay.weight())
            })
            // One that is made is kept, or it would be made again for the next page.
            .eviction_policy(EvictionPolicy::lru())
            // Recurring events are written ahead from the moment at which an overlay is made.
            .time_to_live(HOUR)
            .build();
        Self {
            made,
            making: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

/// What is needed to take a perspective.
pub struct Sight<'a> {
    /// The perspective.
    pub perspective: &'a Perspective,
    /// The types of which the reader may see what is not public; all of them when left out.
    pub types: Option<&'a [ContentType]>,
    /// The locales of the tenant, the default first.
    pub locales: &'a [Locale],
    /// The moment it is.
    pub now: DateTime<Utc>,
}
