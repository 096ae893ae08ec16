//! Under which names cases are known to other software.

use sea_orm_migration::{
    prelude::*,
    schema::{string, timestamp_with_time_zone, uuid, uuid_null},
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 1] = ["case_reference"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let references = Table::create()
            .table("case_reference")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("source"))
            .col(string("external_id"))
            .col(uuid_null("case_id"))
            .col(timestamp_with_time_zone("reported_at"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .foreign_key(&mut belongs_to("case_id", "case_file"))
            .to_owned();
        let indexes = [
            index(
                "case_reference_name",
                "case_reference",
                &["tenant_id", "source", "external_id"],
            )
            .unique()
            .to_owned(),
            index("case_reference_case", "case_reference", &["case_id"]),
        ];
        create(manager, [references], indexes, &TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, TABLES).await
    }
}
