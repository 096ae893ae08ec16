//! Service sheets: services of the catalogue that are shown in App IO.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, integer, json, json_null, string_null, text_null,
        timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    },
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "appio_sheet";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, [sheet()], indexes(), &[TABLE]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, [TABLE]).await
    }
}

fn sheet() -> TableCreateStatement {
    Table::create()
        .table(TABLE)
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(uuid("item_id"))
        .col(string_null("io_id"))
        .col(json("settings"))
        .col(string_null("lifecycle"))
        .col(text_null("reason"))
        .col(string_null("publication"))
        .col(boolean("is_pending"))
        .col(boolean("keeps_theirs"))
        .col(string_null("resolution"))
        .col(string_null("problem"))
        .col(json_null("rendered"))
        .col(json_null("drift"))
        .col(string_null("trying_hash"))
        .col(string_null("sent_hash"))
        .col(string_null("standing_hash"))
        .col(string_null("approved_hash"))
        .col(string_null("published_hash"))
        .col(string_null("logo_hash"))
        .col(integer("failures"))
        .col(integer("looks"))
        .col(big_integer_null("due_key"))
        .col(big_integer_null("look_key"))
        .col(big_integer("touches"))
        .col(timestamp_with_time_zone_null("looked_at"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut belongs_to("tenant_id", "tenant"))
        .foreign_key(&mut belongs_to("item_id", "content_item"))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 4] {
    let unique = |name, columns: &[&'static str]| index(name, TABLE, columns).unique().to_owned();
    [
        unique("appio_sheet_item", &["tenant_id", "item_id"]),
        unique("appio_sheet_io", &["tenant_id", "io_id"]),
        index("appio_sheet_due", TABLE, &["tenant_id", "due_key"]),
        // What is deleted takes its sheet along.
        index("appio_sheet_of", TABLE, &["item_id"]),
    ]
}
