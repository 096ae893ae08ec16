//! How a municipality is known to App IO: whether it writes there, to whom, and with which keys IO fetches content.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use municipio_entities::appio_account::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    AccountSettings, LollipopKey, NotificationError, NotificationRefusal,
    account_settings::USUAL_CALLS, remote_keys::RemoteKeys, sheet,
};
use crate::{
    audit::Deed,
    identity::{EmailAddress, Token, TokenKind, Vault},
    store::{Scope, StoreError, Transaction},
    tenants::IpaCode,
};

/// What stands in the place of the id of a case in the address of cases.
pub(super) const ID: &str = "{id}";

/// Whom messages reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// The citizen of tests alone, whoever they are for.
    Sandbox,
    /// Those whom they are for.
    Production,
}

impl Environment {
    /// The fiscal code of the citizen of tests.
    pub const SANDBOX_CODE: &str = "AAAAAA00A00A000A";

    /// Its name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
        }
    }
}

impl FromStr for Environment {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, StoreError> {
        match name {
            "sandbox" => Ok(Self::Sandbox),
            "production" => Ok(Self::Production),
            _ => Err(StoreError::corrupt("environment of App IO", name)),
        }
    }
}

/// How a municipality is known to App IO, without its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct AppIoAccount {
    /// Whether it writes there.
    pub is_enabled: bool,
    /// Whom messages reach.
    pub environment: Environment,
    /// It has a premium contract.
    pub is_premium: bool,
    /// How many calls IO answers in five seconds.
    pub calls: i32,
    /// Where citizens see a case.
    pub case_address: String,
    /// Whether there is a manage key.
    pub has_manage_key: bool,
    /// The configuration of remote content at IO.
    pub remote_configuration: Option<String>,
    /// The address from which mails are written; none are without it.
    pub mail_sender: Option<EmailAddress>,
    /// The keys with which IO fetches content.
    pub remote_keys: RemoteKeys,
    /// When it was changed last; nothing while it was not set up.
    pub updated_at: Option<DateTime<Utc>>,
    manage_key: Option<String>,
    lollipop_key: Option<String>,
}

impl Default for AppIoAccount {
    /// As long as nothing was set up.
    fn default() -> Self {
        Self {
            is_enabled: false,
            environment: Environment::Sandbox,
            is_premium: false,
            calls: USUAL_CALLS,
            case_address: String::new(),
            has_manage_key: false,
            remote_configuration: None,
            mail_sender: None,
            remote_keys: RemoteKeys::default(),
            updated_at: None,
            manage_key: None,
            lollipop_key: None,
        }
    }
}

impl AppIoAccount {
    fn of(row: Model) -> Result<Self, StoreError> {
        let remote_keys = serde_json::from_value(row.remote_keys)
            .map_err(|error| StoreError::corrupt("keys of App IO", error))?;
        let mail_sender = row.mail_sender.as_deref().map(str::parse).transpose();
        let mail_sender =
            mail_sender.map_err(|error| StoreError::corrupt("sender of mails", error))?;
        Ok(Self {
            is_enabled: row.is_enabled,
            environment: row.environment.parse()?,
            is_premium: row.is_premium,
            calls: row.calls,
            case_address: row.case_address,
            has_manage_key: row.manage_key.is_some(),
            remote_configuration: row.remote_configuration,
            mail_sender,
            remote_keys,
            updated_at: Some(row.updated_at),
            manage_key: row.manage_key,
            lollipop_key: row.lollipop_key,
        })
    }

    /// The key with which assertions are fetched: with one, who reads messages has to prove it.
    pub fn lollipop_key(&self) -> Option<LollipopKey> {
        self.lollipop_key.clone().map(LollipopKey)
    }

    /// The manage key.
    ///
    /// # Errors
    /// It was encrypted with another secret.
    pub fn manage_key(&self, vault: &Vault) -> Result<Option<String>, NotificationError> {
        let sealed = self.manage_key.as_deref();
        let opened = sealed.map(|sealed| open(vault, PLACE, sealed));
        opened.transpose()
    }

    /// Where a citizen sees the case with this global id.
    pub(super) fn case_address(&self, id: &str) -> String {
        self.case_address.replace(ID, id)
    }

    /// What is written down of what was done to it.
    pub fn deed(&self, name: &'static str, municipality: &IpaCode) -> Deed {
        Deed::to(name, municipality.as_str()).with(json!({
            "isEnabled": self.is_enabled,
            "environment": self.environment,
            "isPremium": self.is_premium,
            "hasManageKey": self.has_manage_key,
            "isLollipopVerified": self.lollipop_key.is_some(),
            "remoteConfiguration": self.remote_configuration,
            "mailSender": self.mail_sender.as_ref().map(EmailAddress::as_str),
        }))
    }
}

/// Where keys are kept.
const PLACE: &str = "appio_account:manage_key";
pub(super) const LOLLIPOP_PLACE: &str = "appio_account:lollipop_key";

