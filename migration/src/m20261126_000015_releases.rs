//! Releases, whose changes are published together, and preview tokens.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer_null, json_null, string, text_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid, uuid_null,
    },
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 3] = ["preview_token", "content_release_change", "content_release"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, tables(), indexes(), &TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, TABLES).await
    }
}

fn tables() -> [TableCreateStatement; 3] {
    [
        Table::create()
            .table("content_release")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("name"))
            .col(text_null("note"))
            .col(string("status"))
            .col(big_integer_null("due_key"))
            .col(json_null("report"))
            .col(string("author"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("settled_at"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("content_release_change")
            .col(uuid("release_id"))
            .col(uuid("item_id"))
            .col(uuid("tenant_id"))
            .col(string("action"))
            .col(uuid_null("revision_id"))
            .col(uuid_null("previous_revision_id"))
            .primary_key(Index::create().col("release_id").col("item_id"))
            .foreign_key(&mut belongs_to("release_id", "content_release"))
            .foreign_key(&mut belongs_to("item_id", "content_item"))
            .to_owned(),
        Table::create()
            .table("preview_token")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("hash"))
            .col(string("hint"))
            .col(string("scope"))
            .col(uuid_null("subject_id"))
            .col(string("author"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(timestamp_with_time_zone_null("revoked_at"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
    ]
}

fn indexes() -> [IndexCreateStatement; 4] {
    [
        index(
            "preview_token_hash",
            "preview_token",
            &["tenant_id", "hash"],
        )
        .unique()
        .to_owned(),
        index(
            "content_release_tenant",
            "content_release",
            &["tenant_id", "id"],
        ),
        index(
            "content_release_due",
            "content_release",
            &["tenant_id", "status", "due_key"],
        ),
        index(
            "content_release_change_item",
            "content_release_change",
            &["item_id"],
        ),
    ]
}
