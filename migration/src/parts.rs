//! What migrations are made of: parts that look alike in all of them.

use sea_orm_migration::prelude::*;

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
