//! What a release does to an item.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "content_release_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub release_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub item_id: Uuid,
    pub tenant_id: Uuid,
    /// `publish` or `unpublish`.
    pub action: String,
    /// The revision that is published.
    pub revision_id: Option<Uuid>,
    /// What was public before the release was published.
    pub previous_revision_id: Option<Uuid>,
    /// It may replace a newer revision that was published meanwhile.
    pub replaces_newer: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
