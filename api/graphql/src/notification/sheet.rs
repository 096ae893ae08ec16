//! The services of the catalogue as App IO shows them, for who may read drafts of services.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::{
    content::ContentType,
    identity::{Action, Subject},
    ids::AppIoSheetId,
    notifications::{self, Notifications, SheetSettings},
};

use crate::{
    connection::Part,
    context::{RequestData, data},
    error::internal,
    global_id::{self, Kind},
    identity::{List, listed},
};

/// Where the newest version of a service sheet stands in App IO (stato della scheda).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "notifications::SheetLifecycle")]
pub(crate) enum AppIoSheetLifecycle {
    /// It was written, and nobody looks at it (bozza).
    Draft,
    /// It is under review, and cannot be changed (in revisione).
    Submitted,
    /// It was approved (approvata).
    Approved,
    /// It was rejected; `reason` says why (rifiutata).
    Rejected,
    /// App IO does not have it any more (eliminata).
    Deleted,
}

/// Whether citizens see a service in App IO (pubblicazione della scheda).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "notifications::SheetPublication")]
pub(crate) enum AppIoSheetPublication {
    /// They see the version that was released last (pubblicata).
    Published,
    /// They do not see it any more (ritirata).
    Unpublished,
}

/// For whom a service is in App IO (ambito).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "notifications::SheetScope")]
pub(crate) enum AppIoSheetScope {
    /// For those who live there (locale).
    Local,
    /// For everybody in the country (nazionale).
    National,
}

/// Which picture a service has in App IO (logo).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "notifications::SheetLogo")]
pub(crate) enum AppIoSheetLogo {
    /// None is sent: that of the body is shown (nessuno).
    None,
    /// The coat of arms of the municipality (stemma).
    Crest,
    /// The picture of the service (immagine del servizio).
    Image,
}

/// What is done with what somebody changed in App IO (risoluzione).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "notifications::SheetResolution")]
pub(crate) enum AppIoSheetResolution {
    /// What is here is written in its place (sovrascrivi).
    Ours,
    /// It stays, until what is here changes (mantieni).
    Theirs,
}

/// What the catalogue does not say of a service, and App IO wants to know.
#[derive(InputObject)]
pub(crate) struct AppIoSheetSettingsInput {
    /// The id of a topic of App IO, as `municipio appio topics` lists them (argomento).
    topic_id: i32,
    /// For whom it is (ambito).
    #[graphql(default_with = "AppIoSheetScope::Local")]
    scope: AppIoSheetScope,
    /// No excerpt of its messages goes into mails (canali sicuri).
    #[graphql(default)]
    is_secure: bool,
    /// How much it may ask for at the most, in cents (importo massimo).
    #[graphql(default)]
    max_payment_amount: u64,
    /// From where it may be written as it: IPv4 addresses and networks; from anywhere when empty (indirizzi autorizzati).
    #[graphql(default)]
    authorized_cidrs: Vec<String>,
    /// Citizens see it as soon as it is approved (pubblicazione automatica).
    #[graphql(default = true)]
    is_released: bool,
    /// Messages are written as it: its keys are fetched once it is there, and it is among the services of `appIo` (mittente
    /// di messaggi).
    #[graphql(default)]
    is_sender: bool,
    /// There is a button that leads to the service (pulsante).
    #[graphql(default)]
    has_button: bool,
    /// Which picture it has (logo).
    #[graphql(default_with = "AppIoSheetLogo::Crest")]
    logo: AppIoSheetLogo,
}

impl From<AppIoSheetSettingsInput> for SheetSettings {
    fn from(input: AppIoSheetSettingsInput) -> Self {
        Self {
            topic_id: input.topic_id.into(),
            scope: input.scope.into(),
            is_secure: input.is_secure,
            max_payment: input.max_payment_amount,
            authorized_cidrs: input.authorized_cidrs,
            is_released: input.is_released,
            is_sender: input.is_sender,
            has_button: input.has_button,
            logo: input.logo.into(),
        }
    }
}

/// A field of a service sheet in which what stands in App IO is not what is here (differenza).
#[derive(SimpleObject)]
pub(crate) struct AppIoSheetDifference {
    /// The field, such as `name` or `privacyUrl` (campo).
    field: String,
    /// What is here (qui).
    ours: Option<String>,
    /// What stands in App IO (su App IO).
    theirs: Option<String>,
}

/// A service of the catalogue as App IO shows it (scheda servizio su App IO).
#[derive(Clone, Debug)]
pub(crate) struct AppIoSheet(Box<notifications::AppIoSheet>);

impl From<notifications::AppIoSheet> for AppIoSheet {
    fn from(sheet: notifications::AppIoSheet) -> Self {
        Self(Box::new(sheet))
    }
}

