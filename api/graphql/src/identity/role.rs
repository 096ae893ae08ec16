//! Roles of accounts.

use async_graphql::{Context, Result, SimpleObject};
use municipio_domain::identity::{Action, Role, Subject};

use super::{Grant, List, listed};
use crate::{connection::Part, context::data, error::internal};

/// A role of accounts: what its owners may do (ruolo; not an incarico, which is `Role`).
#[derive(SimpleObject)]
pub(crate) struct AccountRole {
    /// Its name, such as `editor`.
    pub(crate) name: String,
    /// Who has it (descrizione).
    description: String,
    /// Whether every municipality has it; nobody can change it then.
    is_built_in: bool,
    /// What it allows (permessi).
    permissions: Vec<Grant>,
}

impl AccountRole {
    /// The roles, for who gives or changes them.
    pub(crate) async fn list(ctx: &Context<'_>, part: Part) -> Result<List<Self>> {
        let data = data(ctx)?;
        let manages_roles = data.authorise(Action::ManageRoles, &Subject::WHOLE);
        manages_roles.or_else(|_| data.authorise(Action::ManageAccounts, &Subject::WHOLE))?;
        let roles = data.identity.roles().await.map_err(internal)?;
        listed(data, roles, |role| role.name.clone(), Self::from, &part)
    }
}

impl From<Role> for AccountRole {
    fn from(role: Role) -> Self {
        Self {
            name: role.name,
            description: role.description,
            is_built_in: role.is_built_in,
            permissions: role.grants.into_iter().map(Grant).collect(),
        }
    }
}
