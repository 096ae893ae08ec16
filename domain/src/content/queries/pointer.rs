//! Pointers: which revision is seen of an item, as rows and overlays tell; and the reading of what is stored.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::QueryResult;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    content::{Body, ContentType, Slugs, perspective::Shown},
    ids::{ItemId, RevisionId},
    store::StoreError,
};

/// Where what is seen of an item is found.
pub(super) struct Pointer {
    pub(super) id: ItemId,
    pub(super) content_type: ContentType,
    pub(super) revision: RevisionId,
    pub(super) slugs: Arc<Slugs>,
    pub(super) published_at: Option<DateTime<Utc>>,
    pub(super) updated_at: DateTime<Utc>,
}

impl Pointer {
    /// The published item of a row, if it is published.
    pub(super) fn from_row(row: &QueryResult) -> Result<Option<Self>, StoreError> {
        let revision: Option<Uuid> = row.try_get("", "published_revision_id")?;
        let Some(revision) = revision else {
            return Ok(None);
        };
        let content_type: String = row.try_get("", "content_type")?;
        let slugs: String = row.try_get("", "slugs")?;
        Ok(Some(Self {
            id: ItemId(row.try_get("", "id")?),
            content_type: read_type(&content_type)?,
            revision: RevisionId(revision),
            slugs: Arc::new(parse_slugs(&slugs)?),
            published_at: row.try_get("", "published_at")?,
            updated_at: row.try_get("", "updated_at")?,
        }))
    }

    /// An item as an overlay shows it.
    pub(super) fn shown(id: ItemId, shown: &Shown) -> Self {
        Self {
            id,
            content_type: shown.content_type,
            revision: shown.revision,
            slugs: Arc::clone(&shown.slugs),
            published_at: shown.published_at,
            updated_at: shown.updated_at,
        }
    }
}

/// Reads a stored body.
pub(in crate::content) fn read_body(
    content_type: ContentType,
    id: RevisionId,
    body: Value,
) -> Result<Body, StoreError> {
    Body::read(content_type, body)
        .map_err(|error| StoreError::corrupt(format!("revision {id}"), error))
}

pub(in crate::content) fn read_slugs(slugs: Value) -> Result<Slugs, StoreError> {
    serde_json::from_value(slugs).map_err(|error| StoreError::corrupt("slugs", error))
}

/// The same of slugs that were read as text.
pub(in crate::content) fn parse_slugs(slugs: &str) -> Result<Slugs, StoreError> {
    serde_json::from_str(slugs).map_err(|error| StoreError::corrupt("slugs", error))
}

pub(in crate::content) fn read_type(name: &str) -> Result<ContentType, StoreError> {
    name.parse()
        .map_err(|error| StoreError::corrupt("content type", error))
}
