//! Webhooks and what they were told, as those see them who manage the settings.

use async_graphql::{Context, Enum, ID, Json, Object, Result, SimpleObject, connection::PageInfo};
use chrono::{DateTime, Utc};
use municipio_domain::{
    identity::{Action, Subject},
    ids::{WebhookDeliveryId, WebhookId},
    webhooks::{self, DeliveryFilter, Webhooks},
};
use serde_json::Value;

use crate::{
    connection::{Part, places},
    context::{RequestData, data},
    error::internal,
    global_id::{self, Kind},
    identity::{List, listed},
};

/// A type of events of which webhooks are told (tipo di evento).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "webhooks::EventType")]
pub(crate) enum WebhookEventType {
    /// `content.published`: content was published, for the first time or anew (pubblicato).
    ContentPublished,
    /// `content.unpublished`: content was taken off the public site (ritirato).
    ContentUnpublished,
}

/// Why a webhook is told nothing any more, when nobody decided it (motivo della disattivazione).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "webhooks::DisabledReason")]
pub(crate) enum WebhookDisabledReason {
    /// Its address answered that it is gone for good, with the status 410 (rimosso).
    Gone,
    /// Nothing reached its address for five days (irraggiungibile).
    Failing,
}

/// An address that is told of events by the Standard Webhooks specification (webhook).
#[derive(Clone, Debug)]
pub(crate) struct Webhook(pub(crate) webhooks::Webhook);

impl Webhook {
    /// Reads the global id of a webhook.
    pub(crate) fn read_id(data: &RequestData, id: &ID, argument: &str) -> Result<WebhookId> {
        let municipality = &data.tenant.ipa_code;
        global_id::decode_as(id, Kind::Webhook, municipality, argument).map(WebhookId)
    }

    /// The webhooks, for who manages the settings.
    pub(crate) async fn list(ctx: &Context<'_>, part: Part) -> Result<List<Self>> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let all = Webhooks::from(&data.contents).all().await;
        let key = |webhook: &webhooks::Webhook| webhook.id.to_string();
        listed(data, all.map_err(internal)?, key, Self, &part)
    }

    /// The webhook with this id, for who manages the settings.
    pub(crate) async fn find(data: &RequestData, id: WebhookId) -> Result<Option<Self>> {
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        Ok(data.webhook(id).await?.map(Self))
    }
}

/// An address that is told of events by the Standard Webhooks specification (webhook).
#[Object]
impl Webhook {
    /// Global id.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode_as(Kind::Webhook, municipality, self.0.id))
    }

    /// The address (indirizzo).
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// What it is for (descrizione).
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Of which events it is told (eventi).
    async fn events(&self) -> Vec<WebhookEventType> {
        self.0.events.iter().map(|event| (*event).into()).collect()
    }

    /// Whether it is told of them (attivo).
    async fn is_enabled(&self) -> bool {
        self.0.is_enabled
    }

    /// Why it is not, when nobody decided it (motivo della disattivazione).
    async fn disabled_reason(&self) -> Option<WebhookDisabledReason> {
        self.0.disabled_reason.map(Into::into)
    }

    /// The public key with which signatures `v1a` (Ed25519) are verified; it begins with `whpk_` (chiave pubblica).
    async fn public_key(&self) -> &str {
        &self.0.public_key
    }

    /// Since when nothing has reached it; null when the last attempt did.
    async fn failing_since(&self) -> Option<DateTime<Utc>> {
        self.0.failing_since
    }

    /// When it was set up.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// How a delivery stands (stato della consegna).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "webhooks::DeliveryStatus")]
pub(crate) enum WebhookDeliveryStatus {
    /// It is to be tried, or tried again (in corso).
    Pending,
    /// It arrived (consegnato).
    Delivered,
    /// It was given up: it can be replayed (fallito).
    Failed,
}

/// What became of an attempt to deliver an event (tentativo di consegna).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct WebhookAttempt {
    /// When it was made.
    at: DateTime<Utc>,
    /// How long it took, in milliseconds (durata).
    duration: u64,
    /// The HTTP status of the answer; null when there was none.
    status: Option<u16>,
    /// Why there was no answer.
    error: Option<String>,
    /// The first 1,000 bytes of the answer.
    answer: Option<String>,
}

impl From<&webhooks::Attempt> for WebhookAttempt {
    fn from(attempt: &webhooks::Attempt) -> Self {
        let attempt = attempt.clone();
        Self {
            at: attempt.at,
            duration: attempt.duration,
            status: attempt.status,
            error: attempt.error,
            answer: attempt.answer,
        }
    }
}

