//! A mutation that may be sent again under the same key.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Who sent it, such as `account:…`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub caller: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// What was sent: a hash of the document and the variables.
    pub fingerprint: String,
    /// Who runs it; another one after it was given up.
    pub attempt_id: Uuid,
    /// Until when nobody else runs it.
    pub held_until: DateTimeUtc,
    /// What was answered, as JSON; written together with what was done.
    pub answer: Option<String>,
    /// The answer holds a secret, and is encrypted.
    pub sealed: bool,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