impl AppIoSheet {
    /// Reads the global id of a service sheet.
    pub(crate) fn read_id(data: &RequestData, id: &ID) -> Result<AppIoSheetId> {
        let municipality = &data.tenant.ipa_code;
        global_id::decode_as(id, Kind::AppIoSheet, municipality, "input.id").map(AppIoSheetId)
    }

    /// The service sheets, for who may read drafts of services.
    pub(crate) async fn list(ctx: &Context<'_>, part: Part) -> Result<List<Self>> {
        let data = data(ctx)?;
        data.authorise(Action::ReadDrafts, &Subject::of_type(ContentType::Service))?;
        let all = Notifications::from(&data.contents).sheets().await;
        let key = |sheet: &notifications::AppIoSheet| sheet.id.to_string();
        listed(data, all.map_err(internal)?, key, Self::from, &part)
    }

    /// The service sheet with this id, for who may read drafts of services.
    pub(crate) async fn find(data: &RequestData, id: AppIoSheetId) -> Result<Option<Self>> {
        data.authorise(Action::ReadDrafts, &Subject::of_type(ContentType::Service))?;
        Ok(data.appio_sheet(id).await?.map(Self::from))
    }
}

/// A service of the catalogue as App IO shows it (scheda servizio su App IO).
#[Object]
impl AppIoSheet {
    /// Global id.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode_as(
            Kind::AppIoSheet,
            municipality,
            self.0.id,
        ))
    }

    /// The global id of the service (servizio).
    async fn service_id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode(
            ContentType::Service,
            municipality,
            self.0.item,
        ))
    }

    /// The id of the service in App IO; null until it has one (identificativo del servizio).
    async fn io_service_id(&self) -> Option<&str> {
        self.0.io_id.as_deref()
    }

    /// The id of the topic of App IO under which it stands (argomento).
    async fn topic_id(&self) -> i32 {
        i32::try_from(self.0.settings.topic_id).unwrap_or_default()
    }

    /// For whom it is (ambito).
    async fn scope(&self) -> AppIoSheetScope {
        self.0.settings.scope.into()
    }

    /// Whether no excerpt of its messages goes into mails (canali sicuri).
    async fn is_secure(&self) -> bool {
        self.0.settings.is_secure
    }

    /// How much it may ask for at the most, in cents (importo massimo).
    async fn max_payment_amount(&self) -> u64 {
        self.0.settings.max_payment
    }

    /// From where it may be written as it; from anywhere when empty (indirizzi autorizzati).
    async fn authorized_cidrs(&self) -> &[String] {
        &self.0.settings.authorized_cidrs
    }

    /// Whether citizens see it as soon as it is approved (pubblicazione automatica).
    async fn is_released(&self) -> bool {
        self.0.settings.is_released
    }

    /// Whether messages are written as it (mittente di messaggi).
    async fn is_sender(&self) -> bool {
        self.0.settings.is_sender
    }

    /// Whether there is a button that leads to the service (pulsante).
    async fn has_button(&self) -> bool {
        self.0.settings.has_button
    }

    /// Which picture it has (logo).
    async fn logo(&self) -> AppIoSheetLogo {
        self.0.settings.logo.into()
    }

    /// Where its newest version stands in App IO; null until it was asked (stato della scheda).
    async fn lifecycle(&self) -> Option<AppIoSheetLifecycle> {
        self.0.lifecycle.map(Into::into)
    }

    /// Why it was rejected, in the words of App IO (motivo del rifiuto).
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Whether citizens see it; null while they never did (pubblicazione della scheda).
    async fn publication(&self) -> Option<AppIoSheetPublication> {
        self.0.publication.map(Into::into)
    }

    /// Whether an approved version waits to be released (versione approvata da pubblicare).
    async fn is_release_due(&self) -> bool {
        self.0.is_release_due()
    }

    /// Whether something is to be sent, and waits for the review to end (in attesa).
    async fn is_pending(&self) -> bool {
        self.0.is_pending
    }

    /// In what that which somebody changed in App IO differs from what is here: until `resolveAppIoSheet` says what is to
    /// become of it, nothing is sent (modifiche fatte altrove).
    async fn drift(&self) -> Vec<AppIoSheetDifference> {
        let differences = self.0.drift().into_iter();
        let differences = differences.map(|one| AppIoSheetDifference {
            field: one.field,
            ours: one.ours,
            theirs: one.theirs,
        });
        differences.collect()
    }

    /// Whether what somebody changed in App IO was kept (modifiche mantenute).
    async fn keeps_theirs(&self) -> bool {
        self.0.keeps_theirs
    }

    /// What is wrong, and keeps it from being sent (problema).
    async fn problem(&self) -> Option<&str> {
        self.0.problem.as_deref()
    }

    /// When App IO was asked last (ultimo controllo).
    async fn looked_at(&self) -> Option<DateTime<Utc>> {
        self.0.looked_at
    }

    /// When it was linked.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its settings were changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}
