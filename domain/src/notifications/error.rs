//! What goes wrong with notifications and what they need.

use super::TemplateFlaw;
use crate::{
    cases::{CaseError, CaseRefusal},
    identity::{IdentityError, NoRandomness, Refusal},
    store::StoreError,
};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Keys or texts cannot be encrypted or read.
    #[error("what is kept of notifications cannot be encrypted or read: {0}")]
    Sealing(String),
    /// The input is at fault.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Refused(Vec<NotificationRefusal>),
}

impl From<NotificationRefusal> for NotificationError {
    fn from(refusal: NotificationRefusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<NoRandomness> for NotificationError {
    fn from(error: NoRandomness) -> Self {
        Self::Sealing(error.to_string())
    }
}

impl From<IdentityError> for NotificationError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Refused(Refusal::NoSecret) => NotificationRefusal::NoSecret.into(),
            IdentityError::Store(error) => error.into(),
            other => Self::Sealing(other.to_string()),
        }
    }
}

impl From<CaseError> for NotificationError {
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::Store(error) => error.into(),
            CaseError::Refused(refusals) => match refusals.first() {
                Some(CaseRefusal::NotFound(what)) => NotificationRefusal::NotFound(what).into(),
                _ => Self::Sealing("a case cannot be read".to_owned()),
            },
            CaseError::Sealing(reason) => Self::Sealing(reason),
        }
    }
}

/// What the user can mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotificationRefusal {
    /// There is no such thing, or not for this caller.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A setting is not what it should be.
    #[error("{1}")]
    Setting(&'static str, String),
    /// A template is not what it should be.
    #[error("{}", .0.message)]
    Template(TemplateFlaw),
    /// There is a template for the same thing.
    #[error("there is a template for this already: change that one")]
    TemplateTaken,
    /// There is no template for it, or it is switched off.
    #[error("there is no template for this that is switched on: write one first")]
    NoTemplate,
    /// The municipality does not write through App IO.
    #[error("the municipality does not write through App IO: switch it on first")]
    NotEnabled,
    /// Without a premium contract no files come with messages.
    #[error("files come with messages of a premium contract alone")]
    NotPremium,
    /// A file cannot come with a message: which one, and why.
    #[error("{1}")]
    Attachment(usize, String),
    /// Nobody is to be told: the case has no applicant.
    #[error("the case has no applicant whose fiscal code is known")]
    NoRecipient,
    /// It is still under way, or did arrive.
    #[error("only what failed or is in doubt is told again")]
    NotRepeatable,
    /// The service, or the one of IO, has a sheet.
    #[error("the service is linked to App IO already: change that link")]
    SheetLinked,
    /// What stands at IO is what was sent.
    #[error("nobody changed the service sheet elsewhere")]
    NotDrifted,
    /// There is no key to encrypt secrets with.
    #[error("secrets cannot be kept here: who runs the service must set MUNICIPIO_SECRET")]
    NoSecret,
}

impl NotificationRefusal {
    /// The code by which programs know it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "NOT_FOUND",
            Self::Setting(..) => "INVALID_VALUE",
            Self::Template(flaw) => flaw.code,
            Self::TemplateTaken => "TEMPLATE_TAKEN",
            Self::NoTemplate => "TEMPLATE_MISSING",
            Self::NotEnabled => "CHANNEL_DISABLED",
            Self::NotPremium => "PREMIUM_REQUIRED",
            Self::Attachment(..) => "INVALID_ATTACHMENT",
            Self::NoRecipient => "RECIPIENT_MISSING",
            Self::NotRepeatable => "NOT_REPEATABLE",
            Self::SheetLinked => "SHEET_LINKED",
            Self::NotDrifted => "SHEET_NOT_DRIFTED",
            Self::NoSecret => "SECRET_UNAVAILABLE",
        }
    }

    /// The field of the input that is at fault.
    pub fn path(&self) -> Option<String> {
        let field = match self {
            Self::NotFound("case") => "case",
            Self::NotFound("service") => "service",
            Self::NotFound("procedure") => "procedure",
            Self::NotFound(_) | Self::NotRepeatable | Self::NotDrifted => "id",
            Self::SheetLinked => "service",
            Self::Setting(field, _) => field,
            Self::Template(flaw) => return Some(format!("content.{}", flaw.path)),
            Self::NotPremium => "attachments",
            Self::Attachment(index, _) => return Some(format!("attachments[{index}]")),
            Self::NoTemplate | Self::TemplateTaken => "event",
            Self::NoRecipient => "case",
            Self::NotEnabled | Self::NoSecret => return None,
        };
        Some(field.to_owned())
    }
}
