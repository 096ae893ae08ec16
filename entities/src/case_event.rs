//! What happened in a case; each event holds the hash of the one before it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "case_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: Uuid,
    /// Its number: 1, 2, 3 and so on for each case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub tenant_id: Uuid,
    /// Its place among the events of all cases of the tenant, in the order of the commits.
    pub place: i64,
    /// When, in microseconds since 1970.
    pub at: i64,
    pub actor: String,
    /// What happened, such as `moved`.
    pub name: String,
    /// What everybody may know who may see the case: canonical JSON (RFC 8785), kept as the text that it is.
    pub details: String,
    /// What it says of people, encrypted with the key of the case.
    pub sealed: Option<String>,
    pub previous_hash: String,
    pub hash: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
