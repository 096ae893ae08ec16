//! What the events of a case say to those who want to take a transition.

use super::{CaseEvent, EvidenceKind, Happening};
use crate::procedures::{Effect, Facts};

/// What is known of a case after these events.
pub fn facts(events: &[CaseEvent]) -> Facts {
    events.iter().fold(Facts::default(), with)
}

fn with(mut facts: Facts, event: &CaseEvent) -> Facts {
    match &event.happening {
        Happening::Opened(opening) => facts.state = opening.state.clone(),
        Happening::Migrated(migration) => facts.state = migration.state.clone(),
        Happening::Moved(movement) => {
            facts.state = movement.to.clone();
            let number = movement.protocol.as_ref().map(|protocol| &protocol.number);
            facts.protocol = facts.protocol.or_else(|| number.cloned());
            facts.is_announced = match movement.effect {
                Some(Effect::AnnounceRefusal) => true,
                Some(Effect::Reopen) => false,
                _ => facts.is_announced,
            };
            // Who signed did so for where the case stood.
            facts.signatures.clear();
        }
        Happening::EvidenceAdded(evidence) => {
            let code = evidence.code.clone();
            match evidence.kind {
                EvidenceKind::Document => facts.documents.insert(code),
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
        | Happening::Reminded(_)
        | Happening::Erased(_) => {}
    }
    facts
}
