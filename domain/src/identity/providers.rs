//! Identity providers: the issuers through which people sign in, and what a municipality makes of those whom an
//! issuer knows: whether they may sign in, as which account, with which roles.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use municipio_entities::identity_provider::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::{BuiltInRole, Giver, IdentityError, Refusal, Vault, accounts, external, roles};
use crate::{
    ids::ProviderId,
    openid::Algorithm,
    outgoing::is_this_machine,
    store::{Scope, StoreError, TenantStore, Transaction},
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

/// Who may sign in through a provider, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProviderSettings {
    /// The addresses to which people may be sent back, exactly as they are asked for.
    pub redirect_uris: BTreeSet<String>,
    /// What is asked of the provider.
    pub scopes: Vec<String>,
    /// The claim with the e-mail address: its name, or a JSON Pointer (RFC 6901) to it.
    pub email_claim: String,
    /// The claim with the name of the person.
    pub name_claim: String,
    /// The claim with the groups of the person, a text or a list of texts.
    pub groups_claim: String,
    /// The roles that the members of a group get.
    pub group_roles: BTreeMap<String, BTreeSet<String>>,
    /// The groups whose members may sign in; everybody whom the provider knows when left out.
    pub allowed_groups: Option<BTreeSet<String>>,
    /// Whether who signs in for the first time gets an account.
    pub creates_accounts: bool,
    /// Whether who signs in for the first time gets the account that has their address, if the provider has
    /// verified it.
    pub links_by_email: bool,
    /// How tokens may be signed.
    pub algorithms: BTreeSet<Algorithm>,
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            redirect_uris: BTreeSet::new(),
            scopes: ["openid", "email", "profile"].map(str::to_owned).into(),
            email_claim: "email".to_owned(),
            name_claim: "name".to_owned(),
            groups_claim: "groups".to_owned(),
            group_roles: BTreeMap::new(),
            allowed_groups: None,
            creates_accounts: false,
            links_by_email: false,
            algorithms: Algorithm::ALL.iter().copied().collect(),
        }
    }
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

/// The most values of a setting.
const MOST: usize = 200;
/// The longest text of a setting.
const LONGEST: usize = 500;

impl IdentityProvider {
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

impl ProviderSettings {
    /// Refuses what cannot be meant.
    fn check(&self) -> Result<(), Refusal> {
        let wrong = |field, message: String| Err(Refusal::ProviderSetting(field, message));
        let lists: [(&str, Vec<&String>); 4] = [
            ("redirectUris", self.redirect_uris.iter().collect()),
            ("scopes", self.scopes.iter().collect()),
            ("groupRoles", self.group_roles.keys().collect()),
            (
                "allowedGroups",
                self.allowed_groups.iter().flatten().collect(),
            ),
        ];
        for (field, texts) in lists {
            let fits = |text: &&String| (1..=LONGEST).contains(&text.chars().count());
            if texts.len() > MOST || !texts.iter().all(fits) {
                let message = format!("write at most {MOST} texts of 1 to {LONGEST} characters");
                return wrong(field, message);
            }
        }
        if let Some(uri) = self.redirect_uris.iter().find(|uri| !is_redirect_uri(uri)) {
            let message = format!(
                "«{uri}» is not an address with https, or with http on the own machine; it has no fragment"
            );
            return wrong("redirectUris", message);
        }
        let is_scope = |scope: &String| scope.bytes().all(|byte| byte.is_ascii_graphic());
        if !self.scopes.iter().any(|scope| scope == "openid") || !self.scopes.iter().all(is_scope) {
            return wrong(
                "scopes",
                "write scopes without spaces, «openid» among them".to_owned(),
            );
        }
        let claims = [
            ("emailClaim", &self.email_claim),
            ("nameClaim", &self.name_claim),
            ("groupsClaim", &self.groups_claim),
        ];
        for (field, claim) in claims {
            if !(1..=LONGEST).contains(&claim.chars().count()) {
                return wrong(field, "write the name of a claim".to_owned());
            }
        }
        if self.allowed_groups.as_ref().is_some_and(BTreeSet::is_empty) {
            return wrong("allowedGroups", "name a group, or leave it out".to_owned());
        }
        match self.algorithms.is_empty() {
            true => wrong("algorithms", "name an algorithm".to_owned()),
            false => Ok(()),
        }
    }

    /// The roles of who is in these groups.
    pub(super) fn roles_of(&self, groups: &BTreeSet<String>) -> BTreeSet<String> {
        let of_group = |group| self.group_roles.get(group).into_iter().flatten();
        groups.iter().flat_map(of_group).cloned().collect()
    }

