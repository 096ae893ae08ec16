//! The codes by which it is asked how a case stands without signing in.

use sea_orm_migration::{
    prelude::*,
    schema::{string, timestamp_with_time_zone, uuid},
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 1] = ["case_code"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let codes = Table::create()
            .table("case_code")
            .col(uuid("case_id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("hash"))
            .col(timestamp_with_time_zone("created_at"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .foreign_key(&mut belongs_to("case_id", "case_file"))
            .to_owned();
        let by_hash = index("case_code_hash", "case_code", &["tenant_id", "hash"])
            .unique()
            .to_owned();
        create(manager, [codes], [by_hash], &TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, TABLES).await
    }
}
