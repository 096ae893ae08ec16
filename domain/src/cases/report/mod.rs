//! What other software of the offices reports of its cases: it stays where it is, and says how they stand. A report
//! names the case as that software does. It is told again without harm, and one that is older than what is known
//! changes nothing.

mod intake;

use std::sync::Arc;

use chrono::{DateTime, Months, TimeDelta, Utc};
use municipio_entities::case_reference::{Column, Entity};
use sea_orm::{ColumnTrait, Condition};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Case, CaseError, CaseEvent, CaseRefusal, Cases, Happening, Movement, People, Protocol, Sight,
    StateNames, Terms,
    facts::facts,
    state_map::meant,
    term::{due_on, touches},
    timer::calendar,
    work::{line, words},
};
use crate::{
    content::{ContentType, Found, Slug, types::Procedure},
    ids::{CaseId, ItemId, RevisionId, TenantId},
    locale::Locale,
    procedures::{CaseStatus, DeadlineEffect, Definition, Effect, State},
    store::StoreError,
    time::{ClosingCalendar, legal_day},
};

pub use intake::{Intake, report};

/// What is written in place of the code of a transition where the definition has none from the one state to the other.
const REPORTED: &str = "reported";
/// How far the clocks of other software are ahead.
const AHEAD: TimeDelta = TimeDelta::minutes(5);
/// What is reported may have begun long ago.
const LONG_AGO: Months = Months::new(100 * 12);

/// Under which name a case is known to other software.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The software, by the name that the municipality gave it.
    pub source: String,
    /// The case, as the software names it.
    pub external_id: String,
}

/// What other software says of a case.
#[derive(Clone)]
pub struct Report {
    /// The state, by its code in the definition, or as the map of the source calls it.
    pub state: String,
    /// When that came to be, by the clock of the software.
    pub occurred_at: DateTime<Utc>,
    /// For whom the case is, and what it is about; of a case that is known it changes nothing.
    pub people: People,
    /// The protocol.
    pub protocol: Option<Protocol>,
    /// The reasons of the outcome.
    pub reasons: Option<String>,
}

/// What other software says of a case that it names.
pub struct NamedReport<'a> {
    /// The case.
    pub reference: &'a Reference,
    /// What is said of it.
    pub report: Report,
    /// The procedure.
    pub published: &'a Published,
}

/// What a report did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reported {
    /// The case was not known.
    Created,
    /// It stands elsewhere now.
    Updated,
    /// It says what is known.
    Unchanged,
    /// It is older than what is known, and changes nothing.
    Outdated,
}

impl Reference {
    /// What is wrong with it.
    fn check(&self) -> Vec<CaseRefusal> {
        let parts = [("source", &self.source), ("externalId", &self.external_id)];
        parts
            .into_iter()
            .filter_map(|(path, text)| line(path, text))
            .collect()
    }

    /// The same whenever it is made.
    fn id(&self, tenant: TenantId) -> Uuid {
        let text = format!("{}\n{}", self.source, self.external_id);
        Uuid::new_v5(&tenant.0, text.as_bytes())
    }
}

impl Report {
    fn check(&self, now: DateTime<Utc>) -> Vec<CaseRefusal> {
        let reasons = self.reasons.as_deref();
        let reasons = reasons.and_then(|text| words("reasons", text));
        // All that is told later would be older than this.
        let is_ahead = self.occurred_at > now + AHEAD;
        let occurred_at = is_ahead.then(|| CaseRefusal::Text {
            path: "occurredAt",
            message: "this is still to come: see to the clock of the software".to_owned(),
        });
        let protocol = self.protocol.iter();
        let protocol = protocol.flat_map(|protocol| protocol.check(legal_day(now), LONG_AGO));
        reasons
            .into_iter()
            .chain(occurred_at)
            .chain(protocol)
            .collect()
    }

