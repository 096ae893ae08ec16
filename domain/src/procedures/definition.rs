//! What a definition is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CaseStatus;
use crate::{
    content::{Link, types::Office},
    locale::LocalizedText,
};

/// How the cases of a procedure go from one state to the next (definizione del procedimento).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ProcedureDefinition")]
pub struct Definition {
    /// The states; a case begins in the first (stati).
    pub states: Vec<State>,
    /// What leads from one state to another (passaggi di stato).
    pub transitions: Vec<Transition>,
    /// What applicants attach (documenti da allegare).
    pub attachments: Vec<Attachment>,
    /// The term for the conclusion (termine di conclusione).
    pub deadline: Option<Term>,
    /// How long cases are kept (conservazione).
    pub retention: Option<Retention>,
    /// What an application says: a JSON Schema (draft 2020-12) as text (schema dei dati dell'istanza).
    pub data_schema: Option<String>,
    /// Somebody else may apply for the applicant (ammette un delegato).
    pub allows_delegates: bool,
    /// The level of assurance with which citizens must have signed in, 1 to 3; 2 when left out (livello di garanzia).
    pub level_of_assurance: Option<u8>,
}

/// A state of a case (stato della pratica).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ProcedureState")]
pub struct State {
    /// Its name: small letters, digits and hyphens (codice).
    pub code: String,
    /// What it is called (etichetta).
    pub label: LocalizedText,
    /// What citizens are told: one of the nine statuses of the national model (stato per il cittadino).
    pub status: CaseStatus,
    /// What it means for the applicant, and what to do (spiegazione per il richiedente).
    pub explanation: LocalizedText,
}

/// What leads from one state to another (passaggio di stato).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ProcedureTransition")]
pub struct Transition {
    /// Its name: small letters, digits and hyphens (codice).
    pub code: String,
    /// What it is called: what somebody does (etichetta).
    pub label: LocalizedText,
    /// From which states, by their codes (stati di partenza).
    pub from: Vec<String>,
    /// To which state, by its code (stato di arrivo).
    pub to: String,
    /// Who may take it (chi può compierlo).
    pub takers: Vec<Taker>,
    /// Only officers who have one of these roles, by their names; all when there are none (ruoli).
    pub roles: Vec<String>,
    /// Only officers of one of these offices or of one above it; those of the case when there are none (uffici).
    pub offices: Vec<Link<Office>>,
    /// What it requires (requisiti).
    pub requires: Vec<Requirement>,
    /// What it means in the procedure (effetto).
    pub effect: Option<Effect>,
    /// What it does to the term (effetto sul termine).
    pub deadline: Option<DeadlineEffect>,
    /// When it happens by itself; the timer must be among those who may take it (automatismo).
    pub timer: Option<Timer>,
    /// Who is told of it (destinatari dell'avviso).
    pub notifies: Vec<Recipient>,
}

/// Who may take a transition (chi può compiere il passaggio).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TransitionTaker")]
pub enum Taker {
    /// Somebody who works for the municipality (operatore).
    Officer,
    /// The applicant or a delegate (richiedente o delegato).
    Citizen,
    /// Another program, with an API key (sistema).
    System,
    /// Time (scadenza).
    Timer,
}

/// What a transition requires (requisito).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "TransitionRequirement")]
pub enum Requirement {
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
    Document {
        /// Which one, by its code (codice del documento).
        code: String,
    },
    /// That something was paid (pagamento).
    Payment {
        /// What, by its code (codice del pagamento).
        code: String,
    },
    /// That a registry was asked (verifica in una banca dati).
    RegistryCheck {
        /// Which check, by its code (codice della verifica).
        code: String,
    },
    /// That an appointment was made (appuntamento).
    Booking {
        /// Which one, by its code (codice dell'appuntamento).
        code: String,
    },
    /// Signatures of different people (firme).
    Signatures {
        /// How many (numero di firme).
        count: u8,
    },
}

/// What a transition means in every procedure (effetto del passaggio).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TransitionEffect")]
pub enum Effect {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineEffect {
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

/// When a transition happens by itself (automatismo).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "TransitionTimer")]
pub enum Timer {
    /// After so many days in the state (dopo alcuni giorni).
    After {
        /// How many calendar days (giorni).
        days: u16,
    },
    /// When the days for observations on the announcement of a refusal are over, art. 10-bis L. 241/1990 (allo scadere dei
    /// giorni per le osservazioni).
    Observations,
    /// When the term is over: silence (allo scadere del termine).
    Deadline,
}

/// Who is told of a transition (destinatario dell'avviso).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "NoticeRecipient")]
pub enum Recipient {
    /// The applicant and the delegate (richiedente e delegato).
    Applicant,
    /// The officer of the case, or else its office (responsabile).
    Officer,
}

/// What applicants attach (documento da allegare).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ProcedureAttachment")]
pub struct Attachment {
    /// Its name: small letters, digits and hyphens (codice).
    pub code: String,
    /// What it is (etichetta).
    pub label: LocalizedText,
    /// There is no application without it (obbligatorio).
    pub is_mandatory: bool,
}

/// The term for the conclusion (termine di conclusione).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ProcedureTerm")]
pub struct Term {
    /// How many days; 30 by law when left out (giorni).
    pub days: Option<u16>,
    /// They are working days, not days of the calendar (giorni lavorativi).
    pub counts_working_days: bool,
    /// The law or the regulation that says so (riferimento normativo).
    pub legal_basis: LocalizedText,
    /// A term that ends on a holiday ends on the next working day (proroga al giorno lavorativo).
    pub ends_on_working_day: bool,
    /// Saturdays count as holidays, as for offices that work five days a week (sabato festivo).
    pub saturday_is_holiday: bool,
    /// So many days before its end the officer is reminded (avvisi prima della scadenza).
    pub alerts: Vec<u16>,
}

/// How long a case is kept after it was closed (conservazione).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// How many years; then what it says of people is erased (anni).
    pub years: u8,
    /// The law or the plan that says so (riferimento normativo).
    pub legal_basis: LocalizedText,
}

/// The days of a term when a definition says none: art. 2, c. 2, L. 241/1990.
const DAYS: u16 = 30;
/// The level of assurance when a definition says none.
const LEVEL: u8 = 2;

impl Term {
    /// How many days it has.
    pub fn days(&self) -> u16 {
        self.days.unwrap_or(DAYS)
    }
}

impl Definition {
    /// The state in which cases begin.
    pub fn initial(&self) -> Option<&State> {
        self.states.first()
    }

    /// The state of this code.
    pub fn state(&self, code: &str) -> Option<&State> {
        self.states.iter().find(|state| state.code == code)
    }

    /// The transition of this code.
    pub fn transition(&self, code: &str) -> Option<&Transition> {
        let mut transitions = self.transitions.iter();
        transitions.find(|transition| transition.code == code)
    }

    /// The transitions that lead away from a state.
    pub fn from<'a>(&'a self, state: &'a str) -> impl Iterator<Item = &'a Transition> {
        let transitions = self.transitions.iter();
        transitions.filter(move |transition| transition.from.iter().any(|from| from == state))
    }

    /// The level of assurance with which citizens must have signed in.
    pub fn level_of_assurance(&self) -> u8 {
        self.level_of_assurance.unwrap_or(LEVEL)
    }
}
