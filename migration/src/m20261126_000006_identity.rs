//! Accounts, their roles and sessions, and API keys.

use sea_orm_migration::{
    prelude::*,
    schema::{
        integer, json, string, string_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid,
    },
};

use crate::parts::{create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 8] = [
    "account",
    "role_assignment",
    "role_definition",
    "session",
    "session_token",
    "sign_in_attempt",
    "recovery_code",
    "api_key",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            [accounts(), credentials()].concat(),
            indexes(),
            &TABLES,
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, TABLES.into_iter().rev()).await
    }
}

fn foreign(
    table: &'static str,
    column: &'static str,
    target: &'static str,
) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.from_tbl(table)
        .from_col(column)
        .to_tbl(target)
        .to_col("id");
    key
}

fn accounts() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("account")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("email"))
            .col(string("name"))
            .col(string("status"))
            .col(string_null("password_hash"))
            .col(string_null("reset_hash"))
            .col(timestamp_with_time_zone_null("reset_expires_at"))
            .col(string_null("totp_secret"))
            .col(timestamp_with_time_zone_null("totp_confirmed_at"))
            .col(ColumnDef::new("totp_last_step").big_integer().null())
            .col(timestamp_with_time_zone_null("last_sign_in_at"))
            .col(timestamp_with_time_zone("created_at"))
            .foreign_key(&mut foreign("account", "tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("role_assignment")
            .col(uuid("tenant_id"))
            .col(uuid("account_id"))
            .col(string("role"))
            .primary_key(
                Index::create()
                    .col("tenant_id")
                    .col("account_id")
                    .col("role"),
            )
            .foreign_key(&mut foreign("role_assignment", "account_id", "account"))
            .to_owned(),
        Table::create()
            .table("role_definition")
            .col(uuid("tenant_id"))
            .col(string("name"))
            .col(string("description"))
            .col(json("grants"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .primary_key(Index::create().col("tenant_id").col("name"))
            .foreign_key(&mut foreign("role_definition", "tenant_id", "tenant"))
            .to_owned(),
    ]
}

fn credentials() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("session")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(uuid("account_id"))
            .col(timestamp_with_time_zone("started_at"))
            .col(timestamp_with_time_zone("expires_at"))
            .foreign_key(&mut foreign("session", "account_id", "account"))
            .to_owned(),
        Table::create()
            .table("session_token")
            .col(uuid("tenant_id"))
            .col(string("hash"))
            .col(uuid("session_id"))
            .col(string("kind"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(timestamp_with_time_zone_null("used_at"))
            .primary_key(Index::create().col("tenant_id").col("hash"))
            .foreign_key(&mut foreign("session_token", "session_id", "session"))
            .to_owned(),
        Table::create()
            .table("sign_in_attempt")
            .col(uuid("tenant_id"))
            .col(string("email_hash"))
            .col(integer("failures"))
            .col(timestamp_with_time_zone_null("blocked_until"))
            .col(timestamp_with_time_zone("last_at"))
            .primary_key(Index::create().col("tenant_id").col("email_hash"))
            .to_owned(),
        Table::create()
            .table("recovery_code")
            .col(uuid("tenant_id"))
            .col(uuid("account_id"))
            .col(string("hash"))
            .col(timestamp_with_time_zone_null("used_at"))
            .primary_key(
                Index::create()
                    .col("tenant_id")
                    .col("account_id")
                    .col("hash"),
            )
            .foreign_key(&mut foreign("recovery_code", "account_id", "account"))
            .to_owned(),
        Table::create()
            .table("api_key")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("name"))
            .col(string("hash"))
            .col(string("hint"))
            .col(json("grants"))
            .col(string("created_by"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("expires_at"))
            .col(timestamp_with_time_zone_null("last_used_at"))
            .col(timestamp_with_time_zone_null("revoked_at"))
            .foreign_key(&mut foreign("api_key", "tenant_id", "tenant"))
            .to_owned(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let unique = |name, table, columns| index(name, table, columns).unique().to_owned();
    vec![
        unique("account_email", "account", &["tenant_id", "email"]),
        unique("api_key_hash", "api_key", &["tenant_id", "hash"]),
        index("account_reset", "account", &["tenant_id", "reset_hash"]),
        index(
            "role_assignment_role",
            "role_assignment",
            &["tenant_id", "role"],
        ),
        index("session_account", "session", &["tenant_id", "account_id"]),
        index("session_end", "session", &["tenant_id", "expires_at"]),
        index("session_token_session", "session_token", &["session_id"]),
        index(
            "session_token_end",
            "session_token",
            &["tenant_id", "expires_at"],
        ),
        index(
            "sign_in_attempt_last",
            "sign_in_attempt",
            &["tenant_id", "last_at"],
        ),
    ]
}
