//! What is needed to tell citizens of what happens in their cases, and what officers tell them.

mod account;
mod service;
mod sheet;
mod tell;
mod template;

use async_graphql::MergedObject;
use municipio_domain::notifications::NotificationError;

use super::UserError;
use crate::error::{ErrorCode, internal};

/// What is set of notifications, and what is told.
#[derive(MergedObject, Default)]
pub(crate) struct NotificationMutation(
    account::AppIoAccountMutation,
    service::AppIoServiceMutation,
    sheet::AppIoSheetMutation,
    template::TemplateMutation,
    tell::TellMutation,
);

/// Tells what the user can mend from what failed.
fn outcome<T>(
    done: Result<T, NotificationError>,
) -> async_graphql::Result<Result<T, Vec<UserError>>> {
    let refusals = match done {
        Ok(done) => return Ok(Ok(done)),
        Err(NotificationError::Refused(refusals)) => refusals,
        Err(NotificationError::Store(error)) => return Err(internal(error)),
        Err(error @ NotificationError::Sealing(_)) => {
            tracing::error!(%error, "notifications cannot be encrypted or read");
            return Err(ErrorCode::Internal.error(ErrorCode::Internal.apology()));
        }
    };
    let errors = refusals.into_iter().map(|refusal| {
        let error = UserError::new(refusal.code(), refusal.to_string());
        match refusal.path() {
            Some(path) => error.of(path),
            None => error,
        }
    });
    Ok(Err(errors.collect()))
}
