//! The services of App IO as which a municipality writes, each with the two keys that IO gave it.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::appio_service::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    NotificationError, NotificationRefusal,
    account::open,
    account_settings::{KEY, is_key, is_ulid},
};
use crate::{
    audit::Deed,
    content::global_id_of,
    identity::Vault,
    ids::AppIoServiceId,
    store::{Scope, StoreError, Transaction},
    tenants::IpaCode,
};

/// How long a service is left alone whose keys IO refused: new ones are accepted only after a while.
const PAUSE: TimeDelta = TimeDelta::minutes(10);
/// How many a municipality may have.
const MOST: usize = 200;
/// The longest name.
const LONGEST: usize = 100;

/// A service of App IO, without its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct AppIoService {
    /// Its id.
    pub id: AppIoServiceId,
    /// What it is called.
    pub name: String,
    /// Its id at IO.
    pub service_id: String,
    /// Whether anything is written as it.
    pub is_enabled: bool,
    /// Until when it is left alone, because IO refused its keys.
    pub paused_until: Option<DateTime<Utc>>,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    keys: String,
}

/// The keys of a service, either of which calls for it.
#[derive(Clone, Serialize, Deserialize)]
pub struct ServiceKeys {
    /// The one that is tried first.
    pub primary: String,
    /// The one that is tried when the first is refused.
    pub secondary: Option<String>,
}

/// What is said of a new service.
pub struct NewService {
    /// What it is called.
    pub name: String,
    /// Its id at IO.
    pub service_id: String,
    /// Its keys.
    pub keys: ServiceKeys,
}

/// What changes of a service; what is left out stays.
#[derive(Default)]
pub struct ServiceChange {
    /// What it is called.
    pub name: Option<String>,
    /// Its keys, both.
    pub keys: Option<ServiceKeys>,
    /// Whether anything is written as it.
    pub is_enabled: Option<bool>,
}

impl ServiceKeys {
    fn check(&self) -> Option<NotificationRefusal> {
        let wrong = |field| NotificationRefusal::Setting(field, KEY.to_owned());
        let secondary = self.secondary.as_deref();
        match is_key(&self.primary) {
            false => Some(wrong("primaryKey")),
            true => (!secondary.is_none_or(is_key)).then(|| wrong("secondaryKey")),
        }
    }

    fn seal(&self, vault: &Vault, id: AppIoServiceId) -> Result<String, NotificationError> {
        let text = serde_json::to_vec(self);
        let text = text.map_err(|error| NotificationError::Sealing(error.to_string()))?;
        Ok(vault.seal(&place(id), &text)?)
    }
}

fn place(id: AppIoServiceId) -> String {
    format!("appio_service:{id}:keys")
}

impl AppIoService {
    /// The name of services of App IO in global ids.
    pub const TYPE_NAME: &str = "AppIoService";

    pub(super) fn of(row: Model) -> Self {
        Self {
            id: AppIoServiceId(row.id),
            name: row.name,
            service_id: row.service_id,
            is_enabled: row.is_enabled,
            paused_until: row.paused_key.and_then(DateTime::from_timestamp_millis),
            created_at: row.created_at,
            updated_at: row.updated_at,
            keys: row.keys,
        }
    }

    /// What is written down of what was done to it.
    pub fn deed(&self, name: &'static str, municipality: &IpaCode) -> Deed {
        let id = global_id_of(Self::TYPE_NAME, municipality, self.id);
        Deed::to(name, id).with(json!({
            "name": self.name,
            "serviceId": self.service_id,
            "isEnabled": self.is_enabled,
        }))
    }

    /// Its keys.
    ///
    /// # Errors
    /// They were encrypted with another secret.
    pub fn keys(&self, vault: &Vault) -> Result<ServiceKeys, NotificationError> {
        let text = open(vault, &place(self.id), &self.keys)?;
        let wrong = |_| NotificationError::Sealing("keys of another form".to_owned());
        serde_json::from_str(&text).map_err(wrong)
    }
}

fn name(text: &str) -> Result<String, NotificationRefusal> {
    let text = text.trim();
    let fits = (1..=LONGEST).contains(&text.chars().count()) && !text.contains(char::is_control);
    let message = || format!("write a name of 1 to {LONGEST} characters");
    match fits {
        true => Ok(text.to_owned()),
        false => Err(NotificationRefusal::Setting("name", message())),
    }
}

