//! An address that is told of events.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoint")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub url: String,
    pub description: String,
    /// The types of events of which it is told: a JSON list of names.
    pub events: Json,
    pub is_enabled: bool,
    /// Why it is told nothing any more, when nobody decided it: `gone` or `failing`.
    pub disabled_reason: Option<String>,
    /// Its keys, encrypted JSON.
    pub secrets: String,
    /// The public key with which its asymmetric signatures are verified.
    pub public_key: String,
    /// It is told of changes after this one.
    pub after_sequence: i64,
    /// How many attempts in a row have failed.
    pub failures: i32,
    /// Since when nothing has reached it.
    pub failing_since: Option<DateTimeUtc>,
    /// Nothing is tried before: milliseconds since 1970-01-01 in UTC.
    pub resumes_key: Option<i64>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
