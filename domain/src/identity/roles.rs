//! Roles: the built-in ones, and those that a municipality makes.

use std::collections::BTreeSet;

use municipio_entities::role_definition;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};

use super::{BuiltInRole, Grant, IdentityError, Refusal};
use crate::store::{Scope, StoreError};

/// What roles of these names allow together.
///
/// # Errors
/// One of them is not known, or the database failed.
pub(super) async fn known_grants<C: ConnectionTrait>(
    scope: &Scope<C>,
    names: &BTreeSet<String>,
) -> Result<Vec<Grant>, IdentityError> {
    for name in names {
        let is_known = BuiltInRole::named(name).is_some()
            || scope
                .one::<role_definition::Entity>(by_name(name))
                .await?
                .is_some();
        if !is_known {
            return Err(Refusal::UnknownRole(name.chars().take(60).collect()).into());
        }
    }
    Ok(grants_of(scope, names).await?)
}

fn by_name(name: &str) -> Condition {
    Condition::all().add(role_definition::Column::Name.eq(name))
}

/// What roles of these names allow together. A role that was deleted allows nothing.
pub(super) async fn grants_of<C: ConnectionTrait>(
    scope: &Scope<C>,
    names: &BTreeSet<String>,
) -> Result<Vec<Grant>, StoreError> {
    let mut grants = Vec::new();
    let mut others = Vec::new();
    for name in names {
        match BuiltInRole::named(name) {
            Some(role) => grants.extend(role.grants()),
            None => others.push(name.clone()),
        }
    }
    if !others.is_empty() {
        let by_name = Condition::all().add(role_definition::Column::Name.is_in(others));
        for row in scope.all::<role_definition::Entity>(by_name).await? {
            grants.extend(read_grants(row.grants)?);
        }
    }
    Ok(grants)
}

pub(super) fn read_grants(json: serde_json::Value) -> Result<Vec<Grant>, StoreError> {
    serde_json::from_value(json).map_err(|error| StoreError::corrupt("a list of grants", error))
}
