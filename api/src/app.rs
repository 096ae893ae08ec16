//! The application: the database opened and migrated, the demo loaded, the server bound.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use actix_web::{App, HttpServer, dev::Server, middleware::Compress, web};
use municipio_domain::{
    content::{BodyCache, Contents, extend_occurrences},
    ids::TenantId,
    store::{Database, StoreError},
    tenants::{self, NewTenant, Tenant, TenantDirectory, TenantError},
};
use municipio_graphql::{
    MunicipioSchema,
    limits::{CostModel, Limits},
};
use municipio_seeds::{LoadReport, SeedError, TenantFile};
use tracing_actix_web::TracingLogger;
use uuid::Uuid;

use crate::{
    clock,
    http::{
        self,
        graphql::{Documents, ManifestError},
    },
    settings::Settings,
};

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
    /// The manifest of trusted documents cannot be used.
    #[error("MUNICIPIO_TRUSTED_DOCUMENTS: the file {0}")]
    Manifest(ManifestError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The demo municipality is wrong.
    #[error("the demo municipality cannot be loaded: {0}")]
    Seed(#[from] SeedError),
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
    pub(crate) schema: MunicipioSchema,
    pub(crate) settings: Arc<Settings>,
    pub(crate) limits: Limits,
    pub(crate) costs: Arc<CostModel>,
    pub(crate) documents: Documents,
    pub(crate) started: chrono::DateTime<chrono::Utc>,
}

impl State {
    /// The content of a tenant.
    pub(crate) fn contents(&self, tenant: &Tenant) -> Contents {
        Contents::new(self.database.tenant(tenant.id), self.bodies.clone())
    }
}

/// The application, ready to run.
pub struct Application {
    server: Server,
    address: SocketAddr,
    database: Database,
    demo: Option<LoadReport>,
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
        let documents = Documents::new(manifest, settings.trusted_documents_only)
            .map_err(StartError::Manifest)?;
        let (database, demo) = open(settings).await?;
        let state = State {
            directory: TenantDirectory::new(database.clone()),
            bodies: Contents::cache(if settings.cache { 50_000 } else { 0 }),
            schema: municipio_graphql::schema(),
            limits: settings.limits(),
            costs: Arc::new(CostModel::new(&municipio_graphql::sdl())),
            documents,
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
                .configure(http::routes)
        })
        .shutdown_timeout(30);
        if settings.workers > 0 {
            server = server.workers(settings.workers);
        }
        let server = server.listen(listener).map_err(listen_error)?.run();
        Ok(Self {
            server,
            address,
            database,
            demo,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What loading the demo municipality did, if it was loaded.
    pub fn demo(&self) -> Option<&LoadReport> {
        self.demo.as_ref()
    }

    /// The database, for those who prepare it in tests.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Answers requests until a signal comes, then finishes those under way.
    ///
    /// # Errors
    /// The server failed.
    pub async fn run(self) -> io::Result<()> {
        let handle = actix_web::rt::spawn(look_ahead(self.database.clone()));
        let result = self.server.await;
        handle.abort();
        if let Err(error) = self.database.close().await {
            tracing::warn!(%error, "the database did not close");
        }
        result
    }
}

/// Every day, writes the occurrences that events without end will have.
async fn look_ahead(database: Database) {
    let mut day = tokio::time::interval(Duration::from_secs(24 * 60 * 60));
    loop {
        day.tick().await;
        let tenants = match tenants::list(&database).await {
            Ok(tenants) => tenants,
            Err(error) => {
                tracing::error!(%error, "tenants cannot be listed");
                continue;
            }
        };
        for tenant in tenants {
            let store = database.tenant(tenant.id);
            if let Err(error) = extend_occurrences(&store, clock::now()).await {
                tracing::error!(%error, tenant = %tenant.ipa_code, "occurrences cannot be written");
            }
        }
    }
}

/// Opens the database of these settings and brings it up to date.
///
/// # Errors
/// The data folder or the database cannot be used.
pub async fn open(settings: &Settings) -> Result<(Database, Option<LoadReport>), StartError> {
    let connections = settings.database_connections;
    if let Some(url) = &settings.database_url {
        let database = Database::connect(url, connections).await?;
        let demo = prepare(&database, settings).await?;
        return Ok((database, demo));
    }
    let folder = &settings.data_dir;
    let data_dir = |error| StartError::DataDir {
        folder: folder.display().to_string(),
        error,
    };
    fs::create_dir_all(folder).map_err(data_dir)?;
    let mut demo = None;
    if !folder.join("municipio.db").exists() {
        // The first start is made aside and moved into place when it is whole, so that a start
        // that is killed leaves nothing half written.
        let first = folder.join("first-start");
        remove(&first).map_err(data_dir)?;
        fs::create_dir_all(&first).map_err(data_dir)?;
        let database = Database::open(&first, connections).await?;
        demo = prepare(&database, settings).await?;
        database.close().await?;
        fs::rename(first.join("municipio.db"), folder.join("municipio.db")).map_err(data_dir)?;
        remove(&first).map_err(data_dir)?;
    }
    let database = Database::open(folder, connections).await?;
    let loaded = prepare(&database, settings).await?;
    Ok((database, demo.or(loaded)))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn prepare(
    database: &Database,
    settings: &Settings,
) -> Result<Option<LoadReport>, StartError> {
    let applied = database.migrate().await?;
    if applied > 0 {
        tracing::info!(applied, "the database was migrated");
    }
    let is_empty = tenants::list(database).await?.is_empty();
    if settings.demo && is_empty {
        return Ok(Some(load_demo(database).await?));
    }
    Ok(None)
}

/// Loads the demo municipality; its tenant is made when it is not there.
///
/// # Errors
/// The demo is wrong, or the database failed.
pub async fn load_demo(database: &Database) -> Result<LoadReport, StartError> {
    let (file, files) = municipio_seeds::demo()?;
    let tenant = tenant_of(database, &file).await?;
    let store = database.tenant(tenant.id);
    Ok(municipio_seeds::load(&store, &tenant, &files, clock::now()).await?)
}

async fn tenant_of(database: &Database, file: &TenantFile) -> Result<Tenant, StartError> {
    let wrong = |message: String| {
        let problem = municipio_seeds::Problem {
            file: "tenant.toml".to_owned(),
            line: 1,
            field: String::new(),
            message,
        };
        SeedError::Files(vec![problem])
    };
    let ipa_code: tenants::IpaCode = file
        .ipa_code
        .parse()
        .map_err(|error: tenants::InvalidCode| wrong(error.to_string()))?;
    match tenants::show(database, &ipa_code).await {
        Err(TenantError::NotFound(_)) => {}
        found => return Ok(found?),
    }
    let locales = file.locales.iter().map(|locale| locale.parse());
    let new = NewTenant {
        // The same in every installation, so that links to the demo stay valid.
        id: Some(TenantId(Uuid::new_v5(
            &Uuid::NAMESPACE_URL,
            ipa_code.as_str().as_bytes(),
        ))),
        ipa_code,
        name: Some(file.name.clone()),
        fiscal_code: file
            .fiscal_code
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error: tenants::InvalidCode| wrong(error.to_string()))?,
        hosts: file.hosts.clone(),
        locales: locales
            .collect::<Result<_, _>>()
            .map_err(|error: municipio_domain::locale::InvalidLocale| wrong(error.to_string()))?,
    };
    Ok(tenants::create(database, new, clock::now()).await?)
}
