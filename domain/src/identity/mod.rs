//! Who calls, and what they may do: staff, machines, citizens and everybody else, their accounts, roles,
//! sessions and permissions. Permissions are decided without a database; a token is looked up, and
//! what it stands for is kept in memory for seconds.

mod accounts;
mod attempts;
mod caller;
mod callers;
mod email;
mod error;
mod external;
mod keys;
mod oidc;
mod passwords;
mod permissions;
mod provider_settings;
mod providers;
mod roles;
mod second_factor;
mod service;
mod sessions;
mod tokens;
mod vault;
mod workers;

pub(crate) use accounts::name as display_name;
pub use accounts::{
    Account, AccountChange, AccountStatus, Giver, NewAccount, account_of, create_account,
    list_accounts, reset_password, set_password, set_password_with_token, update_account,
};
pub use caller::{Caller, Machine, Staff};
pub use email::{EmailAddress, InvalidEmail};
pub use error::{IdentityError, Refusal};
pub use external::{ExternalSession, ExternalUser, Tie, begin_external_session, unlink_identity};
pub use keys::{ApiKey, NewApiKey, create_api_key, revoke_api_key};
pub use oidc::{BegunSignIn, Return};
pub use passwords::{Passwords, check_password, generate_password, random_secret};
pub use permissions::{Action, BuiltInRole, Denied, Grant, Permissions, Subject};
pub use provider_settings::ProviderSettings;
pub(crate) use providers::issuer;
pub use providers::{
    IdentityProvider, NewProvider, ProviderChange, authorise_providers, create_provider,
    delete_provider, list_providers, update_provider,
};
pub use roles::{Role, RoleDraft, create_role, delete_role, update_role};
pub use second_factor::{
    Enrolment, FirstCode, code_at, confirm_second_factor, disable_second_factor,
    enrol_second_factor,
};
pub use service::{Identities, Identity, Verified};
pub use sessions::{
    Refreshed, SessionTokens, begin_session, begin_unverified_session, end_all_sessions,
    end_session, forget_expired, refresh_session,
};
pub use tokens::{NoRandomness, Token, TokenKind};
pub use vault::{SHORTEST_SECRET, Vault};
pub(crate) use workers::workers_of;