    /// Whether who is in these groups may sign in.
    pub(super) fn allows(&self, groups: &BTreeSet<String>) -> bool {
        let allowed = self.allowed_groups.as_ref();
        allowed.is_none_or(|allowed| !allowed.is_disjoint(groups))
    }
}

/// Over TLS; or on the machine of who develops a portal (RFC 8252, section 7.3).
fn is_redirect_uri(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let is_safe = match url.scheme() {
            "https" => url.has_host(),
            "http" => is_this_machine(&url),
            _ => false,
        };
        is_safe && url.fragment().is_none()
    })
}

/// An issuer is an address without query and fragment; whether it may be called is seen when it is.
fn issuer(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let is_issuer = Url::parse(text)
        .is_ok_and(|url| url.has_host() && url.query().is_none() && url.fragment().is_none());
    match is_issuer && text.len() <= LONGEST {
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
async fn allow<C: ConnectionTrait>(
    scope: &Scope<C>,
    giver: Giver<'_>,
    settings: &ProviderSettings,
) -> Result<(), IdentityError> {
    let named = settings.group_roles.values().flatten().cloned().collect();
    let given = roles::known_grants(scope, &named).await?;
    giver.allow(&BuiltInRole::Administrator.grants())?;
    Ok(giver.allow(&given)?)
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
    allow(transaction, giver, &new.settings).await?;
    new.settings.check()?;
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
    let row = transaction.one::<Entity>(by_id(id)).await?;
    let provider = IdentityProvider::of(row.ok_or(Refusal::NoProvider)?)?;
    let settings = change.settings.as_ref().unwrap_or(&provider.settings);
    allow(transaction, giver, settings).await?;
    let mut values = vec![(Column::UpdatedAt, now.into())];
    if let Some(settings) = &change.settings {
        settings.check()?;
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
    let row = transaction.one::<Entity>(by_id(id)).await?;
    Ok(IdentityProvider::of(row.ok_or(Refusal::NoProvider)?)?)
}

/// Deletes a provider. Who signed in through it is signed out, and loses the roles that came from its groups;
/// their accounts stay.
///
/// # Errors
/// There is no such provider, the giver may not do everything, or the database failed.
pub async fn delete_provider(
    transaction: &Transaction,
    giver: Giver<'_>,
    id: ProviderId,
) -> Result<(), IdentityError> {
    let row = transaction.one::<Entity>(by_id(id)).await?;
    let provider = IdentityProvider::of(row.ok_or(Refusal::NoProvider)?)?;
    allow(transaction, giver, &provider.settings).await?;
    external::forget_all(transaction, &provider.issuer).await?;
    transaction.delete::<Entity>(by_id(id)).await?;
    Ok(())
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

    fn texts(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn groups_give_roles_and_let_people_in() {
        let settings = ProviderSettings {
            group_roles: [
                ("stampa".to_owned(), texts(&["author", "translator"])),
                ("capi".to_owned(), texts(&["author", "editor"])),
            ]
            .into(),
            allowed_groups: Some(texts(&["dipendenti", "stampa"])),
            ..ProviderSettings::default()
        };
        assert_eq!(settings.roles_of(&texts(&["altri"])), texts(&[]));
        let both = settings.roles_of(&texts(&["stampa", "capi"]));
        assert_eq!(both, texts(&["author", "editor", "translator"]));
        assert!(settings.allows(&texts(&["capi", "dipendenti"])));
        assert!(!settings.allows(&texts(&["capi"])));
        assert!(!settings.allows(&texts(&[])));
        assert!(ProviderSettings::default().allows(&texts(&[])));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let right = ProviderSettings::default();
        assert!(right.check().is_ok());
        let wrong = |change: fn(&mut ProviderSettings)| {
            let mut settings = ProviderSettings::default();
            change(&mut settings);
            settings.check().is_err()
        };
        assert!(wrong(|settings| settings.scopes = vec!["email".to_owned()]));
        assert!(wrong(|settings| settings.scopes.push("a b".to_owned())));
        assert!(wrong(|settings| settings.algorithms.clear()));
        assert!(wrong(
            |settings| settings.allowed_groups = Some(BTreeSet::new())
        ));
        assert!(wrong(|settings| settings.email_claim.clear()));
        assert!(wrong(
            |settings| settings.redirect_uris = texts(&["portal://x"])
        ));
    }

    #[test]
    fn people_are_sent_back_over_tls_or_to_their_own_machine() {
        for right in [
            "https://portale.example/accesso?via=oidc",
            "http://localhost:3000/",
            "http://127.0.0.1/x",
        ] {
            assert!(is_redirect_uri(right), "{right}");
        }
        for wrong in [
            "http://portale.example/",
            "https://x.example/#a",
            "/accesso",
            "javascript:alert(1)",
            "",
        ] {
            assert!(!is_redirect_uri(wrong), "{wrong}");
        }
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
