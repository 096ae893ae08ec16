//! A token by which somebody without an account sees what is not public yet.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "preview_token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    /// SHA-256 of the token.
    pub hash: String,
    /// Its first characters, by which people know it.
    pub hint: String,
    /// What it shows: `drafts`, `item` or `release`.
    pub scope: String,
    /// The item or the release.
    pub subject_id: Option<Uuid>,
    pub author: String,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
