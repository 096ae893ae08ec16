//! What is counted of cases stands in their rows: how they came in, and the days on which they began, came to their
//! state and were closed.

use sea_orm_migration::{
    prelude::*,
    schema::{boolean_null, integer, integer_null, string},
    sea_orm::DbBackend,
};

use crate::parts::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CLOSED: &str = "case_file_closed";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            // SQLite adds one at a time.
            let mut add = Table::alter();
            add.table("case_file").add_column(column);
            manager.alter_table(add).await?;
        }
        let closed = index(CLOSED, "case_file", &["tenant_id", "closed_day"]);
        manager.create_index(closed).await?;
        let fill = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES.to_owned(),
            _ => sqlite(),
        };
        manager.get_connection().execute_unprepared(&fill).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut drop = Index::drop();
        drop.table("case_file").name(CLOSED);
        manager.drop_index(drop).await?;
        for column in [
            "channel",
            "begun_day",
            "state_day",
            "closed_day",
            "closed_in_time",
        ] {
            let mut drop = Table::alter();
            drop.table("case_file").drop_column(column);
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

fn columns() -> [ColumnDef; 5] {
    [
        string("channel").default("counter").take(),
        integer("begun_day").default(0).take(),
        integer("state_day").default(0).take(),
        integer_null("closed_day").take(),
        boolean_null("closed_in_time").take(),
    ]
}

// The owner of the tables, told no tenant, must see the rows of all for once.
const POSTGRES: &str = r#"
ALTER TABLE case_file NO FORCE ROW LEVEL SECURITY;
ALTER TABLE case_event NO FORCE ROW LEVEL SECURITY;
UPDATE case_file SET
  channel = COALESCE((SELECT CASE WHEN actor LIKE 'citizen:%' THEN 'online' WHEN actor LIKE 'key:%' THEN 'software'
    ELSE 'counter' END FROM case_event WHERE case_id = id AND number = 1), channel),
  begun_day = COALESCE(protocol_date, (opened_at AT TIME ZONE 'Europe/Rome')::date) - DATE '0001-01-01' + 1,
  state_day = COALESCE((SELECT COALESCE((details::json ->> 'occurredOn')::date,
      (to_timestamp("at" / 1000000) AT TIME ZONE 'Europe/Rome')::date) - DATE '0001-01-01' + 1
    FROM case_event WHERE case_id = id AND name IN ('opened', 'moved', 'migrated') ORDER BY number DESC LIMIT 1), state_day);
UPDATE case_file SET closed_day = state_day, closed_in_time = state_day <= due_on - DATE '0001-01-01' + 1
  WHERE closed_at IS NOT NULL;
ALTER TABLE case_event FORCE ROW LEVEL SECURITY;
ALTER TABLE case_file FORCE ROW LEVEL SECURITY;
"#;

/// The same for SQLite, which knows no time zones: from the last Sunday of March to that of October, at one o'clock in
/// UTC, it is two hours later in Rome, and one hour else.
fn sqlite() -> String {
    let rome = |moment: &str| {
        let change = |day: &str| {
            format!("date(strftime('%Y', {moment}) || '{day}', 'weekday 0') || ' 01:00:00'")
        };
        let (begin, end) = (change("-03-25"), change("-10-25"));
        format!(
            "date({moment}, CASE WHEN datetime({moment}) >= {begin} AND datetime({moment}) < {end}
             THEN '+2 hours' ELSE '+1 hour' END)"
        )
    };
    let number = |day: &str| format!("CAST(julianday({day}) - 1721424.5 AS INTEGER)");
    let begun = number(&format!("COALESCE(protocol_date, {})", rome("opened_at")));
    let at = rome("datetime(at / 1000000, 'unixepoch')");
    let came = number(&format!(
        "COALESCE(json_extract(details, '$.occurredOn'), {at})"
    ));
    let due = number("due_on");
    format!(
        "UPDATE case_file SET
         channel = COALESCE((SELECT CASE WHEN actor LIKE 'citizen:%' THEN 'online' WHEN actor LIKE 'key:%' THEN 'software'
           ELSE 'counter' END FROM case_event WHERE case_id = id AND number = 1), channel),
         begun_day = {begun},
         state_day = COALESCE((SELECT {came} FROM case_event
           WHERE case_id = id AND name IN ('opened', 'moved', 'migrated') ORDER BY number DESC LIMIT 1), state_day);
         UPDATE case_file SET closed_day = state_day, closed_in_time = state_day <= {due} WHERE closed_at IS NOT NULL"
    )
}
