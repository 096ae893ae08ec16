//! What readers see when it is not what is public now: drafts, a release before it is published, or the
//! public record of a moment. Each is an overlay over the published state: a few items with another
//! revision, or without any. Lists, links, slugs and sizes are read through it.

mod overlay;
mod plan;
mod sql;

use chrono::{DateTime, Utc};

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
    /// What will be public once a release is published.
    Release(ReleaseId),
    /// What was public at a moment.
    AsOf(DateTime<Utc>),
}

impl Perspective {
    /// Everyone may see it, and any cache may keep it.
    pub fn is_public(&self) -> bool {
        matches!(self, Self::Published | Self::AsOf(_))
    }
}

/// The most items that a perspective shows otherwise than the public site.
pub const MOST_ITEMS: u64 = 5_000;

/// Why a perspective cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum PerspectiveError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log of publications does not go back so far.
    #[error("the public record does not go back to that moment")]
    NotOnRecord,
    /// The moment is still to come.
    #[error("the moment is still to come")]
    ToCome,
    /// There is no such release.
    #[error("there is no such release")]
    NoSuchRelease,
    /// More items differ than can be shown.
    #[error("more than {MOST_ITEMS} items differ from what is public now")]
    TooLarge,
}

/// Overlays that were made, by what they are made of.
#[derive(Clone, Debug)]
pub struct OverlayCache(
    moka::sync::Cache<(TenantId, std::sync::Arc<Plan>), std::sync::Arc<Overlay>>,
);

impl OverlayCache {
    /// Memory for overlays of about this many rows together.
    pub fn new(rows: u64) -> Self {
        const HOUR: std::time::Duration = std::time::Duration::from_secs(60 * 60);
        let cache = moka::sync::Cache::builder()
            .max_capacity(rows)
            .weigher(|_, overlay: &std::sync::Arc<Overlay>| overlay.weight())
            // Recurring events are written ahead from the moment at which an overlay is made.
            .time_to_live(HOUR);
        Self(cache.build())
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
