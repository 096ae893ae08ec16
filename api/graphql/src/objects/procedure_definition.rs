//! How the cases of a procedure go from one state to the next.

use async_graphql::{Context, Enum, Json, Object, Result, SimpleObject};
use municipio_domain::{procedures, vocabularies};
use serde_json::Value;

use super::{Office, VocabularyTerm};
use crate::view::{Reader, View};

/// Where a case stands, as citizens are told: the nine statuses of the national model, whose codes are those of the
/// vocabulary `case-statuses` (stato della pratica per il cittadino).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "procedures::CaseStatus")]
pub(crate) enum CaseStatus {
    /// Not begun (processo non avviato).
    NotStarted,
    /// Being written by the applicant (in bozza).
    Draft,
    /// Under way (processo in corso).
    InProgress,
    /// Held (processo sospeso).
    Suspended,
    /// Held until the applicant does something (si richiede un'azione da parte dell'utente).
    WaitingForApplicant,
    /// Held until an office does something (si richiede un'azione da parte della Pubblica Amministrazione).
    WaitingForOffice,
    /// Closed (processo concluso).
    Concluded,
    /// Closed with what was asked for (esito positivo).
    ConcludedPositive,
    /// Closed without what was asked for (esito negativo).
    ConcludedNegative,
}

/// Who may take a transition (chi può compiere il passaggio).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "procedures::Taker")]
pub(crate) enum TransitionTaker {
    /// Somebody who works for the municipality (operatore).
    Officer,
    /// The applicant or a delegate (richiedente o delegato).
    Citizen,
    /// Another program, with an API key (sistema).
    System,
    /// Time (scadenza).
    Timer,
}

/// What a transition means in every procedure (effetto del passaggio).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "procedures::Effect")]
pub(crate) enum TransitionEffect {
    /// The application is sent (invio dell'istanza).
    Submit,
    /// It is entered into the protocol (protocollazione).
    Register,
    /// An office begins to work on it (presa in carico).
    TakeCharge,
    /// The applicant is asked for what is missing (richiesta di integrazione).
    RequestIntegration,
    /// The applicant sends what was missing (risposta alla richiesta di integrazione).
    AnswerIntegration,
    /// The applicant is told why the outcome is going to be negative (preavviso di rigetto).
    AnnounceRefusal,
    /// The applicant answers that (osservazioni).
    AnswerAnnouncement,
    /// What was asked for is given (accoglimento).
    Grant,
    /// What was asked for is not given (rigetto).
    Refuse,
    /// The applicant gives up (ritiro).
    Withdraw,
    /// The outcome is taken back by the municipality (revoca).
    Revoke,
    /// A case that was closed goes on (riapertura).
    Reopen,
}

/// What a transition does to the term (effetto sul termine).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "procedures::DeadlineEffect")]
pub(crate) enum DeadlineEffect {
    /// The term begins on the date of the protocol (decorrenza).
    Start,
    /// The term is held while something is missing (sospensione).
    Suspend,
    /// It is held while the application is to be completed or corrected, and begins anew then, where a law says so
    /// (interruzione).
    Interrupt,
    /// It goes on where it stood, or begins anew after it was interrupted (ripresa).
    Resume,
    /// It is held by the announcement of a refusal, art. 10-bis L. 241/1990 (preavviso di rigetto).
    Announce,
    /// It goes on after the answer to that announcement (osservazioni).
    Answer,
    /// It is over: there is an outcome (conclusione).
    End,
}

/// Who is told of a transition (destinatario dell'avviso).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "procedures::Recipient")]
pub(crate) enum NoticeRecipient {
    /// The applicant and the delegate (richiedente e delegato).
    Applicant,
    /// The officer of the case, or else its office (responsabile).
    Officer,
}

/// What kind of thing a transition requires (tipo di requisito).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum TransitionRequirementKind {
    /// A comment of whoever takes it (nota).
    Comment,
    /// The reasons of the outcome (motivazione).
    Reasons,
    /// That the applicant was told before why the outcome is going to be negative, art. 10-bis L. 241/1990 (preavviso di
    /// rigetto).
    Announcement,
    /// The number and the date of the protocol (protocollo).
    Protocol,
    /// All attachments that are mandatory (allegati obbligatori).
    Attachments,
    /// A document (documento).
    Document,
    /// That something was paid (pagamento).
    Payment,
    /// That a registry was asked (verifica in una banca dati).
    RegistryCheck,
    /// That an appointment was made (appuntamento).
    Booking,
    /// Signatures of different people (firme).
    Signatures,
}

/// What a transition requires (requisito).
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub(crate) struct TransitionRequirement {
    /// What kind of thing (tipo).
    kind: TransitionRequirementKind,
    /// Which document, payment, check or appointment (codice).
    code: Option<String>,
    /// How many signatures (numero di firme).
    count: Option<u8>,
}

