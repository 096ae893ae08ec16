//! The second wall between tenants, on PostgreSQL: every connection is told which tenant it works
//! for, and row-level security shows it no other's rows. The tenant travels as a task-local value
//! from the [`Scope`](super::Scope) to the moment when the pool hands out a connection; telling it
//! takes the place of the ping by which a pool finds out whether a connection still lives.
//!
//! Superusers and roles with `BYPASSRLS` pass through the wall: [`stands`] finds out.

use std::future::Future;

use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
use sqlx::{Executor, PgConnection};

use crate::ids::TenantId;

tokio::task_local! {
    static TENANT: TenantId;
}

/// Runs work whose connections are for this tenant.
pub(super) fn within<F: Future>(tenant: TenantId, work: F) -> impl Future<Output = F::Output> {
    TENANT.scope(tenant, work)
}

/// Tells a connection which tenant it is for; without one it sees no tenant's rows.
pub(super) fn tell(connection: &mut PgConnection) -> BoxFuture<'_, Result<(), sqlx::Error>> {
    let tenant = TENANT.try_with(|tenant| tenant.0.to_string());
    let tenant = tenant.unwrap_or_default();
    Box::pin(async move {
        let statement = sqlx::query("SELECT set_config('municipio.tenant', $1, false)");
        connection.execute(statement.bind(tenant)).await?;
        Ok(())
    })
}

/// Whether the role of this connection is held by row-level security.
pub(super) async fn stands(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    let statement =
        "SELECT NOT (rolsuper OR rolbypassrls) AS held FROM pg_roles WHERE rolname = current_user";
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, statement);
    let row = connection.query_one_raw(statement).await?;
    row.map_or(Ok(false), |row| row.try_get("", "held"))
}
