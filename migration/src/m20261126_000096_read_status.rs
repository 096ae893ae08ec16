//! Whether a message of a premium contract was read, and what it asked for paid, as App IO says it.

use sea_orm_migration::{prelude::*, schema::boolean_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "case_notification";
const COLUMNS: [&str; 2] = ["is_read", "is_paid"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            // SQLite adds one at a time.
            let mut add = Table::alter();
            add.table(TABLE).add_column(boolean_null(column));
            manager.alter_table(add).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            let mut drop = Table::alter();
            drop.table(TABLE).drop_column(column);
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}
