//! The life of content beyond drafts and publishing: archived and deleted items, the lists of those who
//! edit, what is to happen at a time, and who is at work on what.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, json, string, timestamp_with_time_zone, uuid},
    sea_orm::DbBackend,
};

use crate::wall;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for (table, column) in columns(backend) {
            // SQLite adds one at a time.
            let add = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        fill(manager).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // The wider index by type has the same beginning.
        let narrow = Index::drop()
            .table("content_item")
            .name("content_item_tenant")
            .to_owned();
        manager.drop_index(narrow).await?;
        if backend == DbBackend::Postgres {
            for table in NEW {
                let connection = manager.get_connection();
                connection.execute_unprepared(&wall(table)).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in NEW {
            let drop = Table::drop().table(table).to_owned();
            manager.drop_table(drop).await?;
        }
        let narrow = Index::create()
            .table("content_item")
            .name("content_item_tenant")
            .col("tenant_id")
            .col("content_type")
            .to_owned();
        manager.create_index(narrow).await?;
        for (table, name, _) in INDEXES {
            if !NEW.contains(&table) {
                let drop = Index::drop().table(table).name(name).to_owned();
                manager.drop_index(drop).await?;
            }
        }
        for (table, column) in columns(manager.get_database_backend()) {
            let name = column.get_column_name();
            let drop = Table::alter()
                .table(table)
                .drop_column(Alias::new(name))
                .to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

const NEW: [&str; 2] = ["content_schedule", "content_lock"];

/// Text that is compared byte by byte on both databases.
fn key(name: &'static str, backend: DbBackend) -> ColumnDef {
    let mut column = string(name);
    if backend == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column.default("");
    column
}

fn columns(backend: DbBackend) -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("content_item", string("state").default("draft").to_owned()),
        ("content_item", key("title_key", backend)),
        (
            "content_item",
            big_integer("edited_key").default(0).to_owned(),
        ),
        (
            "content_item",
            timestamp_with_time_zone("archived_at").null().to_owned(),
        ),
        (
            "content_item",
            timestamp_with_time_zone("deleted_at").null().to_owned(),
        ),
        ("content_revision", key("title_key", backend)),
        ("tenant", big_integer("wakes_key").null().to_owned()),
    ]
}

fn tables() -> [TableCreateStatement; 2] {
    let item = || {
        ForeignKey::create()
            .from_col("item_id")
            .to("content_item", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .to_owned()
    };
    [
        Table::create()
            .table("content_schedule")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(uuid("item_id"))
            .col(string("action"))
            .col(uuid("revision_id").null())
            .col(big_integer("due_key"))
            .col(string("status"))
            .col(json("reasons").null())
            .col(string("author"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("settled_at").null())
            .foreign_key(&mut item())
            .to_owned(),
        Table::create()
            .table("content_lock")
            .col(uuid("item_id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("holder"))
            .col(string("holder_name"))
            .col(timestamp_with_time_zone("since"))
            .col(timestamp_with_time_zone("expires_at"))
            .foreign_key(&mut item())
            .to_owned(),
    ]
}

const INDEXES: [(&str, &str, &[&str]); 7] = [
    (
        "content_item",
        "content_item_edited",
        &["tenant_id", "edited_key", "id"],
    ),
    (
        "content_item",
        "content_item_type_edited",
        &["tenant_id", "content_type", "edited_key", "id"],
    ),
    (
        "content_item",
        "content_item_state",
        &["tenant_id", "state", "edited_key", "id"],
    ),
    (
        "content_item",
        "content_item_title",
        &["tenant_id", "title_key", "id"],
    ),
    (
        "content_schedule",
        "content_schedule_due",
        &["tenant_id", "status", "due_key"],
    ),
    ("content_schedule", "content_schedule_item", &["item_id"]),
    ("tenant", "tenant_wakes", &["wakes_key"]),
];

fn indexes() -> impl Iterator<Item = IndexCreateStatement> {
    INDEXES.into_iter().map(|(table, name, columns)| {
        let mut index = Index::create();
        index.table(table).name(name);
        for column in columns {
            index.col(*column);
        }
        index
    })
}

/// Says of the items that are there what the new columns hold; the titles of drafts that were never
/// published come with their next revision.
async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    const READ: [&str; 2] = ["content_item", "content_listing"];
    let connection = manager.get_connection();
    let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
    let wall_up = async |force: &str| -> Result<(), DbErr> {
        for table in READ.iter().filter(|_| is_postgres) {
            let sql = format!("ALTER TABLE {table} {force} ROW LEVEL SECURITY");
            connection.execute_unprepared(&sql).await?;
        }
        Ok(())
    };
    let milliseconds = match is_postgres {
        true => "(EXTRACT(EPOCH FROM updated_at) * 1000)::bigint",
        false => "CAST(strftime('%s', updated_at) AS INTEGER) * 1000",
    };
    let fill = format!(
        "UPDATE content_item SET edited_key = {milliseconds},
         state = CASE WHEN published_revision_id IS NULL THEN 'draft'
                      WHEN published_revision_id = draft_revision_id THEN 'published' ELSE 'changed' END,
         title_key = COALESCE((SELECT l.title_key FROM content_listing l WHERE l.item_id = content_item.id
                               AND l.locale = 'it' AND l.field = '' AND l.value = ''), '')"
    );
    // The owner of the tables, told no tenant, must see the rows of all for once.
    wall_up("NO FORCE").await?;
    connection.execute_unprepared(&fill).await?;
    wall_up("FORCE").await
}
