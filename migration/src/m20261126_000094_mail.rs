//! What App IO does not tell is told by mail: from which address a municipality writes, and how it stands with a mail.

use sea_orm_migration::{
    prelude::*,
    schema::{integer, string_null, timestamp_with_time_zone_null},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            // SQLite adds one at a time.
            let mut add = Table::alter();
            add.table(table).add_column(column);
            manager.alter_table(add).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            let mut drop = Table::alter();
            drop.table(table).drop_column(column.get_column_name());
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

fn columns() -> [(&'static str, ColumnDef); 5] {
    let of_notification = |column| ("case_notification", column);
    [
        ("appio_account", string_null("mail_sender")),
        of_notification(string_null("mail_status")),
        of_notification(string_null("mail_problem")),
        of_notification(integer("mail_failures").default(0).take()),
        of_notification(timestamp_with_time_zone_null("mail_sent_at")),
    ]
}
