//! The addresses that are told of events, as administrators set them up.

use std::{collections::BTreeSet, str::FromStr};

use chrono::{DateTime, Utc};
use municipio_entities::webhook_endpoint::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::{WebhookError, WebhookRefusal, keys::Keys};
use crate::{
    audit::Deed,
    content::global_id_of,
    identity::Vault,
    ids::WebhookId,
    outgoing::Outgoing,
    store::{Scope, StoreError, Transaction},
    tenants::IpaCode,
};

/// How many a municipality may have: every event is told to each.
const MOST: usize = 20;
/// The longest address or description.
const LONGEST: usize = 500;

/// A type of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventType {
    /// Content was published, for the first time or anew.
    #[serde(rename = "content.published")]
    ContentPublished,
    /// Content was taken off the public site.
    #[serde(rename = "content.unpublished")]
    ContentUnpublished,
}

impl EventType {
    /// Its name, as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContentPublished => "content.published",
            Self::ContentUnpublished => "content.unpublished",
        }
    }
}

/// Why an address is told nothing any more, when nobody decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledReason {
    /// It answered that it is gone for good (410).
    Gone,
    /// Nothing reached it for days.
    Failing,
}

impl DisabledReason {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

impl FromStr for DisabledReason {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, StoreError> {
        match name {
            "gone" => Ok(Self::Gone),
            "failing" => Ok(Self::Failing),
            _ => Err(StoreError::corrupt("reason of a webhook", name)),
        }
    }
}

/// An address that is told of events, without its secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// The address.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Of which events it is told.
    pub events: BTreeSet<EventType>,
    /// Whether it is told of them.
    pub is_enabled: bool,
    /// Why it is not, when nobody decided it.
    pub disabled_reason: Option<DisabledReason>,
    /// The public key with which its asymmetric signatures are verified.
    pub public_key: String,
    /// Since when nothing has reached it.
    pub failing_since: Option<DateTime<Utc>>,
    /// When it was set up.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// What is said of a new one.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// The address.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Of which events it is told.
    pub events: BTreeSet<EventType>,
}

/// What changes of one; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// The address.
    pub url: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Of which events it is told.
    pub events: Option<BTreeSet<EventType>>,
    /// Whether it is told of them.
    pub is_enabled: Option<bool>,
}

impl Webhook {
    /// The name of webhooks in global ids.
    pub const TYPE_NAME: &str = "Webhook";

    /// What is written down of what was done to it.
    pub fn deed(&self, name: &'static str, municipality: &IpaCode) -> Deed {
        let id = global_id_of(Self::TYPE_NAME, municipality, self.id);
        let reason = self.disabled_reason.map(DisabledReason::as_str);
        // The rest of an address may hold a secret.
        let host = Url::parse(&self.url).ok();
        let host = host.as_ref().and_then(Url::host_str);
        Deed::to(name, id).with(json!({
            "host": host,
            "events": self.events,
            "isEnabled": self.is_enabled,
            "disabledReason": reason,
        }))
    }

