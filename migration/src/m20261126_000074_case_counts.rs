//! How many cases stand where, so that queues say how long they are without being counted; and indexes for the queues of
//! an officer and of a procedure, and for what is open.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string, uuid},
    sea_orm::DbBackend,
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 1] = ["case_count"];
const FILL: &str = "INSERT INTO case_count (tenant_id, office_id, procedure_id, status, total) \
    SELECT tenant_id, office_id, procedure_id, status, count(*) FROM case_file \
    WHERE NOT is_private GROUP BY tenant_id, office_id, procedure_id, status";

const INDEXES: [(&str, &[&str]); 2] = [
    (
        "case_file_officer_due",
        &["tenant_id", "officer_id", "due_place"],
    ),
    (
        "case_file_procedure_due",
        &["tenant_id", "procedure_id", "due_place"],
    ),
];
/// What is open, the oldest first: most cases are closed.
const OPEN: [&str; 2] = [
    "CREATE INDEX case_file_open ON case_file (tenant_id, opened_place) WHERE closed_at IS NULL",
    "CREATE INDEX case_file_office_open ON case_file (tenant_id, office_id, opened_place) WHERE closed_at IS NULL",
];

fn indexes() -> [IndexCreateStatement; 2] {
    INDEXES.map(|(name, columns)| index(name, "case_file", columns))
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let counts = Table::create()
            .table("case_count")
            .col(uuid("tenant_id"))
            .col(uuid("office_id"))
            .col(uuid("procedure_id"))
            .col(string("status"))
            .col(big_integer("total"))
            .primary_key(
                Index::create()
                    .col("tenant_id")
                    .col("office_id")
                    .col("procedure_id")
                    .col("status"),
            )
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned();
        create(manager, [counts], [], &[]).await?;
        let connection = manager.get_connection();
        match manager.get_database_backend() {
            // The owner of the table sees no rows while it is told no tenant.
            DbBackend::Postgres => {
                let fill = format!(
                    "ALTER TABLE case_file NO FORCE ROW LEVEL SECURITY; {FILL}; \
                     ALTER TABLE case_file FORCE ROW LEVEL SECURITY"
                );
                connection.execute_unprepared(&fill).await?;
            }
            _ => {
                connection.execute_unprepared(FILL).await?;
            }
        }
        for sql in OPEN {
            connection.execute_unprepared(sql).await?;
        }
        create(manager, [], indexes(), &TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut names: Vec<_> = INDEXES.map(|(name, _)| name).into();
        names.extend(["case_file_open", "case_file_office_open"]);
        for name in names {
            let drop = Index::drop().name(name).table("case_file").to_owned();
            manager.drop_index(drop).await?;
        }
        drop_tables(manager, TABLES).await
    }
}
