//! An account of somebody who works for a municipality.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    /// In its normal form; one account for each address.
    pub email: String,
    pub name: String,
    /// `active` or `suspended`.
    pub status: String,
    /// Argon2id, as a PHC string; none before somebody chose a password.
    pub password_hash: Option<String>,
    /// SHA-256 of the token with which a new password may be set once.
    pub reset_hash: Option<String>,
    pub reset_expires_at: Option<DateTimeUtc>,
    /// Secret of the second factor, encrypted.
    pub totp_secret: Option<String>,
    /// When a first code proved that it was taken down; the factor is asked for from then on.
    pub totp_confirmed_at: Option<DateTimeUtc>,
    /// The step of the last code that was taken; it and those before are not taken again.
    pub totp_last_step: Option<i64>,
    pub last_sign_in_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
