//! Where an item stands in its life.

use std::str::FromStr;

use municipio_entities::content_item;

use crate::store::StoreError;

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemState {
    /// It is not public: never published, or taken off.
    Draft,
    /// It is public, and its newest revision is the one that readers see.
    Published,
    /// It is public, and has a newer revision that readers do not see.
    Changed,
    /// It is kept, not public, and out of the way of those who work.
    Archived,
    /// It was deleted, and can be restored.
    Deleted,
}

impl ItemState {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Draft,
        Self::Published,
        Self::Changed,
        Self::Archived,
        Self::Deleted,
    ];

    /// What is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Changed => "changed",
            Self::Archived => "archived",
            Self::Deleted => "deleted",
        }
    }

    /// What the pointers and times of an item say.
    pub(super) fn of(item: &content_item::Model) -> Self {
        match item.published_revision_id {
            _ if item.deleted_at.is_some() => Self::Deleted,
            _ if item.archived_at.is_some() => Self::Archived,
            None => Self::Draft,
            published if published == item.draft_revision_id => Self::Published,
            Some(_) => Self::Changed,
        }
    }
}

impl FromStr for ItemState {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let named = |state: &Self| state.as_str() == name;
        let found = Self::ALL.into_iter().find(named);
        found.ok_or_else(|| StoreError::corrupt("state of content", name))
    }
}
