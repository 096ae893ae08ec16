//! The migrations of the database, the same for SQLite and PostgreSQL. A migration that was
//! released is never changed; a later one corrects it.

mod m20261123_000001_content;
mod m20261125_000002_changes;
mod m20261126_000003_slugs;
mod m20261126_000004_counts;
mod m20261126_000005_own_items;
mod m20261126_000006_identity;
mod m20261126_000007_life_cycle;
mod m20261126_000008_idempotency;
mod m20261126_000009_audit;
mod m20261126_000013_review;
mod m20261126_000014_record;
mod m20261126_000015_releases;
mod m20261126_000016_review_of_revision;
mod m20261126_000018_identity_providers;
mod m20261126_000022_own_revisions;
mod m20261126_000023_answers;
mod m20261126_000030_media;
mod m20261126_000040_outbox;
mod m20261126_000041_webhooks;
mod m20261126_000050_search;
mod m20261126_000060_cases;
mod m20261126_000070_citizen_issuers;
mod m20261126_000071_delegations;
mod m20261126_000072_case_references;
mod m20261126_000073_failing_jobs;
mod m20261126_000074_case_counts;
mod m20261126_000080_insight;
mod m20261126_000081_rule_runs;
mod m20261126_000085_case_state_maps;
mod m20261126_000086_case_codes;
mod m20261126_000090_notifications;
mod m20261126_000091_service_sheets;
mod m20261126_000094_mail;
mod m20261126_000095_attachments;
mod m20261126_000096_read_status;
mod m20261127_000097_lollipop;
mod m20261127_000098_parts_of_cases;
mod m20261127_000099_open_jobs;
mod parts;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

/// Applies the migrations in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let migrations: Vec<Box<dyn MigrationTrait>> = vec![
            Box::new(m20261123_000001_content::Migration),
            Box::new(m20261125_000002_changes::Migration),
            Box::new(m20261126_000003_slugs::Migration),
            Box::new(m20261126_000004_counts::Migration),
            Box::new(m20261126_000005_own_items::Migration),
            Box::new(m20261126_000006_identity::Migration),
            Box::new(m20261126_000007_life_cycle::Migration),
            Box::new(m20261126_000008_idempotency::Migration),
            Box::new(m20261126_000009_audit::Migration),
            Box::new(m20261126_000013_review::Migration),
            Box::new(m20261126_000014_record::Migration),
            Box::new(m20261126_000015_releases::Migration),
            Box::new(m20261126_000016_review_of_revision::Migration),
            Box::new(m20261126_000018_identity_providers::Migration),
            Box::new(m20261126_000022_own_revisions::Migration),
            Box::new(m20261126_000023_answers::Migration),
            Box::new(m20261126_000030_media::Migration),
            Box::new(m20261126_000040_outbox::Migration),
            Box::new(m20261126_000041_webhooks::Migration),
            Box::new(m20261126_000050_search::Migration),
            Box::new(m20261126_000060_cases::Migration),
            Box::new(m20261126_000070_citizen_issuers::Migration),
            Box::new(m20261126_000071_delegations::Migration),
            Box::new(m20261126_000072_case_references::Migration),
            Box::new(m20261126_000073_failing_jobs::Migration),
            Box::new(m20261126_000074_case_counts::Migration),
            Box::new(m20261126_000080_insight::Migration),
            Box::new(m20261126_000081_rule_runs::Migration),
            Box::new(m20261126_000085_case_state_maps::Migration),
            Box::new(m20261126_000086_case_codes::Migration),
            Box::new(m20261126_000090_notifications::Migration),
            Box::new(m20261126_000091_service_sheets::Migration),
            Box::new(m20261126_000094_mail::Migration),
            Box::new(m20261126_000095_attachments::Migration),
            Box::new(m20261126_000096_read_status::Migration),
            Box::new(m20261127_000097_lollipop::Migration),
            Box::new(m20261127_000098_parts_of_cases::Migration),
            Box::new(m20261127_000099_open_jobs::Migration),
        ];
        let whole = |migration| Box::new(Whole(migration)) as Box<dyn MigrationTrait>;
        migrations.into_iter().map(whole).collect()
    }
}

/// A migration in one transaction on both databases; by itself it would have one on PostgreSQL alone. One that is
/// stopped half-way would find its own tables the next time.
struct Whole(Box<dyn MigrationTrait>);

impl MigrationName for Whole {
    fn name(&self) -> &str {
        self.0.name()
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Whole {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.up(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.down(manager).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// On PostgreSQL: rows are there only for the tenant that the connection was told; without one there are none. The
/// owner of the tables is held too.
fn wall(table: &str) -> String {
    format!(
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
         ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
         CREATE POLICY tenant ON {table}
         USING (tenant_id = NULLIF(current_setting('municipio.tenant', true), '')::uuid)"
    )
}
