//! Tells an address of an event, and writes down what became of it.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use municipio_entities::webhook_endpoint::{Column, Entity, Model};
use serde::Deserialize;
use url::Url;

use super::{
    Attempt, DELIVERY, Delivery, DeliveryStatus, DisabledReason, Webhook, WebhookError,
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
    outgoing::{Outgoing, OutgoingError, Receipt},
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

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It arrived.
    Delivered,
    /// The address wants to hear nothing any more.
    Gone,
    /// It did not; the address may say when to come back.
    Failed { after: Option<Duration> },
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
        self.settle(&store, job, id, attempt, verdict, now).await
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
        let verdict = verdict(&sent, now);
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
        id: WebhookDeliveryId,
        attempt: Attempt,
        verdict: Verdict,
        now: DateTime<Utc>,
    ) -> Handled {
        let transaction = store.begin().await?;
        if !outbox::is_held(&transaction, job).await? {
            return Ok(Progress::Done);
        }
        let Some(mut delivery) = delivery::hold(&transaction, id).await? else {
            return Ok(Progress::Done);
        };
        let Some(endpoint) = held(&transaction, delivery.webhook).await? else {
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
        transaction.commit().await?;
        match next {
            Some(pause) => Err(Fault::Passing {
                reason: reason.unwrap_or_default(),
                after: Some(pause),
            }),
            // What was given up is on record with the delivery, and can be replayed from there.
            None => Ok(Progress::Done),
        }
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
        let state = State::of(&endpoint).after(verdict, now);
        if state == State::of(&endpoint) {
            return Ok(());
        }
        let reason = state.disabled.map(|reason| reason.as_str().to_owned());
        let values = [
            (
                Column::Failures,
                i32::try_from(state.failures).unwrap_or(i32::MAX).into(),
            ),
            (Column::FailingSince, state.failing_since.into()),
            (
                Column::ResumesKey,
                state.resumes.map(|at| at.timestamp_millis()).into(),
            ),
            (Column::IsEnabled, state.disabled.is_none().into()),
            (Column::DisabledReason, reason.into()),
        ];
        transaction.update::<Entity>(values, by_id(id)).await?;
        if state.disabled.is_some()
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

/// How an address behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    failures: u32,
    failing_since: Option<DateTime<Utc>>,
    resumes: Option<DateTime<Utc>>,
    disabled: Option<DisabledReason>,
}

impl State {
    fn of(row: &Model) -> Self {
        Self {
            failures: u32::try_from(row.failures).unwrap_or_default(),
            failing_since: row.failing_since,
            resumes: row.resumes_key.and_then(DateTime::from_timestamp_millis),
            disabled: None,
        }
    }

    /// How it behaves after an attempt.
    fn after(self, verdict: Verdict, now: DateTime<Utc>) -> Self {
        let after = match verdict {
            Verdict::Delivered => {
                return Self {
                    failures: 0,
                    failing_since: None,
                    resumes: None,
                    disabled: None,
                };
            }
            Verdict::Gone => {
                return Self {
                    disabled: Some(DisabledReason::Gone),
                    ..self
                };
            }
            Verdict::Failed { after } => after,
        };
        let failures = self.failures.saturating_add(1);
        let failing_since = self.failing_since.unwrap_or(now);
        let rest = after.max(pauses::rest(failures));
        let rest = rest.and_then(|rest| TimeDelta::from_std(rest).ok());
        Self {
            failures,
            failing_since: Some(failing_since),
            resumes: rest.map(|rest| now + rest),
            disabled: pauses::is_unreached(failing_since, now).then_some(DisabledReason::Failing),
        }
    }
}

/// What an answer means.
fn verdict(sent: &Result<Receipt, OutgoingError>, now: DateTime<Utc>) -> Verdict {
    match sent {
        Ok(receipt) if (200..300).contains(&receipt.status) => Verdict::Delivered,
        Ok(receipt) if receipt.status == 410 => Verdict::Gone,
        Ok(receipt) => {
            let asked = receipt.retry_after.as_deref();
            Verdict::Failed {
                after: asked.and_then(|asked| pauses::retry_after(asked, now)),
            }
        }
        Err(_) => Verdict::Failed { after: None },
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn verdicts() -> impl Strategy<Value = Verdict> {
        let after = prop::option::of((0..100_000_u64).prop_map(Duration::from_secs));
        prop_oneof![
            2 => Just(Verdict::Delivered),
            1 => Just(Verdict::Gone),
            6 => after.prop_map(|after| Verdict::Failed { after }),
        ]
    }

    const NEW: State = State {
        failures: 0,
        failing_since: None,
        resumes: None,
        disabled: None,
    };

    proptest! {
        /// An address is switched off when it says so, or after days without a single success; it rests only after
        /// failures in a row, or when it asks for it.
        #[test]
        fn an_address_is_switched_off_only_for_a_reason(
            attempts in prop::collection::vec((verdicts(), 0..30_i64), 1..60),
        ) {
            let (mut state, mut now) = (NEW, DateTime::UNIX_EPOCH);
            let (mut in_a_row, mut first_failure) = (0, None);
            for (verdict, hours) in attempts {
                now += TimeDelta::hours(hours);
                state = State { disabled: None, ..state }.after(verdict, now);
                match verdict {
                    Verdict::Delivered => {
                        (in_a_row, first_failure) = (0, None);
                        prop_assert_eq!(state, NEW);
                    }
                    Verdict::Gone => prop_assert_eq!(state.disabled, Some(DisabledReason::Gone)),
                    Verdict::Failed { after } => {
                        in_a_row += 1;
                        let first = *first_failure.get_or_insert(now);
                        let days = (now - first).num_days();
                        prop_assert_eq!(state.disabled, (days >= 5).then_some(DisabledReason::Failing));
                        prop_assert_eq!(state.failures, in_a_row);
                        prop_assert_eq!(state.resumes.is_some(), after.is_some() || in_a_row >= 5);
                    }
                }
            }
        }
    }

    #[test]
    fn answers_mean_what_the_specification_says() {
        let answer = |status: u16, retry_after: Option<&str>| {
            Ok(Receipt {
                status,
                retry_after: retry_after.map(str::to_owned),
                body: Vec::new(),
            })
        };
        let now = DateTime::UNIX_EPOCH;
        for status in [200, 201, 204, 299] {
            assert_eq!(verdict(&answer(status, None), now), Verdict::Delivered);
        }
        for status in [301, 302, 307, 400, 401, 404, 429, 500, 503] {
            assert_eq!(
                verdict(&answer(status, None), now),
                Verdict::Failed { after: None }
            );
        }
        assert_eq!(verdict(&answer(410, None), now), Verdict::Gone);
        let asked = Verdict::Failed {
            after: Some(Duration::from_secs(90)),
        };
        assert_eq!(verdict(&answer(503, Some("90")), now), asked);
        let silent = Err(OutgoingError::Failed("x".to_owned(), "y".to_owned()));
        assert_eq!(verdict(&silent, now), Verdict::Failed { after: None });
    }
}
