//! Who calls, and what they may do: staff, machines, citizens and everybody else, their roles and
//! permissions. What is decided here is decided without a database.

mod caller;
mod permissions;

pub use caller::{Caller, Machine, Staff};
pub use permissions::{Action, BuiltInRole, Denied, Grant, Permissions, Subject};
