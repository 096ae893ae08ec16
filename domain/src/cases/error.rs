//! What goes wrong with cases.

use chrono::NaiveDate;

use super::Case;
use crate::{
    citizens::SealError,
    procedures::{FormError, Missing, Requirement},
    store::StoreError,
};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What a case says of people cannot be encrypted or read.
    #[error("what a case says of people cannot be encrypted or read: {0}")]
    Sealing(String),
    /// The input is at fault, or the case stands elsewhere.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Refused(Vec<CaseRefusal>),
}

impl From<CaseRefusal> for CaseError {
    fn from(refusal: CaseRefusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<SealError> for CaseError {
    fn from(error: SealError) -> Self {
        Self::Sealing(error.to_string())
    }
}

/// What the user can mend.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CaseRefusal {
    /// There is no such thing, or not for this caller.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Somebody else was faster.
    #[error("somebody changed the case meanwhile: it is in the state «{}» now, at version {}", .0.state, .0.version)]
    Conflict(Box<Case>),
    /// The procedure has no definition, so that it has no cases.
    #[error("the procedure has no published definition")]
    NoDefinition,
    /// The procedure names no competent body, and no office was named.
    #[error("name the office: the procedure has no competent body")]
    NoOffice,
    /// Nobody may apply for somebody else.
    #[error("the procedure allows no delegates")]
    NoDelegates,
    /// Nobody recorded that the caller acts for the applicant.
    #[error("nobody recorded that you act for this person: ask the municipality to")]
    NoDelegation,
    /// There is no key to encrypt with.
    #[error(
        "what a case says of people cannot be kept here: who runs the service must set MUNICIPIO_SECRET"
    )]
    NoSecret,
    /// The definition has no such transition.
    #[error("the procedure has no transition «{0}»")]
    UnknownTransition(String),
    /// The transition does not lead away from where the case stands.
    #[error("«{transition}» cannot be taken in the state «{state}»")]
    NotPossible {
        /// The transition.
        transition: String,
        /// Where the case stands.
        state: String,
    },
    /// The transition is for others to take.
    #[error("«{0}» is for others to take")]
    NotYours(String),
    /// The transition asks for no protocol, or not of whoever takes it.
    #[error("«{0}» takes no protocol from you")]
    ProtocolNotAsked(String),
    /// The case stands in the protocol already.
    #[error("the case stands in the protocol already, under the number {0}")]
    ProtocolKnown(String),
    /// The term is over, and silence means something in this procedure.
    #[error("the term is over: time alone takes the case on")]
    TermOver,
    /// The applicant may still answer the announcement of a refusal.
    #[error(
        "the applicant has until {0} for observations: wait, or note what came in as a document"
    )]
    ObservationsAwaited(NaiveDate),
    /// The definition asks for no such thing.
    #[error("the procedure asks for no such thing: «{0}»")]
    UnknownEvidence(String),
    /// A signature of somebody who may not take the transition, or where it asks for none.
    #[error("«{0}» is not yours to sign now")]
    NotYoursToSign(String),
    /// The case follows what its procedure says now.
    #[error("the case follows what its procedure says now already")]
    UpToDate,
    /// The transition requires something.
    #[error("{}", lack(.0))]
    Missing(Missing),
    /// The application does not say what the procedure wants.
    #[error("{}", .0.message)]
    Form(FormError),
    /// A text is empty, too long or has characters that cannot be kept.
    #[error("{message}")]
    Text {
        /// Its field.
        path: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A name of a map of states does not fit.
    #[error("{message}")]
    Names {
        /// Its field.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// There is no such account.
    #[error("there is no such account, or it is not active")]
    UnknownOfficer,
    /// The case is closed.
    #[error("the case is closed")]
    Closed,
    /// There is no such upload of the caller that is complete.
    #[error("there is no such upload of yours, it is not complete, or it has expired")]
    NoUpload,
    /// What the case says of people was erased.
    #[error("what the case says of people was erased: nothing is done in it any more")]
    Erased,
    /// Citizens add documents and write messages; the rest is for those who work for the municipality.
    #[error("citizens add documents and write messages to the office")]
    NotForCitizens,
    /// Citizens added as much as a case takes.
    #[error("the case takes no more than what was added: call the office")]
    Full,
    /// Somebody began many applications and sent none.
    #[error("send or withdraw some of the applications that were begun first")]
    TooManyDrafts,
    /// The application was sent.
    #[error("the application was sent: answer what the office asks for, or write a message")]
    Sent,
}

fn lack(missing: &Missing) -> String {
    let part = missing.part.as_deref().unwrap_or_default();
    match &missing.requirement {
        Requirement::Comment => "write a comment".to_owned(),
        Requirement::Reasons => "give the reasons".to_owned(),
        Requirement::Announcement => {
            "tell the applicant first why the outcome is going to be negative".to_owned()
        }
        Requirement::Protocol => "give the number and the date of the protocol".to_owned(),
        Requirement::Attachments => format!("the mandatory attachment «{part}» is missing"),
        Requirement::Document { code } => format!("the document «{code}» is missing"),
        Requirement::Payment { code } => format!("the payment «{code}» is missing"),
        Requirement::RegistryCheck { code } => format!("the check «{code}» is missing"),
        Requirement::Booking { code } => format!("the appointment «{code}» is missing"),
        Requirement::Signatures { count } => {
            format!("{count} different people must sign; {part} did")
        }
    }
}

impl CaseRefusal {
    /// The code by which programs know it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "NOT_FOUND",
            Self::Conflict(_) => "CONFLICT",
            Self::NoDefinition => "DEFINITION_MISSING",
            Self::NoOffice => "OFFICE_MISSING",
            Self::NoDelegates => "DELEGATE_NOT_ALLOWED",
            Self::NoDelegation => "DELEGATION_MISSING",
            Self::NoSecret => "SECRET_UNAVAILABLE",
            Self::UnknownTransition(_) => "UNKNOWN_TRANSITION",
            Self::NotPossible { .. } => "TRANSITION_NOT_POSSIBLE",
            Self::NotYours(_) => "TRANSITION_NOT_YOURS",
            Self::ProtocolNotAsked(_) => "PROTOCOL_NOT_ASKED",
            Self::ProtocolKnown(_) => "PROTOCOL_KNOWN",
            Self::TermOver => "TERM_OVER",
            Self::ObservationsAwaited(_) => "OBSERVATIONS_AWAITED",
            Self::UnknownEvidence(_) => "UNKNOWN_EVIDENCE",
            Self::NotYoursToSign(_) => "SIGNATURE_NOT_YOURS",
            Self::UpToDate => "CASE_UP_TO_DATE",
            Self::Missing(_) => "REQUIREMENT_MISSING",
            Self::Form(_) => "INVALID_DATA",
            Self::Text { .. } | Self::Names { .. } => "INVALID_VALUE",
            Self::UnknownOfficer => "UNKNOWN_ASSIGNEE",
            Self::Closed => "CASE_CLOSED",
            Self::Erased => "CASE_ERASED",
            Self::NoUpload => "UPLOAD_NOT_FOUND",
            Self::Full => "CASE_FULL",
            Self::TooManyDrafts => "TOO_MANY_DRAFTS",
            Self::Sent => "CASE_SENT",
            Self::NotForCitizens => "NOT_FOR_CITIZENS",
        }
    }

    /// The field of the input that is at fault.
    pub fn path(&self) -> Option<String> {
        let field = match self {
            Self::NotFound("office") => "office",
            Self::NotFound(_) => "id",
            Self::Conflict(_) => "expectedVersion",
            Self::NoDefinition => "procedure",
            Self::NoOffice => "office",
            Self::NoDelegates => "delegate",
            Self::NoDelegation => "applicant",
            Self::UnknownTransition(_)
            | Self::NotPossible { .. }
            | Self::NotYours(_)
            | Self::ObservationsAwaited(_) => "transition",
            Self::ProtocolNotAsked(_) | Self::ProtocolKnown(_) => "protocol",
            Self::UnknownEvidence(_) | Self::NotYoursToSign(_) => "code",
            Self::Missing(missing) => return place_of(missing),
            Self::Form(error) => return Some(format!("data{}", error.pointer)),
            Self::Text { path, .. } => path,
            Self::Names { path, .. } => return Some(path.clone()),
            Self::UnknownOfficer => "officer",
            Self::NoUpload => "files",
            Self::TermOver
            | Self::NoSecret
            | Self::Closed
            | Self::Erased
            | Self::Full
            | Self::TooManyDrafts
            | Self::Sent
            | Self::NotForCitizens
            | Self::UpToDate => return None,
        };
        Some(field.to_owned())
    }
}

/// Where what is missing would stand: in the input of the transition, or among the evidence of the case.
fn place_of(missing: &Missing) -> Option<String> {
    let evidence = |kind: &str, code: &str| format!("case.evidence.{kind}.{code}");
    let part = missing.part.as_deref().unwrap_or_default();
    Some(match &missing.requirement {
        Requirement::Comment => "comment".to_owned(),
        Requirement::Reasons => "reasons".to_owned(),
        Requirement::Announcement => "case.announcement".to_owned(),
        Requirement::Protocol => "protocol".to_owned(),
        Requirement::Attachments => evidence("document", part),
        Requirement::Document { code } => evidence("document", code),
        Requirement::Payment { code } => evidence("payment", code),
        Requirement::RegistryCheck { code } => evidence("registryCheck", code),
        Requirement::Booking { code } => evidence("booking", code),
        Requirement::Signatures { .. } => "case.evidence.signature".to_owned(),
    })
}
