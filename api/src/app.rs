//! The application: the database opened and migrated, the demo loaded, the server bound.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    num::NonZeroUsize,
    path::Path,
    sync::Arc,
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    middleware::{Compress, from_fn},
    rt, web,
};
use municipio_domain::{
    cases::{Automation, CaseError, Timekeeper},
    content::{BodyCache, Contents, OverlayCache},
    identity::{Caller, Identities, Identity, IdentityError, Passwords, Vault},
    media::{Media, Signer, TenantMedia},
    notifications::{self, Lollipop},
    openid::Issuers,
    outbox::{Handler, Worker},
    outgoing::Outgoing,
    search::{Search, search_handlers},
    store::{Database, Feeds, StoreError},
    tenants::{Tenant, TenantDirectory, TenantError},
    webhooks,
};
use municipio_graphql::{
    InputTypes, MunicipioSchema,
    limits::{CostModel, Limits},
};
use municipio_integrations::appio;
use municipio_seeds::{LoadReport, SeedError};
use tokio::sync::{Semaphore, watch};
use tracing_actix_web::TracingLogger;

use crate::{
    clock,
    http::{
        self, Metrics,
        graphql::{Documents, KnownDocuments, ManifestError, known_documents},
    },
    limiter::Limiter,
    media::media,
    search,
    secret::{secret, vault},
    settings::Settings,
    start::{self, DemoAccount, Opened},
    timer::{keep_house, keep_indexes, keep_schedules, keep_search},
};

/// How long jobs under way are waited for when the program stops.
const GRACE: Duration = Duration::from_secs(5);

/// The time for which requests are limited.
const MINUTE: Duration = Duration::from_secs(60);

