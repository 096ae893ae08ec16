//! Accounts, sessions, roles, keys and identity providers.

mod accounts;
mod api_keys;
mod oidc;
mod passwords;
mod providers;
mod roles;
mod second_factor;
mod sessions;

use async_graphql::MergedObject;
use municipio_domain::identity::{Caller, Denied, Giver, Staff};

use crate::{
    context::RequestData,
    error::{denied, not_for_citizens},
};

/// Everything that is changed of accounts, sessions, roles, keys and identity providers.
#[derive(MergedObject, Default)]
pub(crate) struct IdentityMutation(
    sessions::SessionMutation,
    passwords::PasswordMutation,
    second_factor::SecondFactorMutation,
    accounts::AccountMutation,
    roles::RoleMutation,
    api_keys::ApiKeyMutation,
    providers::ProviderMutation,
    oidc::OidcMutation,
);

/// The person who calls; a program has no account.
fn staff(data: &RequestData) -> async_graphql::Result<&Staff> {
    match &data.caller {
        Caller::Staff(staff) => Ok(staff),
        Caller::Citizen(_) => Err(not_for_citizens()),
        Caller::Anonymous | Caller::Machine(_) => Err(denied(Denied::NotSignedIn)),
    }
}

/// Who gives, and can give no more than they have.
pub(super) fn giver(data: &RequestData) -> async_graphql::Result<Giver<'_>> {
    let permissions = data.caller.permissions();
    permissions
        .map(Giver::Caller)
        .ok_or_else(|| denied(Denied::NotSignedIn))
}
