//! That somebody is told of what happened in a case, and what became of it.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use municipio_entities::case_notification::{Column, Entity, Model};
use sea_orm::{ColumnTrait, ConnectionTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{Attachment, DELIVERY, Environment, MessageEvent, PaymentData, PreconditionText};
use crate::{
    audit::Deed,
    cases::Case,
    content::global_id_of,
    ids::{CaseId, MessageTemplateId, NotificationId},
    outbox::NewJob,
    store::{Scope, StoreError, Transaction},
    tenants::IpaCode,
};

/// How a notification stands. Whether somebody is on App IO is nobody's business: that they are not there, and that they
/// want nothing of it, looks like everything else for which another channel is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotificationStatus {
    /// It is to be sent.
    Queued,
    /// It is being sent.
    Sending,
    /// Nobody knows whether it was sent.
    Ambiguous,
    /// IO took it in.
    Sent,
    /// It is in the inbox of the citizen.
    Delivered,
    /// It is not told through App IO: the citizen finds it with the case.
    OtherChannel,
    /// It was not sent, and will not be.
    Failed,
    /// It was called off: what it needs is not there any more.
    Cancelled,
}

impl NotificationStatus {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::Ambiguous,
        Self::Sent,
        Self::Delivered,
        Self::OtherChannel,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Its name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Ambiguous => "ambiguous",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::OtherChannel => "other_channel",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Nothing more becomes of it by itself.
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::Queued | Self::Sending | Self::Sent)
    }

    /// It may be told once more.
    fn may_be_repeated(self) -> bool {
        matches!(self, Self::Ambiguous | Self::Failed | Self::Cancelled)
    }
}

impl FromStr for NotificationStatus {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, StoreError> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == name);
        known.ok_or_else(|| StoreError::corrupt("status of a notification", name))
    }
}

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// For whom the case is.
    Applicant,
    /// Who acts for them.
    Delegate,
}

impl Told {
    /// Its name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applicant => "applicant",
            Self::Delegate => "delegate",
        }
    }

    /// Those of a case.
    pub(super) fn of(case: &Case) -> Vec<Self> {
        let applicant = case.applicant.as_ref().map(|_| Self::Applicant);
        let delegate = case.delegate.as_ref().map(|_| Self::Delegate);
        applicant.into_iter().chain(delegate).collect()
    }
}

impl FromStr for Told {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, StoreError> {
        match name {
            "applicant" => Ok(Self::Applicant),
            "delegate" => Ok(Self::Delegate),
            _ => Err(StoreError::corrupt("recipient of a notification", name)),
        }
    }
}

/// That somebody is told of what happened in a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// The case.
    pub case: CaseId,
    /// The event of the case; that after which it was written by hand.
    pub number: i64,
    /// What happened.
    pub event: MessageEvent,
    /// Who is told.
    pub told: Told,
    /// The template.
    pub template: MessageTemplateId,
    /// How it stands.
    pub status: NotificationStatus,
    /// Whom messages reached when it was sent.
    pub environment: Option<Environment>,
    /// The id at IO.
    pub message_id: Option<String>,
    /// Why it failed.
    pub problem: Option<String>,
    /// How often it failed.
    pub failures: u32,
    /// How often IO was asked how it stands.
    pub looks: u32,
    /// The one that is told once more by this.
    pub repeats: Option<NotificationId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When IO took it in.
    pub sent_at: Option<DateTime<Utc>>,
    /// When nothing more was to become of it.
    pub settled_at: Option<DateTime<Utc>>,
    /// Whether the citizen read it; nothing where IO does not say: without a premium contract, or as they wish.
    pub is_read: Option<bool>,
    /// Whether what it asks for was paid; nothing where IO does not say.
    pub is_paid: Option<bool>,
    /// How many files of the case come with it.
    pub attachments: u32,
    /// The mail that tells it, when App IO does not.
    pub mail: Option<NotificationMail>,
    pub(super) remote_id: Option<Uuid>,
    pub(super) sealed: Option<String>,
}

/// How it stands with the mail that tells what App IO does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationMail {
    /// How it stands.
    pub status: NotificationStatus,
    /// Why it failed.
    pub problem: Option<String>,
    /// How often it failed.
    pub failures: u32,
    /// When the server took it in.
    pub sent_at: Option<DateTime<Utc>>,
}

/// What a notification says, as it is encrypted.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Said {
    /// What somebody wrote for it.
    pub(super) given: Given,
    /// What was made of the template and the case.
    pub(super) composed: Option<Composed>,
}

/// What somebody wrote for a notification.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Given {
    /// A text.
    pub text: Option<String>,
    /// Until when something is to be done.
    pub due_at: Option<DateTime<Utc>>,
    /// What is to be paid.
    pub payment: Option<PaymentData>,
    /// Files of the case that come with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Why it is told once more.
    pub reason: Option<String>,
}

/// A message for one person.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Composed {
    pub(super) subject: String,
    /// What stands at IO.
    pub(super) markdown: String,
    pub(super) due_at: Option<DateTime<Utc>>,
    /// What IO fetches when the message is opened.
    pub(super) remote: Option<RemoteText>,
}

