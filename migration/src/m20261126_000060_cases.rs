//! Cases. The database itself refuses to change or to remove what happened in one, unless the tenant goes as a whole.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, boolean, date_null, string, string_null, text, text_null,
        timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
    },
    sea_orm::DbBackend,
};

use crate::parts::{belongs_to, create, drop_tables, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 4] = ["case_access", "case_event", "case_file", "case_feed"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, tables(), indexes(), &TABLES).await?;
        let triggers = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        let connection = manager.get_connection();
        connection.execute_unprepared(triggers).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, TABLES).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            let connection = manager.get_connection();
            let function = "DROP FUNCTION case_events_are_kept()";
            connection.execute_unprepared(function).await?;
        }
        Ok(())
    }
}

fn tables() -> [TableCreateStatement; 4] {
    [
        // The row is locked from the event to its commit, so that the places are in the order of the commits.
        Table::create()
            .table("case_feed")
            .col(uuid("tenant_id").primary_key())
            .col(big_integer("last_place"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("case_file")
            .col(uuid("id").primary_key())
            .col(uuid("tenant_id"))
            .col(uuid("procedure_id"))
            .col(uuid("revision_id"))
            .col(uuid("office_id"))
            .col(uuid_null("officer_id"))
            .col(string("state"))
            .col(string("status"))
            .col(string_null("outcome"))
            .col(string_null("protocol_number"))
            .col(date_null("protocol_date"))
            .col(string_null("applicant"))
            .col(string_null("delegate"))
            .col(boolean("is_private"))
            .col(text_null("data_key"))
            .col(text_null("sealed"))
            .col(big_integer("version"))
            .col(string("head"))
            .col(date_null("due_on"))
            .col(big_integer("due_place"))
            .col(big_integer("opened_place"))
            .col(big_integer("updated_place"))
            .col(timestamp_with_time_zone("opened_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .col(timestamp_with_time_zone_null("closed_at"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .to_owned(),
        Table::create()
            .table("case_event")
            .col(uuid("case_id"))
            .col(big_integer("number"))
            .col(uuid("tenant_id"))
            .col(big_integer("place"))
            .col(big_integer("at"))
            .col(string("actor"))
            .col(string("name"))
            .col(text("details"))
            .col(text_null("sealed"))
            .col(string("previous_hash"))
            .col(string("hash"))
            .primary_key(Index::create().col("case_id").col("number"))
            .foreign_key(&mut belongs_to("tenant_id", "tenant"))
            .foreign_key(&mut belongs_to("case_id", "case_file"))
            .to_owned(),
        Table::create()
            .table("case_access")
            .col(uuid("case_id"))
            .col(string("reader"))
            .col(big_integer("hour"))
            .col(uuid("tenant_id"))
            .col(timestamp_with_time_zone("read_at"))
            .primary_key(Index::create().col("case_id").col("reader").col("hour"))
            .foreign_key(&mut belongs_to("case_id", "case_file"))
            .to_owned(),
    ]
}

/// The queues of the offices by each of the three orders; those of an officer, of a procedure and of a citizen.
fn indexes() -> [IndexCreateStatement; 12] {
    let file = |name, columns: &[&'static str]| index(name, "case_file", columns);
    [
        file("case_file_updated", &["tenant_id", "updated_place"]),
        file("case_file_opened", &["tenant_id", "opened_place"]),
        file("case_file_due", &["tenant_id", "due_place"]),
        file(
            "case_file_office",
            &["tenant_id", "office_id", "updated_place"],
        ),
        file(
            "case_file_office_due",
            &["tenant_id", "office_id", "due_place"],
        ),
        file(
            "case_file_officer",
            &["tenant_id", "officer_id", "updated_place"],
        ),
        file(
            "case_file_procedure",
            &["tenant_id", "procedure_id", "updated_place"],
        ),
        file(
            "case_file_applicant",
            &["tenant_id", "applicant", "updated_place"],
        ),
        file(
            "case_file_delegate",
            &["tenant_id", "delegate", "updated_place"],
        ),
        file("case_file_protocol", &["tenant_id", "protocol_number"]),
        index("case_event_log", "case_event", &["tenant_id", "place"]),
        index("case_access_tenant", "case_access", &["tenant_id"]),
    ]
}

const SQLITE: &str = "
CREATE TRIGGER case_event_unchanged BEFORE UPDATE ON case_event
BEGIN SELECT RAISE(ABORT, 'events of a case are not changed'); END;

CREATE TRIGGER case_event_kept BEFORE DELETE ON case_event
WHEN EXISTS (SELECT 1 FROM tenant WHERE id = OLD.tenant_id)
BEGIN SELECT RAISE(ABORT, 'events of a case are not deleted'); END;
";

// When a tenant goes, its row is gone by the time those that hang on it follow.
const POSTGRES: &str = "
CREATE FUNCTION case_events_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT 1 FROM tenant WHERE id = OLD.tenant_id) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'events of a case are not changed and not deleted'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER case_event_kept BEFORE UPDATE OR DELETE ON case_event
FOR EACH ROW EXECUTE FUNCTION case_events_are_kept();
CREATE TRIGGER case_event_not_emptied BEFORE TRUNCATE ON case_event
FOR EACH STATEMENT EXECUTE FUNCTION case_events_are_kept();
";
