//! Somebody who may act for somebody else.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "citizen_delegation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    /// For whom: the keyed hash of a fiscal code.
    pub principal: String,
    /// Who may: the same.
    pub delegate: String,
    /// `delegation` or `parental`.
    pub kind: String,
    pub valid_from: Date,
    /// The last day, if there is one.
    pub valid_until: Option<Date>,
    /// Who granted it, such as `account:…`.
    pub granted_by: String,
    pub created_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
