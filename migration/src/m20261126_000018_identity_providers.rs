//! Identity providers, whose accounts are those of a municipality; sign-ins under way; and roles that come from
//! groups.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, json, string, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
        uuid,
    },
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 3] = ["sign_in_request", "external_identity", "identity_provider"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, tables(), indexes(), &TABLES).await?;
        let from_groups = boolean("from_groups").default(false).to_owned();
        let add = Table::alter()
            .table("role_assignment")
            .add_column(from_groups)
            .to_owned();
        manager.alter_table(add).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = Table::alter()
            .table("role_assignment")
            .drop_column("from_groups")
            .to_owned();
        manager.alter_table(drop).await?;
        drop_tables(manager, TABLES).await
    }
}

fn tables() -> [TableCreateStatement; 3] {
    [
        Table::create()
            .table("identity_provider")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(string("name"))
            .col(string("issuer"))
            .col(string("client_id"))
            .col(text_null("client_secret"))
            .col(boolean("is_enabled"))
            .col(json("settings"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("external_identity")
            .col(uuid("tenant_id"))
            .col(string("issuer"))
            .col(string("subject"))
            .col(uuid("account_id"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("last_sign_in_at"))
            .primary_key(
                Index::create()
                    .col("tenant_id")
                    .col("issuer")
                    .col("subject"),
            )
            .foreign_key(&mut belongs_to("account_id", "account"))
            .to_owned(),
        Table::create()
            .table("sign_in_request")
            .col(uuid("tenant_id"))
            .col(string("hash"))
            .col(string("state_hash"))
            .col(uuid("provider_id"))
            .col(string("redirect_uri"))
            .col(timestamp_with_time_zone("expires_at"))
            .primary_key(Index::create().col("tenant_id").col("hash"))
            .foreign_key(&mut belongs_to("provider_id", "identity_provider"))
            .to_owned(),
    ]
}

fn indexes() -> [IndexCreateStatement; 4] {
    [
        index(
            "identity_provider_issuer",
            "identity_provider",
            &["tenant_id", "issuer"],
        )
        .unique()
        .to_owned(),
        index(
            "external_identity_account",
            "external_identity",
            &["account_id"],
        ),
        index(
            "sign_in_request_end",
            "sign_in_request",
            &["tenant_id", "expires_at"],
        ),
        index(
            "sign_in_request_provider",
            "sign_in_request",
            &["provider_id"],
        ),
    ]
}
