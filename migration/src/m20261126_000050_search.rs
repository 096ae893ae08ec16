//! Search: the synonyms of a municipality, and counts of what people look for. The indexes themselves are kept by
//! the engines.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, date, json, string, uuid},
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 3] = ["search_synonyms", "search_use", "search_click"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            tables(),
            [
                index(
                    "search_click_item",
                    "search_click",
                    &["tenant_id", "item_id"],
                ),
                // Items that are purged take their clicks along.
                index("search_click_of", "search_click", &["item_id"]),
            ],
            &TABLES,
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, TABLES).await
    }
}

fn tables() -> [TableCreateStatement; 3] {
    [
        Table::create()
            .table("search_synonyms")
            .col(uuid("tenant_id").primary_key())
            .col(big_integer("version"))
            .col(json("groups").default("[]"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("search_use")
            .col(uuid("tenant_id"))
            .col(date("day"))
            .col(string("locale"))
            .col(string("text"))
            .col(big_integer("searches"))
            .col(big_integer("fruitless"))
            .primary_key(
                Index::create()
                    .col("tenant_id")
                    .col("day")
                    .col("locale")
                    .col("text"),
            )
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("search_click")
            .col(uuid("tenant_id"))
            .col(date("day"))
            .col(string("locale"))
            .col(string("text"))
            .col(uuid("item_id"))
            .col(big_integer("clicks"))
            .primary_key(
                Index::create()
                    .col("tenant_id")
                    .col("day")
                    .col("locale")
                    .col("text")
                    .col("item_id"),
            )
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .foreign_key(&mut belongs_to("item_id", "content_item"))
            .to_owned(),
    ]
}
