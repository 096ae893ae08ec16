//! What is done to a case: each is one event. A case is held first, so that of two who work on it at once the second
//! sees what the first did, and is told of it when that is not what was expected.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Months, NaiveDate, Utc};
use municipio_entities::case_file;
use serde_json::Value;

use super::{
    Assignment, Case, CaseError, CaseEvent, CaseRefusal, Happening, Message, Movement, Personal,
    Protocol, Sight, UnwrittenCase,
    batch::{Addition, write_one},
    event::CITIZEN,
    facts::facts,
    history::{applied_for, outlines},
    open::unfit,
    term::{Touch, announced_on, due_on, touches},
    timer::{Since, closes, last_day, watch},
};
use crate::{
    citizens::CitizenKeys,
    content::check_text,
    ids::{AccountId, CaseId, ItemId, TenantId},
    media::SealedFile,
    notifications,
    procedures::{
        CaseStatus, DeadlineEffect, Definition, Effect, Facts, Given, Kept, Requirement,
        Transition, Who, take,
    },
    store::{StoreError, Transaction},
    time::{ClosingCalendar, last_day_for_observations, legal_day},
};

/// The longest line, such as a name.
const LINE: usize = 255;
/// The longest text, such as the reasons of an outcome.
const TEXT: usize = 20_000;
/// The longest number of the protocol.
const PROTOCOL: usize = 50;

/// A case that nobody else changes until the transaction ends, and what happened in it.
pub struct Held {
    /// The case as it is.
    pub case: Case,
    /// What happened in it, without what that says of people.
    pub events: Vec<CaseEvent>,
    pub(super) row: case_file::Model,
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
    let held = hold_all(transaction, BTreeSet::from([id]))
        .await?
        .remove(&id);
    let held = held.filter(|held| sight.sees(&held.case));
    let held = held.ok_or(CaseRefusal::NotFound("case"))?;
    match expected {
        Some(expected) if expected != held.case.version => {
            Err(CaseRefusal::Conflict(Box::new(held.case)).into())
        }
        _ => Ok(held),
    }
}

/// Holds these cases, as far as there are any.
pub(super) async fn hold_all(
    transaction: &Transaction,
    ids: BTreeSet<CaseId>,
) -> Result<HashMap<CaseId, Held>, StoreError> {
    let rows = ids.iter().map(|id| id.0);
    let rows = transaction.hold_of::<case_file::Entity>(case_file::Column::Id, rows);
    let rows = rows.await?;
    let ids: Vec<_> = rows.iter().map(|row| CaseId(row.id)).collect();
    let mut events: HashMap<_, Vec<_>> = HashMap::new();
    for event in outlines(transaction, &ids).await? {
        events.entry(event.case).or_default().push(event);
    }
    let held = rows.into_iter().map(|row| {
        let case = Case::try_from(row.clone())?;
        let events = events.remove(&case.id).unwrap_or_default();
        Ok((case.id, Held { case, events, row }))
    });
    held.collect()
}

impl Held {
    /// Adds an event.
    pub(super) async fn add(
        self,
        transaction: &Transaction,
        keys: &CitizenKeys,
        addition: Addition<'_>,
        now: DateTime<Utc>,
    ) -> Result<Case, CaseError> {
        if !has_room(&self.events, &addition) {
            return Err(CaseRefusal::Full.into());
        }
        let mut case = self.unwritten(transaction.tenant_id(), keys, &addition.personal)?;
        case.append(addition, now)?;
        Ok(write_one(transaction, case, now).await?)
    }

    /// The case, to have something added to it that says this of people.
    pub(super) fn unwritten(
        self,
        tenant: TenantId,
        keys: &CitizenKeys,
        personal: &Personal,
    ) -> Result<UnwrittenCase, CaseError> {
        if self.case.is_erased() {
            return Err(CaseRefusal::Erased.into());
        }
        let key = match personal.is_empty() {
            true => None,
            false => self.case.key(keys)?,
        };
        Ok(UnwrittenCase::of(tenant, self.row, key))
    }
}

/// Whether there is room for what a citizen adds: every step reads what was done before it. Where a case stands does not
/// depend on that.
pub(super) fn has_room(events: &[CaseEvent], addition: &Addition) -> bool {
    /// The most that citizens add to a case.
    const MOST: usize = 500;
    let by_citizen = |actor: &str| actor.starts_with(CITIZEN);
    let theirs = events.iter().filter(|event| by_citizen(&event.actor));
    !by_citizen(&addition.actor)
        || matches!(addition.happening, Happening::Moved(_))
        || theirs.count() < MOST
}

/// A transition that somebody wants to take, with what they give along with it.
#[derive(Clone, Default)]
pub struct Step {
    /// The transition, by its code.
    pub transition: String,
    /// A comment.
    pub comment: Option<String>,
    /// The reasons of the outcome.
    pub reasons: Option<String>,
    /// The protocol.
    pub protocol: Option<Protocol>,
    /// Files, such as what was asked for.
    pub files: Vec<SealedFile>,
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

    fn check(&self, now: DateTime<Utc>) -> Vec<CaseRefusal> {
        let texts = [("comment", &self.comment), ("reasons", &self.reasons)];
        let texts = texts.into_iter().filter_map(|(path, text)| {
            let text = text.as_deref()?;
            words(path, text)
        });
        let protocol = self.protocol.iter();
        let today = legal_day(now);
        let protocol = protocol.flat_map(|protocol| protocol.check(today, Months::new(12)));
        texts.chain(protocol).collect()
    }
}

