//! Has a case follow what its procedure says now.

use super::{
    Case, CaseError, CaseEvent, CaseRefusal, Happening, Held, Migration, Personal, Terms,
    batch::Addition,
    facts::facts,
    term::{due_on, touches},
    timer::{Since, closes, watch},
};
use crate::{
    citizens::CitizenKeys,
    ids::RevisionId,
    procedures::{Definition, State},
    store::Transaction,
};

/// The state of a definition in which a case goes on that was in a state of another one: that of the same code, and where
/// that is gone the one that is named. It is no way around a transition: citizens are told the same before and after.
fn state_in<'a>(
    definition: &'a Definition,
    case: &Case,
    named: Option<&str>,
) -> Result<&'a State, CaseRefusal> {
    let refuse = |message: &str| CaseRefusal::Text {
        path: "state",
        message: message.to_owned(),
    };
    let code = named.unwrap_or(&case.state);
    if code != case.state && definition.state(&case.state).is_some() {
        return Err(refuse(
            "the revision has the state of the case: take a transition instead",
        ));
    }
    let state = definition.state(code);
    let state = state.ok_or_else(|| refuse("the revision has no such state: name one"))?;
    match state.status == case.status {
        true => Ok(state),
        false => Err(refuse(
            "citizens are told something else in that state: take a transition instead",
        )),
    }
}

/// What it means for a case to go on with another revision of its procedure, from where it stands. It is no way around
/// silence either: what that means is told by the definition that the case followed when its term ended.
///
/// # Errors
/// It follows that revision already, is closed or waits for silence alone, or the revision has no such state.
pub(super) fn migration(
    (case, events): (&Case, &[CaseEvent]),
    follows: &Definition,
    (revision, definition, state): (RevisionId, &Definition, Option<&str>),
    terms: &Terms<'_>,
) -> Result<Migration, CaseRefusal> {
    if case.status.is_final() {
        return Err(CaseRefusal::Closed);
    }
    if case.revision == revision {
        return Err(CaseRefusal::UpToDate);
    }
    let touches = touches(events);
    let counted = |definition: &Definition| {
        let term = definition.deadline.as_ref()?;
        due_on(term, &touches, terms.calendar)
    };
    if closes(follows, &facts(events), counted(follows), terms.now) {
        return Err(CaseRefusal::TermOver);
    }
    let state = state_in(definition, case, state)?;
    Ok(Migration {
        revision,
        state: state.code.clone(),
        status: state.status,
        due_on: counted(definition),
    })
}

/// Has a case that follows one definition follow another revision of its procedure, from where it stands.
///
/// # Errors
/// It follows that revision already, is closed or waits for silence alone, the revision has no such state, or the
/// database failed.
pub async fn migrate(
    transaction: &Transaction,
    keys: &CitizenKeys,
    held: Held,
    follows: &Definition,
    (revision, definition, state): (RevisionId, &Definition, Option<&str>),
    (actor, terms): (String, &Terms<'_>),
) -> Result<Case, CaseError> {
    let to = (revision, definition, state);
    let migration = migration((&held.case, &held.events), follows, to, terms)?;
    let addition = Addition {
        actor,
        happening: Happening::Migrated(migration),
        personal: Personal::default(),
        definition: Some(definition),
    };
    let case = held.add(transaction, keys, addition, terms.now).await?;
    watch(
        transaction,
        definition,
        &case,
        Since::last(&case, terms.now),
        terms.now,
    )
    .await?;
    Ok(case)
}
