//! Webhooks by the Standard Webhooks specification: addresses of a municipality that are told of what changes on its
//! public site. A follower of the log of changes makes a delivery for each event and address; a job of the outbox
//! tries each delivery until it arrives, for days if need be. An event has the same id however often it is told.

mod attempt;
mod conduct;
mod delivery;
mod endpoint;
mod error;
mod event;
mod follower;
mod keys;
mod pauses;
mod queries;

use std::time::Duration;

pub use attempt::Sender;
pub use delivery::{
    Attempt, Delivery, DeliveryStatus, forget, replay_webhook_delivery, test_webhook,
};
pub(crate) use endpoint::anybody_listens;
pub use endpoint::{
    DisabledReason, EventType, NewWebhook, Webhook, WebhookChange, create_webhook, delete_webhook,
    rotate_webhook_secret, update_webhook,
};
pub use error::{WebhookError, WebhookRefusal};
pub use follower::Follower;
pub use queries::{DeliveryFilter, Webhooks};

use crate::outbox::{Retries, Topic};

/// The topic of what follows the log of changes: nothing of it is ever given up.
pub(crate) const FOLLOWER: Topic = Topic {
    name: "webhooks",
    longest: Duration::from_secs(60),
    at_once: 4,
    share: 1,
    retries: Retries {
        first: Duration::from_secs(1),
        longest: Duration::from_secs(5 * 60),
        attempts: None,
        age: None,
    },
};

/// The topic of deliveries. How often one is tried is said in [`pauses`]; what stands here is for faults of our own.
const DELIVERY: Topic = Topic {
    name: delivery::TOPIC,
    longest: Duration::from_secs(30),
    // Most of the time a delivery waits for an answer, and one that answers late must not keep others waiting.
    at_once: 128,
    share: 8,
    retries: Retries {
        first: Duration::from_secs(5),
        longest: Duration::from_secs(10 * 60),
        attempts: Some(100),
        age: None,
    },
};
