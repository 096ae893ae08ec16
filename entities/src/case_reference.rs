//! Under which name a case is known to other software.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "case_reference")]
pub struct Model {
    /// Made of the two names, so that it is the same whenever it is made.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    /// The software.
    pub source: String,
    /// The case, as the software names it.
    pub external_id: String,
    /// The case; none while its first report is being taken in.
    pub case_id: Option<Uuid>,
    /// When that came to be which is known, by the clock of the software.
    pub reported_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
