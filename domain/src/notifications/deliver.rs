//! Sends a notification: asks whether the citizen can be reached, writes down what is sent, sends it, and writes down
//! what became of it. What a program that was killed left behind is in doubt: IO does not say what it was sent.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use municipio_entities::case_notification::Column;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    DELIVERY_TOPIC, Environment, NotificationError, NotificationStatus as Status, STANDING,
    budget::{self, Turn},
    follow::first_look,
    mail::{self, Mailer},
    notification::{self, Composed, Notification, Said, drawer},
    port::{AppIo, CallError, CallFault, Called, Message, Profile, RemoteReference},
    ready::{Obstacle, Ready, ready},
    service::{self, ServiceKeys},
    settled::{Again, Outcome, Settled},
    template::Doubt,
    verdict::{Step, Verdict, verdict},
};
use crate::{
    cases::seal,
    citizens::CitizenKeys,
    content::{BodyCache, Contents},
    identity::Vault,
    ids::NotificationId,
    outbox::{self, Fault, Handled, Handler, Job, NewJob, Progress, Topic},
    store::{Database, StoreError, TenantStore, Transaction},
    tenants::TenantDirectory,
};

/// How many procedures are kept in memory.
const PROCEDURES: u64 = 200;

/// Sends notifications through App IO.
#[derive(Clone)]
pub struct Notifier {
    pub(super) database: Database,
    pub(super) vault: Vault,
    pub(super) appio: Arc<dyn AppIo>,
    pub(super) bodies: BodyCache,
    pub(super) directory: TenantDirectory,
    /// What sends mails, if there is a server.
    pub(super) mailer: Option<Arc<dyn Mailer>>,
    is_limited: bool,
}

/// What a job says.
#[derive(Deserialize)]
pub(super) struct Payload {
    pub(super) notification: NotificationId,
}

impl Payload {
    pub(super) fn of(job: &Job) -> Result<NotificationId, Fault> {
        let payload: Self = serde_json::from_value(job.payload.clone()).map_err(Fault::lasting)?;
        Ok(payload.notification)
    }
}

impl Notifier {
    /// Sends the notifications of this database.
    pub fn new(database: Database, vault: Vault, appio: Arc<dyn AppIo>) -> Self {
        Self {
            directory: TenantDirectory::new(database.clone()),
            database,
            vault,
            appio,
            bodies: Contents::cache(PROCEDURES),
            mailer: None,
            is_limited: true,
        }
    }

    /// The same, which calls as often as it can: for a double of IO that does not count.
    pub fn unlimited(self) -> Self {
        Self {
            is_limited: false,
            ..self
        }
    }

    /// The same, which has those written a mail who are not reached.
    pub fn with_mailer(self, mailer: Option<Arc<dyn Mailer>>) -> Self {
        Self { mailer, ..self }
    }

    async fn deliver(&self, job: &Job, now: DateTime<Utc>) -> Handled {
        let (id, begun) = (Payload::of(job)?, Instant::now());
        let clock = || now + TimeDelta::from_std(begun.elapsed()).unwrap_or_default();
        let store = self.database.tenant(job.tenant);
        let Some(notification) = notification::find(&store.read(), id).await? else {
            return Ok(Progress::Done);
        };
        if !matches!(notification.status, Status::Queued | Status::Sending) {
            return Ok(Progress::Done);
        }
        let ready = match ready(self, &store, &notification, now).await? {
            Ok(ready) => ready,
            Err(Obstacle::Rests(until)) => return Ok(Progress::Postponed(until)),
            Err(Obstacle::Gone(reason)) => {
                let status = match notification.status {
                    Status::Sending => Status::Ambiguous,
                    _ => Status::Cancelled,
                };
                let outcome = Outcome::Ended(status, reason.to_owned());
                return self
                    .settle(&store, job, &notification, None, outcome, now)
                    .await;
            }
        };
        let outcome = match notification.status {
            Status::Sending => {
                let reason = "the program was stopped while it was sent".to_owned();
                Outcome::Later(Verdict::Doubt, reason)
            }
            _ => {
                // Both calls of it at once: each would be written down by itself.
                if let Turn::Later(pause) = self.turn(&store, 2, now).await? {
                    return Ok(Progress::Postponed(after(pause, now)));
                }
                let attempt = self.attempt(&store, job, &notification, &ready, &clock);
                match attempt.await? {
                    Some(outcome) => outcome,
                    None => return Ok(Progress::Done),
                }
            }
        };
        self.settle(&store, job, &notification, Some(&ready), outcome, clock())
            .await
    }

