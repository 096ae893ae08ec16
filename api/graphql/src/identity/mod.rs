//! What is shown of accounts, their sessions and permissions, to those who may see it.

mod account;
mod grant;
mod session;

pub(crate) use account::{Account, Me};
pub(crate) use grant::Grant;
pub(crate) use session::Session;
