//! What addresses are told, and what became of it.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::webhook_delivery::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{WebhookError, WebhookRefusal, endpoint};
use crate::{
    content::{InvalidCursor, decode_key, encode_key},
    ids::{WebhookDeliveryId, WebhookId},
    outbox::{self, NewJob},
    store::{Scope, StoreError, TenantStore, Transaction},
    tenants::IpaCode,
};

/// The topic of the outbox by which deliveries are tried.
pub(super) const TOPIC: &str = "webhook-delivery";
/// The type of events by which an address is tried out.
pub(super) const TEST: &str = "webhook.test";
/// How long it is known what was told.
const KEPT: TimeDelta = TimeDelta::days(30);

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It is to be tried, or tried again.
    Pending,
    /// It arrived.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryStatus {
    pub(super) const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// Its name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for DeliveryStatus {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, StoreError> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == name);
        known.ok_or_else(|| StoreError::corrupt("status of a delivery", name))
    }
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub duration: u64,
    /// The HTTP status of the answer; none when there was none.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub answer: Option<String>,
}

/// An event that an address is told of.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Its id.
    pub id: WebhookDeliveryId,
    /// The address.
    pub webhook: WebhookId,
    /// The id of the event, the same however often it is told.
    pub event_id: String,
    /// The type of the event.
    pub event_type: String,
    /// What is sent.
    pub payload: String,
    /// How it stands.
    pub status: DeliveryStatus,
    /// What became of each attempt, the first first.
    pub attempts: Vec<Attempt>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stopped being pending.
    pub settled_at: Option<DateTime<Utc>>,
}

impl TryFrom<Model> for Delivery {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let attempts = serde_json::from_value(row.attempts)
            .map_err(|error| StoreError::corrupt("attempts of a delivery", error))?;
        Ok(Self {
            id: WebhookDeliveryId(row.id),
            webhook: WebhookId(row.endpoint_id),
            event_id: row.event_id,
            event_type: row.event_type,
            payload: row.payload,
            status: row.status.parse()?,
            attempts,
            created_at: row.created_at,
            settled_at: row.settled_at,
        })
    }
}

impl Delivery {
    /// The name of deliveries in global ids.
    pub const TYPE_NAME: &str = "WebhookDelivery";

    /// A new one.
    pub(super) fn new(
        webhook: WebhookId,
        event_id: String,
        event_type: &str,
        payload: String,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: WebhookDeliveryId::generate(),
            webhook,
            event_id,
            event_type: event_type.to_owned(),
            payload,
            status: DeliveryStatus::Pending,
            attempts: Vec::new(),
            created_at: now,
            settled_at: None,
        }
    }

    pub(super) fn row(&self) -> Model {
        Model {
            id: self.id.0,
            tenant_id: Uuid::nil(),
            endpoint_id: self.webhook.0,
            event_id: self.event_id.clone(),
            event_type: self.event_type.clone(),
            payload: self.payload.clone(),
            status: self.status.as_str().to_owned(),
            attempts: json!(self.attempts),
            created_at: self.created_at,
            settled_at: self.settled_at,
        }
    }

    /// The job by which it is tried; those with one subject reach an address in their order.
    pub(super) fn job(&self, subject: &str) -> NewJob {
        let aggregate = format!("{}/{subject}", self.webhook);
        NewJob::new(TOPIC, aggregate, json!({ "delivery": self.id }))
    }

    /// The place of the one with this id in the list, as an opaque string for readers of this municipality.
    pub fn cursor_of(id: WebhookDeliveryId, municipality: &IpaCode) -> String {
        encode_key(Self::TYPE_NAME, &id.to_string(), municipality)
    }

    /// Reads such a string.
    ///
    /// # Errors
    /// The text is no cursor of the list, or one of another municipality.
    pub fn decode_cursor(
        text: &str,
        municipality: &IpaCode,
    ) -> Result<WebhookDeliveryId, InvalidCursor> {
        let key = decode_key(text, Self::TYPE_NAME, municipality)?;
        key.parse().map_err(|_| InvalidCursor::Malformed)
    }
}

