//! One immutable revision: a typed body as JSON.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "content_revision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub item_id: Uuid,
    pub number: i32,
    pub body: Json,
    /// The slugs that the item has once this revision is published, a JSON object by locale.
    pub slugs: Json,
    pub author: String,
    pub note: Option<String>,
    pub created_at: DateTimeUtc,
    /// The Italian title as it is ordered: without accents and in lower case.
    pub title_key: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
