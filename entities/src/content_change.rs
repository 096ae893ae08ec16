//! What changed on the public site, in the order in which it did.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "content_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Its number: 1, 2, 3 and so on for each tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    pub item_id: Uuid,
    pub content_type: String,
    /// What happened to the item: `published` or `unpublished`.
    pub kind: String,
    /// The revision that was published; not known of changes before this was written down.
    pub revision_id: Option<Uuid>,
    /// The slugs that it had, a JSON object by locale; as long known.
    pub slugs: Option<Json>,
    pub changed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
