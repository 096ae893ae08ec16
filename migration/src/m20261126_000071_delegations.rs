//! Who may act for whom.

use sea_orm_migration::{
    prelude::*,
    schema::{
        date, date_null, string, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    },
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 1] = ["citizen_delegation"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let delegations = Table::create()
            .table("citizen_delegation")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("principal"))
            .col(string("delegate"))
            .col(string("kind"))
            .col(date("valid_from"))
            .col(date_null("valid_until"))
            .col(string("granted_by"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("revoked_at"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned();
        let indexes = [
            index(
                "citizen_delegation_delegate",
                "citizen_delegation",
                &["tenant_id", "delegate"],
            ),
            // Who is erased takes what was granted to others along.
            index(
                "citizen_delegation_principal",
                "citizen_delegation",
                &["tenant_id", "principal"],
            ),
        ];
        create(manager, [delegations], indexes, &TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, TABLES).await
    }
}
