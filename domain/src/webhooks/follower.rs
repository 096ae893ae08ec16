//! Follows the log of changes, and makes a delivery of each for every address that wants to know.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use municipio_entities::webhook_delivery;

use super::{FOLLOWER, Webhook, delivery::Delivery, endpoint, event::Event};
use crate::{
    content::{Contents, ToldChange},
    ids::WebhookId,
    outbox::{self, Handled, Handler, Job, NewJob, Progress, Topic},
    store::{Database, StoreError, TenantStore, Transaction},
    tenants::{self, Tenant},
};

/// How many changes become deliveries in one transaction.
const BATCH: u64 = 100;

/// Makes deliveries of changes.
pub struct Follower {
    database: Database,
}

impl Follower {
    /// Follows the logs of this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    async fn follow(&self, job: &Job, now: DateTime<Utc>) -> Handled {
        let store = self.database.tenant(job.tenant);
        let position = outbox::position(&store.read(), FOLLOWER.name).await?;
        let endpoints = endpoint::all(&store.read(), endpoint::enabled()).await?;
        let Some(begin) = endpoints.iter().map(|row| row.after_sequence).min() else {
            return Ok(pass_by(&store, position).await?);
        };
        let Some(tenant) = tenants::find(&self.database, job.tenant).await? else {
            return Ok(Progress::Done);
        };
        let contents = Contents::new(store.clone(), Contents::cache(0));
        let changes = contents.changes(position.max(begin), BATCH).await?;
        let Some(last) = changes.last().map(|change| change.sequence) else {
            return Ok(Progress::Done);
        };
        let told = contents.told(changes, &tenant).await?;
        let transaction = store.begin().await?;
        if !outbox::move_position(&transaction, FOLLOWER.name, position, last).await? {
            return Ok(Progress::More);
        }
        tell(&transaction, &told, &tenant, now).await?;
        if told.len() as u64 == BATCH {
            transaction.commit().await?;
            return Ok(Progress::More);
        }
        if !outbox::finish(&transaction, job, None, now).await? {
            return Ok(Progress::Done);
        }
        transaction.commit().await?;
        Ok(Progress::Finished)
    }
}

impl Handler for Follower {
    fn topic(&self) -> Topic {
        FOLLOWER
    }

    fn handle<'a>(&'a self, job: &'a Job, now: DateTime<Utc>) -> BoxFuture<'a, Handled> {
        Box::pin(self.follow(job, now))
    }
}

/// Nobody wants to know: the follower stands at the end of the log at once.
async fn pass_by(store: &TenantStore, position: i64) -> Result<Progress, StoreError> {
    let last = store.last_sequence().await?;
    if last > position {
        let transaction = store.begin().await?;
        // Who was set up meanwhile is to be told of what came after.
        if !endpoint::all(&transaction, endpoint::enabled())
            .await?
            .is_empty()
        {
            return Ok(Progress::More);
        }
        outbox::move_position(&transaction, FOLLOWER.name, position, last).await?;
        transaction.commit().await?;
    }
    Ok(Progress::Done)
}

/// Makes the deliveries of these changes, and the jobs by which they are tried.
async fn tell(
    transaction: &Transaction,
    told: &[ToldChange],
    tenant: &Tenant,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut endpoints = Vec::new();
    for row in endpoint::all(transaction, endpoint::enabled()).await? {
        let after = row.after_sequence;
        endpoints.push((Webhook::of(row)?, after));
    }
    let (mut deliveries, mut jobs): (Vec<_>, Vec<NewJob>) = (Vec::new(), Vec::new());
    for change in told {
        let event = Event::of(change, tenant);
        for (webhook, after) in &endpoints {
            if change.change.sequence <= *after || !webhook.events.contains(&event.event_type) {
                continue;
            }
            let delivery = deliver(webhook.id, &event, now);
            jobs.push(delivery.job(&change.change.item.to_string()));
            deliveries.push(delivery.row());
        }
    }
    transaction
        .insert::<webhook_delivery::Entity>(deliveries)
        .await?;
    outbox::enqueue(transaction, jobs, now).await
}

fn deliver(webhook: WebhookId, event: &Event, now: DateTime<Utc>) -> Delivery {
    let event_type = event.event_type.as_str();
    Delivery::new(
        webhook,
        event.id.clone(),
        event_type,
        event.payload.clone(),
        now,
    )
}
