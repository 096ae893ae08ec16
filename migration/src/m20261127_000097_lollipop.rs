//! The key with which a municipality fetches the assertions that prove who reads messages (LolliPoP).

use sea_orm_migration::{prelude::*, schema::text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "appio_account";
const COLUMN: &str = "lollipop_key";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut add = Table::alter();
        add.table(TABLE).add_column(text_null(COLUMN));
        manager.alter_table(add).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut drop = Table::alter();
        drop.table(TABLE).drop_column(COLUMN);
        manager.alter_table(drop).await
    }
}