/// What is here of a message.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemoteText {
    /// The front matter with the buttons.
    pub(super) buttons: String,
    pub(super) markdown: String,
    /// What is said before it once the case went on.
    pub(super) outdated: String,
    pub(super) precondition: Option<PreconditionText>,
}

impl TryFrom<Model> for Notification {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let mail = row.mail_status.as_deref().map(|status| {
            Ok::<_, StoreError>(NotificationMail {
                status: status.parse()?,
                problem: row.mail_problem.clone(),
                failures: u32::try_from(row.mail_failures).unwrap_or_default(),
                sent_at: row.mail_sent_at,
            })
        });
        let mail = mail.transpose()?;
        Ok(Self {
            id: NotificationId(row.id),
            case: CaseId(row.case_id),
            number: row.number,
            event: row.event.parse()?,
            told: row.recipient.parse()?,
            template: MessageTemplateId(row.template_id),
            status: row.status.parse()?,
            environment: row.environment.as_deref().map(str::parse).transpose()?,
            message_id: row.message_id,
            problem: row.problem,
            failures: u32::try_from(row.failures).unwrap_or_default(),
            looks: u32::try_from(row.looks).unwrap_or_default(),
            repeats: row.repeats_id.map(NotificationId),
            created_at: row.created_at,
            sent_at: row.sent_at,
            settled_at: row.settled_at,
            is_read: row.is_read,
            is_paid: row.is_paid,
            attachments: u32::try_from(row.attachments).unwrap_or_default(),
            mail,
            remote_id: row.remote_id,
            sealed: row.sealed,
        })
    }
}

/// What a new notification is made of.
pub(super) struct NewNotification<'a> {
    pub(super) id: NotificationId,
    pub(super) case: &'a Case,
    pub(super) number: i64,
    pub(super) event: MessageEvent,
    pub(super) told: Told,
    pub(super) template: MessageTemplateId,
    pub(super) once_key: String,
    pub(super) sealed: Option<String>,
    pub(super) attachments: usize,
    pub(super) repeats: Option<NotificationId>,
}

impl NewNotification<'_> {
    pub(super) fn row(self, now: DateTime<Utc>) -> Model {
        Model {
            id: self.id.0,
            tenant_id: Uuid::nil(),
            case_id: self.case.id.0,
            number: self.number,
            event: self.event.as_str().to_owned(),
            recipient: self.told.as_str().to_owned(),
            template_id: self.template.0,
            template_version: None,
            once_key: self.once_key,
            status: NotificationStatus::Queued.as_str().to_owned(),
            sealed: self.sealed,
            remote_id: None,
            remote_recipient: None,
            environment: None,
            message_id: None,
            problem: None,
            failures: 0,
            looks: 0,
            repeats_id: self.repeats.map(|id| id.0),
            created_at: now,
            sent_at: None,
            settled_at: None,
            is_read: None,
            is_paid: None,
            attachments: i32::try_from(self.attachments).unwrap_or(i32::MAX),
            mail_status: None,
            mail_problem: None,
            mail_failures: 0,
            mail_sent_at: None,
        }
    }
}

impl Notification {
    /// The name of notifications in global ids.
    pub const TYPE_NAME: &str = "CaseNotification";

    /// It may be told once more: it was not told, or nobody knows whether it was.
    pub fn may_be_repeated(&self) -> bool {
        let failed = |mail: &NotificationMail| mail.status.may_be_repeated();
        self.status.may_be_repeated() || self.mail.as_ref().is_some_and(failed)
    }

    /// What is written down of what was done to it: nothing of what it says.
    pub fn deed(&self, name: &'static str, municipality: &IpaCode) -> Deed {
        let id = global_id_of(Self::TYPE_NAME, municipality, self.id);
        Deed::to(name, id).with(json!({
            "case": self.case,
            "event": self.event.as_str(),
            "status": self.status.as_str(),
            "repeats": self.repeats,
        }))
    }

    /// The job by which it is sent. Those of a case are sent in their order.
    pub(super) fn job(case: CaseId, id: NotificationId) -> NewJob {
        NewJob::new(DELIVERY, case.to_string(), json!({ "notification": id }))
    }
}

/// The place at which the key of a case encrypts what a notification says.
pub(super) fn drawer(case: CaseId, id: NotificationId) -> String {
    format!("case:{case}:notification:{id}")
}

/// The notification with this id.
pub(super) async fn find<C: ConnectionTrait>(
    scope: &Scope<C>,
    id: NotificationId,
) -> Result<Option<Notification>, StoreError> {
    let row = scope.one::<Entity>(Column::Id.eq(id.0)).await?;
    row.map(Notification::try_from).transpose()
}

/// A notification, kept from all others until the transaction ends.
pub(super) async fn hold(
    transaction: &Transaction,
    id: NotificationId,
) -> Result<Option<Notification>, StoreError> {
    let rows = transaction.hold_of::<Entity>(Column::Id, [id.0]);
    let row = rows.await?.into_iter().next();
    row.map(Notification::try_from).transpose()
}

/// Writes down what became of a notification.
pub(super) async fn write(
    transaction: &Transaction,
    id: NotificationId,
    values: impl IntoIterator<Item = (Column, sea_orm::Value)>,
) -> Result<(), StoreError> {
    transaction
        .update::<Entity>(values, Column::Id.eq(id.0))
        .await?;
    Ok(())
}
