//! Mutations that may be sent again under the same key.

use sea_orm_migration::{
    prelude::*,
    schema::{string, text_null, timestamp_with_time_zone, uuid},
    sea_orm::DbBackend,
};

use crate::wall;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("idempotency_key")
            .col(uuid("tenant_id"))
            .col(string("caller"))
            .col(string("key"))
            .col(string("fingerprint"))
            .col(uuid("attempt_id"))
            .col(timestamp_with_time_zone("held_until"))
            .col(text_null("effects"))
            .col(text_null("answer"))
            .col(timestamp_with_time_zone("created_at"))
            .primary_key(Index::create().col("tenant_id").col("caller").col("key"))
            .foreign_key(
                ForeignKey::create()
                    .from_tbl("idempotency_key")
                    .from_col("tenant_id")
                    .to_tbl("tenant")
                    .to_col("id"),
            )
            .to_owned();
        manager.create_table(table).await?;
        let age = Index::create()
            .name("idempotency_key_age")
            .table("idempotency_key")
            .col("tenant_id")
            .col("created_at")
            .to_owned();
        manager.create_index(age).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            let connection = manager.get_connection();
            connection
                .execute_unprepared(&wall("idempotency_key"))
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("idempotency_key").to_owned())
            .await
    }
}
