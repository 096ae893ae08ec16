//! Jobs that are still to be done are few among those that were. With indexes of all of them PostgreSQL took one for another as long
//! as it had not counted them, and found what waits by reading what was done.

use sea_orm_migration::prelude::*;

use crate::parts::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "outbox_job";
const OPEN: [&str; 2] = ["waiting", "running"];
const OVER: [&str; 2] = ["done", "dead"];
/// The indexes, with their columns and the statuses of the jobs that they hold.
const INDEXES: [(&str, &[&str], [&str; 2]); 3] = [
    (
        "outbox_job_open_due",
        &["tenant_id", "topic", "status", "due_key", "number"],
        OPEN,
    ),
    (
        "outbox_job_open_order",
        &["tenant_id", "topic", "aggregate", "number"],
        OPEN,
    ),
    ("outbox_job_over", &["tenant_id", "status", "due_key"], OVER),
];
/// Those in whose place they come.
const REPLACED: [(&str, &[&str]); 3] = [
    (
        "outbox_job_due",
        &["tenant_id", "topic", "status", "due_key", "number"],
    ),
    (
        "outbox_job_order",
        &["tenant_id", "topic", "aggregate", "status", "number"],
    ),
    ("outbox_job_status", &["tenant_id", "status", "due_key"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, columns, statuses) in INDEXES {
            let held = Expr::col("status").is_in(statuses.map(|one| Expr::Constant(one.into())));
            let index = index(name, TABLE, columns).and_where(held).to_owned();
            manager.create_index(index).await?;
        }
        for (name, _) in REPLACED {
            drop(manager, name).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, columns) in REPLACED {
            manager.create_index(index(name, TABLE, columns)).await?;
        }
        for (name, ..) in INDEXES {
            drop(manager, name).await?;
        }
        Ok(())
    }
}

async fn drop(manager: &SchemaManager<'_>, name: &'static str) -> Result<(), DbErr> {
    let index = Index::drop().name(name).table(TABLE).to_owned();
    manager.drop_index(index).await
}
