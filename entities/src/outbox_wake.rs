//! The outbox of a tenant is to be looked at. Read before it is known for which tenant.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_wake")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub topic: String,
    /// When: milliseconds since 1970-01-01 in UTC.
    pub due_key: i64,
    /// Whether it waits for a job that fails again and again.
    pub is_failing: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
