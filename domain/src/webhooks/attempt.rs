//! Tells an address of an event, and writes down what became of it.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use municipio_entities::webhook_endpoint::{Column, Entity, Model};
use serde::Deserialize;
use url::Url;

use super::{
    Attempt, DELIVERY, Delivery, DeliveryStatus, Webhook, WebhookError,
    conduct::{Conduct, Verdict},
    delivery::{self, TEST},
    endpoint::{self, by_id},
    keys::Keys,
    pauses,
};
use crate::{
    audit::{self, Actor},
    identity::Vault,
    ids::{WebhookDeliveryId, WebhookId},
    outbox::{self, Fault, Handled, Handler, Job, Progress, Topic},
    outgoing::Outgoing,
    store::{Database, StoreError, TenantStore, Transaction},
    tenants,
};

/// How much of an answer is kept.
const EXCERPT: usize = 1_000;
/// How many attempts are remembered of a delivery that is replayed again and again.
const REMEMBERED: usize = 50;

/// Tells addresses of events.
pub struct Sender {
    database: Database,
    vault: Vault,
    outgoing: Outgoing,
}

/// What a job says.
#[derive(Deserialize)]
struct Payload {
    delivery: WebhookDeliveryId,
}

impl Sender {
    /// Tells the addresses of this database.
    pub fn new(database: Database, vault: Vault, outgoing: Outgoing) -> Self {
        Self {
            database,
            vault,
            outgoing,
        }
    }

    async fn send(&self, job: &Job, now: DateTime<Utc>) -> Handled {
        let Payload { delivery: id } =
            serde_json::from_value(job.payload.clone()).map_err(Fault::lasting)?;
        let store = self.database.tenant(job.tenant);
        // Who deletes an address takes its deliveries along.
        let Some((delivery, endpoint)) = find(&store, id).await? else {
            return Ok(Progress::Done);
        };
        if delivery.status != DeliveryStatus::Pending {
            return Ok(Progress::Done);
        }
        if let Some(until) = rests_until(&endpoint, now) {
            return Ok(Progress::Postponed(until));
        }
        let may = endpoint.is_enabled || delivery.event_type == TEST;
        let (attempt, verdict) = match may {
            true => self.attempt(&endpoint, &delivery, now).await?,
            false => (refused(now), Verdict::Failed { after: None }),
        };
        let which = (id, delivery.webhook);
        self.settle(&store, job, which, attempt, verdict, now).await
    }

    /// Sends it, once.
    async fn attempt(
        &self,
        endpoint: &Model,
        delivery: &Delivery,
        now: DateTime<Utc>,
    ) -> Result<(Attempt, Verdict), Fault> {
        let id = WebhookId(endpoint.id);
        let url = Url::parse(&endpoint.url).map_err(Fault::lasting)?;
        // Another key of encryption may be set by mistake: nothing is lost of it.
        let keys = Keys::open(&self.vault, id, &endpoint.secrets).map_err(Fault::passing)?;
        let headers = keys.headers(&delivery.event_id, &delivery.payload, now);
        let headers = headers.map_err(Fault::passing)?;
        let begin = Instant::now();
        let payload = delivery.payload.clone();
        let sent = self
            .outgoing
            .deliver(&url, &headers, payload, EXCERPT)
            .await;
        let duration = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        let verdict = Verdict::of(&sent, now);
        let attempt = match sent {
            Ok(receipt) => Attempt {
                at: now,
                duration,
                status: Some(receipt.status),
                error: None,
                answer: Some(text(&receipt.body)),
            },
            Err(error) => Attempt {
                at: now,
                duration,
                status: None,
                error: Some(error.to_string()),
                answer: None,
            },
        };
        Ok((attempt, verdict))
    }

    /// Writes down what became of it, if the caller still has the job.
    async fn settle(
        &self,
        store: &TenantStore,
        job: &Job,
        (id, webhook): (WebhookDeliveryId, WebhookId),
        attempt: Attempt,
        verdict: Verdict,
        now: DateTime<Utc>,
    ) -> Handled {
        let transaction = store.begin().await?;
        if !outbox::is_held(&transaction, job).await? {
            return Ok(Progress::Done);
        }
        // The address first, as whoever deletes it does, who takes its deliveries along.
        let Some(endpoint) = held(&transaction, webhook).await? else {
            return Ok(Progress::Done);
        };
        let Some(mut delivery) = delivery::hold(&transaction, id).await? else {
            return Ok(Progress::Done);
        };
        let is_enabled = endpoint.is_enabled;
        let reason = attempt
            .error
            .clone()
            .or(attempt.status.map(|status| format!("it answered {status}")));
        delivery.attempts.push(attempt);
        let beyond = delivery.attempts.len().saturating_sub(REMEMBERED);
        delivery.attempts.drain(..beyond);
        let next = next(&delivery, job, verdict, is_enabled);
        delivery.status = match (verdict, next) {
            (Verdict::Delivered, _) => DeliveryStatus::Delivered,
            (_, Some(_)) => DeliveryStatus::Pending,
            (_, None) => DeliveryStatus::Failed,
        };
        delivery.settled_at = (delivery.status != DeliveryStatus::Pending).then_some(now);
        delivery::write(&transaction, &delivery).await?;
        if is_enabled {
            self.note(&transaction, job, endpoint, verdict, now).await?;
        }
        if let Some(pause) = next {
            transaction.commit().await?;
            return Err(Fault::Passing {
                reason: reason.unwrap_or_default(),
                after: Some(pause),
            });
        }
        // What was given up is on record with the delivery, and can be replayed from there.
        if !outbox::finish(&transaction, job, None, now).await? {
            return Ok(Progress::Done);
        }
        transaction.commit().await?;
        Ok(Progress::Finished)
    }

