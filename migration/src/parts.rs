//! What migrations are made of: parts that look alike in all of them.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::wall;

/// Creates tables and indexes. On PostgreSQL the rows of these tables are there for their tenant alone.
pub(crate) async fn create(
    manager: &SchemaManager<'_>,
    tables: impl IntoIterator<Item = TableCreateStatement>,
    indexes: impl IntoIterator<Item = IndexCreateStatement>,
    walled: &[&str],
) -> Result<(), DbErr> {
    for table in tables {
        manager.create_table(table).await?;
    }
    for index in indexes {
        manager.create_index(index).await?;
    }
    if manager.get_database_backend() == DbBackend::Postgres {
        let connection = manager.get_connection();
        for table in walled {
            connection.execute_unprepared(&wall(table)).await?;
        }
    }
    Ok(())
}

/// Drops tables, those that others refer to last.
pub(crate) async fn drop_tables(
    manager: &SchemaManager<'_>,
    tables: impl IntoIterator<Item = &'static str>,
) -> Result<(), DbErr> {
    for table in tables {
        manager
            .drop_table(Table::drop().table(table).to_owned())
            .await?;
    }
    Ok(())
}

/// An index of a table by these columns.
pub(crate) fn index(
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

/// The row goes with the one that this column names.
pub(crate) fn belongs_to(column: &'static str, target: &'static str) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.from_col(column)
        .to(target, "id")
        .on_delete(ForeignKeyAction::Cascade);
    key
}
