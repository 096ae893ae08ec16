//! The mutation roots, one file for each family. A mutation takes one `input`, asks whether the caller
//! may, calls one operation of the domain in one transaction, and gives back what it changed with the
//! errors that the user can mend.

mod identity;
mod publishing;
mod user_error;

use async_graphql::MergedObject;

pub(crate) use user_error::{UserError, identity_outcome, outcome};

/// Everything that can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(publishing::PublishingMutation, identity::IdentityMutation);
