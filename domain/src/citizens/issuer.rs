//! The issuers whose tokens make their bearers citizens of a municipality: its proxy to SPID and CIE, or several, one
//! row for each. Identity providers are something else: through them those sign in who work here.

use chrono::{DateTime, Utc};
use municipio_entities::citizen_issuer::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition};
use serde_json::{Value, json};
use uuid::Uuid;

use super::IssuerSettings;
use crate::{
    audit::Deed,
    content::global_id_of,
    identity::{Giver, IdentityError, Refusal, authorise_providers, display_name, issuer},
    ids::CitizenIssuerId,
    store::{StoreError, TenantStore, Transaction},
    tenants::IpaCode,
};

/// An issuer of tokens of citizens (emittente).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CitizenIssuer {
    /// Its id.
    pub id: CitizenIssuerId,
    /// What officers see of it: «Accesso SPID e CIE».
    pub name: String,
    /// The issuer, as its tokens name it.
    pub issuer: String,
    /// Whether its tokens are accepted.
    pub is_enabled: bool,
    /// Which of them, and how they are read.
    pub settings: IssuerSettings,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// What is said of a new issuer.
#[derive(Clone, Debug)]
pub struct NewCitizenIssuer {
    /// What officers see of it.
    pub name: String,
    /// The issuer.
    pub issuer: String,
    /// Which of its tokens are accepted, and how they are read.
    pub settings: IssuerSettings,
}

/// What changes of an issuer; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct CitizenIssuerChange {
    /// What officers see of it.
    pub name: Option<String>,
    /// Whether its tokens are accepted.
    pub is_enabled: Option<bool>,
    /// Which of them, and how they are read, as a whole.
    pub settings: Option<IssuerSettings>,
}

impl CitizenIssuer {
    /// The name of issuers in global ids.
    pub const TYPE_NAME: &str = "CitizenIssuer";

    /// What is written down of what was done to it.
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
            .map_err(|error| StoreError::corrupt("settings of an issuer", error))?;
        Ok(Self {
            id: CitizenIssuerId(row.id),
            name: row.name,
            issuer: row.issuer,
            is_enabled: row.is_enabled,
            settings,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }

    /// The one whose tokens name it like this, while they are accepted.
    pub(super) async fn enabled(
        store: &TenantStore,
        issuer: &str,
    ) -> Result<Option<Self>, StoreError> {
        let filter = by_issuer(issuer).add(Column::IsEnabled.eq(true));
        let row = store.read().one::<Entity>(filter).await?;
        row.map(Self::of).transpose()
    }

    /// All of a municipality, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list(store: &TenantStore) -> Result<Vec<Self>, StoreError> {
        let mut rows = store.read().all::<Entity>(Condition::all()).await?;
        rows.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        rows.into_iter().map(Self::of).collect()
    }
}

fn by_id(id: CitizenIssuerId) -> Condition {
    Condition::all().add(Column::Id.eq(id.0))
}

fn by_issuer(issuer: &str) -> Condition {
    Condition::all().add(Column::Issuer.eq(issuer))
}

fn stored(settings: &IssuerSettings) -> Result<Value, StoreError> {
    serde_json::to_value(settings)
        .map_err(|error| StoreError::corrupt("settings of an issuer", error))
}

/// Registers an issuer. It says who is who, and so reaches the cases of everybody: only who may do everything does.
///
/// # Errors
/// It is registered already, something of it is wrong, the giver may not do everything, or the database failed.
pub async fn create_citizen_issuer(
    transaction: &Transaction,
    giver: Giver<'_>,
    new: NewCitizenIssuer,
    now: DateTime<Utc>,
) -> Result<CitizenIssuer, IdentityError> {
    authorise_providers(giver)?;
    new.settings.check()?;
    let row = Model {
        id: CitizenIssuerId::generate().0,
        tenant_id: Uuid::nil(),
        name: display_name(&new.name)?,
        issuer: issuer(&new.issuer)?,
        is_enabled: true,
        settings: stored(&new.settings)?,
        created_at: now,
        updated_at: now,
    };
    if transaction
        .one::<Entity>(by_issuer(&row.issuer))
        .await?
        .is_some()
    {
        return Err(Refusal::IssuerTaken.into());
    }
    let inserted = transaction.insert::<Entity>([row.clone()]).await;
    inserted.map_err(|error| match error.is_conflict() {
        true => IdentityError::from(Refusal::IssuerTaken),
        false => error.into(),
    })?;
    Ok(CitizenIssuer::of(row)?)
}

/// Changes an issuer.
///
/// # Errors
/// There is no such issuer, something of it is wrong, the giver may not do everything, or the database failed.
pub async fn update_citizen_issuer(
    transaction: &Transaction,
    giver: Giver<'_>,
    id: CitizenIssuerId,
    change: CitizenIssuerChange,
    now: DateTime<Utc>,
) -> Result<CitizenIssuer, IdentityError> {
    authorise_providers(giver)?;
    hold(transaction, id).await?;
    let mut values = vec![(Column::UpdatedAt, now.into())];
    if let Some(settings) = &change.settings {
        settings.check()?;
        values.push((Column::Settings, stored(settings)?.into()));
    }
    if let Some(name) = change.name {
        values.push((Column::Name, display_name(&name)?.into()));
    }
    if let Some(is_enabled) = change.is_enabled {
        values.push((Column::IsEnabled, is_enabled.into()));
    }
    transaction.update::<Entity>(values, by_id(id)).await?;
    hold(transaction, id).await
}

/// Deletes an issuer, and gives it as it was: its tokens are accepted no longer.
///
/// # Errors
/// There is no such issuer, the giver may not do everything, or the database failed.
pub async fn delete_citizen_issuer(
    transaction: &Transaction,
    giver: Giver<'_>,
    id: CitizenIssuerId,
) -> Result<CitizenIssuer, IdentityError> {
    authorise_providers(giver)?;
    let issuer = hold(transaction, id).await?;
    transaction.delete::<Entity>(by_id(id)).await?;
    Ok(issuer)
}

/// An issuer, kept from all others who change it until the transaction ends.
async fn hold(
    transaction: &Transaction,
    id: CitizenIssuerId,
) -> Result<CitizenIssuer, IdentityError> {
    let rows = transaction.hold_of::<Entity>(Column::Id, [id.0]);
    let row = rows.await?.into_iter().next();
    Ok(CitizenIssuer::of(row.ok_or(Refusal::NoCitizenIssuer)?)?)
}
