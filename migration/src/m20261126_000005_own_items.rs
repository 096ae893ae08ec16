//! An index for items of a tenant by their ids, on SQLite. Its planner has no statistics, and would
//! rather read all items of the tenant than look some ids up by the primary key.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        index_own(manager, "content_item", "content_item_own").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_own(manager, "content_item", "content_item_own").await
    }
}

/// Makes an index of the rows of a tenant by their ids, on SQLite.
pub(crate) async fn index_own(
    manager: &SchemaManager<'_>,
    table: &'static str,
    name: &str,
) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Sqlite {
        return Ok(());
    }
    let mut index = Index::create();
    index.table(table).name(name).unique();
    for column in ["tenant_id", "id"] {
        index.col(column);
    }
    manager.create_index(index).await
}

/// Takes it away.
pub(crate) async fn drop_own(
    manager: &SchemaManager<'_>,
    table: &'static str,
    name: &str,
) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Sqlite {
        return Ok(());
    }
    let mut index = Index::drop();
    index.table(table).name(name);
    manager.drop_index(index).await
}