    /// Notes how an address behaves, and switches it off when it wants to hear nothing or nothing reaches it.
    async fn note(
        &self,
        transaction: &Transaction,
        job: &Job,
        endpoint: Model,
        verdict: Verdict,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let id = WebhookId(endpoint.id);
        let conduct = Conduct::of(&endpoint).after(verdict, now);
        if conduct == Conduct::of(&endpoint) {
            return Ok(());
        }
        let reason = conduct.disabled.map(|reason| reason.as_str().to_owned());
        let values = [
            (
                Column::Failures,
                i32::try_from(conduct.failures).unwrap_or(i32::MAX).into(),
            ),
            (Column::FailingSince, conduct.failing_since.into()),
            (
                Column::ResumesKey,
                conduct.resumes.map(|at| at.timestamp_millis()).into(),
            ),
            (Column::IsEnabled, conduct.disabled.is_none().into()),
            (Column::DisabledReason, reason.into()),
        ];
        transaction.update::<Entity>(values, by_id(id)).await?;
        if let Some(resumes) = conduct.resumes {
            outbox::put_off(transaction, &DELIVERY, &format!("{id}/"), resumes).await?;
        }
        if conduct.disabled.is_some()
            && let Some(tenant) = tenants::find(&self.database, job.tenant).await?
            && let Some(endpoint) = held(transaction, id).await?
        {
            let deed = Webhook::of(endpoint)?.deed("webhook.disable", &tenant.ipa_code);
            audit::record(transaction, &Actor::system(), &deed, now).await?;
        }
        Ok(())
    }
}

impl Handler for Sender {
    fn topic(&self) -> Topic {
        DELIVERY
    }

    fn handle<'a>(&'a self, job: &'a Job, now: DateTime<Utc>) -> BoxFuture<'a, Handled> {
        Box::pin(self.send(job, now))
    }
}

/// How long to wait before the next attempt; nothing when there is none.
fn next(delivery: &Delivery, job: &Job, verdict: Verdict, is_enabled: bool) -> Option<Duration> {
    let Verdict::Failed { after } = verdict else {
        return None;
    };
    if !is_enabled {
        return None;
    }
    // Those before it was replayed do not count.
    let attempts = delivery.attempts.iter();
    let failures = attempts
        .filter(|attempt| attempt.at >= job.created_at)
        .count();
    let random = getrandom::u64().unwrap_or_default();
    let pause = pauses::pause(failures, random)?;
    Some(after.map_or(pause, |after| after.max(pause)))
}

/// Until when an address is left alone.
fn rests_until(endpoint: &Model, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let until = endpoint
        .resumes_key
        .and_then(DateTime::from_timestamp_millis)?;
    (endpoint.is_enabled && until > now).then_some(until)
}

/// What is written of an address that was switched off meanwhile.
fn refused(now: DateTime<Utc>) -> Attempt {
    Attempt {
        at: now,
        duration: 0,
        status: None,
        error: Some("the webhook is disabled".to_owned()),
        answer: None,
    }
}

/// The beginning of an answer, as text that both databases keep.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}")
}

async fn find(
    store: &TenantStore,
    id: WebhookDeliveryId,
) -> Result<Option<(Delivery, Model)>, StoreError> {
    let scope = store.read();
    let Some(delivery) = delivery::find(&scope, id).await? else {
        return Ok(None);
    };
    let endpoint = scope.one::<Entity>(by_id(delivery.webhook)).await?;
    Ok(endpoint.map(|endpoint| (delivery, endpoint)))
}

/// The address, kept from all others until the transaction ends.
async fn held(transaction: &Transaction, id: WebhookId) -> Result<Option<Model>, StoreError> {
    match endpoint::hold(transaction, id).await {
        Ok(endpoint) => Ok(Some(endpoint)),
        Err(WebhookError::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}
