//! Changes that are published together.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "content_release")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub name: String,
    pub note: Option<String>,
    /// `open`, `scheduled`, `published`, `refused` or `rolled_back`.
    pub status: String,
    /// When it is published: milliseconds since 1970-01-01 in UTC.
    pub due_key: Option<i64>,
    /// Why it was refused: a JSON list of errors with item, code, path and message.
    pub report: Option<Json>,
    pub author: String,
    pub created_at: DateTimeUtc,
    /// When it was published, refused or rolled back.
    pub settled_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