/// Registers a service of App IO.
///
/// # Errors
/// Something of it is wrong, there are many already, there is no secret to encrypt with, or the database failed.
pub async fn create_service(
    transaction: &Transaction,
    vault: &Vault,
    new: NewService,
    now: DateTime<Utc>,
) -> Result<AppIoService, NotificationError> {
    let id = AppIoServiceId::generate();
    if !is_ulid(&new.service_id) {
        let message = "write the id of the service at IO: 26 letters and digits".to_owned();
        return Err(NotificationRefusal::Setting("serviceId", message).into());
    }
    if let Some(refusal) = new.keys.check() {
        return Err(refusal.into());
    }
    let there = transaction.all::<Entity>(Condition::all()).await?;
    if there.len() >= MOST {
        let message = format!("there are {MOST} services already: delete one first");
        return Err(NotificationRefusal::Setting("serviceId", message).into());
    }
    if there.iter().any(|one| one.service_id == new.service_id) {
        let message = "this service is there already".to_owned();
        return Err(NotificationRefusal::Setting("serviceId", message).into());
    }
    let row = Model {
        id: id.0,
        tenant_id: Uuid::nil(),
        name: name(&new.name)?,
        service_id: new.service_id,
        keys: new.keys.seal(vault, id)?,
        is_enabled: true,
        paused_key: None,
        created_at: now,
        updated_at: now,
    };
    transaction.insert::<Entity>([row.clone()]).await?;
    Ok(AppIoService::of(row))
}

/// Changes a service of App IO. With new keys it is not left alone any more.
///
/// # Errors
/// There is no such service, something of it is wrong, or the database failed.
pub async fn update_service(
    transaction: &Transaction,
    vault: &Vault,
    id: AppIoServiceId,
    change: ServiceChange,
    now: DateTime<Utc>,
) -> Result<AppIoService, NotificationError> {
    hold(transaction, id).await?;
    let mut values = vec![(Column::UpdatedAt, now.into())];
    if let Some(text) = change.name {
        values.push((Column::Name, name(&text)?.into()));
    }
    if let Some(keys) = change.keys {
        if let Some(refusal) = keys.check() {
            return Err(refusal.into());
        }
        values.push((Column::Keys, keys.seal(vault, id)?.into()));
        values.push((Column::PausedKey, None::<i64>.into()));
    }
    if let Some(is_enabled) = change.is_enabled {
        values.push((Column::IsEnabled, is_enabled.into()));
    }
    transaction
        .update::<Entity>(values, Column::Id.eq(id.0))
        .await?;
    Ok(AppIoService::of(hold(transaction, id).await?))
}

/// Deletes a service of App IO with the templates that are written as it, and gives it as it was.
///
/// # Errors
/// There is no such service, or the database failed.
pub async fn delete_service(
    transaction: &Transaction,
    id: AppIoServiceId,
) -> Result<AppIoService, NotificationError> {
    let row = hold(transaction, id).await?;
    transaction.delete::<Entity>(Column::Id.eq(id.0)).await?;
    Ok(AppIoService::of(row))
}

/// Leaves a service alone for a while whose keys IO refused; gives until when.
pub(super) async fn pause(
    transaction: &Transaction,
    id: AppIoServiceId,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, StoreError> {
    let until = now + PAUSE;
    let values = [(Column::PausedKey, until.timestamp_millis().into())];
    transaction
        .update::<Entity>(values, Column::Id.eq(id.0))
        .await?;
    Ok(until)
}

/// The service with this id.
pub(super) async fn find<C: ConnectionTrait>(
    scope: &Scope<C>,
    id: AppIoServiceId,
) -> Result<Option<AppIoService>, StoreError> {
    let row = scope.one::<Entity>(Column::Id.eq(id.0)).await?;
    Ok(row.map(AppIoService::of))
}

/// A service, kept from all others who change it until the transaction ends.
pub(super) async fn hold(
    transaction: &Transaction,
    id: AppIoServiceId,
) -> Result<Model, NotificationError> {
    let rows = transaction.hold_of::<Entity>(Column::Id, [id.0]);
    let row = rows.await?.into_iter().next();
    Ok(row.ok_or(NotificationRefusal::NotFound("service"))?)
}
