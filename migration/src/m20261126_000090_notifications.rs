//! App IO: the account and the services of a municipality there, what citizens are written, and that they were.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, integer, integer_null, json, string, string_null,
        text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
    },
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Those that others refer to last.
const TABLES: [&str; 4] = [
    "case_notification",
    "message_template",
    "appio_service",
    "appio_account",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [account(), service(), template(), notification()];
        create(manager, tables, indexes(), &TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, TABLES).await
    }
}

fn account() -> TableCreateStatement {
    Table::create()
        .table("appio_account")
        .col(uuid("tenant_id").primary_key())
        .col(boolean("is_enabled"))
        .col(string("environment"))
        .col(boolean("is_premium"))
        .col(integer("calls"))
        .col(string("case_address"))
        .col(text_null("manage_key"))
        .col(string_null("remote_configuration"))
        .col(json("remote_keys"))
        .col(big_integer("free_key"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut belongs_to("tenant_id", "tenant"))
        .to_owned()
}

fn service() -> TableCreateStatement {
    Table::create()
        .table("appio_service")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(string("name"))
        .col(string("service_id"))
        .col(text("keys"))
        .col(boolean("is_enabled"))
        .col(big_integer_null("paused_key"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut belongs_to("tenant_id", "tenant"))
        .to_owned()
}

fn template() -> TableCreateStatement {
    Table::create()
        .table("message_template")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(uuid("service_id"))
        .col(string("event"))
        .col(uuid_null("procedure_id"))
        .col(string_null("transition"))
        .col(string("occasion"))
        .col(json("content"))
        .col(boolean("is_enabled"))
        .col(integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut belongs_to("tenant_id", "tenant"))
        .foreign_key(&mut belongs_to("service_id", "appio_service"))
        .foreign_key(&mut belongs_to("procedure_id", "content_item"))
        .to_owned()
}

fn notification() -> TableCreateStatement {
    Table::create()
        .table("case_notification")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(uuid("case_id"))
        .col(big_integer("number"))
        .col(string("event"))
        .col(string("recipient"))
        .col(uuid("template_id"))
        .col(integer_null("template_version"))
        .col(string("once_key"))
        .col(string("status"))
        .col(text_null("sealed"))
        .col(uuid_null("remote_id"))
        .col(string_null("remote_recipient"))
        .col(string_null("environment"))
        .col(string_null("message_id"))
        .col(string_null("problem"))
        .col(integer("failures"))
        .col(integer("looks"))
        .col(uuid_null("repeats_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("sent_at"))
        .col(timestamp_with_time_zone_null("settled_at"))
        .foreign_key(&mut belongs_to("tenant_id", "tenant"))
        .foreign_key(&mut belongs_to("case_id", "case_file"))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 8] {
    let plain = |name, table, columns: &[&'static str]| index(name, table, columns);
    let unique =
        |name, table, columns: &[&'static str]| index(name, table, columns).unique().to_owned();
    let notification = "case_notification";
    [
        plain("appio_service_tenant", "appio_service", &["tenant_id"]),
        plain(
            "message_template_service",
            "message_template",
            &["service_id"],
        ),
        plain(
            "message_template_procedure",
            "message_template",
            &["procedure_id"],
        ),
        unique(
            "message_template_occasion",
            "message_template",
            &["tenant_id", "occasion"],
        ),
        plain("case_notification_case", notification, &["case_id"]),
        plain(
            "case_notification_status",
            notification,
            &["tenant_id", "status", "event"],
        ),
        unique(
            "case_notification_once",
            notification,
            &["tenant_id", "once_key"],
        ),
        unique(
            "case_notification_remote",
            notification,
            &["tenant_id", "remote_id"],
        ),
    ]
}
