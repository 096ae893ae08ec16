//! Roles: the built-in ones, and those that a municipality makes.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use municipio_entities::{
    role_assignment,
    role_definition::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use uuid::Uuid;

use super::{BuiltInRole, Giver, Grant, IdentityError, Refusal};
use crate::store::{Scope, StoreError, Transaction};

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name: `editor`.
    pub name: String,
    /// Who has it.
    pub description: String,
    /// Whether every municipality has it, and nobody can change it.
    pub is_built_in: bool,
    /// What it allows.
    pub grants: Vec<Grant>,
}

impl From<BuiltInRole> for Role {
    fn from(role: BuiltInRole) -> Self {
        Self {
            name: role.as_str().to_owned(),
            description: role.meaning().trim().to_owned(),
            is_built_in: true,
            grants: role.grants(),
        }
    }
}

impl Role {
    fn of(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            grants: read_grants(row.grants)?,
            name: row.name,
            description: row.description,
            is_built_in: false,
        })
    }
}

/// What is said of a role that a municipality makes or changes.
#[derive(Clone, Debug)]
pub struct RoleDraft {
    /// Who has it.
    pub description: String,
    /// What it allows.
    pub grants: Vec<Grant>,
}

/// The most grants of a role or a key, and the most values of a limit.
const MOST: usize = 100;
const LONGEST_DESCRIPTION: usize = 500;

/// Makes a role.
///
/// # Errors
/// The name is taken or no name, a grant allows more than the giver may, or the database failed.
pub async fn create_role(
    transaction: &Transaction,
    giver: Giver<'_>,
    name: &str,
    draft: RoleDraft,
    now: DateTime<Utc>,
) -> Result<Role, IdentityError> {
    if !is_role_name(name) {
        return Err(Refusal::RoleName.into());
    }
    let is_taken = BuiltInRole::named(name).is_some()
        || transaction.one::<Entity>(by_name(name)).await?.is_some();
    if is_taken {
        return Err(Refusal::RoleTaken(name.to_owned()).into());
    }
    let row = Model {
        tenant_id: Uuid::nil(),
        name: name.to_owned(),
        description: description(&draft.description)?,
        grants: check_grants(&draft.grants, "permissions")?,
        created_at: now,
        updated_at: now,
    };
    giver.allow(&draft.grants)?;
    let inserted = transaction.insert::<Entity>([row.clone()]).await;
    inserted.map_err(|error| match error.is_conflict() {
        true => IdentityError::from(Refusal::RoleTaken(name.to_owned())),
        false => error.into(),
    })?;
    Ok(Role::of(row)?)
}

/// Changes a role of the municipality, for all who have it.
///
/// # Errors
/// There is no such role, it allows or would allow more than the giver may, or the database failed.
pub async fn update_role(
    transaction: &Transaction,
    giver: Giver<'_>,
    name: &str,
    draft: RoleDraft,
    now: DateTime<Utc>,
) -> Result<Role, IdentityError> {
    let mut row = own(transaction, name).await?;
    giver.allow(&read_grants(row.grants.clone())?)?;
    row.description = description(&draft.description)?;
    row.grants = check_grants(&draft.grants, "permissions")?;
    giver.allow(&draft.grants)?;
    let values = [
        (Column::Description, row.description.clone().into()),
        (Column::Grants, row.grants.clone().into()),
        (Column::UpdatedAt, now.into()),
    ];
    transaction.update::<Entity>(values, by_name(name)).await?;
    Ok(Role::of(row)?)
}

/// Deletes a role of the municipality that nobody has.
///
/// # Errors
/// There is no such role, somebody has it, it allows more than the giver may, or the database failed.
pub async fn delete_role(
    transaction: &Transaction,
    giver: Giver<'_>,
    name: &str,
) -> Result<(), IdentityError> {
    let row = own(transaction, name).await?;
    giver.allow(&read_grants(row.grants)?)?;
    let assigned = Condition::all().add(role_assignment::Column::Role.eq(name));
    let assigned = transaction.all::<role_assignment::Entity>(assigned).await?;
    if !assigned.is_empty() {
        return Err(Refusal::RoleInUse(assigned.len()).into());
    }
    transaction.delete::<Entity>(by_name(name)).await?;
    Ok(())
}

async fn own(transaction: &Transaction, name: &str) -> Result<Model, IdentityError> {
    if BuiltInRole::named(name).is_some() {
        return Err(Refusal::RoleBuiltIn(name.to_owned()).into());
    }
    let row = transaction.one::<Entity>(by_name(name)).await?;
    Ok(row.ok_or_else(|| Refusal::NoRole(shown(name)))?)
}

/// All roles: the built-in ones, then those of the municipality by name.
pub(super) async fn all<C: ConnectionTrait>(scope: &Scope<C>) -> Result<Vec<Role>, StoreError> {
    let mut roles: Vec<Role> = BuiltInRole::ALL.iter().copied().map(Role::from).collect();
    let mut rows = scope.all::<Entity>(Condition::all()).await?;
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    for row in rows {
        roles.push(Role::of(row)?);
    }
    Ok(roles)
}

