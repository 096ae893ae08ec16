//! The mutation roots, one file for each family. A mutation takes one `input`, asks whether the caller
//! may, calls one operation of the domain in one transaction, and gives back what it changed with the
//! errors that the user can mend.

mod authorise;
mod bulk;
mod case;
mod change;
mod citizen;
mod delegation;
mod identity;
mod input;
mod lifecycle;
mod notification;
mod outbox;
mod preview;
mod privacy;
mod publishing;
mod release;
mod review;
mod scheduling;
mod search;
mod translating;
mod user_error;
mod user_error_codes;
mod webhook;
mod writing;

use async_graphql::{ID, MergedObject, Result};
use municipio_domain::{
    content::{ContentType, Target},
    ids::{ItemId, RevisionId},
};

use crate::{context::RequestData, global_id};

use authorise::{Kept, authorise, authorise_each};
pub(crate) use user_error::{UserError, identity_outcome, outcome};
pub(crate) use user_error_codes::USER_ERRORS;

/// Everything that can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(
    publishing::PublishingMutation,
    lifecycle::LifecycleMutation,
    scheduling::SchedulingMutation,
    identity::IdentityMutation,
    writing::WritingMutation,
    translating::TranslatingMutation,
    bulk::BulkMutation,
    preview::PreviewMutation,
    review::ReviewMutation,
    release::ReleaseMutation,
    webhook::WebhookMutation,
    outbox::OutboxMutation,
    search::SearchMutation,
    case::CaseMutation,
    citizen::CitizenMutation,
    privacy::PrivacyMutation,
    delegation::DelegationMutation,
    notification::NotificationMutation,
);

/// The content that this global id, given as `input.id`, names. Whether it is of this type is not known yet:
/// [`authorise()`] looks.
fn named(data: &RequestData, id: &ID) -> Result<(ContentType, ItemId)> {
    global_id::decode(id, &data.tenant.ipa_code, "input.id")
}

/// An item with what the caller gave as `input.expectedRevision`.
fn target(data: &RequestData, id: ItemId, expected: Option<&ID>) -> Result<Target> {
    let read = |id| global_id::decode_revision(id, &data.tenant.ipa_code, "input.expectedRevision");
    let expected: Option<RevisionId> = expected.map(read).transpose()?;
    Ok(Target::expecting(id, expected))
}
