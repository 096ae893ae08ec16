//! An index for the question whether a slug is taken in any locale: the primary key, whose locale
//! comes before the slug, would be read from one end to the other.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const NAME: &str = "content_slug_taken";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::create();
        index.table("content_slug").name(NAME);
        for column in ["tenant_id", "content_type", "slug"] {
            index.col(column);
        }
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::drop();
        index.table("content_slug").name(NAME);
        manager.drop_index(index).await
    }
}
