//! A municipality or another public body.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub ipa_code: String,
    pub name: String,
    pub fiscal_code: Option<String>,
    pub istat_code: Option<String>,
    pub cadastral_code: Option<String>,
    pub province: Option<String>,
    pub region: Option<String>,
    /// Locales in the order of preference, as a JSON array; the first is the default.
    pub locales: Json,
    /// `active` or `suspended`.
    pub status: String,
    pub created_at: DateTimeUtc,
    /// When something of it is to happen next: milliseconds since 1970-01-01 in UTC.
    pub wakes_key: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
