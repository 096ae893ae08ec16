//! All that is kept of a person, to be handed out: their cases with what happened in them, who read these, and the
//! delegations. It comes in parts, so that none of it is too large.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{
    Audience, Case, CaseAccess, CaseError, CaseEvent, Cases, Happening, Personal, erase::kept_until,
};
use crate::{
    citizens::{CitizenId, CitizenKeys, Delegation, delegations_about},
    content::{global_id_of, types::Procedure},
    ids::CaseId,
    tenants::Tenant,
};

/// A part of what is kept of a person.
#[derive(Clone, Debug)]
pub struct Exported {
    /// What is kept.
    pub document: Value,
    /// The cases in it.
    pub cases: Vec<CaseId>,
    /// The place after which there is more.
    pub next: Option<i64>,
}

/// For whom something is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFor {
    /// The person: without what offices note for themselves, and who of the municipality it was.
    Person,
    /// Who answers for the privacy of people.
    Officer,
}

/// What is known of the cases of a part.
struct Known {
    events: HashMap<CaseId, Vec<CaseEvent>>,
    accesses: HashMap<CaseId, Vec<CaseAccess>>,
    reader: ExportFor,
}

impl Cases {
    /// A part of all that is kept of a person, the oldest cases first.
    ///
    /// # Errors
    /// It was encrypted with another secret, or the database failed.
    pub async fn export(
        &self,
        (tenant, keys): (&Tenant, &CitizenKeys),
        person: &CitizenId,
        reader: ExportFor,
        after: Option<i64>,
    ) -> Result<Exported, CaseError> {
        let (cases, next) = self.of_person(person, after).await?;
        let ids: Vec<_> = cases.iter().map(|case| case.id).collect();
        let revisions: Vec<_> = cases.iter().map(|case| case.revision).collect();
        let procedures = self.procedures(&revisions).await?;
        let known = Known {
            events: self.events(&ids).await?,
            accesses: self.accesses(&ids).await?,
            reader,
        };
        let shown = cases.iter().map(|case| {
            let procedure = procedures.get(&case.revision);
            let mut shown = file(case, tenant, procedure.map(AsRef::as_ref));
            shown.extend(known.said(case, keys)?);
            let is_delegate = case.applicant.as_ref() != Some(person);
            let role = if is_delegate { "delegate" } else { "applicant" };
            shown.insert("role".to_owned(), role.into());
            Ok(Value::Object(shown))
        });
        let shown: Vec<_> = shown.collect::<Result<_, CaseError>>()?;
        let delegations = delegations_about(self.contents().store(), person).await?;
        let delegations = delegations.iter().map(|one| delegation(one, person));
        Ok(Exported {
            document: json!({
                "municipality": tenant.ipa_code,
                "cases": shown,
                "delegations": delegations.collect::<Vec<_>>(),
            }),
            cases: ids,
            next,
        })
    }
}

impl Known {
    /// What a case says of people, what happened in it, and who read it.
    fn said(&self, case: &Case, keys: &CitizenKeys) -> Result<Map<String, Value>, CaseError> {
        let events = self.events.get(&case.id).map(Vec::as_slice);
        let events = events.unwrap_or_default();
        let personal = case.personal(keys, events)?;
        let events = events.iter().zip(personal);
        let events = events.filter(|(event, _)| self.is_shown(event));
        let events: Vec<_> = events
            .map(|(event, said)| self.event(event, &said))
            .collect();
        let accesses = self.accesses.get(&case.id).into_iter().flatten();
        let accesses =
            accesses.map(|access| json!({ "reader": self.named(&access.reader), "at": access.at }));
        let mut shown = Map::new();
        shown.insert("people".to_owned(), json!(case.people(keys)?));
        shown.insert("events".to_owned(), events.into());
        let accesses: Vec<_> = accesses.collect();
        shown.insert("accesses".to_owned(), accesses.into());
        Ok(shown)
    }

    fn is_shown(&self, event: &CaseEvent) -> bool {
        let is_note = matches!(&event.happening, Happening::Wrote(message) if message.audience == Audience::Office);
        self.reader == ExportFor::Officer || !is_note
    }

    fn event(&self, event: &CaseEvent, said: &Personal) -> Value {
        json!({
            "number": event.number,
            "at": event.at,
            "actor": self.named(&event.actor),
            "what": event.happening,
            "said": said,
        })
    }

    /// Who it was: to the person no more than what kind of actor.
    fn named<'a>(&self, actor: &'a str) -> &'a str {
        match self.reader {
            ExportFor::Officer => actor,
            ExportFor::Person => actor.split(':').next().unwrap_or_default(),
        }
    }
}

/// What the row of a case says.
fn file(case: &Case, tenant: &Tenant, procedure: Option<&Procedure>) -> Map<String, Value> {
    let definition = procedure.and_then(|known| known.definition.as_ref());
    let kept_until = case.closed_at.and_then(|at| kept_until(at, definition));
    let value = json!({
        "id": global_id_of(Case::TYPE_NAME, &tenant.ipa_code, case.id),
        "procedure": procedure.map(|known| &known.title),
        "state": case.state,
        "status": case.status.code(),
        "outcome": case.outcome.map(|outcome| outcome.as_str()),
        "protocol": case.protocol,
        "openedAt": case.opened_at,
        "updatedAt": case.updated_at,
        "closedAt": case.closed_at,
        "dueOn": case.due_on,
        "keptUntil": kept_until,
    });
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn delegation(one: &Delegation, person: &CitizenId) -> Value {
    let is_principal = one.principal == *person;
    json!({
        "kind": one.kind,
        "role": if is_principal { "principal" } else { "delegate" },
        "from": one.term.from,
        "until": one.term.until,
        "revokedAt": one.revoked_at,
    })
}
