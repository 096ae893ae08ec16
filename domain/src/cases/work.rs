//! What is done to a case: each is one event. A case is held first, so that of two who work on it at once the second
//! sees what the first did, and is told of it when that is not what was expected.

use chrono::{DateTime, Utc};
use municipio_entities::case_file;
use serde_json::Value;

use super::{
    Assignment, Case, CaseError, CaseEvent, CaseRefusal, Evidence, Happening, Message, Migration,
    Movement, Personal, Protocol, Sight,
    append::{Addition, append},
    facts::facts,
    open::unfit,
    queries::events,
    term::{Touch, due_on, touches},
    timer::watch,
};
use crate::{
    citizens::CitizenKeys,
    content::check_text,
    ids::{AccountId, CaseId, ItemId, RevisionId},
    procedures::{DeadlineEffect, Definition, Effect, Given, Kept, Who, take},
    store::Transaction,
    time::{ClosingCalendar, legal_day},
};

/// The longest line, such as a name.
const LINE: usize = 255;
/// The longest text, such as the reasons of an outcome.
const TEXT: usize = 20_000;

/// A case that nobody else changes until the transaction ends, and what happened in it.
pub struct Held {
    /// The case as it is.
    pub case: Case,
    /// What happened in it.
    pub events: Vec<CaseEvent>,
    row: case_file::Model,
}

/// Holds a case that somebody sees, at the version that they know.
///
/// # Errors
/// There is no such case for them, somebody else was faster, or the database failed.
pub async fn hold(
    transaction: &Transaction,
    sight: &Sight,
    id: CaseId,
    expected: Option<i64>,
) -> Result<Held, CaseError> {
    let rows = transaction.hold_of::<case_file::Entity>(case_file::Column::Id, [id.0]);
    let nothing = || CaseRefusal::NotFound("case");
    let row = rows.await?.into_iter().next().ok_or_else(nothing)?;
    let case = Case::try_from(row.clone())?;
    if !sight.sees(&case) {
        return Err(nothing().into());
    }
    if expected.is_some_and(|expected| expected != case.version) {
        return Err(CaseRefusal::Conflict(Box::new(case)).into());
    }
    let events = events(transaction, &[id]).await?;
    Ok(Held { case, events, row })
}

impl Held {
    /// Adds an event.
    pub(super) async fn add(
        self,
        transaction: &Transaction,
        keys: &CitizenKeys,
        addition: Addition,
        now: DateTime<Utc>,
    ) -> Result<Case, CaseError> {
        let key = match addition.personal.is_empty() {
            true => None,
            false => self.case.key(keys)?,
        };
        let row = append(transaction, self.row, key.as_ref(), addition, now).await?;
        Ok(row.try_into()?)
    }
}

/// A transition that somebody wants to take, with what they give along with it.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// The transition, by its code.
    pub transition: String,
    /// A comment.
    pub comment: Option<String>,
    /// The reasons of the outcome.
    pub reasons: Option<String>,
    /// The protocol.
    pub protocol: Option<Protocol>,
}

impl Step {
    fn given(&self) -> Given {
        let is_there = |text: &Option<String>| {
            let text = text.as_deref();
            text.is_some_and(|text| !text.trim().is_empty())
        };
        Given {
            comment: is_there(&self.comment),
            reasons: is_there(&self.reasons),
            protocol: self.protocol.is_some(),
        }
    }

    fn check(&self) -> Vec<CaseRefusal> {
        let texts = [("comment", &self.comment), ("reasons", &self.reasons)];
        let texts = texts.into_iter().filter_map(|(path, text)| {
            let text = text.as_deref()?;
            words(path, text)
        });
        let number = self.protocol.as_ref();
        let number = number.and_then(|protocol| line("protocol.number", &protocol.number));
        texts.chain(number).collect()
    }
}

/// What the term of a case is counted by.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The days on which the municipality is closed.
    pub calendar: &'a ClosingCalendar,
    /// The moment it is.
    pub now: DateTime<Utc>,
}

/// Where a transition leads, if whoever wants to take it may and nothing is missing. A plain decision.
///
/// # Errors
/// Why not: everything that is missing.
pub fn decide(
    definition: &Definition,
    events: &[CaseEvent],
    who: &Who<'_>,
    step: &Step,
    terms: &Terms<'_>,
) -> Result<Movement, CaseError> {
    let wrong = step.check();
    if !wrong.is_empty() {
        return Err(CaseError::Refused(wrong));
    }
    let facts = facts(events);
    let code = || step.transition.clone();
    let taken = take(definition, &step.transition, &facts, who, step.given());
    let (transition, target) = taken
        .map_err(|kept| match kept {
            Kept::Unknown => vec![CaseRefusal::UnknownTransition(code())],
            Kept::Elsewhere => vec![CaseRefusal::NotPossible {
                transition: code(),
                state: facts.state.clone(),
            }],
            Kept::NotYours => vec![CaseRefusal::NotYours(code())],
            Kept::Missing(missing) => missing.into_iter().map(CaseRefusal::Missing).collect(),
        })
        .map_err(CaseError::Refused)?;
    let touch = transition.deadline.map(|effect| Touch {
        effect,
        day: match (effect, &step.protocol) {
            (DeadlineEffect::Start, Some(protocol)) => protocol.date,
            _ => legal_day(terms.now),
        },
    });
    let mut touches = touches(events);
    touches.extend(touch);
    let term = definition.deadline.as_ref();
    Ok(Movement {
        transition: code(),
        from: facts.state.clone(),
        to: target.code.clone(),
        status: target.status,
        effect: transition.effect,
        deadline: transition.deadline,
        due_on: term.and_then(|term| due_on(term, &touches, terms.calendar)),
        protocol: step.protocol.clone(),
        notifies: transition.notifies.clone(),
    })
}

