//! Tenants and the content core.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, boolean, integer, json, string, text, timestamp_with_time_zone, uuid},
    sea_orm::DbBackend,
};

use crate::parts::{belongs_to, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in tables(backend) {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "content_occurrence",
            "content_listing",
            "content_slug",
            "content_link",
            "content_revision",
            "content_item",
            "tenant_host",
            "tenant",
        ] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

/// Text that is compared byte by byte on both databases, so that keyset cursors and prefix ranges
/// mean the same; PostgreSQL would otherwise use the collation of the cluster.
fn key(name: &'static str, backend: DbBackend) -> ColumnDef {
    let mut column = string(name);
    if backend == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

fn tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    let table = |name: &'static str| {
        let mut table = Table::create();
        table.table(name);
        table
    };
    vec![
        table("tenant")
            .col(uuid("id").primary_key())
            .col(string("ipa_code").unique_key())
            .col(string("name"))
            .col(string("fiscal_code").null())
            .col(string("istat_code").null())
            .col(string("cadastral_code").null())
            .col(string("province").null())
            .col(string("region").null())
            .col(json("locales"))
            .col(string("status"))
            .col(timestamp_with_time_zone("created_at"))
            .to_owned(),
        table("tenant_host")
            .col(string("host").primary_key())
            .col(uuid("tenant_id"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        table("content_item")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("content_type"))
            .col(json("slugs"))
            .col(uuid("draft_revision_id").null())
            .col(uuid("published_revision_id").null())
            .col(timestamp_with_time_zone("published_at").null())
            .col(timestamp_with_time_zone("updated_at"))
            .col(timestamp_with_time_zone("created_at"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        table("content_revision")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(uuid("item_id"))
            .col(integer("number"))
            .col(json("body"))
            .col(json("slugs"))
            .col(string("author"))
            .col(text("note").null())
            .col(timestamp_with_time_zone("created_at"))
            .foreign_key(&mut belongs_to("item_id", "content_item"))
            .to_owned(),
        table("content_link")
            .col(uuid("revision_id"))
            .col(string("field"))
            .col(integer("position"))
            .col(uuid("tenant_id"))
            .col(uuid("target_item_id"))
            .primary_key(
                Index::create()
                    .col("revision_id")
                    .col("field")
                    .col("position"),
            )
            .foreign_key(&mut belongs_to("revision_id", "content_revision"))
            .to_owned(),
        table("content_slug")
            .col(uuid("tenant_id"))
            .col(string("content_type"))
            .col(string("locale"))
            .col(string("slug"))
            .col(uuid("item_id"))
            .primary_key(
                Index::create()
                    .col("tenant_id")
                    .col("content_type")
                    .col("locale")
                    .col("slug"),
            )
            .foreign_key(&mut belongs_to("item_id", "content_item"))
            .to_owned(),
        table("content_listing")
            .col(uuid("item_id"))
            .col(string("locale"))
            .col(string("field"))
            .col(string("value"))
            .col(uuid("tenant_id"))
            .col(string("content_type"))
            .col(key("title_key", backend))
            .col(big_integer("date_key"))
            .col(big_integer("updated_key"))
            .col(ColumnDef::new("expires_on").date().null())
            .primary_key(
                Index::create()
                    .col("item_id")
                    .col("locale")
                    .col("field")
                    .col("value"),
            )
            .foreign_key(&mut belongs_to("item_id", "content_item"))
            .to_owned(),
        table("content_occurrence")
            .col(uuid("item_id"))
            .col(big_integer("starts_at"))
            .col(uuid("tenant_id"))
            .col(big_integer("ends_at"))
            .col(boolean("all_day"))
            .primary_key(Index::create().col("item_id").col("starts_at"))
            .foreign_key(&mut belongs_to("item_id", "content_item"))
            .to_owned(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    const LIST: [&str; 5] = ["tenant_id", "content_type", "locale", "field", "value"];
    let listing = |name: &'static str, key: &'static str| {
        let columns: Vec<_> = LIST.into_iter().chain([key, "item_id"]).collect();
        index(name, "content_listing", &columns)
    };
    vec![
        index("tenant_host_tenant", "tenant_host", &["tenant_id"]),
        index(
            "content_item_tenant",
            "content_item",
            &["tenant_id", "content_type"],
        ),
        index(
            "content_revision_item",
            "content_revision",
            &["item_id", "number"],
        )
        .unique()
        .to_owned(),
        index("content_link_target", "content_link", &["target_item_id"]),
        index("content_slug_item", "content_slug", &["item_id"]),
        listing("content_listing_title", "title_key"),
        listing("content_listing_date", "date_key"),
        listing("content_listing_updated", "updated_key"),
        index(
            "content_occurrence_start",
            "content_occurrence",
            &["tenant_id", "starts_at"],
        ),
        index(
            "content_occurrence_end",
            "content_occurrence",
            &["tenant_id", "ends_at"],
        ),
    ]
}