impl Protocol {
    /// What is wrong with it, today and if it is no older than this.
    pub(super) fn check(&self, today: NaiveDate, oldest: Months) -> Vec<CaseRefusal> {
        let number = (!is_number(&self.number)).then(|| CaseRefusal::Text {
            path: "protocol.number",
            message: format!(
                "a number of the protocol has at most {PROTOCOL} digits and / - . _, and at most one word, such as AOO"
            ),
        });
        let first = today.checked_sub_months(oldest).unwrap_or(today);
        let date = (!(first..=today).contains(&self.date)).then(|| CaseRefusal::Text {
            path: "protocol.date",
            message: format!("the date of the protocol is between {first} and today"),
        });
        number.into_iter().chain(date).collect()
    }
}

/// Whether it looks like a number of the protocol. It stands in clear in the case for ever, so that there is no room for
/// the name of somebody, nor for a fiscal code: digits, and at most one short word that has no more letters than those.
fn is_number(text: &str) -> bool {
    /// The longest word.
    const WORD: usize = 10;
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._".contains(&byte);
    let words = text.split(|letter: char| !letter.is_ascii_alphabetic());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let letters = words.first().map_or(0, |word| word.len());
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() <= PROTOCOL
        && text.bytes().all(belongs)
        && words.len() <= 1
        && letters <= WORD
        && digits >= letters.max(1)
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
    let wrong = step.check(terms.now);
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
    if step.protocol.is_some() {
        protocol_is_due(transition, &facts, who)?;
    }
    let mut touches = touches(events);
    let term = definition.deadline.as_ref();
    let counted = |touches: &[Touch]| due_on(term?, touches, terms.calendar);
    let due = counted(&touches);
    let by_time = matches!(who, Who::Timer);
    if !by_time && closes(definition, &facts, due, terms.now) {
        return Err(CaseRefusal::TermOver.into());
    }
    if let Some(last) = observations_until(transition, (&facts, events), who, terms) {
        return Err(CaseRefusal::ObservationsAwaited(last).into());
    }
    // What time does it does on the last of the days that it waited for, whenever somebody looks; it observes nothing.
    let timer = transition.timer.filter(|_| by_time);
    let is_answer = transition.deadline == Some(DeadlineEffect::Answer);
    let movement = Movement {
        transition: code(),
        from: facts.state.clone(),
        to: target.code.clone(),
        status: target.status,
        effect: transition.effect,
        deadline: transition.deadline.filter(|_| !(by_time && is_answer)),
        due_on: None,
        protocol: step.protocol.clone(),
        notifies: transition.notifies.clone(),
        occurred_on: timer.and_then(|timer| last_day(timer, events, due, terms.calendar)),
        is_reported: false,
    };
    touches.extend(movement.touches(terms.now));
    Ok(Movement {
        due_on: counted(&touches),
        ..movement
    })
}

/// Until the end of which day a transition waits for observations on the announcement of a refusal (art. 10-bis of law
/// 241/1990): before that nobody answers it in the place of the applicant, and nobody refuses. Nothing when it waits for
/// none, or some came in.
pub fn observations_until(
    transition: &Transition,
    (facts, events): (&Facts, &[CaseEvent]),
    who: &Who<'_>,
    terms: &Terms<'_>,
) -> Option<NaiveDate> {
    let by_office = matches!(who, Who::Officer(_) | Who::System);
    let concludes = matches!(
        transition.effect,
        Some(Effect::AnswerAnnouncement | Effect::Refuse)
    );
    let announced = announced_on(events);
    let announced = announced.filter(|_| by_office && concludes && facts.awaits_observations)?;
    let last = last_day_for_observations(announced, terms.calendar)?;
    (legal_day(terms.now) <= last).then_some(last)
}

/// Whether the case is entered into the protocol now: once, by those who keep it, where the definition asks for it.
fn protocol_is_due(
    transition: &Transition,
    facts: &Facts,
    who: &Who<'_>,
) -> Result<(), CaseRefusal> {
    let is_asked = transition.requires.contains(&Requirement::Protocol);
    if !is_asked || matches!(who, Who::Citizen) {
        return Err(CaseRefusal::ProtocolNotAsked(transition.code.clone()));
    }
    match &facts.protocol {
        Some(number) => Err(CaseRefusal::ProtocolKnown(number.clone())),
        None => Ok(()),
    }
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
    let was_draft = held.case.is_private || held.case.status == CaseStatus::Draft;
    let is_sent = movement.status != CaseStatus::Draft && !movement.status.is_final();
    if was_draft && is_sent {
        let data = applied_for(transaction, keys, &held.case).await?;
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
        files: step.files,
        ..Personal::default()
    };
    let moved = (definition, movement, personal);
    advance(transaction, keys, held, moved, actor, now).await
}

/// Takes a case to where a movement leads: time waits for what comes next, and people are told.
pub(super) async fn advance(
    transaction: &Transaction,
    keys: &CitizenKeys,
    held: Held,
    (definition, movement, personal): (&Definition, Movement, Personal),
    actor: String,
    now: DateTime<Utc>,
) -> Result<Case, CaseError> {
    let addition = Addition {
        actor,
        happening: Happening::Moved(movement.clone()),
        personal,
        definition: Some(definition),
    };
    let case = held.add(transaction, keys, addition, now).await?;
    watch(transaction, definition, &case, Since::last(&case, now), now).await?;
    notifications::tell(transaction, &[(&case, &movement)], now).await?;
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
        definition: None,
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
    (message, text, files): (Message, String, Vec<SealedFile>),
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
            files,
            ..Personal::default()
        },
        definition: None,
    };
    held.add(transaction, keys, addition, now).await
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
