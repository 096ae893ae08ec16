//! What was done, by whom and when; each entry holds the hash of the one before it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Its number: 1, 2, 3 and so on for each tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// When, in microseconds since 1970.
    pub at: i64,
    pub actor: String,
    /// The name of the actor at that time.
    pub actor_name: Option<String>,
    /// What was done, such as `content.publish`.
    pub name: String,
    pub subject: Option<String>,
    /// Canonical JSON (RFC 8785), kept as the text that it is.
    pub details: String,
    pub request_id: Option<String>,
    /// The network from which the request came, not the address.
    pub client_network: Option<String>,
    pub previous_hash: String,
    pub hash: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
