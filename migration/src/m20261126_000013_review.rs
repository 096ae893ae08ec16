//! The review of content before it is published.

use sea_orm_migration::{
    prelude::*,
    schema::{string, text, timestamp_with_time_zone, uuid},
};

use crate::parts::{create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 2] = ["content_review", "review_rule"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, tables(), indexes(), &TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::drop();
        index.table("content_revision").name(WRITTEN_BY);
        manager.drop_index(index).await?;
        drop_tables(manager, TABLES).await
    }
}

const WRITTEN_BY: &str = "content_revision_author";

fn tables() -> [TableCreateStatement; 2] {
    [
        Table::create()
            .table("content_review")
            .col(uuid("item_id").primary_key())
            .col(uuid("tenant_id"))
            .col(uuid("revision_id"))
            .col(string("state"))
            .col(string("submitted_by"))
            .col(timestamp_with_time_zone("submitted_at"))
            .col(string("assignee").null())
            .col(string("decided_by").null())
            .col(timestamp_with_time_zone("decided_at").null())
            .col(text("comment").null())
            .foreign_key(
                ForeignKey::create()
                    .from_tbl("content_review")
                    .from_col("item_id")
                    .to("content_item", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned(),
        Table::create()
            .table("review_rule")
            .col(uuid("tenant_id"))
            .col(string("content_type"))
            .primary_key(Index::create().col("tenant_id").col("content_type"))
            .foreign_key(
                ForeignKey::create()
                    .from_tbl("review_rule")
                    .from_col("tenant_id")
                    .to("tenant", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned(),
    ]
}

/// What waits for somebody, what came back to somebody, and what somebody wrote.
fn indexes() -> [IndexCreateStatement; 3] {
    [
        index(
            "content_review_assignee",
            "content_review",
            &["tenant_id", "state", "assignee"],
        ),
        index(
            "content_review_author",
            "content_review",
            &["tenant_id", "state", "submitted_by"],
        ),
        index(
            WRITTEN_BY,
            "content_revision",
            &["tenant_id", "author", "item_id"],
        ),
    ]
}
