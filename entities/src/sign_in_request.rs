//! A sign-in that is under way at a provider. It is there once.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_request")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// SHA-256 of the token that the browser keeps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// SHA-256 of the state that travels through the provider.
    pub state_hash: String,
    pub provider_id: Uuid,
    pub redirect_uri: String,
    pub expires_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
