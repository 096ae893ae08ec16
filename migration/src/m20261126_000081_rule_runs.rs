//! What rules of procedures did in cases, and why.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string, text, timestamp_with_time_zone, uuid},
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 1] = ["case_rule_run"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let runs = Table::create()
            .table("case_rule_run")
            .col(uuid("case_id"))
            .col(big_integer("number"))
            .col(uuid("tenant_id"))
            .col(string("rule"))
            .col(string("occasion"))
            .col(timestamp_with_time_zone("ran_at"))
            .col(text("sealed"))
            .primary_key(Index::create().col("case_id").col("number"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .foreign_key(&mut belongs_to("case_id", "case_file"))
            .to_owned();
        let indexes = [
            index(
                "case_rule_run_once",
                "case_rule_run",
                &["case_id", "rule", "occasion"],
            )
            .unique()
            .to_owned(),
            index("case_rule_run_tenant", "case_rule_run", &["tenant_id"]),
        ];
        create(manager, [runs], indexes, &TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, TABLES).await
    }
}
