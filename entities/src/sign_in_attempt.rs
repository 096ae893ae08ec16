//! Failed sign-ins with an address, whether there is an account or not.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_attempt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// SHA-256 of the address.
    #[sea_orm(primary_key, auto_increment = false)]
    pub email_hash: String,
    /// Those since the last success.
    pub failures: i32,
    /// No other is let through before.
    pub blocked_until: Option<DateTimeUtc>,
    pub last_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