impl From<&procedures::Requirement> for TransitionRequirement {
    fn from(requirement: &procedures::Requirement) -> Self {
        use TransitionRequirementKind as Kind;
        use procedures::Requirement;
        let (kind, code, count) = match requirement {
            Requirement::Comment => (Kind::Comment, None, None),
            Requirement::Reasons => (Kind::Reasons, None, None),
            Requirement::Announcement => (Kind::Announcement, None, None),
            Requirement::Protocol => (Kind::Protocol, None, None),
            Requirement::Attachments => (Kind::Attachments, None, None),
            Requirement::Document { code } => (Kind::Document, Some(code), None),
            Requirement::Payment { code } => (Kind::Payment, Some(code), None),
            Requirement::RegistryCheck { code } => (Kind::RegistryCheck, Some(code), None),
            Requirement::Booking { code } => (Kind::Booking, Some(code), None),
            Requirement::Signatures { count } => (Kind::Signatures, None, Some(*count)),
        };
        Self {
            kind,
            code: code.cloned(),
            count,
        }
    }
}

/// How the cases of a procedure go from one state to the next (definizione del procedimento).
pub(crate) struct ProcedureDefinition {
    pub(crate) definition: procedures::Definition,
    pub(crate) view: View,
}

/// How the cases of a procedure go from one state to the next (definizione del procedimento).
#[Object]
impl ProcedureDefinition {
    /// The states; a case begins in the first (stati).
    async fn states(&self) -> Vec<ProcedureState> {
        let states = self.definition.states.iter();
        states
            .map(|state| ProcedureState::new(state, &self.view.reader))
            .collect()
    }

    /// What leads from one state to another (passaggi di stato).
    async fn transitions(&self) -> Vec<ProcedureTransition> {
        let transitions = self.definition.transitions.iter();
        transitions
            .map(|transition| ProcedureTransition {
                transition: transition.clone(),
                view: self.view.clone(),
            })
            .collect()
    }

    /// What applicants attach (documenti da allegare).
    async fn attachments(&self) -> Vec<ProcedureAttachment> {
        let attachments = self.definition.attachments.iter();
        attachments
            .map(|attachment| ProcedureAttachment {
                code: attachment.code.clone(),
                label: self.view.text(&attachment.label),
                is_mandatory: attachment.is_mandatory,
            })
            .collect()
    }

    /// The term for the conclusion (termine di conclusione).
    async fn deadline(&self) -> Option<ProcedureTerm> {
        let rule = self.definition.deadline.as_ref()?;
        Some(ProcedureTerm {
            days: rule.days(),
            counts_working_days: rule.counts_working_days,
            legal_basis: self.view.text(&rule.legal_basis),
            ends_on_working_day: rule.ends_on_working_day,
            saturday_is_holiday: rule.saturday_is_holiday,
            alerts: rule.alerts.clone(),
        })
    }

    /// How long cases are kept (conservazione).
    async fn retention(&self) -> Option<Retention> {
        let retention = self.definition.retention.as_ref()?;
        Some(Retention {
            years: retention.years,
            legal_basis: self.view.text(&retention.legal_basis),
        })
    }

    /// What an application says: a JSON Schema, draft 2020-12 (schema dei dati dell'istanza).
    async fn data_schema(&self) -> Option<Json<Value>> {
        let schema = self.definition.data_schema.as_deref()?;
        serde_json::from_str(schema).ok().map(Json)
    }

    /// Somebody else may apply for the applicant (ammette un delegato).
    async fn allows_delegates(&self) -> bool {
        self.definition.allows_delegates
    }

    /// The level of assurance with which citizens must have signed in, 1 to 3 (livello di garanzia).
    async fn level_of_assurance(&self) -> u8 {
        self.definition.level_of_assurance()
    }
}

/// A state of a case (stato della pratica).
#[derive(SimpleObject)]
pub(crate) struct ProcedureState {
    /// Its name in the definition (codice).
    code: String,
    /// What it is called (etichetta).
    label: Option<String>,
    /// What citizens are told: one of the nine statuses of the national model (stato per il cittadino).
    status: CaseStatus,
    /// The same as a term of the vocabulary `case-statuses`.
    status_term: Option<VocabularyTerm>,
    /// What it means for the applicant, and what to do (spiegazione per il richiedente).
    explanation: Option<String>,
    /// The case is closed in it (stato finale).
    is_final: bool,
}

impl ProcedureState {
    pub(crate) fn new(state: &procedures::State, reader: &Reader) -> Self {
        let vocabulary = vocabularies::get("case-statuses");
        let term = vocabulary.and_then(|statuses| statuses.term(state.status.code()));
        Self {
            code: state.code.clone(),
            label: reader.text(&state.label),
            status: state.status.into(),
            status_term: term.map(|term| VocabularyTerm::new(term, reader)),
            explanation: reader.text(&state.explanation),
            is_final: state.status.is_final(),
        }
    }
}

