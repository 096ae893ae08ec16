//! Whether somebody may take a transition of a case, and what is missing for it. A plain decision: what is known of
//! the case and of whoever wants to take it is given.

use std::collections::{BTreeMap, BTreeSet};

use super::{Definition, Requirement, State, Taker, Transition};
use crate::ids::ItemId;

/// What is known of a case that transitions depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The state it is in.
    pub state: String,
    /// The codes of the documents that are there.
    pub documents: BTreeSet<String>,
    /// The codes of what was paid.
    pub payments: BTreeSet<String>,
    /// The codes of the checks that were passed.
    pub checks: BTreeSet<String>,
    /// The codes of the appointments that were made.
    pub bookings: BTreeSet<String>,
    /// Who signed which transition since the case is in its state.
    pub signatures: BTreeMap<String, BTreeSet<String>>,
    /// Its number in the protocol.
    pub protocol: Option<String>,
    /// A refusal was announced since the case began or was reopened.
    pub is_announced: bool,
    /// Nothing came in since it was announced.
    pub awaits_observations: bool,
    /// Other software keeps the case: it says what happened, and time takes no step.
    pub is_reported: bool,
}

/// What somebody gives along with a transition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// A comment.
    pub comment: bool,
    /// Reasons.
    pub reasons: bool,
    /// The number and the date of the protocol.
    pub protocol: bool,
}

/// Who wants to take a transition.
pub enum Who<'a> {
    /// Somebody who works for the municipality.
    Officer(Officer<'a>),
    /// The applicant or a delegate.
    Citizen,
    /// Another program.
    System,
    /// Time.
    Timer,
}

/// Somebody who works for the municipality, and works on the case.
pub struct Officer<'a> {
    /// The roles that they have.
    pub roles: &'a BTreeSet<String>,
    /// Whether they work on the cases of an office.
    pub works_for: &'a (dyn Fn(ItemId) -> bool + Sync),
}

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What was required.
    pub requirement: Requirement,
    /// Which of its parts: the code of a document, or how many signatures there are.
    pub part: Option<String>,
}

/// A transition that somebody may take, with what is missing for it beside what is given along with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Available<'a> {
    /// The transition.
    pub transition: &'a Transition,
    /// What is missing.
    pub missing: Vec<Missing>,
}

/// Why a transition is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The definition has no such transition.
    Unknown,
    /// The case is in another state.
    Elsewhere,
    /// It is for others to take.
    NotYours,
    /// Something is missing.
    Missing(Vec<Missing>),
}

/// The transitions that somebody may take from where the case stands, in the order of the definition.
pub fn available<'a>(
    definition: &'a Definition,
    facts: &'a Facts,
    who: &Who<'_>,
) -> Vec<Available<'a>> {
    let given = Given {
        comment: true,
        reasons: true,
        protocol: true,
    };
    let transitions = definition.from(&facts.state);
    let transitions = transitions.filter(|transition| may_take(transition, who));
    transitions
        .map(|transition| Available {
            transition,
            missing: missing(definition, transition, facts, given),
        })
        .collect()
}

/// The transition that somebody wants to take, and where it leads.
///
/// # Errors
/// They may not, or something is missing.
pub fn take<'a>(
    definition: &'a Definition,
    code: &str,
    facts: &Facts,
    who: &Who<'_>,
    given: Given,
) -> Result<(&'a Transition, &'a State), Kept> {
    let transition = definition.transition(code).ok_or(Kept::Unknown)?;
    let target = definition.state(&transition.to).ok_or(Kept::Unknown)?;
    if !transition.from.contains(&facts.state) {
        return Err(Kept::Elsewhere);
    }
    let is_left_to_others = facts.is_reported && matches!(who, Who::Timer);
    if is_left_to_others || !may_take(transition, who) {
        return Err(Kept::NotYours);
    }
    match missing(definition, transition, facts, given) {
        missing if missing.is_empty() => Ok((transition, target)),
        missing => Err(Kept::Missing(missing)),
    }
}

/// Whether it is for somebody to take.
pub fn may_take(transition: &Transition, who: &Who<'_>) -> bool {
    let taker = match who {
        Who::Officer(_) => Taker::Officer,
        Who::Citizen => Taker::Citizen,
        Who::System => Taker::System,
        Who::Timer => Taker::Timer,
    };
    let fits = match who {
        Who::Officer(officer) => {
            let roles = &transition.roles;
            let has_role =
                roles.is_empty() || roles.iter().any(|role| officer.roles.contains(role));
            let offices = &transition.offices;
            let mut those = offices.iter().map(|office| office.id());
            has_role && (offices.is_empty() || those.any(|office| (officer.works_for)(office)))
        }
        _ => true,
    };
    fits && transition.takers.contains(&taker)
}

fn missing(
    definition: &Definition,
    transition: &Transition,
    facts: &Facts,
    given: Given,
) -> Vec<Missing> {
    let requirements = transition.requires.iter();
    requirements
        .flat_map(|requirement| {
            let lack = |part: Option<String>| Missing {
                requirement: requirement.clone(),
                part,
            };
            let unless = |is_there: bool| match is_there {
                true => Vec::new(),
                false => vec![lack(None)],
            };
            match requirement {
                Requirement::Comment => unless(given.comment),
                Requirement::Reasons => unless(given.reasons),
                Requirement::Announcement => unless(facts.is_announced),
                Requirement::Protocol => unless(given.protocol || facts.protocol.is_some()),
                Requirement::Document { code } => unless(facts.documents.contains(code)),
                Requirement::Payment { code } => unless(facts.payments.contains(code)),
                Requirement::RegistryCheck { code } => unless(facts.checks.contains(code)),
                Requirement::Booking { code } => unless(facts.bookings.contains(code)),
                Requirement::Signatures { count } => {
                    let signed = facts.signatures.get(&transition.code);
                    let signed = signed.map_or(0, BTreeSet::len);
                    match signed >= usize::from(*count) {
                        true => Vec::new(),
                        false => vec![lack(Some(signed.to_string()))],
                    }
                }
                Requirement::Attachments => {
                    let mandatory = definition.attachments.iter();
                    let mandatory = mandatory.filter(|attachment| attachment.is_mandatory);
                    let absent =
                        mandatory.filter(|attachment| !facts.documents.contains(&attachment.code));
                    absent
                        .map(|attachment| lack(Some(attachment.code.clone())))
                        .collect()
                }
            }
        })
        .collect()
}
