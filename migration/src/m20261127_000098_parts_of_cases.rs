//! What belongs to a case is looked for by the municipality and the case. With an index for each of the two alone, SQLite took that
//! of the municipality, and PostgreSQL, as long as it had not counted the rows, both.

use sea_orm_migration::prelude::*;

use crate::parts::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The new indexes, with their tables and columns.
const INDEXES: [(&str, &str, &[&str]); 5] = [
    (
        "case_event_case",
        "case_event",
        &["tenant_id", "case_id", "number"],
    ),
    ("case_access_case", "case_access", &["tenant_id", "case_id"]),
    (
        "case_rule_run_of_case",
        "case_rule_run",
        &["tenant_id", "case_id"],
    ),
    (
        "case_reference_of_case",
        "case_reference",
        &["tenant_id", "case_id"],
    ),
    (
        "case_notification_of_case",
        "case_notification",
        &["tenant_id", "case_id"],
    ),
];

/// Those that are the beginning of a new one.
const NEEDLESS: [(&str, &str); 2] = [
    ("case_access_tenant", "case_access"),
    ("case_rule_run_tenant", "case_rule_run"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table, columns) in INDEXES {
            manager.create_index(index(name, table, columns)).await?;
        }
        for (name, table) in NEEDLESS {
            drop(manager, name, table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in NEEDLESS {
            manager
                .create_index(index(name, table, &["tenant_id"]))
                .await?;
        }
        for (name, table, _) in INDEXES {
            drop(manager, name, table).await?;
        }
        Ok(())
    }
}

async fn drop(
    manager: &SchemaManager<'_>,
    name: &'static str,
    table: &'static str,
) -> Result<(), DbErr> {
    let index = Index::drop().name(name).table(table).to_owned();
    manager.drop_index(index).await
}
