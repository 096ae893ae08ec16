//! The mutation roots, one file for each family. A mutation takes one `input`, asks whether the caller
//! may, calls one operation of the domain in one transaction, and gives back what it changed with the
//! errors that the user can mend.

mod bulk;
mod change;
mod identity;
mod input;
mod lifecycle;
mod preview;
mod publishing;
mod release;
mod review;
mod scheduling;
mod translating;
mod user_error;
mod writing;

use async_graphql::{ID, MergedObject, Result};
use municipio_domain::{
    content::{ContentType, Target},
    identity::Subject,
    ids::{ItemId, RevisionId},
};

use crate::{context::RequestData, global_id};

pub(crate) use user_error::{UserError, identity_outcome, outcome};

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
);

/// The content of this global id, given as `input.id`, as something to act on.
fn subject(data: &RequestData, id: &ID) -> Result<(Subject<'static>, ContentType, ItemId)> {
    let (content_type, id) = global_id::decode(id, &data.tenant.ipa_code, "input.id")?;
    Ok((of_type(content_type), content_type, id))
}

/// Content of a type.
fn of_type(content_type: ContentType) -> Subject<'static> {
    Subject {
        content_type: Some(content_type),
        ..Subject::WHOLE
    }
}

/// An item with what the caller gave as `input.expectedRevision`.
fn target(data: &RequestData, id: ItemId, expected: Option<&ID>) -> Result<Target> {
    let read = |id| global_id::decode_revision(id, &data.tenant.ipa_code, "input.expectedRevision");
    let expected: Option<RevisionId> = expected.map(read).transpose()?;
    Ok(Target::expecting(id, expected))
}
