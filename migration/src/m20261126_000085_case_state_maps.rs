//! What other software calls the states of cases; and the cases of a revision by when they were closed, by which those
//! are found whose retention is over.

use sea_orm_migration::{
    prelude::*,
    schema::{json, string, timestamp_with_time_zone, uuid},
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 1] = ["case_state_map"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let maps = Table::create()
            .table("case_state_map")
            .col(uuid("tenant_id"))
            .col(string("source"))
            .col(uuid("procedure_id"))
            .col(json("states"))
            .col(timestamp_with_time_zone("updated_at"))
            .primary_key(
                Index::create()
                    .col("tenant_id")
                    .col("source")
                    .col("procedure_id"),
            )
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .foreign_key(&mut belongs_to("procedure_id", "content_item"))
            .to_owned();
        let indexes = [
            index(
                "case_state_map_procedure",
                "case_state_map",
                &["procedure_id"],
            ),
            index(
                "case_file_closed",
                "case_file",
                &["tenant_id", "revision_id", "closed_at"],
            ),
        ];
        create(manager, [maps], indexes, &TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let closed = Index::drop()
            .name("case_file_closed")
            .table("case_file")
            .to_owned();
        manager.drop_index(closed).await?;
        drop_tables(manager, TABLES).await
    }
}
