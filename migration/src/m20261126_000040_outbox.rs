//! The outbox: jobs that are to be done after a change, and how far those have come who follow the log of changes.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, integer, json, string, string_null, text_null, timestamp_with_time_zone, uuid,
        uuid_null,
    },
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables whose rows a connection sees of its own tenant alone.
const WALLED: [&str; 3] = ["outbox_queue", "outbox_job", "log_position"];
/// Those that say for which tenants something is to be done: they are read before it is known for whom.
const OPEN: [&str; 2] = ["outbox_wake", "outbox_dead_letter"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, tables(), indexes(), &WALLED).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, [&WALLED[..], &OPEN].concat()).await
    }
}

fn tables() -> [TableCreateStatement; 5] {
    [
        // The row is locked from the first job of a transaction to its commit, so that the order of the numbers
        // is the order of the commits.
        Table::create()
            .table("outbox_queue")
            .col(uuid("tenant_id").primary_key())
            .col(big_integer("last_number"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("outbox_job")
            .col(uuid("tenant_id"))
            .col(big_integer("number"))
            .col(string("topic"))
            .col(string("aggregate"))
            .col(string_null("merge_key"))
            .col(json("payload"))
            .col(string("status"))
            .col(big_integer("due_key"))
            .col(integer("attempts"))
            .col(uuid_null("lease"))
            .col(text_null("last_error"))
            .col(timestamp_with_time_zone("created_at"))
            .primary_key(Index::create().col("tenant_id").col("number"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("outbox_wake")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("topic"))
            .col(big_integer("due_key"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("outbox_dead_letter")
            .col(uuid("tenant_id"))
            .col(big_integer("number"))
            .primary_key(Index::create().col("tenant_id").col("number"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("log_position")
            .col(uuid("tenant_id"))
            .col(string("follower"))
            .col(big_integer("sequence"))
            .primary_key(Index::create().col("tenant_id").col("follower"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
    ]
}

fn indexes() -> [IndexCreateStatement; 6] {
    [
        // Nothing is merged with what has no key: databases take each NULL for another value.
        index(
            "outbox_job_merge",
            "outbox_job",
            &["tenant_id", "topic", "merge_key"],
        )
        .unique()
        .to_owned(),
        index(
            "outbox_job_due",
            "outbox_job",
            &["tenant_id", "topic", "status", "due_key", "number"],
        ),
        index(
            "outbox_job_order",
            "outbox_job",
            &["tenant_id", "topic", "aggregate", "status", "number"],
        ),
        index(
            "outbox_job_status",
            "outbox_job",
            &["tenant_id", "status", "due_key"],
        ),
        index("outbox_wake_due", "outbox_wake", &["topic", "due_key"]),
        index(
            "outbox_wake_tenant",
            "outbox_wake",
            &["tenant_id", "topic", "due_key"],
        ),
    ]
}
