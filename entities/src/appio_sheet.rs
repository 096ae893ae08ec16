//! The link between a service of the catalogue and a service of App IO, and how far it has come.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "appio_sheet")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub item_id: Uuid,
    /// The id at IO, once there is one.
    pub io_id: Option<String>,
    /// What the catalogue does not say.
    pub settings: Json,
    /// Where the newest version stands at IO.
    pub lifecycle: Option<String>,
    /// Why it was rejected.
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    /// Whether citizens see it.
    pub publication: Option<String>,
    /// Something is to be sent, and waits for the review to end.
    pub is_pending: bool,
    /// What stands at IO was kept though it is another.
    pub keeps_theirs: bool,
    /// What is to be done with what somebody changed elsewhere, until it is done.
    pub resolution: Option<String>,
    /// What is wrong, for people.
    pub problem: Option<String>,
    /// What is to stand at IO, as it was last made of the catalogue.
    pub rendered: Option<Json>,
    /// What somebody changed elsewhere.
    pub drift: Option<Json>,
    /// Hash of what is being sent.
    pub trying_hash: Option<String>,
    /// Hash of what was sent last.
    pub sent_hash: Option<String>,
    /// Hash of what IO said that it keeps since.
    pub standing_hash: Option<String>,
    /// Hash of what was approved last.
    pub approved_hash: Option<String>,
    /// Hash of what citizens see.
    pub published_hash: Option<String>,
    /// Hash of the picture that was sent last.
    pub logo_hash: Option<String>,
    pub failures: i32,
    /// How often IO was asked since it was sent.
    pub looks: i32,
    /// When something is to be done, in milliseconds since 1970.
    pub due_key: Option<i64>,
    /// When IO is asked again how it stands, in milliseconds since 1970.
    pub look_key: Option<i64>,
    /// How often it was made due by others.
    pub touches: i64,
    pub looked_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
