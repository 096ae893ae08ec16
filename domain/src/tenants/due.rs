//! For which tenants something is to happen.

use chrono::{DateTime, Utc};
use municipio_entities::tenant::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Tenant, operations::with_hosts};
use crate::store::{Database, StoreError};

/// The tenants for which something is due, suspended ones included. One that cannot be read is left out.
///
/// # Errors
/// The database failed.
pub async fn due(database: &Database, now: DateTime<Utc>) -> Result<Vec<Tenant>, StoreError> {
    let rows = Entity::find()
        .filter(Column::WakesKey.lte(now.timestamp_millis()))
        .order_by_asc(Column::WakesKey)
        .all(database.tenants_read())
        .await?;
    let mut tenants = Vec::new();
    for row in rows {
        let ipa_code = row.ipa_code.clone();
        match with_hosts(database, row).await {
            Ok(tenant) => tenants.push(tenant),
            Err(error) if error.is_unreadable() => {
                tracing::error!(tenant = %ipa_code, %error, "a municipality cannot be read");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(tenants)
}

/// When something is to happen next, in any of them.
///
/// # Errors
/// The database failed.
pub async fn next_due(database: &Database) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row = Entity::find()
        .filter(Column::WakesKey.is_not_null())
        .order_by_asc(Column::WakesKey)
        .one(database.tenants_read())
        .await?;
    let due = row.and_then(|row| row.wakes_key);
    Ok(due.and_then(DateTime::from_timestamp_millis))
}