    /// Sends it, once; nothing when another has it by now.
    async fn attempt(
        &self,
        store: &TenantStore,
        job: &Job,
        notification: &Notification,
        ready: &Ready,
        clock: &(dyn Fn() -> DateTime<Utc> + Sync),
    ) -> Result<Option<Outcome>, Fault> {
        let code = ready.recipient();
        let look = |key: &str| -> BoxFuture<'static, _> {
            let (appio, key, code) = (Arc::clone(&self.appio), key.to_owned(), code.to_owned());
            Box::pin(async move { appio.profile(&key, &code).await })
        };
        let preferred = match self.with_keys(store, &ready.keys, clock(), look).await? {
            Ok(Profile::Reachable(languages)) => languages,
            Ok(Profile::Unreachable) => {
                return Ok(Some(Outcome::Ended(Status::OtherChannel, String::new())));
            }
            Err(error) => return Ok(Some(later(Step::Look, error, notification.failures))),
        };
        let composed = match ready.compose(notification, &preferred) {
            Ok(composed) => composed,
            // What fitted when it was saved fits when it is sent; unless this program learned better meanwhile.
            Err(flaw) => return Ok(Some(Outcome::Ended(Status::Failed, flaw.to_string()))),
        };
        let said = Said {
            given: ready.said.given.clone(),
            composed: Some(composed.clone()),
        };
        let remote_id = notification.remote_id.unwrap_or_else(Uuid::new_v4);
        if !self
            .note_sending(store, job, notification, ready, &said, remote_id)
            .await?
        {
            return Ok(None);
        }
        let message = message(ready, composed, remote_id);
        let send = |key: &str| -> BoxFuture<'static, _> {
            let (appio, key, message) = (Arc::clone(&self.appio), key.to_owned(), message.clone());
            Box::pin(async move { appio.send(&key, &message).await })
        };
        Ok(Some(
            match self.with_keys(store, &ready.keys, clock(), send).await? {
                Ok(id) => Outcome::Sent(id),
                Err(error) => later(Step::Send, error, notification.failures),
            },
        ))
    }

    /// Calls with the first key of a service, and with the second when that is refused.
    pub(super) async fn with_keys<T>(
        &self,
        store: &TenantStore,
        keys: &ServiceKeys,
        now: DateTime<Utc>,
        call: impl Fn(&str) -> Called<'static, T>,
    ) -> Result<Result<T, CallError>, StoreError> {
        let first = call(&keys.primary).await;
        match (&first, &keys.secondary) {
            (Err(error), Some(secondary)) if error.fault == CallFault::Unauthorised => {
                match self.turn(store, 1, now).await? {
                    Turn::After(_) => Ok(call(secondary).await),
                    Turn::Later(pause) => Ok(Err(CallError {
                        fault: CallFault::Throttled(pause),
                        problem: error.problem.clone(),
                    })),
                }
            }
            _ => Ok(first),
        }
    }

    /// Waits until so many calls may be made, unless that takes long.
    pub(super) async fn turn(
        &self,
        store: &TenantStore,
        calls: i64,
        now: DateTime<Utc>,
    ) -> Result<Turn, StoreError> {
        if !self.is_limited {
            return Ok(Turn::After(Duration::ZERO));
        }
        let turn = budget::take(store, calls, now).await?;
        if let Turn::After(pause) = turn {
            tokio::time::sleep(pause).await;
        }
        Ok(turn)
    }

    /// Writes down what is going to be sent, before it is; says whether the worker still has the job.
    async fn note_sending(
        &self,
        store: &TenantStore,
        job: &Job,
        notification: &Notification,
        ready: &Ready,
        said: &Said,
        remote_id: Uuid,
    ) -> Result<bool, Fault> {
        let key = ready.case.key(self.keys()?).map_err(Fault::passing)?;
        let key = key.ok_or_else(|| Fault::passing("the case was erased meanwhile"))?;
        let place = drawer(ready.case.id, notification.id);
        let sealed = seal(&key, &place, said).map_err(Fault::passing)?;
        let transaction = store.begin().await?;
        if !is_ours(&transaction, job, notification.id, Status::Queued).await? {
            return Ok(false);
        }
        let recipient = ready.remote_recipient(store.tenant_id(), self.keys()?);
        let attachments = i32::try_from(said.given.attachments.len()).unwrap_or(i32::MAX);
        let values = [
            (Column::Attachments, attachments.into()),
            (Column::Status, Status::Sending.as_str().into()),
            (Column::Sealed, Some(sealed).into()),
            (Column::RemoteId, Some(remote_id).into()),
            (Column::RemoteRecipient, Some(recipient).into()),
            (
                Column::Environment,
                Some(ready.account.environment.as_str()).into(),
            ),
            (Column::TemplateVersion, Some(ready.template.version).into()),
        ];
        notification::write(&transaction, notification.id, values).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(super) fn keys(&self) -> Result<&CitizenKeys, Fault> {
        let keys = self.vault.citizens();
        keys.ok_or_else(|| Fault::passing("there is no MUNICIPIO_SECRET"))
    }

    /// Writes down what became of it, if the worker still has the job.
    async fn settle(
        &self,
        store: &TenantStore,
        job: &Job,
        before: &Notification,
        ready: Option<&Ready>,
        outcome: Outcome,
        now: DateTime<Utc>,
    ) -> Handled {
        if let Outcome::Later(Verdict::Wait(pause), _) = &outcome {
            budget::rest(store, *pause, now).await?;
        }
        let transaction = store.begin().await?;
        let Some(held) = notification::hold(&transaction, before.id).await? else {
            return Ok(Progress::Done);
        };
        let in_doubt = ready.map_or(Doubt::Hold, |ready| ready.template.content.in_doubt);
        let settled = Settled::of(outcome, held.failures, in_doubt, now);
        notification::write(&transaction, before.id, settled.values(now)).await?;
        let next = match (settled.again, ready) {
            (Some(Again::Paused), Some(ready)) => {
                Some(service::pause(&transaction, ready.template.service, now).await?)
            }
            (Some(Again::At(at)), _) => Some(at),
            _ => None,
        };
        if settled.status == Status::OtherChannel
            && ready.is_some_and(|ready| ready.is_mailed(self, before))
        {
            mail::enqueue(&transaction, before, now).await?;
        }
        if let Some(next) = next {
            if outbox::is_held(&transaction, job).await? {
                transaction.commit().await?;
            }
            return Ok(Progress::Postponed(next));
        }
        let then = (settled.status == Status::Sent).then(|| {
            let look = json!({ "notification": before.id });
            NewJob::new(STANDING.name, before.id.to_string(), look).due_at(first_look(now))
        });
        if !outbox::finish(&transaction, job, then, now).await? {
            return Ok(Progress::Done);
        }
        transaction.commit().await?;
        Ok(Progress::Finished)
    }
}

