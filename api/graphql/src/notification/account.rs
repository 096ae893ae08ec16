//! How a municipality is known to App IO, for who manages the settings. Keys are written and never read again.

use async_graphql::{Context, Enum, ID, Object, Result};
use chrono::{DateTime, Utc};
use municipio_domain::{
    identity::{Action, Subject},
    ids::AppIoServiceId,
    notifications::{self, AppIoAccount, Environment, Notifications},
};

use crate::{
    context::{RequestData, data},
    error::internal,
    global_id::{self, Kind},
};

/// Whom messages reach (ambiente).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "notifications::Environment")]
pub(crate) enum AppIoEnvironment {
    /// The citizen of tests alone, whoever they are for (collaudo).
    Sandbox,
    /// Those whom they are for (produzione).
    Production,
}

/// How the municipality is known to App IO (configurazione di App IO).
#[derive(Clone, Debug)]
pub(crate) struct AppIo(pub(crate) AppIoAccount);

impl AppIo {
    /// The account of the municipality, for who manages the settings.
    pub(crate) async fn read(ctx: &Context<'_>) -> Result<Self> {
        let data = data(ctx)?;
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        let account = Notifications::from(&data.contents).account().await;
        Ok(Self(account.map_err(internal)?.unwrap_or_default()))
    }
}

/// How the municipality is known to App IO (configurazione di App IO).
#[Object]
impl AppIo {
    /// Whether the municipality writes through App IO (attivo).
    async fn is_enabled(&self) -> bool {
        self.0.is_enabled
    }

    /// Whom messages reach (ambiente).
    async fn environment(&self) -> AppIoEnvironment {
        self.0.environment.into()
    }

    /// Whether there is a premium contract (contratto Premium).
    async fn is_premium(&self) -> bool {
        self.0.is_premium
    }

    /// How many calls IO answers in five seconds; three fifths of them are made (chiamate).
    async fn calls(&self) -> i32 {
        self.0.calls
    }

    /// Where citizens see a case, with `{id}` in the place of its id (indirizzo delle pratiche).
    async fn case_address(&self) -> &str {
        &self.0.case_address
    }

    /// Whether there is a key by which services are managed; it is not shown (chiave di gestione).
    async fn has_manage_key(&self) -> bool {
        self.0.has_manage_key
    }

    /// Whether citizens must prove by LolliPoP who they are before they read a message whose text is here (verifica LolliPoP).
    async fn is_lollipop_verified(&self) -> bool {
        self.0.lollipop_key().is_some()
    }

    /// The id of the configuration of remote content at IO (configurazione dei contenuti remoti).
    async fn remote_configuration(&self) -> Option<&str> {
        self.0.remote_configuration.as_deref()
    }

    /// The address from which mails are written to who is not reached on IO; none are without it (mittente delle e-mail).
    async fn mail_sender(&self) -> Option<&str> {
        self.0.mail_sender.as_ref().map(|sender| sender.as_str())
    }

    /// The first characters of the key with which IO fetches content for tests (chiave di collaudo).
    async fn sandbox_key_hint(&self) -> Option<&str> {
        self.0.remote_keys.hint(Environment::Sandbox)
    }

    /// The first characters of the key with which IO fetches content (chiave di produzione).
    async fn production_key_hint(&self) -> Option<&str> {
        self.0.remote_keys.hint(Environment::Production)
    }

    /// The services as which the municipality writes, by name; at most 200 (servizi).
    async fn services(&self, ctx: &Context<'_>) -> Result<Vec<AppIoService>> {
        let services = Notifications::from(&data(ctx)?.contents).services().await;
        let services = services.map_err(internal)?.into_iter();
        Ok(services.map(AppIoService).collect())
    }

    /// When it was changed last; null while it was not set up.
    async fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.0.updated_at
    }
}

/// A service of App IO, as which the municipality writes (servizio di App IO).
#[derive(Clone, Debug)]
pub(crate) struct AppIoService(pub(crate) notifications::AppIoService);

impl AppIoService {
    /// Reads the global id of a service.
    pub(crate) fn read_id(data: &RequestData, id: &ID, argument: &str) -> Result<AppIoServiceId> {
        let municipality = &data.tenant.ipa_code;
        global_id::decode_as(id, Kind::AppIoService, municipality, argument).map(AppIoServiceId)
    }

    /// The service with this id, for who manages the settings.
    pub(crate) async fn find(data: &RequestData, id: AppIoServiceId) -> Result<Option<Self>> {
        data.authorise(Action::ManageSettings, &Subject::WHOLE)?;
        Ok(data.appio_service(id).await?.map(Self))
    }
}

/// A service of App IO, as which the municipality writes (servizio di App IO).
#[Object]
impl AppIoService {
    /// Global id.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode_as(
            Kind::AppIoService,
            municipality,
            self.0.id,
        ))
    }

    /// What it is called here (nome).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its id at IO (identificativo del servizio).
    async fn service_id(&self) -> &str {
        &self.0.service_id
    }

    /// Whether anything is written as it (attivo).
    async fn is_enabled(&self) -> bool {
        self.0.is_enabled
    }

    /// Until when it is left alone, because IO refused its keys (sospeso fino a).
    async fn paused_until(&self) -> Option<DateTime<Utc>> {
        self.0.paused_until
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
