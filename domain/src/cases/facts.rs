//! What the events of a case say to those who want to take a transition.

use super::{CaseEvent, EvidenceKind, Happening};
use crate::procedures::{Effect, Facts};

/// What is known of a case after these events.
pub fn facts(events: &[CaseEvent]) -> Facts {
    events.iter().fold(Facts::default(), with)
}

fn with(mut facts: Facts, event: &CaseEvent) -> Facts {
    match &event.happening {
        Happening::Opened(opening) => {
            facts.state = opening.state.clone();
            facts.is_reported = opening.is_reported;
        }
        Happening::Migrated(migration) => {
            facts.state = migration.state.clone();
            // Under the same code stands another transition.
            facts.signatures.clear();
        }
        Happening::Moved(movement) => {
            facts.state = movement.to.clone();
            let number = movement.protocol.as_ref().map(|protocol| &protocol.number);
            facts.protocol = facts.protocol.or_else(|| number.cloned());
            match movement.effect {
                Some(Effect::AnnounceRefusal) => {
                    (facts.is_announced, facts.awaits_observations) = (true, true);
                }
                Some(Effect::AnswerAnnouncement) => facts.awaits_observations = false,
                Some(Effect::Reopen) => {
                    (facts.is_announced, facts.awaits_observations) = (false, false);
                }
                _ => {}
            }
            // Who signed did so for where the case stood.
            facts.signatures.clear();
        }
        Happening::EvidenceAdded(evidence) => {
            let code = evidence.code.clone();
            match evidence.kind {
                EvidenceKind::Document => {
                    facts.awaits_observations = false;
                    facts.documents.insert(code)
                }
                EvidenceKind::Payment => facts.payments.insert(code),
                EvidenceKind::RegistryCheck => facts.checks.insert(code),
                EvidenceKind::Booking => facts.bookings.insert(code),
                EvidenceKind::Signature => {
                    let signed = facts.signatures.entry(code).or_default();
                    signed.insert(event.actor.clone())
                }
            };
        }
        Happening::Assigned(_)
        | Happening::Wrote(_)
        | Happening::Revised(_)
        | Happening::Reminded(_) => {}
    }
    facts
}
