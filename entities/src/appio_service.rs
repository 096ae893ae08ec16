//! A service of App IO, as which a municipality writes.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "appio_service")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub name: String,
    /// The id at IO.
    pub service_id: String,
    /// The primary and the secondary key, encrypted together.
    pub keys: String,
    pub is_enabled: bool,
    /// Until when it is left alone, in milliseconds since 1970: IO refused its keys.
    pub paused_key: Option<i64>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
