//! What is shown of accounts, their sessions and permissions, to those who may see it.

mod account;
mod api_key;
mod grant;
mod list;
mod loader;
mod provider;
mod role;
mod session;

pub(crate) use account::{Account, AccountStatus, Me};
pub(crate) use api_key::ApiKey;
pub(crate) use grant::{Grant, GrantInput, Permission, grants};
pub(crate) use list::{List, listed};
pub(crate) use loader::IdentityLoader;
pub(crate) use provider::{
    IdentityProvider, IdentityProviderSettingsInput, SignInProvider, SigningAlgorithm,
};
pub(crate) use role::AccountRole;
pub(crate) use session::Session;
