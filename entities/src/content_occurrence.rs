//! When published content takes place: the occurrences of its schedule.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "content_occurrence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub item_id: Uuid,
    /// Seconds since 1970-01-01 in UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts_at: i64,
    pub tenant_id: Uuid,
    /// Seconds since 1970-01-01 in UTC.
    pub ends_at: i64,
    pub all_day: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
