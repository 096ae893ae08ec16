//! Identity providers: the issuers through which people sign in to a municipality, one provider for each issuer.

use chrono::{DateTime, Utc};
use municipio_entities::identity_provider::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use serde_json::json;
use uuid::Uuid;

use super::{
    BuiltInRole, Denied, Giver, IdentityError, ProviderSettings, Refusal, Vault, accounts,
    external, roles,
};
use crate::{
    audit::Deed,
    content::global_id_of,
    ids::ProviderId,
    openid::is_issuer,
    store::{Scope, StoreError, TenantStore, Transaction},
    tenants::IpaCode,
};

/// An identity provider, without its secret.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityProvider {
    /// Its id.
    pub id: ProviderId,
    /// What people see of it: «Comune di Roma».
    pub name: String,
    /// The issuer, as its tokens name it.
    pub issuer: String,
    /// Who we are to it.
    pub client_id: String,
    /// Whether we have a secret with it.
    pub has_client_secret: bool,
    /// Whether people sign in through it.
    pub is_enabled: bool,
    /// Who may sign in, and as what.
    pub settings: ProviderSettings,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// What is said of a new provider.
#[derive(Clone, Debug)]
pub struct NewProvider {
    /// What people see of it.
    pub name: String,
    /// The issuer.
    pub issuer: String,
    /// Who we are to it.
    pub client_id: String,
    /// The secret that we have with it; none when we are a public client.
    pub client_secret: Option<String>,
    /// Who may sign in, and as what.
    pub settings: ProviderSettings,
}

/// What changes of a provider; what is left out stays. The issuer does: accounts are tied to it.
#[derive(Clone, Debug, Default)]
pub struct ProviderChange {
    /// What people see of it.
    pub name: Option<String>,
    /// Who we are to it.
    pub client_id: Option<String>,
    /// The secret that we have with it.
    pub client_secret: Option<String>,
    /// Whether people sign in through it; who did is signed out when they do not any more.
    pub is_enabled: Option<bool>,
    /// Who may sign in, and as what, as a whole.
    pub settings: Option<ProviderSettings>,
}

/// The longest issuer, client id or secret.
const LONGEST: usize = 500;

impl IdentityProvider {
    /// The name of providers in global ids.
    pub const TYPE_NAME: &str = "IdentityProvider";

    /// What is written down of what was done to it: which provider it is, and whom it lets in.
    pub fn deed(&self, name: &'static str, municipality: &IpaCode) -> Deed {
        let id = global_id_of(Self::TYPE_NAME, municipality, self.id);
        Deed::to(name, id).with(json!({
            "issuer": self.issuer,
            "isEnabled": self.is_enabled,
            "settings": self.settings,
        }))
    }

