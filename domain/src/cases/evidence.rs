//! What comes in that transitions require: documents, payments, answers of registries, appointments, signatures.

use chrono::{DateTime, Utc};

use super::{
    Case, CaseError, CaseEvent, CaseRefusal, Evidence, EvidenceKind, Happening, Held, Personal,
    append::Addition,
    facts::facts,
    timer::{last_move, watch},
    work::line,
};
use crate::{
    citizens::CitizenKeys,
    procedures::{Definition, Requirement, Who, may_take},
    store::Transaction,
};

/// The code of documents that a definition does not name, such as those that answer a request: their titles say what
/// they are.
const OTHER: &str = "other";

impl Evidence {
    /// Whether the definition asks for it, whoever adds it may, and it can be found elsewhere if it is kept there. Its code
    /// stands in clear in the case for ever: it is one of the definition.
    ///
    /// # Errors
    /// It does not, they may not, it cannot be found, or the case is closed.
    pub fn check(
        &self,
        definition: &Definition,
        held: &Held,
        who: &Who<'_>,
        reference: Option<&str>,
    ) -> Result<(), CaseRefusal> {
        if held.case.status.is_final() {
            return Err(CaseRefusal::Closed);
        }
        let code = || self.code.clone();
        let mut requirements = definition
            .transitions
            .iter()
            .flat_map(|step| &step.requires);
        let is_asked = match self.kind {
            EvidenceKind::Signature => return self.check_signature(definition, &held.events, who),
            EvidenceKind::Document => {
                let mut attachments = definition.attachments.iter();
                self.code == OTHER || attachments.any(|known| known.code == self.code)
            }
            EvidenceKind::Payment => {
                requirements.any(|asked| *asked == Requirement::Payment { code: code() })
            }
            EvidenceKind::RegistryCheck => {
                requirements.any(|asked| *asked == Requirement::RegistryCheck { code: code() })
            }
            EvidenceKind::Booking => {
                requirements.any(|asked| *asked == Requirement::Booking { code: code() })
            }
        };
        if !is_asked {
            return Err(CaseRefusal::UnknownEvidence(code()));
        }
        // Of a document that it has on paper the word of an office is enough.
        let is_vouched_for = self.kind == EvidenceKind::Document && !matches!(who, Who::Citizen);
        match is_vouched_for || reference.is_some() {
            true => Ok(()),
            false => Err(CaseRefusal::Text {
                path: "reference",
                message: "say under which number or address it is kept elsewhere".to_owned(),
            }),
        }
    }

    /// People sign what they may do themselves, where it can be done.
    fn check_signature(
        &self,
        definition: &Definition,
        events: &[CaseEvent],
        who: &Who<'_>,
    ) -> Result<(), CaseRefusal> {
        let state = facts(events).state;
        let asks = |asked: &Requirement| matches!(asked, Requirement::Signatures { .. });
        let signed = definition.transition(&self.code).filter(|transition| {
            transition.from.contains(&state) && transition.requires.iter().any(asks)
        });
        let transition = signed.ok_or_else(|| CaseRefusal::UnknownEvidence(self.code.clone()))?;
        match matches!(who, Who::Officer(_)) && may_take(transition, who) {
            true => Ok(()),
            false => Err(CaseRefusal::NotYoursToSign(self.code.clone())),
        }
    }
}

/// Notes that something came in that transitions require, which was [checked](Evidence::check).
///
/// # Errors
/// A text does not fit, it cannot be encrypted, or the database failed.
pub async fn add_evidence(
    transaction: &Transaction,
    keys: &CitizenKeys,
    held: Held,
    (definition, evidence, title, reference): (
        &Definition,
        Evidence,
        Option<String>,
        Option<String>,
    ),
    actor: String,
    now: DateTime<Utc>,
) -> Result<Case, CaseError> {
    let texts = [("title", &title), ("reference", &reference)];
    let texts = texts.into_iter();
    let wrong: Vec<_> = texts
        .filter_map(|(path, text)| line(path, text.as_deref()?))
        .collect();
    if !wrong.is_empty() {
        return Err(CaseError::Refused(wrong));
    }
    let moved = last_move(&held.events).map_or(held.case.version, |event| event.number);
    let addition = Addition {
        actor,
        happening: Happening::EvidenceAdded(evidence),
        personal: Personal {
            title,
            reference,
            ..Personal::default()
        },
    };
    let case = held.add(transaction, keys, addition, now).await?;
    // What time takes next may have waited for this.
    watch(transaction, definition, &case, moved, now).await?;
    Ok(case)
}
