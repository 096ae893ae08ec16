//! Identity providers.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::{
    identity::{self, Action, ProviderSettings, Subject},
    ids::ProviderId,
    openid,
};

use super::{List, listed};
use crate::{
    connection::Part,
    context::{RequestData, data},
    error::internal,
    global_id::{self, Kind},
};

/// How a token may be signed (algoritmo di firma): RFC 7518 and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "openid::Algorithm")]
pub(crate) enum SigningAlgorithm {
    /// RSA (PKCS #1 v1.5) with SHA-256.
    #[graphql(name = "RS256")]
    RS256,
    /// RSA (PKCS #1 v1.5) with SHA-384.
    #[graphql(name = "RS384")]
    RS384,
    /// RSA (PKCS #1 v1.5) with SHA-512.
    #[graphql(name = "RS512")]
    RS512,
    /// RSA (PSS) with SHA-256.
    #[graphql(name = "PS256")]
    PS256,
    /// RSA (PSS) with SHA-384.
    #[graphql(name = "PS384")]
    PS384,
    /// RSA (PSS) with SHA-512.
    #[graphql(name = "PS512")]
    PS512,
    /// ECDSA on P-256 with SHA-256.
    #[graphql(name = "ES256")]
    ES256,
    /// ECDSA on P-384 with SHA-384.
    #[graphql(name = "ES384")]
    ES384,
    /// Ed25519.
    #[graphql(name = "EDDSA")]
    EdDSA,
}

/// A provider of OpenID Connect through which those who work for the municipality sign in (fornitore di
/// identità).
#[derive(Clone, Debug)]
pub(crate) struct IdentityProvider(pub(crate) identity::IdentityProvider);

impl IdentityProvider {
    /// Reads the global id of a provider.
    pub(crate) fn read_id(data: &RequestData, id: &ID, argument: &str) -> Result<ProviderId> {
        global_id::decode_as(id, Kind::IdentityProvider, &data.tenant.ipa_code, argument)
            .map(ProviderId)
    }

    /// The providers, by name, for who manages the settings.
    pub(crate) async fn list(ctx: &Context<'_>, part: Part) -> Result<List<Self>> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let providers = data.identity.providers().await.map_err(internal)?;
        let key = |provider: &identity::IdentityProvider| provider.id.to_string();
        listed(data, providers, key, Self, &part)
    }

    /// The provider with this id, for who manages the settings.
    pub(crate) async fn find(data: &RequestData, id: ProviderId) -> Result<Option<Self>> {
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        Ok(data.provider(id).await?.map(Self))
    }

    /// The global id of a provider.
    pub(crate) fn global_id(data: &RequestData, id: ProviderId) -> ID {
        global_id::encode_as(Kind::IdentityProvider, &data.tenant.ipa_code, id)
    }
}

/// A provider of OpenID Connect through which those who work for the municipality sign in (fornitore di
/// identità).
#[Object]
impl IdentityProvider {
    /// Global id.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        Ok(Self::global_id(data(ctx)?, self.0.id))
    }

    /// What people see of it, such as the label of a button (nome).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The issuer, as its tokens name it (emittente).
    async fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Who the municipality is to it (identificativo del client).
    async fn client_id(&self) -> &str {
        &self.0.client_id
    }

    /// Whether the municipality has a secret with it; the secret itself is never shown (segreto del client).
    async fn has_client_secret(&self) -> bool {
        self.0.has_client_secret
    }

    /// Whether people sign in through it (attivo).
    async fn is_enabled(&self) -> bool {
        self.0.is_enabled
    }

    /// Who may sign in through it, and as what (impostazioni).
    async fn settings(&self) -> IdentityProviderSettings {
        (&self.0.settings).into()
    }

    /// When it was registered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// Who may sign in through a provider, and as what (impostazioni del fornitore di identità).
#[derive(SimpleObject)]
pub(crate) struct IdentityProviderSettings {
    /// The addresses to which people may be sent back, exactly as they are asked for (indirizzi di ritorno).
    redirect_uris: Vec<String>,
    /// What is asked of the provider (ambiti).
    scopes: Vec<String>,
    /// The claim with the e-mail address (attributo della posta elettronica).
    email_claim: String,
    /// The claim with the name of the person (attributo del nome).
    name_claim: String,
    /// The claim with the groups of the person (attributo dei gruppi).
    groups_claim: String,
    /// The roles that the members of a group get (ruoli dei gruppi).
    group_roles: Vec<GroupRoles>,
    /// The groups whose members may sign in; null when everybody may whom the provider knows (gruppi ammessi).
    allowed_groups: Option<Vec<String>>,
    /// Whether who signs in for the first time gets an account (crea le utenze).
    creates_accounts: bool,
    /// Whether who signs in for the first time gets the account that has their address, if the provider has
    /// verified it (collega per posta elettronica).
    links_by_email: bool,
    /// How tokens may be signed (algoritmi di firma).
    algorithms: Vec<SigningAlgorithm>,
}

