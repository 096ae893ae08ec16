//! Files: what is kept, which revisions use it, and what is on its way in.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, json, json_null, string, text, text_null,
        timestamp_with_time_zone, uuid,
    },
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 3] = ["media_upload", "media_use", "media_blob"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            tables(),
            [
                index(
                    "media_blob_uploaded",
                    "media_blob",
                    &["tenant_id", "uploaded_at"],
                ),
                index("media_use_blob", "media_use", &["tenant_id", "sha256"]),
                index(
                    "media_upload_expiry",
                    "media_upload",
                    &["tenant_id", "expires_at"],
                ),
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
            .table("media_blob")
            .col(uuid("tenant_id"))
            .col(string("sha256"))
            .col(json("facts"))
            .col(text_null("text"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("uploaded_at"))
            .primary_key(Index::create().col("tenant_id").col("sha256"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("media_use")
            .col(uuid("revision_id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("sha256"))
            .foreign_key(&mut belongs_to("revision_id", "content_revision"))
            .foreign_key(&mut kept())
            .to_owned(),
        Table::create()
            .table("media_upload")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("author"))
            .col(text("name"))
            .col(big_integer_null("length"))
            .col(big_integer("received"))
            .col(json("pieces"))
            .col(json_null("file"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("expires_at"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
    ]
}

/// A file that a revision uses cannot be removed.
fn kept() -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.from_col("tenant_id")
        .from_col("sha256")
        .to_tbl("media_blob")
        .to_col("tenant_id")
        .to_col("sha256");
    key
}