    fn of(row: Model) -> Result<Self, StoreError> {
        let settings = serde_json::from_value(row.settings)
            .map_err(|error| StoreError::corrupt("settings of an identity provider", error))?;
        Ok(Self {
            id: ProviderId(row.id),
            name: row.name,
            issuer: row.issuer,
            client_id: row.client_id,
            has_client_secret: row.client_secret.is_some(),
            is_enabled: row.is_enabled,
            settings,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// The issuer, as it is kept.
pub(crate) fn issuer(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    match is_issuer(text) && text.len() <= LONGEST {
        true => Ok(text.to_owned()),
        false => Err(Refusal::Issuer),
    }
}

fn client_id(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    match (1..=LONGEST).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err(Refusal::ClientId(LONGEST)),
    }
}

fn place(id: ProviderId) -> String {
    format!("identity_provider:{id}:client_secret")
}

fn seal(vault: &Vault, id: ProviderId, secret: &str) -> Result<String, IdentityError> {
    if secret.is_empty() || secret.len() > LONGEST {
        return Err(Refusal::ClientSecret(LONGEST).into());
    }
    vault
        .seal(&place(id), secret.as_bytes())
        .map_err(|error| match error {
            IdentityError::Refused(Refusal::NoSecret) => Refusal::NoSecretForProvider.into(),
            other => other,
        })
}

fn by_id(id: ProviderId) -> Condition {
    Condition::all().add(Column::Id.eq(id.0))
}

/// A provider says who somebody is: whoever sets one up could be anybody. So only who may do everything does.
///
/// # Errors
/// The giver may not do everything.
pub fn authorise_providers(giver: Giver<'_>) -> Result<(), Denied> {
    giver.allow(&BuiltInRole::Administrator.grants())
}

/// Refuses new settings that are wrong, or name roles that are not there or allow more than the giver may. A role
/// of settings that are kept may be gone.
async fn check(
    transaction: &Transaction,
    giver: Giver<'_>,
    settings: &ProviderSettings,
) -> Result<(), IdentityError> {
    let named = settings.group_roles.values().flatten().cloned().collect();
    giver.allow(&roles::known_grants(transaction, &named).await?)?;
    Ok(settings.check()?)
}

/// Registers a provider.
///
/// # Errors
/// Its issuer is registered already, something of it is wrong, the giver may not do everything, or the
/// database failed.
pub async fn create_provider(
    transaction: &Transaction,
    vault: &Vault,
    giver: Giver<'_>,
    new: NewProvider,
    now: DateTime<Utc>,
) -> Result<IdentityProvider, IdentityError> {
    authorise_providers(giver)?;
    check(transaction, giver, &new.settings).await?;
    let id = ProviderId::generate();
    let secret = new.client_secret.as_deref();
    let row = Model {
        id: id.0,
        tenant_id: Uuid::nil(),
        name: accounts::name(&new.name)?,
        issuer: issuer(&new.issuer)?,
        client_id: client_id(&new.client_id)?,
        client_secret: secret.map(|secret| seal(vault, id, secret)).transpose()?,
        is_enabled: true,
        settings: stored(&new.settings)?,
        created_at: now,
        updated_at: now,
    };
    let same = Condition::all().add(Column::Issuer.eq(row.issuer.as_str()));
    if transaction.one::<Entity>(same).await?.is_some() {
        return Err(Refusal::IssuerTaken.into());
    }
    let inserted = transaction.insert::<Entity>([row.clone()]).await;
    inserted.map_err(|error| match error.is_conflict() {
        true => IdentityError::from(Refusal::IssuerTaken),
        false => error.into(),
    })?;
    Ok(IdentityProvider::of(row)?)
}

/// Changes a provider.
///
/// # Errors
/// There is no such provider, something of it is wrong, the giver may not do everything, or the database
/// failed.
pub async fn update_provider(
    transaction: &Transaction,
    vault: &Vault,
    giver: Giver<'_>,
    id: ProviderId,
    change: ProviderChange,
    now: DateTime<Utc>,
) -> Result<IdentityProvider, IdentityError> {
    authorise_providers(giver)?;
    let provider = hold(transaction, id).await?;
    let mut values = vec![(Column::UpdatedAt, now.into())];
    if let Some(settings) = &change.settings {
        check(transaction, giver, settings).await?;
        values.push((Column::Settings, stored(settings)?.into()));
    }
    if let Some(name) = change.name {
        values.push((Column::Name, accounts::name(&name)?.into()));
    }
    if let Some(text) = change.client_id {
        values.push((Column::ClientId, client_id(&text)?.into()));
    }
    if let Some(secret) = change.client_secret {
        let sealed = seal(vault, id, &secret)?;
        values.push((Column::ClientSecret, Some(sealed).into()));
    }
    if let Some(is_enabled) = change.is_enabled {
        values.push((Column::IsEnabled, is_enabled.into()));
        if !is_enabled {
            external::sign_out_all(transaction, &provider.issuer).await?;
        }
    }
    transaction.update::<Entity>(values, by_id(id)).await?;
    hold(transaction, id).await
}

/// Deletes a provider, and gives it as it was. Who signed in through it is signed out, and loses the roles that came from its groups;
/// their accounts stay.
///
/// # Errors
/// There is no such provider, the giver may not do everything, the last administrator has the role from its
/// groups, or the database failed.
pub async fn delete_provider(
    transaction: &Transaction,
    giver: Giver<'_>,
    id: ProviderId,
) -> Result<IdentityProvider, IdentityError> {
    authorise_providers(giver)?;
    let provider = hold(transaction, id).await?;
    external::forget_all(transaction, giver, &provider.issuer).await?;
    transaction.delete::<Entity>(by_id(id)).await?;
    Ok(provider)
}

fn stored(settings: &ProviderSettings) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(settings)
        .map_err(|error| StoreError::corrupt("settings of an identity provider", error))
}

/// All providers of a tenant, by name.
///
/// # Errors
/// The database failed.
pub async fn list_providers(store: &TenantStore) -> Result<Vec<IdentityProvider>, StoreError> {
    all(&store.read()).await
}

/// All providers, by name.
pub(super) async fn all<C: ConnectionTrait>(
    scope: &Scope<C>,
) -> Result<Vec<IdentityProvider>, StoreError> {
    let mut rows = scope.all::<Entity>(Condition::all()).await?;
    rows.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    rows.into_iter().map(IdentityProvider::of).collect()
}

/// A provider, kept from all others who change it, sign in through it or take accounts from it until the
/// transaction ends.
pub(super) async fn hold(
    transaction: &Transaction,
    id: ProviderId,
) -> Result<IdentityProvider, IdentityError> {
    let rows = transaction.hold_of::<Entity>(Column::Id, [id.0]);
    let row = rows.await?.into_iter().next();
    Ok(IdentityProvider::of(row.ok_or(Refusal::NoProvider)?)?)
}

/// A provider through which people sign in, with its secret.
pub(super) async fn enabled<C: ConnectionTrait>(
    scope: &Scope<C>,
    vault: &Vault,
    id: ProviderId,
) -> Result<(IdentityProvider, Option<String>), IdentityError> {
    let filter = by_id(id).add(Column::IsEnabled.eq(true));
    let row = scope.one::<Entity>(filter).await?;
    let row = row.ok_or(Refusal::NoProvider)?;
    let secret = match &row.client_secret {
        None => None,
        Some(sealed) => {
            let bytes = vault.open(&place(id), sealed)?;
            let text = String::from_utf8(bytes);
            Some(text.map_err(|error| IdentityError::Vault(error.to_string()))?)
        }
    };
    Ok((IdentityProvider::of(row)?, secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_an_address() {
        let keycloak = "https://login.comune.example/realms/comune";
        assert_eq!(issuer(&format!(" {keycloak} ")).unwrap(), keycloak);
        for wrong in [
            "",
            "login.example",
            "https://login.example?x=1",
            "https://login.example/#a",
        ] {
            assert!(issuer(wrong).is_err(), "{wrong}");
        }
    }
}
