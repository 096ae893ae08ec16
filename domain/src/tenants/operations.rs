//! Creating, showing and suspending tenants.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use municipio_entities::{tenant, tenant_host};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::{FiscalCode, IpaCode, Tenant, TenantStatus, by_ipa_code};
use crate::{
    audit::{self, Actor, Deed},
    ids::TenantId,
    locale::Locale,
    store::{Database, StoreError},
};

/// What is said of a new tenant. What is left out comes from the facts of the municipality.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// IPA code.
    pub ipa_code: IpaCode,
    /// Name; «Comune di …» when it is a municipality and this is empty.
    pub name: Option<String>,
    /// Fiscal code of the body.
    pub fiscal_code: Option<FiscalCode>,
    /// Host names.
    pub hosts: Vec<String>,
    /// Locales, the default first; Italian alone when empty.
    pub locales: Vec<Locale>,
    /// The id, when it must be a known one.
    pub id: Option<TenantId>,
}

/// Why a tenant cannot be created or shown.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such tenant.
    #[error("there is no tenant with the IPA code {0}")]
    NotFound(IpaCode),
    /// The IPA code is taken.
    #[error("there is a tenant with the IPA code {0} already")]
    Exists(IpaCode),
    /// A host name is taken.
    #[error("the host name {host} belongs to the tenant {owner} already")]
    HostTaken {
        /// The host name.
        host: String,
        /// The IPA code of its tenant.
        owner: String,
    },
    /// Not a host name.
    #[error(
        "«{0}» is not a host name: write it without scheme, path and port, such as www.comune.esempio.it"
    )]
    InvalidHost(String),
    /// Neither a known municipality nor named.
    #[error("no known municipality has the IPA code {0}: give the body a name with --name")]
    NameMissing(IpaCode),
}

impl From<sea_orm::DbErr> for TenantError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// Creates a tenant; the first entry of its audit log says so.
///
/// # Errors
/// The IPA code or a host name is taken or wrong, or the name is missing.
pub async fn create(
    database: &Database,
    new: NewTenant,
    now: DateTime<Utc>,
) -> Result<Tenant, TenantError> {
    let facts = by_ipa_code(&new.ipa_code);
    let name = new
        .name
        .or_else(|| {
            facts
                .as_ref()
                .map(|facts| format!("Comune di {}", facts.name))
        })
        .ok_or_else(|| TenantError::NameMissing(new.ipa_code.clone()))?;
    if name.trim().is_empty() {
        return Err(TenantError::NameMissing(new.ipa_code));
    }
    let mut locales = Vec::new();
    for locale in new.locales.into_iter().chain([Locale::italian()]) {
        if !locales.contains(&locale) {
            locales.push(locale);
        }
    }
    let hosts = new.hosts.iter().map(|host| host_name(host));
    let hosts: BTreeSet<String> = hosts.collect::<Result<_, _>>()?;
    let tenant = Tenant {
        id: new.id.unwrap_or_else(TenantId::generate),
        ipa_code: new.ipa_code,
        name,
        fiscal_code: new.fiscal_code,
        istat_code: facts.as_ref().map(|facts| facts.istat_code.clone()),
        cadastral_code: facts.as_ref().map(|facts| facts.cadastral_code.clone()),
        province: facts.as_ref().map(|facts| facts.province.clone()),
        region: facts.map(|facts| facts.region),
        locales,
        status: TenantStatus::Active,
        hosts: hosts.into_iter().collect(),
    };

    let store = database.tenant(tenant.id);
    let transaction = store.begin().await?;
    let tables = transaction.tenants();
    let same_code = tenant::Column::IpaCode.eq(tenant.ipa_code.as_str());
    if tenant::Entity::find()
        .filter(same_code)
        .one(tables)
        .await?
        .is_some()
    {
        return Err(TenantError::Exists(tenant.ipa_code));
    }
    row(&tenant, now).into_active_model().insert(tables).await?;
    for host in &tenant.hosts {
        if let Some(taken) = tenant_host::Entity::find_by_id(host).one(tables).await? {
            let owner = tenant::Entity::find_by_id(taken.tenant_id)
                .one(tables)
                .await?;
            return Err(TenantError::HostTaken {
                host: host.clone(),
                owner: owner.map(|owner| owner.ipa_code).unwrap_or_default(),
            });
        }
        let host = tenant_host::ActiveModel {
            host: Set(host.clone()),
            tenant_id: Set(tenant.id.0),
        };
        host.insert(tables).await?;
    }
    let deed = Deed::to("tenant.create", tenant.ipa_code.as_str())
        .with(json!({ "name": tenant.name, "hosts": tenant.hosts, "locales": tenant.locales }));
    audit::record(&transaction, &Actor::command(), &deed, now).await?;
    transaction.commit().await?;
    Ok(tenant)
}

/// How many tenants there are.
///
/// # Errors
/// The database failed.
pub async fn count(database: &Database) -> Result<u64, StoreError> {
    Ok(tenant::Entity::find()
        .count(database.tenants_read())
        .await?)
}

/// All tenants, by IPA code.
///
/// # Errors
/// The database failed.
pub async fn list(database: &Database) -> Result<Vec<Tenant>, StoreError> {
    let rows = tenant::Entity::find()
        .order_by_asc(tenant::Column::IpaCode)
        .all(database.tenants_read())
        .await?;
    let hosts = tenant_host::Entity::find()
        .order_by_asc(tenant_host::Column::Host)
        .all(database.tenants_read())
        .await?;
    let mut own: HashMap<_, Vec<_>> = HashMap::new();
    for host in hosts {
        own.entry(host.tenant_id).or_default().push(host.host);
    }
    rows.into_iter()
        .map(|row| {
            let own = own.remove(&row.id).unwrap_or_default();
            from_row(row, own)
        })
        .collect()
}

