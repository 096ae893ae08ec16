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
    let mut answers = Vec::with_capacity(named.len());
    for ((content_type, _), draft) in named.iter().zip(found) {
        answers.push(match outcome(draft)? {
            Ok(draft) if draft.content_type != *content_type => Err(Kept::Refused(vec![nothing()])),
            Ok(draft) => match allow(data, transaction, actions, &draft).await? {
                Ok(()) => Ok(()),
                Err(reason) => Err(Kept::Denied(reason)),
            },
            Err(errors) => Err(Kept::Refused(errors)),
        });
    }
    Ok(answers)
}

/// What is said of an id that names nothing of its type.
pub(super) fn nothing() -> UserError {
    UserError::new("NOT_FOUND", "there is no such content")
}

async fn allow(
    data: &RequestData,
    transaction: &Transaction,
    actions: &[Action],
    draft: &WorkingDraft,
) -> Result<Result<(), Denied>> {
    let may = |subject: Subject<'_>| -> Result<(), Denied> {
        let mut asked = actions.iter();
        asked.try_for_each(|action| data.caller.authorise(*action, &subject))
    };
    let of_type = Subject::of_type(draft.content_type);
    // Where it belongs matters only to those who may do it in some offices.
    match may(of_type) {
        Err(Denied::Here(_)) => {}
        done => return Ok(done),
    }
    let offices = offices_of(transaction, &[(draft.id, &draft.body)]).await;
    let offices = offices.map_err(internal)?.concat();
    Ok(may(Subject {
        offices: &offices,
        ..of_type
    }))
}
