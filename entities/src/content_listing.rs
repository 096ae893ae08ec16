//! Published content as lists see it: for each locale of the tenant one row without a facet, and
//! one for each value by which the item is found. Written when the published pointer moves.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "content_listing")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub item_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub locale: String,
    /// The field that holds the value; empty for the row without a facet.
    #[sea_orm(primary_key, auto_increment = false)]
    pub field: String,
    /// A vocabulary code or the id of a linked item; empty for the row without a facet.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    pub tenant_id: Uuid,
    pub content_type: String,
    /// The title as it is ordered: without accents and in lower case.
    pub title_key: String,
    /// The day as it is ordered: seconds since 1970-01-01 in UTC.
    pub date_key: i64,
    /// When the published pointer last moved: milliseconds since 1970-01-01 in UTC.
    pub updated_key: i64,
    /// The last day on which the content matters.
    pub expires_on: Option<Date>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