    /// The event that takes a case to where it stands now; none when it stands there.
    fn movement(
        &self,
        (definition, names): (&Definition, &StateNames),
        (case, events): (&Case, &[CaseEvent]),
        terms: &Terms<'_>,
    ) -> Result<Option<Movement>, CaseError> {
        let known = facts(events);
        let target = meant(definition, names, &self.state)?;
        let protocol = self
            .protocol
            .clone()
            .filter(|new| case.protocol.as_ref() != Some(new));
        if let (Some(known), Some(_)) = (&case.protocol, &protocol) {
            return Err(CaseRefusal::ProtocolKnown(known.number.clone()).into());
        }
        if known.state == target.code && protocol.is_none() {
            return Ok(None);
        }
        let mut transitions = definition.from(&known.state);
        let transition = transitions.find(|transition| transition.to == target.code);
        let (effect, deadline) = match transition {
            Some(transition) => (transition.effect, transition.deadline),
            None => (effect(case.status, target), deadline(case.status, target)),
        };
        let movement = Movement {
            transition: transition
                .map_or(REPORTED, |known| known.code.as_str())
                .to_owned(),
            from: known.state.clone(),
            to: target.code.clone(),
            status: target.status,
            effect,
            deadline,
            due_on: None,
            protocol,
            notifies: transition
                .map(|known| known.notifies.clone())
                .unwrap_or_default(),
            occurred_on: Some(legal_day(self.occurred_at)),
            is_reported: true,
        };
        let mut all = touches(events);
        all.extend(movement.touches(terms.now));
        let term = definition.deadline.as_ref();
        Ok(Some(Movement {
            due_on: term.and_then(|term| due_on(term, &all, terms.calendar)),
            ..movement
        }))
    }
}

/// When somebody here took the case on last; what was reported before that is not how it stands.
fn taken_on(events: &[CaseEvent]) -> Option<DateTime<Utc>> {
    let mut events = events.iter().rev();
    let by_hand = |event: &&CaseEvent| matches!(&event.happening, Happening::Moved(movement) if !movement.is_reported);
    events.find(by_hand).map(|event| event.at)
}

/// What it means to come to a state past the transitions of the definition.
fn effect(before: CaseStatus, target: &State) -> Option<Effect> {
    match target.status {
        CaseStatus::ConcludedPositive => Some(Effect::Grant),
        CaseStatus::ConcludedNegative => Some(Effect::Refuse),
        CaseStatus::WaitingForApplicant => Some(Effect::RequestIntegration),
        status if before.is_final() && !status.is_final() => Some(Effect::Reopen),
        _ => None,
    }
}

/// What it does to the term: it stands still while the applicant is waited for, and begins anew when the case goes on
/// that was closed.
fn deadline(before: CaseStatus, target: &State) -> Option<DeadlineEffect> {
    match (before, target.status) {
        (_, status) if status.is_final() => Some(DeadlineEffect::End),
        (before, _) if before.is_final() => Some(DeadlineEffect::Start),
        (_, CaseStatus::WaitingForApplicant) => Some(DeadlineEffect::Suspend),
        (CaseStatus::WaitingForApplicant, _) => Some(DeadlineEffect::Resume),
        _ => None,
    }
}

/// A procedure as it is published, with its revision.
pub struct Published {
    /// The procedure.
    pub procedure: ItemId,
    /// Its revision.
    pub revision: RevisionId,
    /// What that says.
    pub body: Arc<Procedure>,
}

impl Cases {
    /// The days on which the municipality is closed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn calendar(&self) -> Result<ClosingCalendar, StoreError> {
        calendar(self.contents()).await
    }

    /// What is published of the procedure with this slug.
    ///
    /// # Errors
    /// The database failed.
    pub async fn procedure_by_slug(
        &self,
        locale: &Locale,
        slug: &Slug,
    ) -> Result<Option<Published>, StoreError> {
        let contents = self.contents();
        let found = contents
            .by_slug(ContentType::Procedure, locale, slug)
            .await?;
        let (Found::Item(item) | Found::Moved(item)) = found else {
            return Ok(None);
        };
        let Some(revision) = self.published(item.id).await? else {
            return Ok(None);
        };
        let body = self.procedures(&[revision]).await?.remove(&revision);
        Ok(body.map(|body| Published {
            procedure: item.id,
            revision,
            body,
        }))
    }

    /// The case that other software knows under this name, if somebody sees it, and when that was reported which is
    /// known of it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn referred(
        &self,
        sight: &Sight,
        reference: &Reference,
    ) -> Result<Option<(Case, DateTime<Utc>)>, StoreError> {
        // No case has such a name: PostgreSQL refuses to look for some of them.
        if !reference.check().is_empty() {
            return Ok(None);
        }
        let filter = Condition::all()
            .add(Column::Source.eq(reference.source.as_str()))
            .add(Column::ExternalId.eq(reference.external_id.as_str()));
        let row = self.contents().store().read().one::<Entity>(filter).await?;
        let Some((row, case)) = row.and_then(|row| Some((row.reported_at, row.case_id?))) else {
            return Ok(None);
        };
        let case = self.among(sight, &[CaseId(case)]).await?.pop();
        Ok(case.map(|case| (case, row)))
    }
}
