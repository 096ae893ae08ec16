//! The audit log. The database itself refuses to change or to remove what is written there, unless
//! the tenant goes as a whole.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string, text, uuid},
    sea_orm::DbBackend,
};

use crate::{parts::drop_tables, wall};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 2] = ["audit_chain", "audit_entry"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let connection = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Postgres {
            for table in TABLES {
                connection.execute_unprepared(&wall(table)).await?;
            }
            connection.execute_unprepared(POSTGRES).await?;
        } else {
            connection.execute_unprepared(SQLITE).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, TABLES).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            let functions = "DROP FUNCTION audit_is_kept(); DROP FUNCTION audit_chain_grows()";
            manager
                .get_connection()
                .execute_unprepared(functions)
                .await?;
        }
        Ok(())
    }
}

fn tables() -> [TableCreateStatement; 2] {
    let of_tenant = |table: &'static str| {
        ForeignKey::create()
            .from_tbl(table)
            .from_col("tenant_id")
            .to("tenant", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .to_owned()
    };
    [
        // The row is locked from the entry to its commit, so that the numbers are in the order of
        // the commits, without gaps.
        Table::create()
            .table("audit_chain")
            .col(uuid("tenant_id").primary_key())
            .col(big_integer("last_number"))
            .foreign_key(&mut of_tenant("audit_chain"))
            .to_owned(),
        Table::create()
            .table("audit_entry")
            .col(uuid("tenant_id"))
            .col(big_integer("number"))
            .col(big_integer("at"))
            .col(string("actor"))
            .col(string("actor_name").null())
            .col(string("name"))
            .col(string("subject").null())
            .col(text("details"))
            .col(string("request_id").null())
            .col(string("client_network").null())
            .col(string("previous_hash"))
            .col(string("hash"))
            .primary_key(Index::create().col("tenant_id").col("number"))
            .foreign_key(&mut of_tenant("audit_entry"))
            .to_owned(),
    ]
}

fn indexes() -> [IndexCreateStatement; 4] {
    let by = |name: &'static str, column: &'static str| {
        Index::create()
            .table("audit_entry")
            .name(name)
            .col("tenant_id")
            .col(column)
            .col("number")
            .to_owned()
    };
    [
        by("audit_entry_actor", "actor"),
        by("audit_entry_name", "name"),
        by("audit_entry_subject", "subject"),
        by("audit_entry_at", "at"),
    ]
}

const SQLITE: &str = "
CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'entries of the audit log are not changed'); END;

CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry
WHEN EXISTS (SELECT 1 FROM tenant WHERE id = OLD.tenant_id)
BEGIN SELECT RAISE(ABORT, 'entries of the audit log are not deleted'); END;

CREATE TRIGGER audit_chain_grows BEFORE UPDATE ON audit_chain
WHEN NEW.tenant_id IS NOT OLD.tenant_id OR NEW.last_number IS NOT OLD.last_number + 1
BEGIN SELECT RAISE(ABORT, 'the audit log grows by one entry at a time'); END;

CREATE TRIGGER audit_chain_kept BEFORE DELETE ON audit_chain
WHEN EXISTS (SELECT 1 FROM tenant WHERE id = OLD.tenant_id)
BEGIN SELECT RAISE(ABORT, 'entries of the audit log are not deleted'); END;
";

// When a tenant goes, its row is gone by the time those that hang on it follow.
const POSTGRES: &str = "
CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT 1 FROM tenant WHERE id = OLD.tenant_id) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'entries of the audit log are not changed and not deleted'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION audit_chain_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.tenant_id = OLD.tenant_id AND NEW.last_number = OLD.last_number + 1 THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the audit log grows by one entry at a time'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION audit_is_kept();
CREATE TRIGGER audit_entry_not_emptied BEFORE TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();

CREATE TRIGGER audit_chain_grows BEFORE UPDATE ON audit_chain
FOR EACH ROW EXECUTE FUNCTION audit_chain_grows();
CREATE TRIGGER audit_chain_kept BEFORE DELETE ON audit_chain
FOR EACH ROW EXECUTE FUNCTION audit_is_kept();
CREATE TRIGGER audit_chain_not_emptied BEFORE TRUNCATE ON audit_chain
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();
";
