//! An event that an address is told of, and what became of it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub endpoint_id: Uuid,
    /// The id of the event, the same however often it is told.
    pub event_id: String,
    pub event_type: String,
    /// What is sent, to the byte.
    pub payload: String,
    /// `pending`, `delivered` or `failed`.
    pub status: String,
    /// What became of each attempt: a JSON list.
    pub attempts: Json,
    pub created_at: DateTimeUtc,
    /// When it stopped being pending.
    pub settled_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
