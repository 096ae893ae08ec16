//! Webhooks: who is told of events, and what was told them.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, integer, json, string, string_null, text,
        timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    },
    sea_orm::DbBackend,
};

use crate::{
    parts::{belongs_to, index},
    wall,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 2] = ["webhook_delivery", "webhook_endpoint"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            for table in TABLES {
                let connection = manager.get_connection();
                connection.execute_unprepared(&wall(table)).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            let drop = Table::drop().table(table).to_owned();
            manager.drop_table(drop).await?;
        }
        Ok(())
    }
}

fn tables() -> [TableCreateStatement; 2] {
    [
        Table::create()
            .table("webhook_endpoint")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("url"))
            .col(string("description"))
            .col(json("events"))
            .col(boolean("is_enabled"))
            .col(string_null("disabled_reason"))
            .col(text("secrets"))
            .col(string("public_key"))
            .col(big_integer("after_sequence"))
            .col(integer("failures"))
            .col(timestamp_with_time_zone_null("failing_since"))
            .col(big_integer_null("resumes_key"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("webhook_delivery")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(uuid("endpoint_id"))
            .col(string("event_id"))
            .col(string("event_type"))
            .col(text("payload"))
            .col(string("status"))
            .col(json("attempts"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("settled_at"))
            .foreign_key(&mut belongs_to("endpoint_id", "webhook_endpoint"))
            .to_owned(),
    ]
}

fn indexes() -> [IndexCreateStatement; 4] {
    [
        index(
            "webhook_endpoint_tenant",
            "webhook_endpoint",
            &["tenant_id"],
        ),
        index(
            "webhook_delivery_list",
            "webhook_delivery",
            &["tenant_id", "id"],
        ),
        index(
            "webhook_delivery_endpoint",
            "webhook_delivery",
            &["endpoint_id", "id"],
        ),
        index(
            "webhook_delivery_end",
            "webhook_delivery",
            &["tenant_id", "settled_at"],
        ),
    ]
}
