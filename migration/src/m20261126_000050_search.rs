//! Search: the synonyms of a municipality, and counts of what people look for. The indexes themselves are kept by
//! the engines.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, date, json, string, uuid},
    sea_orm::DbBackend,
};

use crate::{
    parts::{belongs_to, index},
    wall,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 3] = ["search_synonyms", "search_use", "search_click"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in [
            index(
                "search_click_item",
                "search_click",
                &["tenant_id", "item_id"],
            ),
            // Items that are purged take their clicks along.
            index("search_click_of", "search_click", &["item_id"]),
        ] {
            manager.create_index(index).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            for table in TABLES {
                manager
                    .get_connection()
                    .execute_unprepared(&wall(table))
                    .await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
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
