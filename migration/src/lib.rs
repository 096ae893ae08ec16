//! The migrations of the database, the same for SQLite and PostgreSQL. A migration that was
//! released is never changed; a later one corrects it.

mod m20261123_000001_content;
mod m20261125_000002_changes;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

/// Applies the migrations in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_content::Migration),
            Box::new(m20261125_000002_changes::Migration),
        ]
    }
}
