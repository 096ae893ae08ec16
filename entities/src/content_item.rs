//! The identity of a piece of content, with its draft and published pointers.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "content_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub content_type: String,
    /// The current slugs, a JSON object from locale to slug.
    pub slugs: Json,
    pub draft_revision_id: Option<Uuid>,
    pub published_revision_id: Option<Uuid>,
    /// When it was first published.
    pub published_at: Option<DateTimeUtc>,
    /// When the published pointer last moved.
    pub updated_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
    /// `draft`, `published`, `changed`, `archived` or `deleted`: what the other columns say, for lists.
    pub state: String,
    /// The Italian title of the draft as it is ordered: without accents and in lower case.
    pub title_key: String,
    /// When somebody last edited it: milliseconds since 1970-01-01 in UTC.
    pub edited_key: i64,
    pub archived_at: Option<DateTimeUtc>,
    pub deleted_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
