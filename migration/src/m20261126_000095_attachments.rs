//! How many files of the case come with a message.

use sea_orm_migration::{prelude::*, schema::integer};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "case_notification";
const COLUMN: &str = "attachments";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut add = Table::alter();
        add.table(TABLE).add_column(integer(COLUMN).default(0));
        manager.alter_table(add).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut drop = Table::alter();
        drop.table(TABLE).drop_column(COLUMN);
        manager.alter_table(drop).await
    }
}
