//! Where the review of a revision stands.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "content_review")]
pub struct Model {
    /// The revision that was submitted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision_id: Uuid,
    pub item_id: Uuid,
    pub tenant_id: Uuid,
    /// `submitted`, `approved` or `rejected`.
    pub state: String,
    pub submitted_by: String,
    pub submitted_at: DateTimeUtc,
    /// Whom it is assigned to: `account:…`.
    pub assignee: Option<String>,
    pub decided_by: Option<String>,
    pub decided_at: Option<DateTimeUtc>,
    pub comment: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
