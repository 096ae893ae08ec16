//! What happened in a case.

use async_graphql::{Enum, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use municipio_domain::{
    cases::{self, Audience, Happening, Personal},
    procedures::Recipient,
};

use super::file::CaseFile;
use crate::objects::{CaseStatus, NoticeRecipient, TransitionEffect};

/// What happened in a case (tipo di evento della pratica).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum CaseEventKind {
    /// It began (avvio).
    Opened,
    /// It went from one state to another (passaggio di stato).
    Moved,
    /// It was given to an office or an officer (assegnazione).
    Assigned,
    /// Something that transitions require came in (elemento acquisito).
    EvidenceAdded,
    /// Somebody wrote a note for the offices (annotazione).
    NoteAdded,
    /// Somebody wrote to the applicant, or the applicant to the office (messaggio).
    MessageSent,
    /// The applicant changed what the application says before it was sent (modifica della bozza).
    Revised,
    /// It follows another revision of its procedure from then on (migrazione).
    Migrated,
    /// The end of the term comes near (avviso di scadenza).
    Reminded,
    /// Somebody is told something by a rule of the procedure (avviso automatico).
    Notified,
    /// What the case says of people was erased (cancellazione dei dati personali).
    Erased,
}

/// Whose doing it was (chi ha agito).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum CaseActor {
    /// Somebody who works for the municipality (operatore).
    Officer,
    /// The applicant or a delegate (richiedente o delegato).
    Citizen,
    /// Another program (sistema).
    System,
    /// Time (scadenza).
    Timer,
}

/// What kind of thing came in (tipo di elemento acquisito).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "cases::EvidenceKind")]
pub(crate) enum CaseEvidenceKind {
    /// A document (documento).
    Document,
    /// A payment (pagamento).
    Payment,
    /// The answer of a registry (esito di una verifica in banca dati).
    RegistryCheck,
    /// An appointment (appuntamento).
    Booking,
    /// A signature under a transition, whose code is that of the transition (firma).
    Signature,
}

/// What came in that transitions require (elemento acquisito).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct CaseEvidence {
    /// What kind of thing (tipo).
    kind: CaseEvidenceKind,
    /// Which one: its code in the definition (codice).
    code: String,
    /// What it is called (titolo).
    title: Option<String>,
    /// Under which number or address it is kept elsewhere (riferimento).
    reference: Option<String>,
}

/// Something that happened in a case (evento della pratica).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct CaseEvent {
    /// Its number: 1, 2, 3 and so on (numero).
    number: i64,
    /// What happened (tipo).
    kind: CaseEventKind,
    /// When (data e ora).
    at: DateTime<Utc>,
    /// Whose doing it was (chi ha agito).
    actor: CaseActor,
    /// Which account or key, such as `account:…`; for those who work for the municipality alone (utenza).
    actor_id: Option<String>,
    /// The transition (passaggio di stato).
    transition: Option<String>,
    /// The state before it (stato di partenza).
    from: Option<String>,
    /// The state after it (stato di arrivo).
    to: Option<String>,
    /// What citizens are told from then on (stato per il cittadino).
    status: Option<CaseStatus>,
    /// What the transition means in every procedure (effetto).
    effect: Option<TransitionEffect>,
    /// What somebody wrote (testo).
    text: Option<String>,
    /// The reasons of the outcome (motivazione).
    reasons: Option<String>,
    /// What came in (elemento acquisito).
    evidence: Option<CaseEvidence>,
    /// The files that came along with it (allegati).
    files: Vec<CaseFile>,
    /// The last day of the term from then on (termine).
    due_on: Option<NaiveDate>,
    /// Who is told of it (destinatari dell'avviso).
    notifies: Vec<NoticeRecipient>,
    /// The rule of the procedure whose doing it was, by its code; for those who work for the municipality alone (regola
    /// automatica).
    rule: Option<String>,
    /// The hash of the event; it holds that of the event before it (impronta).
    hash: String,
}