/// Why the application does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is in use, or may not be used.
    #[error("cannot listen on {address}: {error}; choose another address with MUNICIPIO_LISTEN")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The data folder cannot be used.
    #[error("cannot use the data folder {folder}: {error}; choose another with MUNICIPIO_DATA_DIR")]
    DataDir {
        /// The folder.
        folder: String,
        /// Why.
        error: io::Error,
    },
    /// The system does not say which program runs.
    #[error("cannot find the program itself, by which documents are read: {0}")]
    Program(#[source] io::Error),
    /// The place of the files cannot be used.
    #[error(
        "cannot use the store of files: {0}; see MUNICIPIO_MEDIA_BUCKET and AWS_… in docs/media.md"
    )]
    Media(String),
    /// The manifest of trusted documents cannot be used.
    #[error("MUNICIPIO_TRUSTED_DOCUMENTS: {file} {error}")]
    Manifest {
        /// The file.
        file: String,
        /// Why.
        error: ManifestError,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The demo municipality is wrong.
    #[error("the demo municipality cannot be loaded: {0}")]
    Seed(#[from] SeedError),
    /// The accounts of the demo, or the key of secrets, cannot be made.
    #[error("accounts cannot be prepared: {0}")]
    Identity(#[from] IdentityError),
    /// The cases of the demo cannot be made.
    #[error("the cases of the demo cannot be made: {0}")]
    Case(#[from] CaseError),
    /// The demo tenant cannot be made.
    #[error("the demo municipality cannot be created: {0}")]
    Tenant(#[from] TenantError),
}

/// What all requests share.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) database: Database,
    pub(crate) directory: TenantDirectory,
    pub(crate) bodies: BodyCache,
    pub(crate) overlays: OverlayCache,
    pub(crate) identities: Identities,
    pub(crate) search: Search,
    pub(crate) media: Media,
    pub(crate) metrics: Metrics,
    /// Signs addresses of files; nothing when there is no secret.
    pub(crate) signer: Option<Signer>,
    /// Has citizens prove who reads a message in App IO.
    pub(crate) lollipop: Lollipop,
    pub(crate) schema: MunicipioSchema,
    pub(crate) schema_for_valid_documents: MunicipioSchema,
    pub(crate) settings: Arc<Settings>,
    pub(crate) limits: Limits,
    /// Those for who works for a municipality.
    pub(crate) write_limits: Limits,
    /// The schema in the schema definition language.
    pub(crate) sdl: web::Bytes,
    pub(crate) costs: Arc<CostModel>,
    pub(crate) input_types: Arc<InputTypes>,
    pub(crate) documents: Documents,
    pub(crate) known: KnownDocuments,
    /// How many WebSockets and event streams may still be opened.
    pub(crate) streams: Arc<Semaphore>,
    /// How often somebody may report cases.
    pub(crate) reports: Limiter,
    /// How often it may be asked with codes how cases stand.
    pub(crate) look_ups: Limiter,
    /// Becomes true when the server is being stopped.
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) started: chrono::DateTime<chrono::Utc>,
}

impl State {
    /// The limits of what this caller sends.
    pub(crate) fn limits_of(&self, caller: &Caller) -> &Limits {
        match caller.is_staff() {
            true => &self.write_limits,
            false => &self.limits,
        }
    }

    /// The content of a tenant.
    pub(crate) fn contents(&self, tenant: &Tenant) -> Contents {
        Contents::new(self.database.tenant(tenant.id), self.bodies.clone())
    }

    /// The files of a tenant.
    pub(crate) fn media_of(&self, tenant: &Tenant) -> TenantMedia {
        self.media.of(self.database.tenant(tenant.id))
    }

    /// The accounts, sessions and keys of a tenant.
    pub(crate) fn identity(&self, tenant: &Tenant) -> Identity {
        self.identities.of(self.database.tenant(tenant.id))
    }
}

/// The application, ready to run.
pub struct Application {
    server: Server,
    stop: Arc<watch::Sender<bool>>,
    address: SocketAddr,
    database: Database,
    search: Search,
    media: Media,
    worker: Worker,
    demo: Option<LoadReport>,
    demo_accounts: Vec<DemoAccount>,
}

/// Stops the application.
#[derive(Clone, Debug)]
pub struct StopHandle {
    server: ServerHandle,
    stop: Arc<watch::Sender<bool>>,
}

impl StopHandle {
    /// Closes WebSockets and event streams, finishes the requests under way, and stops.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.server.stop(true).await;
    }
}

impl Application {
    /// Opens the database, migrates it, loads the demo municipality when it is empty, and binds
    /// the port. Nothing is answered before [`Self::run`].
    ///
    /// # Errors
    /// The port, the data folder or the database cannot be used.
    pub async fn build(settings: &Settings) -> Result<Self, StartError> {
        // The port first: a second start must not touch the data of the first.
        let listener = TcpListener::bind(settings.listen).map_err(|error| StartError::Listen {
            address: settings.listen,
            error,
        })?;
        let listen_error = |error| StartError::Listen {
            address: settings.listen,
            error,
        };
        let address = listener.local_addr().map_err(listen_error)?;
        let manifest = settings.trusted_documents.as_deref();
        let documents =
            Documents::new(manifest, settings.trusted_documents_only).map_err(|error| {
                StartError::Manifest {
                    file: manifest.unwrap_or(Path::new("")).display().to_string(),
                    error,
                }
            })?;
        let Opened {
            database,
            demo,
            demo_accounts,
            ..
        } = start::open(settings).await?;
        let media = media(settings)?;
        let schema = municipio_graphql::schema();
        let sdl = municipio_graphql::sdl(&schema);
        let (costs, input_types) = municipio_graphql::models(&sdl);
        let search = search::open(settings, &database);
        let (stop, stopping) = watch::channel(false);
        let (vault, outgoing) = (vault(settings)?, Outgoing::new(settings.internal_calls));
        let mut handlers = handlers(&database, vault.clone(), outgoing.clone());
        let appio = appio::Client::new(settings.appio_url.clone());
        let appio = Arc::new(appio.with_assertions(settings.lollipop_url.clone()));
        handlers.extend(notifiers(
            settings,
            (&database, &vault),
            &media,
            appio.clone(),
        ));
        handlers.extend(
            search
                .server()
                .into_iter()
                .flat_map(|server| search_handlers(&database, server)),
        );
        let worker = Worker::new(database.clone(), handlers, clock::now);
        let state = State {
            directory: TenantDirectory::new(database.clone()),
            bodies: Contents::cache(if settings.cache { 50_000 } else { 0 }),
            overlays: OverlayCache::new(if settings.cache { 100_000 } else { 0 }),
            lollipop: Lollipop::new(appio, vault.clone()),
            identities: Identities::new(
                Passwords::new(places_for_hashing()),
                vault,
                Issuers::new(outgoing),
            ),
            search: search.clone(),
            media: media.clone(),
            metrics: Metrics::new(&worker),
            signer: secret(settings)?.as_deref().and_then(Signer::new),
            schema,
            schema_for_valid_documents: municipio_graphql::schema_for_valid_documents(),
            limits: settings.limits(),
            write_limits: settings.write_limits(),
            costs: Arc::new(costs),
            input_types: Arc::new(input_types),
            sdl: web::Bytes::from(sdl),
            documents,
            known: known_documents(1024 * 1024),
            streams: Arc::new(Semaphore::new(settings.limit_streams)),
            reports: Limiter::new(settings.limit_reports, MINUTE),
            look_ups: Limiter::new(settings.limit_look_ups, MINUTE),
            stopping,
            settings: Arc::new(settings.clone()),
            started: clock::now(),
            database: database.clone(),
        };
        let mut server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(state.clone()))
                .wrap(Compress::default())
                .wrap(http::cors())
                .wrap(TracingLogger::default())
                .wrap(from_fn(http::hold))
                .configure(http::routes)
        })
        // An answer that is sent in pieces would wait for the client to acknowledge the first of them.
        .tcp_nodelay(true)
        .shutdown_timeout(30)
        .disable_signals();
        if settings.workers > 0 {
            server = server.workers(settings.workers);
        }
        let server = server.listen(listener).map_err(listen_error)?.run();
        Ok(Self {
            server,
            stop: Arc::new(stop),
            address,
            worker,
            database,
            search,
            media,
            demo,
            demo_accounts,
        })
    }

    /// Stops it when told to.
    pub fn handle(&self) -> StopHandle {
        StopHandle {
            server: self.server.handle(),
            stop: Arc::clone(&self.stop),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What loading the demo municipality did, if it was loaded.
    pub fn demo(&self) -> Option<&LoadReport> {
        self.demo.as_ref()
    }

    /// The accounts that were made with the demo municipality, for once with their passwords.
    pub fn demo_accounts(&self) -> &[DemoAccount] {
        &self.demo_accounts
    }

    /// The files, for those who prepare them in tests.
    pub fn media(&self) -> &Media {
        &self.media
    }

    /// The database, for those who prepare it in tests.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Answers requests until its handle stops it, then finishes those under way.
    ///
    /// # Errors
    /// The server failed.
    pub async fn run(self) -> io::Result<()> {
        let database = self.database.clone();
        let mut tasks = vec![
            rt::spawn(keep_schedules(database.clone())),
            rt::spawn(keep_house(database.clone(), self.media.clone())),
            rt::spawn(keep_search(self.search.clone())),
            rt::spawn(keep_indexes(self.search.clone())),
        ];
        // Not on the local set: its connection must be dropped while the runtime is there.
        tasks.push(tokio::spawn(async move { Feeds::follow(&database).await }));
        let stopping = self.stop.subscribe();
        let worker = tokio::spawn(async move { self.worker.run(stopping, GRACE).await });
        let result = self.server.await;
        self.stop.send_replace(true);
        for task in tasks {
            task.abort();
        }
        if let Err(error) = worker.await {
            tracing::error!(%error, "the worker of the outbox was broken off");
        }
        if let Err(error) = self.search.write_uses(clock::now()).await {
            tracing::warn!(%error, "what was looked for last is not counted");
        }
        if let Err(error) = self.database.close().await {
            tracing::warn!(%error, "the database did not close");
        }
        result
    }
}

/// What does the work that is put into the outbox.
fn handlers(database: &Database, vault: Vault, outgoing: Outgoing) -> Vec<Arc<dyn Handler>> {
    vec![
        Arc::new(Timekeeper::new(database.clone(), vault.clone())),
        Arc::new(Automation::new(database.clone(), vault.clone())),
        Arc::new(webhooks::Follower::new(database.clone())),
        Arc::new(webhooks::Sender::new(database.clone(), vault, outgoing)),
    ]
}

/// What tells citizens of what happens in their cases, and keeps the services in App IO.
fn notifiers(
    settings: &Settings,
    (database, vault): (&Database, &Vault),
    media: &Media,
    appio: Arc<appio::Client>,
) -> [Arc<dyn Handler>; 4] {
    let notifier = notifications::Notifier::new(database.clone(), vault.clone(), appio.clone());
    let notifier = match settings.appio_limiter {
        true => notifier,
        false => notifier.unlimited(),
    };
    let mailer = settings.mailer();
    let mailer = mailer.map(|mailer| Arc::new(mailer) as Arc<dyn notifications::Mailer>);
    let notifier = notifier.with_mailer(mailer);
    let follower = notifications::Follower::of(&notifier);
    let courier = notifications::Courier::of(&notifier);
    let keeper = notifications::SheetKeeper::new(&notifier, appio, media.clone());
    [
        Arc::new(notifier),
        Arc::new(follower),
        Arc::new(courier),
        Arc::new(keeper),
    ]
}

/// Half of the cores hash passwords at a time, so that the others answer everybody else.
fn places_for_hashing() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (cores / 2).clamp(1, 4)
}
