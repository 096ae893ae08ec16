//! That somebody is told of what happened in a case, and what became of it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "case_notification")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub case_id: Uuid,
    /// The event of the case; that after which it was written by hand.
    pub number: i64,
    /// What happened.
    pub event: String,
    /// `applicant` or `delegate`.
    pub recipient: String,
    pub template_id: Uuid,
    pub template_version: Option<i32>,
    /// The same thing is told once.
    pub once_key: String,
    /// How it stands.
    pub status: String,
    /// What it says, encrypted with the key of the case.
    pub sealed: Option<String>,
    /// Under which id IO asks for the content, and for whom: `sandbox`, or the keyed hash of a fiscal code.
    pub remote_id: Option<Uuid>,
    pub remote_recipient: Option<String>,
    /// `sandbox` or `production`.
    pub environment: Option<String>,
    /// The id at IO.
    pub message_id: Option<String>,
    /// Why it failed, without anything of people.
    pub problem: Option<String>,
    /// How often it failed, and how often IO was asked how it stands.
    pub failures: i32,
    pub looks: i32,
    /// The one that is told once more.
    pub repeats_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub sent_at: Option<DateTimeUtc>,
    pub settled_at: Option<DateTimeUtc>,
    /// Whether it was read, and what it asks for paid; nothing where IO does not say.
    pub is_read: Option<bool>,
    pub is_paid: Option<bool>,
    /// How many files of the case come with it.
    pub attachments: i32,
    /// How it stands with the mail that tells what App IO does not; nothing when there is none.
    pub mail_status: Option<String>,
    /// Why the mail failed, without anything of people, and how often.
    pub mail_problem: Option<String>,
    pub mail_failures: i32,
    pub mail_sent_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
