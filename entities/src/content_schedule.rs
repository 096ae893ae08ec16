//! What is to happen to an item at a time: a move of its published pointer.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "content_schedule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub item_id: Uuid,
    /// `publish` or `unpublish`.
    pub action: String,
    /// The revision that is published.
    pub revision_id: Option<Uuid>,
    /// When: milliseconds since 1970-01-01 in UTC.
    pub due_key: i64,
    /// `pending`, `done`, `refused` or `cancelled`.
    pub status: String,
    /// Why it was refused: a JSON list of errors with code, path and message.
    pub reasons: Option<Json>,
    pub author: String,
    pub created_at: DateTimeUtc,
    /// When it stopped being pending.
    pub settled_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
