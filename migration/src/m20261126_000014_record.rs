//! What the public record needs: the revision of each publication and the slugs that it had, when each slug
//! came into use, and the indexes by which a moment is found; and one for the drafts that differ from what is
//! published.

use sea_orm_migration::{
    prelude::*,
    schema::{json_null, timestamp_with_time_zone_null, uuid_null},
    sea_orm::DbBackend,
};

use crate::parts::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Partial: it holds nothing of what is published as it was last written.
const WORKING: &str = "CREATE INDEX content_item_working ON content_item (tenant_id)
     WHERE draft_revision_id IS DISTINCT FROM published_revision_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ("content_change", uuid_null("revision_id")),
            ("content_change", json_null("slugs")),
            ("content_slug", timestamp_with_time_zone_null("claimed_at")),
        ];
        for (table, column) in columns {
            let add = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        fill(manager).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let connection = manager.get_connection();
        connection.execute_unprepared(WORKING).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name) in [
            ("content_item", "content_item_working"),
            ("content_change", "content_change_time"),
            ("content_change", "content_change_item"),
        ] {
            let drop = Index::drop().table(table).name(name).to_owned();
            manager.drop_index(drop).await?;
        }
        for (table, column) in [
            ("content_change", "revision_id"),
            ("content_change", "slugs"),
            ("content_slug", "claimed_at"),
        ] {
            let drop = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

fn indexes() -> [IndexCreateStatement; 2] {
    [
        index(
            "content_change_time",
            "content_change",
            &["tenant_id", "changed_at"],
        ),
        index(
            "content_change_item",
            "content_change",
            &["tenant_id", "item_id", "changed_at"],
        ),
    ]
}

/// The newest change of what is published published what is there now; of older ones nobody knows.
async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    const READ: [&str; 2] = ["content_change", "content_item"];
    let connection = manager.get_connection();
    let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
    // The owner of the tables, told no tenant, must see the rows of all for once.
    let wall = async |force: &str| -> Result<(), DbErr> {
        for table in READ.iter().filter(|_| is_postgres) {
            let sql = format!("ALTER TABLE {table} {force} ROW LEVEL SECURITY");
            connection.execute_unprepared(&sql).await?;
        }
        Ok(())
    };
    wall("NO FORCE").await?;
    let fill = "UPDATE content_change SET revision_id =
                (SELECT i.published_revision_id FROM content_item i WHERE i.id = content_change.item_id),
                slugs = (SELECT i.slugs FROM content_item i WHERE i.id = content_change.item_id)
         WHERE kind = 'published' AND (tenant_id, sequence) IN
               (SELECT tenant_id, MAX(sequence) FROM content_change GROUP BY tenant_id, item_id)";
    connection.execute_unprepared(fill).await?;
    wall("FORCE").await
}
