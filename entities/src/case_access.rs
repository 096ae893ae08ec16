//! Who read a case, and in which hour.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "case_access")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: Uuid,
    /// `account:…`, `key:…` or `citizen:…`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub reader: String,
    /// The hour, in hours since 1970: who looks again within it is written down once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hour: i64,
    pub tenant_id: Uuid,
    pub read_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