/// Takes a case from one state to another.
///
/// # Errors
/// An application that is sent does not say what its procedure wants, it cannot be encrypted, or the database failed.
pub async fn transition(
    transaction: &Transaction,
    keys: &CitizenKeys,
    held: Held,
    (definition, movement, step): (&Definition, Movement, Step),
    actor: String,
    now: DateTime<Utc>,
) -> Result<Case, CaseError> {
    if movement.effect == Some(Effect::Submit) {
        let said = held.case.personal(keys, &held.events)?;
        let data = said.into_iter().rev().find_map(|said| said.data);
        // Of an application on paper the data need not be there.
        let data = data.or_else(|| held.case.is_private.then_some(Value::Null));
        let wrong = data
            .map(|data| unfit(definition, &data))
            .unwrap_or_default();
        if !wrong.is_empty() {
            return Err(CaseError::Refused(wrong));
        }
    }
    let personal = Personal {
        text: step.comment,
        reasons: step.reasons,
        ..Personal::default()
    };
    let happening = Happening::Moved(movement);
    let addition = Addition {
        actor,
        happening,
        personal,
    };
    let case = held.add(transaction, keys, addition, now).await?;
    watch(transaction, definition, &case, now).await?;
    Ok(case)
}

/// Gives a case to an office and an officer.
///
/// # Errors
/// The database failed.
pub async fn assign(
    transaction: &Transaction,
    keys: &CitizenKeys,
    held: Held,
    (office, officer): (ItemId, Option<AccountId>),
    actor: String,
    now: DateTime<Utc>,
) -> Result<Case, CaseError> {
    let addition = Addition {
        actor,
        happening: Happening::Assigned(Assignment { office, officer }),
        personal: Personal::default(),
    };
    held.add(transaction, keys, addition, now).await
}

/// Notes that something came in that transitions require.
///
/// # Errors
/// A text does not fit, it cannot be encrypted, the case is closed, or the database failed.
pub async fn add_evidence(
    transaction: &Transaction,
    keys: &CitizenKeys,
    held: Held,
    (evidence, title, reference): (Evidence, Option<String>, Option<String>),
    actor: String,
    now: DateTime<Utc>,
) -> Result<Case, CaseError> {
    let texts = [("title", &title), ("reference", &reference)];
    let wrong: Vec<_> = texts
        .into_iter()
        .filter_map(|(path, text)| line(path, text.as_deref()?))
        .chain(line("code", &evidence.code))
        .collect();
    if !wrong.is_empty() {
        return Err(CaseError::Refused(wrong));
    }
    if held.case.status.is_final() {
        return Err(CaseRefusal::Closed.into());
    }
    let addition = Addition {
        actor,
        happening: Happening::EvidenceAdded(evidence),
        personal: Personal {
            title,
            reference,
            ..Personal::default()
        },
    };
    held.add(transaction, keys, addition, now).await
}

/// Adds a note or a message.
///
/// # Errors
/// The text does not fit, it cannot be encrypted, or the database failed.
pub async fn send_message(
    transaction: &Transaction,
    keys: &CitizenKeys,
    held: Held,
    (message, text): (Message, String),
    actor: String,
    now: DateTime<Utc>,
) -> Result<Case, CaseError> {
    if let Some(wrong) = words("text", &text) {
        return Err(wrong.into());
    }
    let addition = Addition {
        actor,
        happening: Happening::Wrote(message),
        personal: Personal {
            text: Some(text),
            ..Personal::default()
        },
    };
    held.add(transaction, keys, addition, now).await
}

/// Has a case follow another revision of its procedure, from a state of that.
///
/// # Errors
/// The revision has no such state, or the database failed.
pub async fn migrate(
    transaction: &Transaction,
    keys: &CitizenKeys,
    held: Held,
    (revision, definition, state): (RevisionId, &Definition, &str),
    actor: String,
    now: DateTime<Utc>,
) -> Result<Case, CaseError> {
    let state = definition.state(state).ok_or(CaseRefusal::Text {
        path: "state",
        message: "the revision has no such state: name one".to_owned(),
    })?;
    let migration = Migration {
        revision,
        state: state.code.clone(),
        status: state.status,
    };
    let addition = Addition {
        actor,
        happening: Happening::Migrated(migration),
        personal: Personal::default(),
    };
    let case = held.add(transaction, keys, addition, now).await?;
    watch(transaction, definition, &case, now).await?;
    Ok(case)
}

/// What is wrong with a line, which must say something.
pub(super) fn line(path: &'static str, text: &str) -> Option<CaseRefusal> {
    fits(path, text, LINE)
}

/// What is wrong with a text, which must say something.
pub(super) fn words(path: &'static str, text: &str) -> Option<CaseRefusal> {
    fits(path, text, TEXT)
}

fn fits(path: &'static str, text: &str, most: usize) -> Option<CaseRefusal> {
    let message = match check_text(text, most, path) {
        Err(error) => error.message,
        Ok(()) if text.trim().is_empty() => "the text is empty".to_owned(),
        Ok(()) => return None,
    };
    Some(CaseRefusal::Text { path, message })
}
