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
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
