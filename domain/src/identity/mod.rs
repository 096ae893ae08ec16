//! Who calls, and what they may do: staff, machines, citizens and everybody else, their accounts, roles,
//! sessions and permissions. Permissions are decided without a database; a token is looked up, and
//! what it stands for is kept in memory for seconds.

mod accounts;
mod attempts;
mod caller;
mod callers;
mod email;
mod error;
mod passwords;
mod permissions;
mod roles;
mod service;
mod sessions;
mod tokens;

pub use accounts::{Account, AccountStatus, Giver, NewAccount, create_account};
pub use caller::{Caller, Machine, Staff};
pub use email::{EmailAddress, InvalidEmail};
pub use error::{IdentityError, Refusal};
pub use passwords::{Passwords, check_password};
pub use permissions::{Action, BuiltInRole, Denied, Grant, Permissions, Subject};
pub use service::{Identities, Identity, Verified};
pub use sessions::{
    Refreshed, SessionTokens, begin_session, begin_unverified_session, end_all_sessions,
    end_session, refresh_session,
};
pub use tokens::{NoRandomness, Token, TokenKind};
