//! A case (pratica) as its events left it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "case_file")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    /// The procedure, which is content.
    pub procedure_id: Uuid,
    /// The revision of the procedure whose definition the case follows.
    pub revision_id: Uuid,
    /// The office in charge, which is content.
    pub office_id: Uuid,
    /// The account of the officer in charge.
    pub officer_id: Option<Uuid>,
    /// The code of the state in the definition.
    pub state: String,
    /// The code of the status of the national model.
    pub status: String,
    /// What the last transition with an outcome meant.
    pub outcome: Option<String>,
    pub protocol_number: Option<String>,
    pub protocol_date: Option<Date>,
    /// The keyed hash of the applicant's fiscal code.
    pub applicant: Option<String>,
    /// The keyed hash of the delegate's fiscal code.
    pub delegate: Option<String>,
    /// It is a draft of a citizen, which nobody else sees.
    pub is_private: bool,
    /// The key of what the case says of people, encrypted; nothing once that was erased.
    pub data_key: Option<String>,
    /// The people and the subject, encrypted with that key.
    pub sealed: Option<String>,
    /// How many events it has.
    pub version: i64,
    /// The hash of the last of them.
    pub head: String,
    /// The last day of the term.
    pub due_on: Option<Date>,
    /// The place in the order of the terms: the day, and among equals the first event.
    pub due_place: i64,
    /// The place of the first event in the log of the tenant's cases.
    pub opened_place: i64,
    /// The place of the last event in that log.
    pub updated_place: i64,
    pub opened_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub closed_at: Option<DateTimeUtc>,
    /// How the application came in.
    pub channel: String,
    /// The day from which its duration counts: that of the protocol, or else of the first event. Days are counted
    /// from the beginning of the common era, so that both databases take one from another.
    pub begun_day: i32,
    /// The day on which it came to its state.
    pub state_day: i32,
    /// The day on which it was closed.
    pub closed_day: Option<i32>,
    /// Whether it was closed before its term was over; nothing while it is open, or when it has no term.
    pub closed_in_time: Option<bool>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