/// Those of these names that are roles.
pub(super) async fn known_of<C: ConnectionTrait>(
    scope: &Scope<C>,
    names: &BTreeSet<String>,
) -> Result<BTreeSet<String>, StoreError> {
    let own = Condition::all().add(Column::Name.is_in(names));
    let own = scope.all::<Entity>(own).await?;
    let is_known = |name: &&String| {
        BuiltInRole::named(name).is_some() || own.iter().any(|row| row.name == **name)
    };
    Ok(names.iter().filter(is_known).cloned().collect())
}

/// What roles of these names allow together.
///
/// # Errors
/// One of them is not known, or the database failed.
pub(super) async fn known_grants<C: ConnectionTrait>(
    scope: &Scope<C>,
    names: &BTreeSet<String>,
) -> Result<Vec<Grant>, IdentityError> {
    let (grants, known) = find(scope, names).await?;
    match names.difference(&known).next() {
        Some(name) => Err(Refusal::UnknownRole(shown(name)).into()),
        None => Ok(grants),
    }
}

/// What roles of these names allow together. A role that was deleted allows nothing.
pub(super) async fn grants_of<C: ConnectionTrait>(
    scope: &Scope<C>,
    names: &BTreeSet<String>,
) -> Result<Vec<Grant>, StoreError> {
    Ok(find(scope, names).await?.0)
}

/// What those of these roles that there are allow together, and their names.
async fn find<C: ConnectionTrait>(
    scope: &Scope<C>,
    names: &BTreeSet<String>,
) -> Result<(Vec<Grant>, BTreeSet<String>), StoreError> {
    let mut grants = Vec::new();
    let mut known = BTreeSet::new();
    let mut others = Vec::new();
    for name in names {
        match BuiltInRole::named(name) {
            Some(role) => {
                grants.extend(role.grants());
                known.insert(name.clone());
            }
            None => others.push(name.clone()),
        }
    }
    if !others.is_empty() {
        let by_name = Condition::all().add(Column::Name.is_in(others));
        for row in scope.all::<Entity>(by_name).await? {
            grants.extend(read_grants(row.grants)?);
            known.insert(row.name);
        }
    }
    Ok((grants, known))
}

fn by_name(name: &str) -> Condition {
    Condition::all().add(Column::Name.eq(name))
}

/// As much of a name as a message repeats.
fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}

/// Small letters, digits and single hyphens, such as `press-office`.
fn is_role_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        !part.is_empty() && part.chars().all(fits)
    };
    name.len() <= 50
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.split('-').all(is_part)
}

fn description(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    match text.chars().count() <= LONGEST_DESCRIPTION {
        true => Ok(text.to_owned()),
        false => Err(Refusal::Description(LONGEST_DESCRIPTION)),
    }
}

pub(super) fn read_grants(json: serde_json::Value) -> Result<Vec<Grant>, StoreError> {
    serde_json::from_value(json).map_err(|error| StoreError::corrupt("a list of grants", error))
}

/// Grants as they are stored; refuses none at all, too many, and limits that nothing fits.
pub(super) fn check_grants(
    grants: &[Grant],
    field: &'static str,
) -> Result<serde_json::Value, IdentityError> {
    let fits = |length: Option<usize>| length.is_none_or(|length| (1..=MOST).contains(&length));
    let is_right = |grant: &Grant| {
        fits(grant.types.as_ref().map(BTreeSet::len))
            && fits(grant.offices.as_ref().map(BTreeSet::len))
            && fits(grant.locales.as_ref().map(BTreeSet::len))
            && fits(grant.fields.as_ref().map(BTreeSet::len))
    };
    if !(1..=MOST).contains(&grants.len()) || !grants.iter().all(is_right) {
        return Err(Refusal::Grants { most: MOST, field }.into());
    }
    serde_json::to_value(grants)
        .map_err(|error| StoreError::corrupt("a list of grants", error).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Action;

    #[test]
    fn names_of_roles_are_short_and_plain() {
        for name in ["stampa", "press-office", "ufficio-2"] {
            assert!(is_role_name(name), "{name}");
        }
        for name in ["", "-", "Stampa", "a--b", "2a", "a b", "à", &"a".repeat(51)] {
            assert!(!is_role_name(name), "{name}");
        }
    }

    #[test]
    fn a_limit_that_nothing_fits_is_refused() {
        let publish = Grant::of(Action::Publish);
        let check = |grants: &[Grant]| check_grants(grants, "permissions");
        assert!(check(std::slice::from_ref(&publish)).is_ok());
        assert!(check(&[]).is_err());
        let nothing = Grant {
            types: Some(BTreeSet::new()),
            ..publish.clone()
        };
        assert!(check(&[nothing]).is_err());
        assert!(check(&vec![publish; 101]).is_err());
    }
}
