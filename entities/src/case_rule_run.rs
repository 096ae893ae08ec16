//! That a rule of a procedure was set off in a case, and what came of it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "case_rule_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: Uuid,
    /// 1, 2, 3 and so on for each case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub tenant_id: Uuid,
    /// The code of the rule in the definition.
    pub rule: String,
    /// What set it off, such as `event:12`: a rule runs once for it.
    pub occasion: String,
    pub ran_at: DateTimeUtc,
    /// What held and what was done, encrypted with the key of the case: it tells of what the application says.
    pub sealed: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
