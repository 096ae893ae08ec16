//! What citizens are written when something happens in their cases.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "message_template")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    /// The service of App IO as which it is written.
    pub service_id: Uuid,
    /// What happened.
    pub event: String,
    /// In cases of this procedure alone.
    pub procedure_id: Option<Uuid>,
    /// By this transition alone.
    pub transition: Option<String>,
    /// These three in one text: there is one template for each.
    pub occasion: String,
    /// The texts and how they are sent: a JSON object.
    pub content: Json,
    pub is_enabled: bool,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
