//! Which outboxes are looked at for a job that fails again and again.

use sea_orm_migration::{prelude::*, schema::boolean};

use crate::parts::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const INDEX: &str = "outbox_wake_failing";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table("outbox_wake")
            .add_column(boolean("is_failing").default(false))
            .to_owned();
        manager.alter_table(column).await?;
        let by_failing = index(INDEX, "outbox_wake", &["is_failing"]);
        manager.create_index(by_failing).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop().name(INDEX).table("outbox_wake").to_owned();
        manager.drop_index(index).await?;
        let column = Table::alter()
            .table("outbox_wake")
            .drop_column("is_failing")
            .to_owned();
        manager.alter_table(column).await
    }
}
