//! How a municipality is known to App IO.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "appio_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    pub is_enabled: bool,
    /// `sandbox` or `production`.
    pub environment: String,
    pub is_premium: bool,
    /// How many calls IO answers in five seconds.
    pub calls: i32,
    /// Where citizens see a case, with `{id}` in the place of its id.
    pub case_address: String,
    /// The key by which services are managed, encrypted.
    pub manage_key: Option<String>,
    /// The key with which assertions of citizens are fetched, encrypted. With one, who reads messages has to prove it.
    pub lollipop_key: Option<String>,
    /// The id of the configuration of remote content at IO.
    pub remote_configuration: Option<String>,
    /// The hashes of the keys with which IO fetches content: a JSON object.
    pub remote_keys: Json,
    /// The address from which mails are written.
    pub mail_sender: Option<String>,
    /// From when on there may be another call, in milliseconds since 1970: what was called before counts.
    pub free_key: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
