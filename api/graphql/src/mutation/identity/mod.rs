//! Accounts, sessions, roles and keys.

mod sessions;

use async_graphql::MergedObject;

/// Everything that is changed of accounts, sessions, roles and keys.
#[derive(MergedObject, Default)]
pub(crate) struct IdentityMutation(sessions::SessionMutation);
