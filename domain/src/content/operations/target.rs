//! Which item an operation is for, and on what its caller stands.

use municipio_entities::content_item;

use super::ContentError;
use crate::ids::{ItemId, RevisionId};

/// The item that an operation is for. Who read it before names the revision that was its newest then, so
/// that what somebody else wrote meanwhile is not lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The item.
    pub id: ItemId,
    /// The newest revision as the caller knows it; none to write whatever it is.
    pub expected_revision: Option<RevisionId>,
}

impl Target {
    /// An item whose newest revision is expected to be this one, when one is named.
    pub fn expecting(id: ItemId, expected_revision: Option<RevisionId>) -> Self {
        Self {
            id,
            expected_revision,
        }
    }

    /// Goes on when the item is as the caller knows it.
    pub(super) fn check(self, item: &content_item::Model) -> Result<(), ContentError> {
        let actual = item.draft_revision_id.map(RevisionId);
        match self.expected_revision {
            Some(expected) if actual != Some(expected) => Err(ContentError::Conflict {
                expected: Some(expected),
                actual,
            }),
            _ => Ok(()),
        }
    }
}

impl From<ItemId> for Target {
    fn from(id: ItemId) -> Self {
        Self::expecting(id, None)
    }
}