    pub(super) fn of(row: Model) -> Result<Self, StoreError> {
        let events = serde_json::from_value(row.events)
            .map_err(|error| StoreError::corrupt("events of a webhook", error))?;
        let reason = row.disabled_reason.as_deref().map(str::parse);
        Ok(Self {
            id: WebhookId(row.id),
            url: row.url,
            description: row.description,
            events,
            is_enabled: row.is_enabled,
            disabled_reason: reason.transpose()?,
            public_key: row.public_key,
            failing_since: row.failing_since,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// An address that may be called.
fn url(outgoing: &Outgoing, text: &str) -> Result<String, WebhookRefusal> {
    let wrong = |why: &str| Err(WebhookRefusal::Url(why.to_owned()));
    let Ok(url) = Url::parse(text.trim()) else {
        return wrong("write an address, such as https://www.comune.example/webhook");
    };
    if text.trim().len() > LONGEST {
        return wrong("the address is too long");
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return wrong("write the address without a user, a password and a fragment");
    }
    let allowed = outgoing.check(&url);
    allowed.map_err(|error| WebhookRefusal::Url(error.to_string()))?;
    Ok(url.into())
}

fn description(text: &str) -> Result<String, WebhookRefusal> {
    match text.chars().count() <= LONGEST {
        true => Ok(text.trim().to_owned()),
        false => Err(WebhookRefusal::Description(LONGEST)),
    }
}

fn events(events: &BTreeSet<EventType>) -> Result<serde_json::Value, WebhookRefusal> {
    match events.is_empty() {
        true => Err(WebhookRefusal::Events),
        false => Ok(json!(events)),
    }
}

pub(super) fn by_id(id: WebhookId) -> Condition {
    Condition::all().add(Column::Id.eq(id.0))
}

/// Sets up an address, which is told of what changes from now on. Gives its secret, this once.
///
/// # Errors
/// Something of it is wrong, there are many already, or the database failed.
pub async fn create_webhook(
    transaction: &Transaction,
    vault: &Vault,
    outgoing: &Outgoing,
    new: NewWebhook,
    now: DateTime<Utc>,
) -> Result<(Webhook, String), WebhookError> {
    let id = WebhookId::generate();
    let there = transaction.all::<Entity>(Condition::all()).await?.len();
    if there >= MOST {
        return Err(WebhookRefusal::TooMany(there).into());
    }
    let keys = Keys::generate()?;
    let row = Model {
        id: id.0,
        tenant_id: Uuid::nil(),
        url: url(outgoing, &new.url)?,
        description: description(&new.description)?,
        events: events(&new.events)?,
        is_enabled: true,
        disabled_reason: None,
        secrets: keys.seal(vault, id)?,
        public_key: keys.public_key()?,
        // Whoever changes something meanwhile looks for webhooks afterwards, and finds this one.
        after_sequence: transaction.hold_log().await?,
        failures: 0,
        failing_since: None,
        resumes_key: None,
        created_at: now,
        updated_at: now,
    };
    transaction.insert::<Entity>([row.clone()]).await?;
    Ok((Webhook::of(row)?, keys.secret()))
}

/// Changes an address. One that is switched on again begins anew: it is told of what changes from now on, and what
/// failed before does not count.
///
/// # Errors
/// There is no such address, something of it is wrong, or the database failed.
pub async fn update_webhook(
    transaction: &Transaction,
    outgoing: &Outgoing,
    id: WebhookId,
    change: WebhookChange,
    now: DateTime<Utc>,
) -> Result<Webhook, WebhookError> {
    let before = hold(transaction, id).await?;
    let mut values = vec![(Column::UpdatedAt, now.into())];
    if let Some(text) = change.url {
        values.push((Column::Url, url(outgoing, &text)?.into()));
    }
    if let Some(text) = change.description {
        values.push((Column::Description, description(&text)?.into()));
    }
    if let Some(types) = change.events {
        values.push((Column::Events, events(&types)?.into()));
    }
    if let Some(is_enabled) = change.is_enabled {
        values.push((Column::IsEnabled, is_enabled.into()));
        values.push((Column::DisabledReason, None::<String>.into()));
        if is_enabled && !before.is_enabled {
            let last = transaction.hold_log().await?;
            values.push((Column::AfterSequence, last.into()));
            values.push((Column::Failures, 0.into()));
            values.push((Column::FailingSince, None::<DateTime<Utc>>.into()));
            values.push((Column::ResumesKey, None::<i64>.into()));
        }
    }
    transaction.update::<Entity>(values, by_id(id)).await?;
    Ok(Webhook::of(hold(transaction, id).await?)?)
}

/// Deletes an address with what it was told, and gives it as it was.
///
/// # Errors
/// There is no such address, or the database failed.
pub async fn delete_webhook(
    transaction: &Transaction,
    id: WebhookId,
) -> Result<Webhook, WebhookError> {
    let row = hold(transaction, id).await?;
    transaction.delete::<Entity>(by_id(id)).await?;
    Ok(Webhook::of(row)?)
}

/// Gives an address new keys. For a day what it is told is signed with those before too. Gives the new secret, this
/// once.
///
/// # Errors
/// There is no such address, its keys cannot be read, or the database failed.
pub async fn rotate_webhook_secret(
    transaction: &Transaction,
    vault: &Vault,
    id: WebhookId,
    now: DateTime<Utc>,
) -> Result<(Webhook, String), WebhookError> {
    let row = hold(transaction, id).await?;
    let keys = Keys::open(vault, id, &row.secrets)?.rotate(now)?;
    let values = [
        (Column::Secrets, keys.seal(vault, id)?.into()),
        (Column::PublicKey, keys.public_key()?.into()),
        (Column::UpdatedAt, now.into()),
    ];
    transaction.update::<Entity>(values, by_id(id)).await?;
    let webhook = Webhook::of(hold(transaction, id).await?)?;
    Ok((webhook, keys.secret()))
}

/// Whether there is anybody who wants to be told. To be asked by who holds the log of changes.
pub(crate) async fn anybody_listens(transaction: &Transaction) -> Result<bool, StoreError> {
    Ok(transaction.one::<Entity>(enabled()).await?.is_some())
}

pub(super) fn enabled() -> Condition {
    Condition::all().add(Column::IsEnabled.eq(true))
}

/// The addresses that match, in the order in which they were set up.
pub(super) async fn all<C: ConnectionTrait>(
    scope: &Scope<C>,
    filter: Condition,
) -> Result<Vec<Model>, StoreError> {
    let mut rows = scope.all::<Entity>(filter).await?;
    rows.sort_unstable_by_key(|row| row.id);
    Ok(rows)
}

/// An address, kept from all others until the transaction ends.
pub(super) async fn hold(transaction: &Transaction, id: WebhookId) -> Result<Model, WebhookError> {
    let rows = transaction.hold_of::<Entity>(Column::Id, [id.0]);
    let row = rows.await?.into_iter().next();
    Ok(row.ok_or(WebhookRefusal::NotFound("webhook"))?)
}