/// Decrypts a text that is kept at this place.
pub(super) fn open(vault: &Vault, place: &str, sealed: &str) -> Result<String, NotificationError> {
    let text = vault.open(place, sealed)?;
    let wrong = |_| NotificationError::Sealing("it is of another form".to_owned());
    String::from_utf8(text).map_err(wrong)
}

/// Says how the municipality is known to App IO.
///
/// # Errors
/// Something of it is wrong, there is no secret to encrypt with, or the database failed.
pub async fn configure(
    transaction: &Transaction,
    vault: &Vault,
    settings: AccountSettings,
    now: DateTime<Utc>,
) -> Result<AppIoAccount, NotificationError> {
    let wrong = settings.check();
    if !wrong.is_empty() {
        return Err(NotificationError::Refused(wrong));
    }
    let row = hold_or_make(transaction, now).await?;
    let sealed = |given: Option<&str>, kept, place| match given {
        None => Ok(kept),
        Some("") => Ok(None),
        Some(key) => vault.seal(place, key.as_bytes()).map(Some),
    };
    let manage_key = sealed(settings.manage_key.as_deref(), row.manage_key, PLACE)?;
    let lollipop_key = settings.lollipop_key.as_deref();
    let lollipop_key = sealed(lollipop_key, row.lollipop_key, LOLLIPOP_PLACE)?;
    let values = [
        (Column::IsEnabled, settings.is_enabled.into()),
        (Column::Environment, settings.environment.as_str().into()),
        (Column::IsPremium, settings.is_premium.into()),
        (Column::Calls, settings.calls.into()),
        (Column::CaseAddress, settings.case_address.into()),
        (Column::ManageKey, manage_key.into()),
        (Column::LollipopKey, lollipop_key.into()),
        (
            Column::RemoteConfiguration,
            settings.remote_configuration.into(),
        ),
        (Column::MailSender, settings.mail_sender.into()),
        (Column::UpdatedAt, now.into()),
    ];
    let account = write(transaction, values).await?;
    sheet::touch_all(transaction, now).await?;
    Ok(account)
}

/// Makes another key with which IO fetches content of an environment; the one before is good for a week. Gives it, this
/// once.
///
/// # Errors
/// The municipality has no account, there is no randomness, or the database failed.
pub async fn rotate_remote_key(
    transaction: &Transaction,
    environment: Environment,
    now: DateTime<Utc>,
) -> Result<(AppIoAccount, Token), NotificationError> {
    let row = hold(transaction).await?;
    let row = row.ok_or(NotificationRefusal::NotEnabled)?;
    let mut keys = AppIoAccount::of(row)?.remote_keys;
    let token = Token::generate(TokenKind::RemoteContent)?;
    keys.rotate(environment, &token, now);
    let values = [
        (Column::RemoteKeys, json!(keys).into()),
        (Column::UpdatedAt, now.into()),
    ];
    Ok((write(transaction, values).await?, token))
}

/// The account of a municipality.
pub(super) async fn find<C: ConnectionTrait>(
    scope: &Scope<C>,
) -> Result<Option<AppIoAccount>, StoreError> {
    let row = scope.one::<Entity>(Condition::all()).await?;
    row.map(AppIoAccount::of).transpose()
}

/// The row, kept from all others who change it until the transaction ends.
pub(super) async fn hold(transaction: &Transaction) -> Result<Option<Model>, StoreError> {
    let tenant = transaction.tenant_id().0;
    let held = transaction.hold_of::<Entity>(Column::TenantId, [tenant]);
    Ok(held.await?.pop())
}

async fn hold_or_make(transaction: &Transaction, now: DateTime<Utc>) -> Result<Model, StoreError> {
    let new = Model {
        tenant_id: Uuid::nil(),
        is_enabled: false,
        environment: Environment::Sandbox.as_str().to_owned(),
        is_premium: false,
        calls: USUAL_CALLS,
        case_address: String::new(),
        manage_key: None,
        lollipop_key: None,
        remote_configuration: None,
        mail_sender: None,
        remote_keys: json!(RemoteKeys::default()),
        free_key: 0,
        created_at: now,
        updated_at: now,
    };
    transaction.insert_missing::<Entity>([new]).await?;
    let held = hold(transaction).await?;
    held.ok_or_else(|| StoreError::corrupt("account of App IO", "it is gone"))
}

async fn write(
    transaction: &Transaction,
    values: impl IntoIterator<Item = (Column, sea_orm::Value)>,
) -> Result<AppIoAccount, NotificationError> {
    let this = Column::TenantId.eq(transaction.tenant_id().0);
    transaction.update::<Entity>(values, this).await?;
    let account = find(transaction).await?;
    Ok(account.ok_or_else(|| StoreError::corrupt("account of App IO", "it is gone"))?)
}
