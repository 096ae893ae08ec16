//! Roles that a municipality makes.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    identity::{
        Action, IdentityError, Role, RoleDraft, Subject, create_role, delete_role, update_role,
    },
    store::Transaction,
};

use serde_json::json;

use super::giver;
use crate::{
    context::{RequestData, data},
    error::internal,
    identity::{AccountRole, GrantInput, grants},
    mutation::{UserError, identity_outcome},
};

#[derive(Default)]
pub(crate) struct RoleMutation;

/// A role, new or as it will be.
#[derive(InputObject)]
struct AccountRoleInput {
    /// Its name: small letters, digits and hyphens, such as `press-office`. It never changes.
    name: String,
    /// Who has it.
    #[graphql(default)]
    description: String,
    /// What it allows: no more than who calls may do.
    permissions: Vec<GrantInput>,
}

/// A role that is deleted.
#[derive(InputObject)]
struct DeleteAccountRoleInput {
    /// Its name.
    name: String,
}

/// What making or changing a role did.
#[derive(Default, SimpleObject)]
struct AccountRolePayload {
    /// The role as it is now; null when it was refused.
    role: Option<AccountRole>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What deleting a role did.
#[derive(Default, SimpleObject)]
struct DeleteAccountRolePayload {
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[Object]
impl RoleMutation {
    /// Makes a role of the municipality (crea un ruolo).
    async fn create_account_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role.")] input: AccountRoleInput,
    ) -> Result<AccountRolePayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageRoles, &Subject::WHOLE)?;
        let (name, draft) = draft(data, input)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let made = create_role(&transaction, giver(data)?, &name, draft, data.now()).await;
        finish(data, transaction, "role.create", made).await
    }

    /// Changes a role of the municipality, for all who have it (modifica un ruolo).
    async fn update_account_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role as it will be.")] input: AccountRoleInput,
    ) -> Result<AccountRolePayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageRoles, &Subject::WHOLE)?;
        let (name, draft) = draft(data, input)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let changed = update_role(&transaction, giver(data)?, &name, draft, data.now()).await;
        finish(data, transaction, "role.update", changed).await
    }

    /// Deletes a role of the municipality that nobody has (elimina un ruolo).
    async fn delete_account_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role.")] input: DeleteAccountRoleInput,
    ) -> Result<DeleteAccountRolePayload> {
        let data = data(ctx)?;
        data.authorise(Action::ManageRoles, &Subject::WHOLE)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let deleted = delete_role(&transaction, giver(data)?, &input.name).await;
        if let Err(user_errors) = identity_outcome(deleted)? {
            return Ok(DeleteAccountRolePayload { user_errors });
        }
        data.commit(transaction, &Deed::to("role.delete", input.name))
            .await?;
        data.forget_callers();
        Ok(DeleteAccountRolePayload::default())
    }
}

fn draft(data: &RequestData, input: AccountRoleInput) -> Result<(String, RoleDraft)> {
    let draft = RoleDraft {
        description: input.description,
        grants: grants(data, input.permissions, "input.permissions")?,
    };
    Ok((input.name, draft))
}

async fn finish(
    data: &RequestData,
    transaction: Transaction,
    name: &'static str,
    done: Result<Role, IdentityError>,
) -> Result<AccountRolePayload> {
    let role = match identity_outcome(done)? {
        Ok(role) => role,
        Err(user_errors) => {
            return Ok(AccountRolePayload {
                role: None,
                user_errors,
            });
        }
    };
    let deed = Deed::to(name, role.name.as_str()).with(json!({ "permissions": role.grants }));
    data.commit(transaction, &deed).await?;
    data.forget_callers();
    Ok(AccountRolePayload {
        role: Some(AccountRole::from(role)),
        user_errors: Vec::new(),
    })
}