/// The roles that the members of a group get (ruoli di un gruppo).
#[derive(SimpleObject)]
pub(crate) struct GroupRoles {
    /// The group, as the provider names it (gruppo).
    group: String,
    /// The names of the roles, such as `editor` (ruoli).
    roles: Vec<String>,
}

impl From<&ProviderSettings> for IdentityProviderSettings {
    fn from(settings: &ProviderSettings) -> Self {
        let settings = settings.clone();
        let list = |set: std::collections::BTreeSet<String>| set.into_iter().collect();
        let group_roles = settings.group_roles.into_iter();
        Self {
            redirect_uris: list(settings.redirect_uris),
            scopes: settings.scopes,
            email_claim: settings.email_claim,
            name_claim: settings.name_claim,
            groups_claim: settings.groups_claim,
            group_roles: group_roles
                .map(|(group, roles)| GroupRoles {
                    group,
                    roles: list(roles),
                })
                .collect(),
            allowed_groups: settings.allowed_groups.map(list),
            creates_accounts: settings.creates_accounts,
            links_by_email: settings.links_by_email,
            algorithms: settings.algorithms.into_iter().map(Into::into).collect(),
        }
    }
}

/// Who may sign in through a provider, and as what. A claim is its name, such as `groups`, or a JSON Pointer to
/// it, such as `/realm_access/roles`; claims are looked for in the ID token, then in the user info.
#[derive(InputObject)]
pub(crate) struct IdentityProviderSettingsInput {
    /// The addresses to which people may be sent back, exactly as they are asked for: with https, or on the
    /// machine of who develops a portal.
    redirect_uris: Vec<String>,
    /// What is asked of the provider; `openid`, `email` and `profile` when left out.
    scopes: Option<Vec<String>>,
    /// The claim with the e-mail address.
    #[graphql(default = "email")]
    email_claim: String,
    /// The claim with the name of the person.
    #[graphql(default = "name")]
    name_claim: String,
    /// The claim with the groups of the person: a text, or a list of texts.
    #[graphql(default = "groups")]
    groups_claim: String,
    /// The roles that the members of a group get.
    #[graphql(default)]
    group_roles: Vec<GroupRolesInput>,
    /// The groups whose members may sign in; everybody whom the provider knows when left out.
    allowed_groups: Option<Vec<String>>,
    /// Whether who signs in for the first time gets an account.
    #[graphql(default = false)]
    creates_accounts: bool,
    /// Whether who signs in for the first time gets the account that has their address, if the provider has
    /// verified it (`email_verified`).
    #[graphql(default = false)]
    links_by_email: bool,
    /// How tokens may be signed; all that are known here when left out.
    algorithms: Option<Vec<SigningAlgorithm>>,
}

/// The roles that the members of a group get.
#[derive(InputObject)]
pub(crate) struct GroupRolesInput {
    /// The group, as the provider names it.
    group: String,
    /// The names of the roles, such as `editor`.
    roles: Vec<String>,
}

impl From<IdentityProviderSettingsInput> for ProviderSettings {
    fn from(input: IdentityProviderSettingsInput) -> Self {
        let usual = Self::default();
        let algorithms = input.algorithms.map(|all| all.into_iter().map(Into::into));
        let mut settings = Self {
            redirect_uris: input.redirect_uris.into_iter().collect(),
            scopes: input.scopes.unwrap_or(usual.scopes),
            email_claim: input.email_claim,
            name_claim: input.name_claim,
            groups_claim: input.groups_claim,
            allowed_groups: input.allowed_groups.map(|all| all.into_iter().collect()),
            creates_accounts: input.creates_accounts,
            links_by_email: input.links_by_email,
            algorithms: algorithms.map_or(usual.algorithms, Iterator::collect),
            group_roles: usual.group_roles,
        };
        for of_group in input.group_roles {
            let roles = settings.group_roles.entry(of_group.group).or_default();
            roles.extend(of_group.roles);
        }
        settings
    }
}

/// A provider as who signs in sees it (fornitore di identità).
pub(crate) struct SignInProvider(identity::IdentityProvider);

impl SignInProvider {
    /// Those through which people sign in, by name.
    pub(crate) async fn all(ctx: &Context<'_>) -> Result<Vec<Self>> {
        let providers = data(ctx)?.identity.providers().await.map_err(internal)?;
        let enabled = providers.into_iter().filter(|provider| provider.is_enabled);
        Ok(enabled.map(Self).collect())
    }
}

/// A provider as who signs in sees it (fornitore di identità).
#[Object]
impl SignInProvider {
    /// The global id of the provider, for `beginOidcSignIn`.
    async fn provider_id(&self, ctx: &Context<'_>) -> Result<ID> {
        Ok(IdentityProvider::global_id(data(ctx)?, self.0.id))
    }

    /// What people see of it, such as the label of a button (nome).
    async fn name(&self) -> &str {
        &self.0.name
    }
}
