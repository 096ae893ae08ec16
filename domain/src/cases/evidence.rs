//! What comes in that transitions require: documents, payments, answers of registries, appointments, signatures.

use chrono::{DateTime, Utc};

use super::{
    Case, CaseError, CaseEvent, CaseRefusal, Evidence, EvidenceKind, Happening, Held, Personal,
    batch::Addition,
    facts::facts,
    timer::{Since, last_move, watch},
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
    /// Whether the definition asks for it, whoever adds it may, and it is kept somewhere: as a file, or elsewhere under a
    /// number. Its code stands in clear in the case for ever: it is one of the definition.
    ///
    /// # Errors
    /// It does not, they may not, it cannot be found, or the case is closed.
    pub fn check(
        &self,
        definition: &Definition,
        held: &Held,
        who: &Who<'_>,
        is_kept: bool,
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
        match is_vouched_for || is_kept {
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

/// Notes that something came in that transitions require, which was [checked](Evidence::check): with what it is called, under
/// which number it is kept elsewhere, and its file.
///
/// # Errors
/// A text does not fit, it cannot be encrypted, or the database failed.
pub async fn add_evidence(
    transaction: &Transaction,
    keys: &CitizenKeys,
    held: Held,
    (definition, evidence, said): (&Definition, Evidence, Personal),
    actor: String,
    now: DateTime<Utc>,
) -> Result<Case, CaseError> {
    let texts = [("title", &said.title), ("reference", &said.reference)];
    let texts = texts.into_iter();
    let mut wrong: Vec<_> = texts
        .filter_map(|(path, text)| line(path, text.as_deref()?))
        .collect();
    if !said.files.is_empty() && evidence.kind != EvidenceKind::Document {
        wrong.push(CaseRefusal::Text {
            path: "file",
            message: "files are those of documents".to_owned(),
        });
    }
    if !wrong.is_empty() {
        return Err(CaseError::Refused(wrong));
    }
    let since = last_move(&held.events).map_or(Since::last(&held.case, now), Since::event);
    let addition = Addition {
        actor,
        happening: Happening::EvidenceAdded(evidence),
        personal: said,
        definition: Some(definition),
    };
    let case = held.add(transaction, keys, addition, now).await?;
    // What time takes next may have waited for this.
    watch(transaction, definition, &case, since, now).await?;
    Ok(case)
}
