//! An index for items of a tenant by their ids, on SQLite. Its planner has no statistics, and would
//! rather read all items of the tenant than look some ids up by the primary key.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const NAME: &str = "content_item_own";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let mut index = Index::create();
        index.table("content_item").name(NAME).unique();
        for column in ["tenant_id", "id"] {
            index.col(column);
        }
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let mut index = Index::drop();
        index.table("content_item").name(NAME);
        manager.drop_index(index).await
    }
}
