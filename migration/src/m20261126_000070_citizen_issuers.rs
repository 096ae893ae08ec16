//! The issuers of tokens of citizens.

use sea_orm_migration::{
    prelude::*,
    schema::{boolean, json, string, timestamp_with_time_zone, uuid},
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 1] = ["citizen_issuer"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let issuers = Table::create()
            .table("citizen_issuer")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("name"))
            .col(string("issuer"))
            .col(boolean("is_enabled"))
            .col(json("settings"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned();
        let by_issuer = index(
            "citizen_issuer_issuer",
            "citizen_issuer",
            &["tenant_id", "issuer"],
        )
        .unique()
        .to_owned();
        create(manager, [issuers], [by_issuer], &TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, TABLES).await
    }
}