/// What leads from one state to another (passaggio di stato).
pub(crate) struct ProcedureTransition {
    pub(crate) transition: procedures::Transition,
    pub(crate) view: View,
}

/// What leads from one state to another (passaggio di stato).
#[Object]
impl ProcedureTransition {
    /// Its name in the definition (codice).
    async fn code(&self) -> &str {
        &self.transition.code
    }

    /// What it is called: what somebody does (etichetta).
    async fn label(&self) -> Option<String> {
        self.view.text(&self.transition.label)
    }

    /// From which states, by their codes (stati di partenza).
    async fn from(&self) -> &[String] {
        &self.transition.from
    }

    /// To which state, by its code (stato di arrivo).
    async fn to(&self) -> &str {
        &self.transition.to
    }

    /// Who may take it (chi può compierlo).
    async fn takers(&self) -> Vec<TransitionTaker> {
        let takers = self.transition.takers.iter();
        takers.map(|taker| (*taker).into()).collect()
    }

    /// Only officers who have one of these roles; all when there are none (ruoli).
    async fn roles(&self) -> &[String] {
        &self.transition.roles
    }

    /// Only officers of one of these offices or of one above it; those of the case when there are none (uffici).
    async fn offices(&self, ctx: &Context<'_>) -> Result<Vec<Office>> {
        self.view.many(ctx, &self.transition.offices).await
    }

    /// What it requires (requisiti).
    async fn requires(&self) -> Vec<TransitionRequirement> {
        let requires = self.transition.requires.iter();
        requires.map(TransitionRequirement::from).collect()
    }

    /// What it means in the procedure (effetto).
    async fn effect(&self) -> Option<TransitionEffect> {
        self.transition.effect.map(Into::into)
    }

    /// What it does to the term (effetto sul termine).
    async fn deadline(&self) -> Option<DeadlineEffect> {
        self.transition.deadline.map(Into::into)
    }

    /// When it happens by itself; null when it does not (automatismo).
    async fn timer(&self) -> Option<TransitionTimer> {
        let timer = self.transition.timer?;
        let (kind, days) = match timer {
            procedures::Timer::After { days } => (TransitionTimerKind::After, Some(days)),
            procedures::Timer::Observations => (TransitionTimerKind::Observations, None),
            procedures::Timer::Deadline => (TransitionTimerKind::Deadline, None),
        };
        Some(TransitionTimer { kind, days })
    }

    /// Who is told of it (destinatari dell'avviso).
    async fn notifies(&self) -> Vec<NoticeRecipient> {
        let notifies = self.transition.notifies.iter();
        notifies.map(|recipient| (*recipient).into()).collect()
    }
}

/// When a transition happens by itself (automatismo).
#[derive(SimpleObject)]
pub(crate) struct TransitionTimer {
    /// What it waits for (evento atteso).
    kind: TransitionTimerKind,
    /// After so many days in the state; null when it waits for something else (giorni).
    days: Option<u16>,
}

/// What a transition waits for that happens by itself (evento atteso).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum TransitionTimerKind {
    /// After so many days in the state (dopo alcuni giorni).
    After,
    /// When the days for observations on the announcement of a refusal are over, art. 10-bis L. 241/1990 (allo scadere dei
    /// giorni per le osservazioni).
    Observations,
    /// When the term is over: silence (allo scadere del termine).
    Deadline,
}

/// What applicants attach (documento da allegare).
#[derive(SimpleObject)]
pub(crate) struct ProcedureAttachment {
    /// Its name in the definition (codice).
    code: String,
    /// What it is (etichetta).
    label: Option<String>,
    /// There is no application without it (obbligatorio).
    is_mandatory: bool,
}

/// The term for the conclusion (termine di conclusione).
#[derive(SimpleObject)]
pub(crate) struct ProcedureTerm {
    /// How many days (giorni).
    days: u16,
    /// They are working days, not days of the calendar (giorni lavorativi).
    counts_working_days: bool,
    /// The law or the regulation that says so (riferimento normativo).
    legal_basis: Option<String>,
    /// A term that ends on a holiday ends on the next working day (proroga al giorno lavorativo).
    ends_on_working_day: bool,
    /// Saturdays count as holidays, as for offices that work five days a week (sabato festivo).
    saturday_is_holiday: bool,
    /// So many days before its end the officer is reminded (avvisi prima della scadenza).
    alerts: Vec<u16>,
}

/// How long a case is kept after it was closed (conservazione).
#[derive(SimpleObject)]
pub(crate) struct Retention {
    /// How many years; then what it says of people is erased (anni).
    years: u8,
    /// The law or the plan that says so (riferimento normativo).
    legal_basis: Option<String>,
}
