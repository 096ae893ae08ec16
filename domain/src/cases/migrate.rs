//! Has a case follow what its procedure says now.

use chrono::{DateTime, Utc};

use super::{
    Case, CaseError, CaseRefusal, Happening, Held, Migration, Personal,
    append::Addition,
    term::{due_on, touches},
    timer::watch,
};
use crate::{
    citizens::CitizenKeys,
    ids::RevisionId,
    procedures::{Definition, State},
    store::Transaction,
    time::ClosingCalendar,
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

/// Has a case follow another revision of its procedure, from where it stands.
///
/// # Errors
/// It follows that revision already or is closed, the revision has no such state, or the database failed.
pub async fn migrate(
    transaction: &Transaction,
    keys: &CitizenKeys,
    held: Held,
    (revision, definition, state): (RevisionId, &Definition, Option<&str>),
    calendar: &ClosingCalendar,
    (actor, now): (String, DateTime<Utc>),
) -> Result<Case, CaseError> {
    if held.case.status.is_final() {
        return Err(CaseRefusal::Closed.into());
    }
    if held.case.revision == revision {
        return Err(CaseRefusal::UpToDate.into());
    }
    let state = state_in(definition, &held.case, state)?;
    let counted = definition
        .deadline
        .as_ref()
        .map(|term| due_on(term, &touches(&held.events), calendar));
    let due_on = counted.transpose().map_err(|error| CaseRefusal::Text {
        path: "state",
        message: error.to_string(),
    })?;
    let migration = Migration {
        revision,
        state: state.code.clone(),
        status: state.status,
        due_on: due_on.flatten(),
    };
    let addition = Addition {
        actor,
        happening: Happening::Migrated(migration),
        personal: Personal::default(),
        definition: Some(definition),
    };
    let case = held.add(transaction, keys, addition, now).await?;
    watch(transaction, definition, &case, case.version, now).await?;
    Ok(case)
}
