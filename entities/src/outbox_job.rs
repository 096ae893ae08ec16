//! Something that is to be done after a change was committed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_job")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Its number: 1, 2, 3 and so on for each tenant, in the order of the commits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// What kind of work it is: the name of its handler.
    pub topic: String,
    /// What it is about. Jobs of one topic about the same thing are done one after the other.
    pub aggregate: String,
    /// The aggregate again, while another job like it would be merged into this one.
    pub merge_key: Option<String>,
    /// What the handler needs to know.
    pub payload: Json,
    /// `waiting`, `running`, `done` or `dead`.
    pub status: String,
    /// Milliseconds since 1970-01-01 in UTC: when it is to be done; while it is running, when its lease ends;
    /// afterwards, when it was settled.
    pub due_key: i64,
    /// How often it was begun.
    pub attempts: i32,
    /// The worker that has it: only the one that knows this may settle it.
    pub lease: Option<Uuid>,
    /// What went wrong the last time.
    pub last_error: Option<String>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
