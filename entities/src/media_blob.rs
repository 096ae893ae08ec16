//! A file that is kept once, whatever it is used for, and what is known of it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "media_blob")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// SHA-256 of the bytes as they are kept, in hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sha256: String,
    /// What is known of the bytes.
    pub facts: Json,
    /// What a document says, for search.
    #[sea_orm(column_type = "Text", nullable)]
    pub text: Option<String>,
    pub created_at: DateTimeUtc,
    /// When it was last uploaded.
    pub uploaded_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
