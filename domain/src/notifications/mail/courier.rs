//! Sends mails: writes down that it does before it does, so that what a program that was killed left behind is in doubt.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use municipio_entities::case_notification::Column;

use super::{
    super::{
        NotificationStatus as Status,
        deliver::{Notifier, Payload, later},
        notification::{self, Notification, NotificationMail},
        ready::{Obstacle, Ready, read},
        settled::{Again, Outcome, Settled},
        template::Doubt,
        verdict::{Step, Verdict},
    },
    Mail, Mailer, TOPIC,
};
use crate::{
    outbox::{self, Fault, Handled, Handler, Job, Progress, Topic},
    store::{StoreError, TenantStore, Transaction},
};

/// Sends what App IO does not tell by mail.
pub struct Courier(Notifier);

impl Courier {
    /// Sends what this one does not tell.
    pub fn of(notifier: &Notifier) -> Self {
        Self(notifier.clone())
    }

    async fn deliver(&self, job: &Job, now: DateTime<Utc>) -> Handled {
        let (id, begun) = (Payload::of(job)?, Instant::now());
        let store = self.0.database.tenant(job.tenant);
        let Some(notification) = notification::find(&store.read(), id).await? else {
            return Ok(Progress::Done);
        };
        let status = notification.mail.as_ref().map(|mail| mail.status);
        let Some(status @ (Status::Queued | Status::Sending)) = status else {
            return Ok(Progress::Done);
        };
        let Some(mailer) = &self.0.mailer else {
            return Err(Fault::passing("there is no MUNICIPIO_SMTP_URL"));
        };
        let (outcome, in_doubt) = match read(&self.0, &store, &notification).await? {
            Err(Obstacle::Gone(reason)) => (ended(status, reason), Doubt::Hold),
            Err(Obstacle::Rests(until)) => return Ok(Progress::Postponed(until)),
            Ok(ready) => {
                let in_doubt = ready.template.content.in_doubt;
                let attempt = attempt(mailer.as_ref(), &store, job, (&notification, &ready), now);
                let outcome = match status {
                    Status::Sending => {
                        let reason = "the program was stopped while it was sent".to_owned();
                        Some(Outcome::Later(Verdict::Doubt, reason))
                    }
                    _ => attempt.await?,
                };
                match outcome {
                    Some(outcome) => (outcome, in_doubt),
                    None => return Ok(Progress::Done),
                }
            }
        };
        let now = now + TimeDelta::from_std(begun.elapsed()).unwrap_or_default();
        settle(&store, job, &notification, (outcome, in_doubt), now).await
    }
}

/// What becomes of a mail that cannot be written any more.
fn ended(status: Status, reason: &str) -> Outcome {
    let status = match status {
        Status::Sending => Status::Ambiguous,
        _ => Status::Cancelled,
    };
    Outcome::Ended(status, reason.to_owned())
}

/// Sends a mail, once; nothing when another has it by now.
async fn attempt(
    mailer: &dyn Mailer,
    store: &TenantStore,
    job: &Job,
    (notification, ready): (&Notification, &Ready),
    now: DateTime<Utc>,
) -> Result<Option<Outcome>, Fault> {
    let mail: Mail = match ready.mail(notification, now) {
        Ok(Some(mail)) => mail,
        Ok(None) => {
            let reason = "there is no address any more".to_owned();
            return Ok(Some(Outcome::Ended(Status::Cancelled, reason)));
        }
        Err(flaw) => return Ok(Some(Outcome::Ended(Status::Failed, flaw.to_string()))),
    };
    let transaction = store.begin().await?;
    let queued = is_held(&transaction, job, notification).await?;
    if queued.is_none_or(|mail| mail.status != Status::Queued) {
        return Ok(None);
    }
    let sending = Status::Sending.as_str();
    let values = [(Column::MailStatus, Some(sending).into())];
    notification::write(&transaction, notification.id, values).await?;
    transaction.commit().await?;
    let failures = notification.mail.as_ref().map_or(0, |mail| mail.failures);
    Ok(Some(match mailer.send(&mail).await {
        Ok(()) => Outcome::Sent(String::new()),
        Err(error) => later(Step::Send, error, failures),
    }))
}

/// How it stands with the mail, kept from all others, if the worker still has the job.
async fn is_held(
    transaction: &Transaction,
    job: &Job,
    notification: &Notification,
) -> Result<Option<NotificationMail>, StoreError> {
    if !outbox::is_held(transaction, job).await? {
        return Ok(None);
    }
    let held = notification::hold(transaction, notification.id).await?;
    Ok(held.and_then(|held| held.mail))
}

/// Writes down what became of a mail, if the worker still has the job.
async fn settle(
    store: &TenantStore,
    job: &Job,
    notification: &Notification,
    (outcome, in_doubt): (Outcome, Doubt),
    now: DateTime<Utc>,
) -> Handled {
    let transaction = store.begin().await?;
    let Some(mail) = is_held(&transaction, job, notification).await? else {
        return Ok(Progress::Done);
    };
    let settled = Settled::of(outcome, mail.failures, in_doubt, now);
    let values = settled.values_of_mail(now);
    notification::write(&transaction, notification.id, values).await?;
    transaction.commit().await?;
    Ok(match settled.again {
        Some(Again::At(at)) => Progress::Postponed(at),
        _ => Progress::Done,
    })
}

impl Handler for Courier {
    fn topic(&self) -> Topic {
        TOPIC
    }

    fn handle<'a>(&'a self, job: &'a Job, now: DateTime<Utc>) -> BoxFuture<'a, Handled> {
        Box::pin(self.deliver(job, now))
    }
}
