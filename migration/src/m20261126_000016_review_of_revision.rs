//! A review belongs to a revision, not to an item: an approval stays when another revision is submitted. A change
//! of a release says whether it may replace something newer.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, string, string_null, text_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid,
    },
    sea_orm::DbBackend,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OF_ITEM: &str = "content_review_item";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        key(manager, "revision_id").await?;
        manager.create_index(index(OF_ITEM, &["item_id"])).await?;
        let mut add = Table::alter();
        add.table("content_release_change")
            .add_column(boolean("replaces_newer").default(false));
        manager.alter_table(add).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut drop = Table::alter();
        drop.table("content_release_change")
            .drop_column("replaces_newer");
        manager.alter_table(drop).await?;
        let mut drop = Index::drop();
        drop.table("content_review").name(OF_ITEM);
        manager.drop_index(drop).await?;
        forget_earlier(manager).await?;
        key(manager, "item_id").await
    }
}

/// Gives the table of the reviews another primary key.
async fn key(manager: &SchemaManager<'_>, column: &'static str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if manager.get_database_backend() == DbBackend::Postgres {
        let alter = format!(
            "ALTER TABLE content_review DROP CONSTRAINT content_review_pkey, ADD PRIMARY KEY ({column})"
        );
        connection.execute_unprepared(&alter).await?;
        return Ok(());
    }
    // SQLite changes no keys.
    connection
        .execute_unprepared("ALTER TABLE content_review RENAME TO content_review_before")
        .await?;
    manager.create_table(table(column)).await?;
    let columns = "item_id, tenant_id, revision_id, state, submitted_by, submitted_at, assignee,
         decided_by, decided_at, comment";
    let copy = format!(
        "INSERT INTO content_review ({columns}) SELECT {columns} FROM content_review_before"
    );
    connection.execute_unprepared(&copy).await?;
    let drop = Table::drop().table("content_review_before").to_owned();
    manager.drop_table(drop).await?;
    for (name, columns) in [
        (
            "content_review_assignee",
            ["tenant_id", "state", "assignee"],
        ),
        (
            "content_review_author",
            ["tenant_id", "state", "submitted_by"],
        ),
    ] {
        manager.create_index(index(name, &columns)).await?;
    }
    Ok(())
}

/// One review of each item: the last.
async fn forget_earlier(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
    // The owner of the table, told no tenant, must see the rows of all for once.
    let wall = async |force: &str| -> Result<(), DbErr> {
        if is_postgres {
            let sql = format!("ALTER TABLE content_review {force} ROW LEVEL SECURITY");
            connection.execute_unprepared(&sql).await?;
        }
        Ok(())
    };
    wall("NO FORCE").await?;
    let forget = "DELETE FROM content_review WHERE EXISTS
         (SELECT 1 FROM content_review later WHERE later.item_id = content_review.item_id
          AND (later.submitted_at, later.revision_id) > (content_review.submitted_at, content_review.revision_id))";
    connection.execute_unprepared(forget).await?;
    wall("FORCE").await
}

fn table(key: &'static str) -> TableCreateStatement {
    Table::create()
        .table("content_review")
        .col(uuid("item_id"))
        .col(uuid("tenant_id"))
        .col(uuid("revision_id"))
        .col(string("state"))
        .col(string("submitted_by"))
        .col(timestamp_with_time_zone("submitted_at"))
        .col(string_null("assignee"))
        .col(string_null("decided_by"))
        .col(timestamp_with_time_zone_null("decided_at"))
        .col(text_null("comment"))
        .primary_key(Index::create().col(key))
        .foreign_key(
            ForeignKey::create()
                .from_tbl("content_review")
                .from_col("item_id")
                .to("content_item", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn index(name: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.table("content_review").name(name);
    for column in columns {
        index.col(*column);
    }
    index
}
