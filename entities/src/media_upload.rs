//! A file on its way in, or one that arrived and is not used yet.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "media_upload")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub author: String,
    pub name: String,
    /// How long the file will be, when that is known.
    pub length: Option<i64>,
    /// How much of it arrived.
    pub received: i64,
    /// In which pieces, in their order.
    pub pieces: Json,
    /// What it became, once it is whole and was accepted.
    pub file: Option<Json>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
