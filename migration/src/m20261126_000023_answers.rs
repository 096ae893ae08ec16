//! Answers of mutations are written together with what was done; those that hold secrets are encrypted.

use sea_orm_migration::{
    prelude::*,
    schema::{boolean, text_null},
    sea_orm::DbBackend,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What was done before and not answered is not done again: nobody can read this answer.
const LOST: &str = "UPDATE idempotency_key SET answer = '', sealed = true
    WHERE answer IS NULL AND effects IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut add = Table::alter();
        add.table("idempotency_key")
            .add_column(boolean("sealed").default(false));
        manager.alter_table(add).await?;
        let connection = manager.get_connection();
        match manager.get_database_backend() {
            DbBackend::Postgres => {
                let lost = format!(
                    "ALTER TABLE idempotency_key NO FORCE ROW LEVEL SECURITY; {LOST};
                     ALTER TABLE idempotency_key FORCE ROW LEVEL SECURITY"
                );
                connection.execute_unprepared(&lost).await?;
            }
            _ => {
                connection.execute_unprepared(LOST).await?;
            }
        }
        manager.alter_table(drop("effects")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut add = Table::alter();
        add.table("idempotency_key")
            .add_column(text_null("effects"));
        manager.alter_table(add).await?;
        manager.alter_table(drop("sealed")).await
    }
}

fn drop(column: &'static str) -> TableAlterStatement {
    let mut drop = Table::alter();
    drop.table("idempotency_key").drop_column(column);
    drop
}