/// An event that a webhook is told of, and what became of it (consegna).
#[derive(Clone, Debug)]
pub(crate) struct WebhookDelivery(pub(crate) webhooks::Delivery);

impl WebhookDelivery {
    /// Reads the global id of a delivery.
    pub(crate) fn read_id(
        data: &RequestData,
        id: &ID,
        argument: &str,
    ) -> Result<WebhookDeliveryId> {
        let municipality = &data.tenant.ipa_code;
        global_id::decode_as(id, Kind::WebhookDelivery, municipality, argument)
            .map(WebhookDeliveryId)
    }

    /// The delivery with this id, for who manages the settings.
    pub(crate) async fn find(data: &RequestData, id: WebhookDeliveryId) -> Result<Option<Self>> {
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        Ok(data.webhook_delivery(id).await?.map(Self))
    }
}

/// An event that a webhook is told of, and what became of it (consegna).
#[Object]
impl WebhookDelivery {
    /// Global id, by which it is replayed.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        let id = self.0.id;
        Ok(global_id::encode_as(
            Kind::WebhookDelivery,
            municipality,
            id,
        ))
    }

    /// The global id of the webhook.
    async fn webhook_id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        let id = self.0.webhook;
        Ok(global_id::encode_as(Kind::Webhook, municipality, id))
    }

    /// The id of the event (`webhook-id`): the same however often it is told (identificativo dell'evento).
    async fn event_id(&self) -> &str {
        &self.0.event_id
    }

    /// The type of the event, such as `content.published` (tipo di evento).
    async fn event_type(&self) -> &str {
        &self.0.event_type
    }

    /// What is sent (contenuto).
    async fn payload(&self) -> Json<Value> {
        Json(serde_json::from_str(&self.0.payload).unwrap_or_default())
    }

    /// How it stands (stato).
    async fn status(&self) -> WebhookDeliveryStatus {
        self.0.status.into()
    }

    /// What became of each attempt, the first first; of very many the last 50 (tentativi).
    async fn attempts(&self) -> Vec<WebhookAttempt> {
        self.0.attempts.iter().map(WebhookAttempt::from).collect()
    }

    /// When the event happened.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it arrived or was given up; it is known for 30 days after that.
    async fn settled_at(&self) -> Option<DateTime<Utc>> {
        self.0.settled_at
    }
}

/// A delivery with its place in the list.
#[derive(SimpleObject)]
pub(crate) struct WebhookDeliveryEdge {
    /// The place, for `after` and `before`.
    cursor: String,
    /// The delivery.
    node: WebhookDelivery,
}

/// A part of the list of deliveries, newest first (Relay connection): at most 100.
#[derive(SimpleObject)]
pub(crate) struct WebhookDeliveryConnection {
    /// The deliveries with their places.
    edges: Vec<WebhookDeliveryEdge>,
    /// The deliveries alone.
    nodes: Vec<WebhookDelivery>,
    /// Whether there is more, and how to go on.
    page_info: PageInfo,
}

impl WebhookDeliveryConnection {
    /// Reads a part of the list, for who manages the settings.
    pub(crate) async fn read(
        ctx: &Context<'_>,
        webhook: Option<ID>,
        status: Option<WebhookDeliveryStatus>,
        part: Part,
    ) -> Result<Self> {
        let data = data(ctx)?;
        let webhook = webhook.map(|id| Webhook::read_id(data, &id, "webhook"));
        let filter = DeliveryFilter {
            webhook: webhook.transpose()?,
            status: status.map(Into::into),
        };
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let municipality = &data.tenant.ipa_code;
        let window = part.window(|text| webhooks::Delivery::decode_cursor(text, municipality))?;
        let webhooks = Webhooks::from(&data.contents);
        let page = webhooks.deliveries(filter, &window).await;
        let page = page.map_err(internal)?;
        let cursor = |id: &WebhookDeliveryId| webhooks::Delivery::cursor_of(*id, municipality);
        let page_info = places(Some(&page), cursor);
        let edges = page
            .entries
            .into_iter()
            .map(|(id, delivery)| WebhookDeliveryEdge {
                cursor: cursor(&id),
                node: WebhookDelivery(delivery),
            });
        let edges: Vec<_> = edges.collect();
        Ok(Self {
            nodes: edges.iter().map(|edge| edge.node.clone()).collect(),
            edges,
            page_info,
        })
    }
}