impl Handler for Notifier {
    fn topic(&self) -> Topic {
        DELIVERY_TOPIC
    }

    fn handle<'a>(&'a self, job: &'a Job, now: DateTime<Utc>) -> BoxFuture<'a, Handled> {
        Box::pin(self.deliver(job, now))
    }
}

impl From<NotificationError> for Fault {
    fn from(error: NotificationError) -> Self {
        match error {
            NotificationError::Store(error) => error.into(),
            // Another secret may be set by mistake: nothing is lost of it.
            error => Self::passing(error),
        }
    }
}

/// The moment so long after another.
pub(super) fn after(pause: Duration, now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::from_std(pause).unwrap_or(TimeDelta::hours(2))
}

/// Whether the worker still has the job, and the notification still stands like this.
async fn is_ours(
    transaction: &Transaction,
    job: &Job,
    id: NotificationId,
    status: Status,
) -> Result<bool, StoreError> {
    // The notification first, as where it is settled, so that none who lost the job waits for one who has it.
    let held = notification::hold(transaction, id).await?;
    Ok(held.is_some_and(|held| held.status == status) && outbox::is_held(transaction, job).await?)
}

/// What follows from a call that did not do what it was to do.
pub(super) fn later(step: Step, error: CallError, failures: u32) -> Outcome {
    let random = getrandom::u64().unwrap_or_default();
    Outcome::Later(
        verdict(step, error.fault, failures + 1, random),
        error.problem,
    )
}

/// The message as IO takes it.
fn message(ready: &Ready, composed: Composed, remote_id: Uuid) -> Message {
    let configuration = ready.account.remote_configuration.clone();
    let remote = composed.remote.and(configuration);
    Message {
        fiscal_code: ready.recipient().to_owned(),
        subject: composed.subject,
        markdown: composed.markdown,
        is_secure: ready.template.content.is_secure,
        due_at: composed.due_at,
        payment: ready.said.given.payment.clone(),
        remote: remote.map(|configuration| RemoteReference {
            id: remote_id.to_string(),
            configuration,
            precondition: ready.template.content.precondition,
            has_attachments: !ready.said.given.attachments.is_empty(),
        }),
        is_premium: ready.account.is_premium,
    }
}

impl Environment {
    /// To whom a message for this fiscal code goes.
    pub(super) fn recipient(self, code: &str) -> &str {
        match self {
            Self::Sandbox => Self::SANDBOX_CODE,
            Self::Production => code,
        }
    }
}
