//! The same index for revisions as for items: since revisions have an index by tenant and author, SQLite would
//! read all revisions of a tenant through it to find some by their ids.

use sea_orm_migration::prelude::*;

use crate::m20261126_000005_own_items::{drop_own, index_own};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const NAME: &str = "content_revision_own";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        index_own(manager, "content_revision", NAME).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_own(manager, "content_revision", NAME).await
    }
}