/// The only tenant there is; nothing when there are none or several.
pub(super) async fn only(database: &Database) -> Result<Option<Tenant>, StoreError> {
    let mut rows = tenant::Entity::find()
        .limit(2)
        .all(database.tenants_read())
        .await?;
    match (rows.pop(), rows.is_empty()) {
        (Some(row), true) => Ok(Some(with_hosts(database, row).await?)),
        _ => Ok(None),
    }
}

/// The tenant with this IPA code.
///
/// # Errors
/// There is none, or the database failed.
pub async fn show(database: &Database, ipa_code: &IpaCode) -> Result<Tenant, TenantError> {
    let row = tenant::Entity::find()
        .filter(tenant::Column::IpaCode.eq(ipa_code.as_str()))
        .one(database.tenants_read())
        .await?
        .ok_or_else(|| TenantError::NotFound(ipa_code.clone()))?;
    Ok(with_hosts(database, row).await?)
}

/// The tenant with this id; nothing when there is none any more.
///
/// # Errors
/// The database failed.
pub async fn find(database: &Database, id: TenantId) -> Result<Option<Tenant>, StoreError> {
    let row = tenant::Entity::find_by_id(id.0)
        .one(database.tenants_read())
        .await?;
    match row {
        Some(row) => Ok(Some(with_hosts(database, row).await?)),
        None => Ok(None),
    }
}

/// Stops or starts serving a tenant.
///
/// # Errors
/// There is no such tenant, or the database failed.
pub async fn suspend(
    database: &Database,
    ipa_code: &IpaCode,
    suspended: bool,
    now: DateTime<Utc>,
) -> Result<Tenant, TenantError> {
    let mut tenant = show(database, ipa_code).await?;
    let (status, name) = match suspended {
        true => (TenantStatus::Suspended, "tenant.suspend"),
        false => (TenantStatus::Active, "tenant.resume"),
    };
    tenant.status = status;
    let change = tenant::ActiveModel {
        id: Set(tenant.id.0),
        status: Set(status_name(tenant.status).to_owned()),
        ..Default::default()
    };
    let store = database.tenant(tenant.id);
    let transaction = store.begin().await?;
    change.update(transaction.tenants()).await?;
    let deed = Deed::to(name, ipa_code.as_str());
    audit::record(&transaction, &Actor::command(), &deed, now).await?;
    transaction.commit().await?;
    Ok(tenant)
}

/// The tenant served under this host name, suspended ones included.
pub(super) async fn by_host(database: &Database, host: &str) -> Result<Option<Tenant>, StoreError> {
    let Some(found) = tenant_host::Entity::find_by_id(host)
        .one(database.tenants_read())
        .await?
    else {
        return Ok(None);
    };
    let row = tenant::Entity::find_by_id(found.tenant_id)
        .one(database.tenants_read())
        .await?;
    match row {
        Some(row) => Ok(Some(with_hosts(database, row).await?)),
        None => Ok(None),
    }
}

pub(super) async fn with_hosts(
    database: &Database,
    row: tenant::Model,
) -> Result<Tenant, StoreError> {
    let hosts = tenant_host::Entity::find()
        .filter(tenant_host::Column::TenantId.eq(row.id))
        .order_by_asc(tenant_host::Column::Host)
        .all(database.tenants_read())
        .await?;
    from_row(row, hosts.into_iter().map(|host| host.host).collect())
}

fn host_name(host: &str) -> Result<String, TenantError> {
    let name = host.trim().to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if name.len() <= 253 && name.split('.').all(label) {
        Ok(name)
    } else {
        Err(TenantError::InvalidHost(host.chars().take(80).collect()))
    }
}

fn status_name(status: TenantStatus) -> &'static str {
    match status {
        TenantStatus::Active => "active",
        TenantStatus::Suspended => "suspended",
    }
}

fn row(tenant: &Tenant, now: DateTime<Utc>) -> tenant::Model {
    tenant::Model {
        id: tenant.id.0,
        ipa_code: tenant.ipa_code.to_string(),
        name: tenant.name.clone(),
        fiscal_code: tenant.fiscal_code.as_ref().map(ToString::to_string),
        istat_code: tenant.istat_code.clone(),
        cadastral_code: tenant.cadastral_code.clone(),
        province: tenant.province.clone(),
        region: tenant.region.clone(),
        locales: tenant.locales.iter().map(Locale::as_str).collect(),
        status: status_name(tenant.status).to_owned(),
        created_at: now,
        wakes_key: None,
    }
}

fn from_row(row: tenant::Model, hosts: Vec<String>) -> Result<Tenant, StoreError> {
    let what = format!("tenant {}", row.ipa_code);
    let corrupt = |reason: String| StoreError::corrupt(what.clone(), reason);
    Ok(Tenant {
        id: TenantId(row.id),
        ipa_code: row
            .ipa_code
            .parse()
            .map_err(|error: super::InvalidCode| corrupt(error.to_string()))?,
        name: row.name,
        fiscal_code: row
            .fiscal_code
            .map(|code| code.parse())
            .transpose()
            .map_err(|error: super::InvalidCode| corrupt(error.to_string()))?,
        istat_code: row.istat_code,
        cadastral_code: row.cadastral_code,
        province: row.province,
        region: row.region,
        locales: serde_json::from_value(row.locales).map_err(|error| corrupt(error.to_string()))?,
        status: match row.status.as_str() {
            "active" => TenantStatus::Active,
            "suspended" => TenantStatus::Suspended,
            other => return Err(corrupt(format!("unknown status «{other}»"))),
        },
        hosts,
    })
}
