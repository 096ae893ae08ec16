//! An item as a reader sees it: its identity with the body of one revision.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};

use super::{Body, ContentType, Slug};
use crate::{
    ids::{ItemId, RevisionId},
    locale::Locale,
};

/// The current slugs of an item, by locale.
pub type Slugs = BTreeMap<Locale, Slug>;

/// An item with the body of its published revision, or of its draft for those who may see it.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// The revision whose body this is.
    pub revision_id: RevisionId,
    /// Its current slugs.
    pub slugs: Arc<Slugs>,
    /// When it was first published.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was last published.
    pub updated_at: DateTime<Utc>,
    /// The body.
    pub body: Body,
}

impl Item {
    /// Its content type.
    pub fn content_type(&self) -> ContentType {
        self.body.content_type()
    }

    /// Its slug in the first of these locales that has one.
    pub fn slug(&self, preferred: &[Locale]) -> Option<&Slug> {
        preferred
            .iter()
            .find_map(|locale| self.slugs.get(locale))
            .or_else(|| self.slugs.values().next())
    }
}
