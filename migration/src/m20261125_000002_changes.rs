//! The log of what changes on the public site; and on PostgreSQL row-level security by tenant.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string, timestamp_with_time_zone, uuid},
    sea_orm::DbBackend,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables whose rows belong to a tenant. Those of the tenants themselves are read before it is
/// known for whom a request is.
const TENANT_TABLES: [&str; 8] = [
    "content_item",
    "content_revision",
    "content_link",
    "content_slug",
    "content_listing",
    "content_occurrence",
    "content_feed",
    "content_change",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            for table in TENANT_TABLES {
                manager
                    .get_connection()
                    .execute_unprepared(&wall(table))
                    .await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            for table in TENANT_TABLES {
                let open = format!(
                    "DROP POLICY tenant ON {table};
                     ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
                     ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
                );
                manager.get_connection().execute_unprepared(&open).await?;
            }
        }
        for table in ["content_change", "content_feed"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

/// Rows are there only for the tenant that the connection was told; without one there are none. The
/// owner of the tables is held too.
fn wall(table: &str) -> String {
    format!(
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
         ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
         CREATE POLICY tenant ON {table}
         USING (tenant_id = NULLIF(current_setting('municipio.tenant', true), '')::uuid)"
    )
}

fn tables() -> [TableCreateStatement; 2] {
    [
        // How far the log of each tenant has come. The row is locked from the change to its commit,
        // so that the order of the numbers is the order of the commits.
        Table::create()
            .table("content_feed")
            .col(uuid("tenant_id").primary_key())
            .col(big_integer("last_sequence"))
            .foreign_key(
                ForeignKey::create()
                    .from_tbl("content_feed")
                    .from_col("tenant_id")
                    .to_tbl("tenant")
                    .to_col("id"),
            )
            .to_owned(),
        Table::create()
            .table("content_change")
            .col(uuid("tenant_id"))
            .col(big_integer("sequence"))
            .col(uuid("item_id"))
            .col(string("content_type"))
            .col(string("kind"))
            .col(timestamp_with_time_zone("changed_at"))
            .primary_key(Index::create().col("tenant_id").col("sequence"))
            .to_owned(),
    ]
}