impl CaseEvent {
    /// An event as somebody sees it; nothing when it is not for them.
    pub(crate) fn new(
        event: &cases::CaseEvent,
        personal: Personal,
        for_staff: bool,
    ) -> Option<Self> {
        if is_for_offices(event) && !for_staff {
            return None;
        }
        let (of, files) = ((event.case, event.number), personal.files.into_iter());
        let mut shown = Self {
            number: event.number,
            kind: kind(&event.happening),
            at: event.at,
            actor: actor(&event.actor),
            actor_id: for_staff.then(|| event.actor.clone()),
            transition: None,
            from: None,
            to: None,
            status: None,
            effect: None,
            text: personal.text,
            reasons: personal.reasons,
            evidence: None,
            files: files.map(|file| CaseFile::new(of, file)).collect(),
            due_on: None,
            notifies: event.notifies().iter().map(|one| (*one).into()).collect(),
            rule: event
                .actor
                .strip_prefix("rule:")
                .filter(|_| for_staff)
                .map(str::to_owned),
            hash: event.hash.clone(),
        };
        match &event.happening {
            Happening::Opened(opening) => {
                shown.to = Some(opening.state.clone());
                shown.status = Some(opening.status.into());
            }
            Happening::Moved(movement) => {
                shown.transition = Some(movement.transition.clone());
                shown.from = Some(movement.from.clone());
                shown.to = Some(movement.to.clone());
                shown.status = Some(movement.status.into());
                shown.effect = movement.effect.map(Into::into);
                shown.due_on = movement.due_on;
            }
            Happening::Migrated(migration) => {
                shown.to = Some(migration.state.clone());
                shown.status = Some(migration.status.into());
            }
            Happening::EvidenceAdded(evidence) => {
                shown.evidence = Some(CaseEvidence {
                    kind: evidence.kind.into(),
                    code: evidence.code.clone(),
                    title: personal.title,
                    reference: personal.reference,
                });
            }
            Happening::Reminded(reminder) => shown.due_on = Some(reminder.due_on),
            Happening::Assigned(_)
            | Happening::Wrote(_)
            | Happening::Revised(_)
            | Happening::Notified(_)
            | Happening::Erased(_) => {}
        }
        Some(shown)
    }
}

/// Whether it is for the offices alone: a note, or what officers are told.
pub(super) fn is_for_offices(event: &cases::CaseEvent) -> bool {
    match &event.happening {
        Happening::Wrote(message) => message.audience == Audience::Office,
        Happening::Notified(notice) => !notice.notifies.contains(&Recipient::Applicant),
        _ => false,
    }
}

fn kind(happening: &Happening) -> CaseEventKind {
    match happening {
        Happening::Opened(_) => CaseEventKind::Opened,
        Happening::Moved(_) => CaseEventKind::Moved,
        Happening::Assigned(_) => CaseEventKind::Assigned,
        Happening::EvidenceAdded(_) => CaseEventKind::EvidenceAdded,
        Happening::Wrote(message) => match message.audience {
            Audience::Office => CaseEventKind::NoteAdded,
            Audience::Everyone => CaseEventKind::MessageSent,
        },
        Happening::Revised(_) => CaseEventKind::Revised,
        Happening::Migrated(_) => CaseEventKind::Migrated,
        Happening::Reminded(_) => CaseEventKind::Reminded,
        Happening::Notified(_) => CaseEventKind::Notified,
        Happening::Erased(_) => CaseEventKind::Erased,
    }
}

/// Whose doing something was, by what is written down of it.
pub(super) fn actor(id: &str) -> CaseActor {
    match id.split(':').next() {
        Some("account") => CaseActor::Officer,
        Some("citizen") => CaseActor::Citizen,
        Some("timer") => CaseActor::Timer,
        _ => CaseActor::System,
    }
}
