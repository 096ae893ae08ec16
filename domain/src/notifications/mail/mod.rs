//! The channel after App IO: who is not reached there is written a mail, if the case says where. Whether somebody is on IO
//! is told by nothing of it: the notification is of another channel whatever the reason is, and the mail has a state of its
//! own. A mail says no more than what anybody may read: never the text of a message that is kept here.

mod courier;
mod letter;
mod plain;

use chrono::{DateTime, Utc};
use municipio_entities::case_notification::Column;
use serde_json::json;

pub use courier::Courier;

use super::{
    AppIoAccount, Environment, NotificationStatus,
    compose::person,
    notification::{self, Notification},
    port::Called,
};
use crate::{
    cases::People,
    identity::EmailAddress,
    outbox::{self, NewJob, Topic},
    store::{StoreError, Transaction},
};

/// The topic by which mails are sent.
const TOPIC: Topic = Topic {
    name: "mail",
    // A server of mail may take its time to look at what it is given.
    longest: std::time::Duration::from_secs(120),
    at_once: 8,
    share: 4,
    retries: super::RETRIES,
};

/// What sends mails: what the crate of integrations fills.
pub trait Mailer: Send + Sync {
    /// Hands a mail to the server.
    fn send<'a>(&'a self, mail: &'a Mail) -> Called<'a, ()>;

    /// Whether the server answers, and accepts who calls. Nothing is sent.
    fn check(&self) -> Called<'_, ()>;
}

/// A mail, in plain text.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its `Message-ID`, without the brackets: the same whenever it is sent.
    pub id: String,
    /// The address from which it comes.
    pub sender: EmailAddress,
    /// Who that is.
    pub sender_name: String,
    /// To whom.
    pub recipient: EmailAddress,
    /// The subject, in one line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// When it was written.
    pub at: DateTime<Utc>,
}

impl std::fmt::Debug for Mail {
    /// Nothing of what it says, or to whom.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mail(…)")
    }
}

/// From which address and to which one a notification is written as a mail; nothing when that cannot be. What is tried out
/// reaches the sender alone.
pub(super) fn addresses(
    account: &AppIoAccount,
    people: &People,
    notification: &Notification,
) -> Option<(EmailAddress, EmailAddress)> {
    let sender = account.mail_sender.clone()?;
    let recipient = person(people, notification.told)?.email.as_deref()?;
    let is_tried = |environment| environment == Environment::Sandbox;
    let recipient =
        match is_tried(account.environment) || notification.environment.is_some_and(is_tried) {
            true => sender.clone(),
            false => recipient.parse().ok()?,
        };
    Some((sender, recipient))
}

/// Has a notification told by mail. Those of a case are sent in their order.
pub(super) async fn enqueue(
    transaction: &Transaction,
    told: &Notification,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let queued = NotificationStatus::Queued.as_str();
    let values = [(Column::MailStatus, Some(queued).into())];
    notification::write(transaction, told.id, values).await?;
    let payload = json!({ "notification": told.id });
    let job = NewJob::new(TOPIC.name, told.case.to_string(), payload);
    outbox::enqueue(transaction, [job], now).await
}
