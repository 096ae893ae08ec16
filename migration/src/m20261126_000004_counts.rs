//! The sizes of lists, so that nobody counts a million rows to show a number.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string, uuid},
    sea_orm::DbBackend,
};

use crate::wall;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("content_count")
            .col(uuid("tenant_id"))
            .col(string("content_type"))
            .col(string("locale"))
            .col(string("field"))
            .col(string("value"))
            .col(big_integer("total"))
            .primary_key(
                Index::create()
                    .col("tenant_id")
                    .col("content_type")
                    .col("locale")
                    .col("field")
                    .col("value"),
            )
            .to_owned();
        manager.create_table(table).await?;
        let connection = manager.get_connection();
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        // The owner of the tables, told no tenant, must see the rows of all for once.
        if is_postgres {
            let open = "ALTER TABLE content_listing NO FORCE ROW LEVEL SECURITY";
            connection.execute_unprepared(open).await?;
        }
        let count =
            "INSERT INTO content_count (tenant_id, content_type, locale, field, value, total)
             SELECT tenant_id, content_type, locale, field, value, COUNT(*) FROM content_listing
             GROUP BY tenant_id, content_type, locale, field, value";
        connection.execute_unprepared(count).await?;
        if is_postgres {
            let close = "ALTER TABLE content_listing FORCE ROW LEVEL SECURITY";
            connection.execute_unprepared(close).await?;
            connection
                .execute_unprepared(&wall("content_count"))
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("content_count").to_owned())
            .await
    }
}
