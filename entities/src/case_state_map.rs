//! What other software calls the states of the cases of a procedure.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "case_state_map")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The software.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source: String,
    /// The procedure, which is content.
    #[sea_orm(primary_key, auto_increment = false)]
    pub procedure_id: Uuid,
    /// The states of the definition, each under the name that the software has for it.
    pub states: Json,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
