//! Whether the caller may do something to content: to what it is and where it belongs, as the database
//! says. A global id is no proof of a type: anybody can write one.

use async_graphql::Result;
use municipio_domain::{
    content::{ContentType, Target, WorkingDraft, offices_of, working_drafts},
    identity::{Action, Denied, Subject},
    ids::ItemId,
    store::Transaction,
};

use super::{UserError, outcome};
use crate::{
    context::RequestData,
    error::{denied, internal},
};

/// Why nothing is done to an item.
pub(super) enum Kept {
    /// The caller may not.
    Denied(Denied),
    /// Something that the user can mend.
    Refused(Vec<UserError>),
}

/// Lets a caller go on who may do all of this to content of this type, which nobody else changes until the
/// transaction ends; tells the user when there is none.
pub(super) async fn authorise(
    data: &RequestData,
    transaction: &Transaction,
    actions: &[Action],
    named: (ContentType, ItemId),
) -> Result<Result<(), Vec<UserError>>> {
    for item in authorise_each(data, transaction, actions, &[named]).await? {
        match item {
            Ok(()) => {}
            Err(Kept::Denied(reason)) => return Err(denied(reason)),
            Err(Kept::Refused(errors)) => return Ok(Err(errors)),
        }
    }
    Ok(Ok(()))
}

/// The same for several items, each by itself.
pub(super) async fn authorise_each(
    data: &RequestData,
    transaction: &Transaction,
    actions: &[Action],
    named: &[(ContentType, ItemId)],
) -> Result<Vec<Result<(), Kept>>> {
    let targets: Vec<Target> = named.iter().map(|(_, id)| (*id).into()).collect();
    let found = match outcome(working_drafts(transaction, &targets).await)? {
        Ok(found) => found,
        Err(errors) => {
            let refused = || Err(Kept::Refused(errors.clone()));
            return Ok(named.iter().map(|_| refused()).collect());
        }
    };
    let mut drafts = Vec::with_capacity(named.len());
    for ((content_type, _), draft) in named.iter().zip(found) {
        drafts.push(match outcome(draft)? {
            Ok(draft) if draft.content_type == *content_type => Ok(draft),
            Ok(_) => Err(vec![nothing()]),
            Err(errors) => Err(errors),
        });
    }
    allow(data, transaction, actions, drafts).await
}

/// What is said of an id that names nothing of its type.
pub(super) fn nothing() -> UserError {
    UserError::new("NOT_FOUND", "there is no such content")
}

async fn allow(
    data: &RequestData,
    transaction: &Transaction,
    actions: &[Action],
    drafts: Vec<Result<WorkingDraft, Vec<UserError>>>,
) -> Result<Vec<Result<(), Kept>>> {
    let may = |subject: Subject<'_>| -> Result<(), Denied> {
        let mut asked = actions.iter();
        asked.try_for_each(|action| data.caller.authorise(*action, &subject))
    };
    let (mut answers, mut elsewhere) = (Vec::with_capacity(drafts.len()), Vec::new());
    for (index, draft) in drafts.iter().enumerate() {
        answers.push(match draft {
            Ok(draft) => {
                let of_type = may(Subject::of_type(draft.content_type));
                // Where it belongs matters only to those who may do it in some offices.
                if let Err(Denied::Here(_)) = of_type {
                    elsewhere.push((index, draft));
                }
                of_type.map_err(Kept::Denied)
            }
            Err(errors) => Err(Kept::Refused(errors.clone())),
        });
    }
    let bodies: Vec<_> = elsewhere
        .iter()
        .map(|(_, draft)| (draft.id, &draft.body))
        .collect();
    let offices = offices_of(transaction, &bodies).await.map_err(internal)?;
    for ((index, draft), offices) in elsewhere.into_iter().zip(offices) {
        let subject = Subject {
            offices: &offices,
            ..Subject::of_type(draft.content_type)
        };
        answers[index] = may(subject).map_err(Kept::Denied);
    }
    Ok(answers)
}