/// The delivery with this id.
pub(super) async fn find<C: ConnectionTrait>(
    scope: &Scope<C>,
    id: WebhookDeliveryId,
) -> Result<Option<Delivery>, StoreError> {
    let row = scope.one::<Entity>(Column::Id.eq(id.0)).await?;
    row.map(Delivery::try_from).transpose()
}

/// Tries an address out: it is told of an event that nothing has happened, whether it is enabled or not.
///
/// # Errors
/// There is no such address, or the database failed.
pub async fn test_webhook(
    transaction: &Transaction,
    id: WebhookId,
    now: DateTime<Utc>,
) -> Result<Delivery, WebhookError> {
    endpoint::hold(transaction, id).await?;
    let event_id = format!("msg_{}", Uuid::now_v7().simple());
    let payload = json!({
        "type": TEST,
        "timestamp": now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "data": { "message": "The webhook works." },
    });
    let delivery = Delivery::new(id, event_id, TEST, payload.to_string(), now);
    transaction.insert::<Entity>([delivery.row()]).await?;
    outbox::enqueue(transaction, [delivery.job(TEST)], now).await?;
    Ok(delivery)
}

/// Tells an address of an event once more, with the same id. What is under way is told after it was tried again, if it
/// did not arrive then; what was dropped from the outbox is told.
///
/// # Errors
/// There is no such delivery, or the database failed.
pub async fn replay_webhook_delivery(
    transaction: &Transaction,
    id: WebhookDeliveryId,
    now: DateTime<Utc>,
) -> Result<Delivery, WebhookError> {
    let held = hold(transaction, id).await?;
    let mut delivery = held.ok_or(WebhookRefusal::NotFound("delivery"))?;
    delivery.status = DeliveryStatus::Pending;
    delivery.settled_at = None;
    write(transaction, &delivery).await?;
    let job = delivery.job(&delivery.event_id);
    outbox::enqueue(transaction, [job], now).await?;
    Ok(delivery)
}

/// A delivery, kept from all others until the transaction ends.
pub(super) async fn hold(
    transaction: &Transaction,
    id: WebhookDeliveryId,
) -> Result<Option<Delivery>, StoreError> {
    let rows = transaction.hold_of::<Entity>(Column::Id, [id.0]);
    let row = rows.await?.into_iter().next();
    row.map(Delivery::try_from).transpose()
}

/// Writes down how a delivery stands.
pub(super) async fn write(
    transaction: &Transaction,
    delivery: &Delivery,
) -> Result<(), StoreError> {
    let values = [
        (Column::Status, delivery.status.as_str().into()),
        (Column::Attempts, json!(delivery.attempts).into()),
        (Column::SettledAt, delivery.settled_at.into()),
    ];
    transaction
        .update::<Entity>(values, Column::Id.eq(delivery.id.0))
        .await?;
    Ok(())
}

/// Forgets what was told long ago; says how much it was.
///
/// # Errors
/// The database failed.
pub async fn forget(store: &TenantStore, now: DateTime<Utc>) -> Result<u64, StoreError> {
    // What was dropped from the outbox is never settled.
    let pending = Condition::all()
        .add(Column::Status.eq(DeliveryStatus::Pending.as_str()))
        .add(Column::CreatedAt.lte(now - KEPT));
    let long_ago = Condition::any()
        .add(Column::SettledAt.lte(now - KEPT))
        .add(pending);
    // Writers are not kept waiting for nothing.
    if store
        .read()
        .one::<Entity>(long_ago.clone())
        .await?
        .is_none()
    {
        return Ok(0);
    }
    let transaction = store.begin().await?;
    let forgotten = transaction.delete::<Entity>(long_ago).await?;
    transaction.commit().await?;
    Ok(forgotten)
}
