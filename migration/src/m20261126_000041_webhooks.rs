//! Webhooks: who is told of events, and what was told them.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, integer, json, string, string_null, text,
        timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    },
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 2] = ["webhook_delivery", "webhook_endpoint"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, tables(), indexes(), &TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, TABLES).await
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
