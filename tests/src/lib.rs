//! The application as tests see it: started for real on a free port, with a database of its own,
//! and spoken to over HTTP. What a client cannot do yet, tests do through the domain.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod citizen;
mod database;
mod identity;
pub mod media;
pub mod meili;
pub mod portal;
pub mod provider;
mod proxy;
pub mod receiver;
pub mod smtp;
pub mod story;
pub mod writer;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use actix_web::rt;
use chrono::{DateTime, TimeZone, Utc};
use municipio::{
    app::{Application, StopHandle},
    settings::Settings,
    start::load_demo,
};
use municipio_domain::{
    cases::{Automation, Timekeeper},
    content::{Body, ContentError, ContentType, Draft, create, publish, revise, unpublish},
    ids::ItemId,
    locale::Locale,
    media::{Blobs, Media, MediaLimits, Program},
    notifications::Notifier,
    outbox::{Handler, Worker},
    outgoing::Outgoing,
    store::{Database, DatabaseOptions},
    tenants::{self, NewTenant, Tenant},
    webhooks,
};
use municipio_integrations::appio;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::{Value, json};
use tempfile::TempDir;

pub use database::{Engine, new_postgres_database};
pub use identity::now;
pub use proxy::Proxy;

/// A running application.
pub struct TestApp {
    pub base: String,
    pub client: reqwest::Client,
    pub database: Database,
    pub media: Media,
    pub engine: Engine,
    /// Where the database is, when it is not SQLite in the data folder.
    pub database_url: Option<String>,
    /// Where App IO is.
    pub appio_url: url::Url,
    stop: StopHandle,
    data: TempDir,
}

/// Defines a test that runs on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! on_both {
    ($(#[$meta:meta])* async fn $name:ident($engine:ident) $body:block) => {
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn story($engine: $crate::Engine) $body

            #[actix_web::test]
            async fn sqlite() {
                story($crate::Engine::Sqlite).await;
            }

            #[actix_web::test]
            async fn postgres() {
                if $crate::Engine::postgres_is_there() {
                    story($crate::Engine::Postgres).await;
                }
            }
        }
    };
}

impl TestApp {
    /// With the demo municipality.
    pub async fn demo(engine: Engine) -> Self {
        Self::start(engine, true).await
    }

    /// Without any municipality.
    pub async fn empty(engine: Engine) -> Self {
        Self::start(engine, false).await
    }

    /// With the demo municipality on PostgreSQL, and a way to it that can be cut.
    pub async fn behind_a_proxy() -> (Self, Arc<Proxy>) {
        let data = TempDir::new().unwrap();
        let direct = database::prepare(Engine::Postgres, data.path(), true).await;
        let mut url = url::Url::parse(&direct.clone().unwrap()).unwrap();
        let target = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let proxy = Proxy::to(&target).await;
        url.set_port(Some(proxy.address().port())).unwrap();
        let mut app = Self::run(Engine::Postgres, data, Some(url.to_string()), |_, _| {}).await;
        app.database_url = direct;
        (app, proxy)
    }

    async fn start(engine: Engine, demo: bool) -> Self {
        Self::configured(engine, demo, |_, _| {}).await
    }

    /// With settings that are changed from those of tests; the folder is for files that they name.
    pub async fn configured(
        engine: Engine,
        demo: bool,
        change: impl FnOnce(&mut Settings, &Path),
    ) -> Self {
        let data = TempDir::new().unwrap();
        let url = database::prepare(engine, data.path(), demo).await;
        Self::run(engine, data, url, change).await
    }

    async fn run(
        engine: Engine,
        data: TempDir,
        database_url: Option<String>,
        change: impl FnOnce(&mut Settings, &Path),
    ) -> Self {
        let mut settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            data_dir: data.path().to_owned(),
            database_url,
            database_connections: 4,
            secret: Some(identity::SECRET.to_owned()),
            demo: false,
            workers: 1,
            program: Some(program()),
            ..Settings::default()
        };
        change(&mut settings, data.path());
        let application = Application::build(&settings).await.unwrap();
        let base = format!("http://{}", application.address());
        let database = application.database().clone();
        let media = application.media().clone();
        let stop = application.handle();
        rt::spawn(application.run());
        Self {
            base,
            // A connection for each request: one that is kept may be closed at the moment of its use.
            client: reqwest::Client::builder()
                .pool_max_idle_per_host(0)
                // Without TLS there is no need to read the certificates of the machine.
                .tls_certs_only([])
                .build()
                .unwrap(),
            database,
            media,
            engine,
            database_url: settings.database_url,
            appio_url: settings.appio_url,
            stop,
            data,
        }
    }

    /// Where files are kept.
    pub fn media_folder(&self) -> std::path::PathBuf {
        self.data.path().join("media")
    }

    /// Stops the application as a signal does.
    pub async fn stop(&self) {
        self.stop.clone().stop().await;
    }

    /// Waits until this many subscriptions follow what changes.
    pub async fn followed_by(&self, subscriptions: usize) {
        while self.database.feeds().listeners() < subscriptions {
            rt::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }

    /// What does the work of the outbox, as another node does it.
    pub fn worker(&self) -> Worker {
        let outgoing = Outgoing::new(true);
        let follower = webhooks::Follower::new(self.database.clone());
        let sender = webhooks::Sender::new(self.database.clone(), identity::vault(), outgoing);
        let timekeeper = Timekeeper::new(self.database.clone(), identity::vault());
        let automation = Automation::new(self.database.clone(), identity::vault());
        let handlers: Vec<Arc<dyn Handler>> = vec![
            Arc::new(follower),
            Arc::new(sender),
            Arc::new(timekeeper),
            Arc::new(automation),
        ];
        Worker::new(self.database.clone(), handlers, now)
    }

    /// What tells citizens of what happens in their cases, as another node does it.
    pub fn notifier(&self, client: appio::Client) -> Notifier {
        Notifier::new(self.database.clone(), identity::vault(), Arc::new(client))
    }

    /// Stops the application, and works with its database as another program does.
    pub async fn by_hand(mut self) -> Self {
        self.stop().await;
        self.database = self.other_program().await;
        self
    }

    /// The same database as another program opens it.
    pub async fn other_program(&self) -> Database {
        let options = DatabaseOptions::patient(4);
        match &self.database_url {
            Some(url) => Database::connect(url, options).await.unwrap(),
            None => Database::open(self.data.path(), options).await.unwrap(),
        }
    }

    /// A connection that may do everything to the database.
    pub async fn administrator(&self) -> DatabaseConnection {
        let url = match &self.database_url {
            Some(url) => database::as_administrator(url),
            None => format!("sqlite://{}/municipio.db", self.data.path().display()),
        };
        sea_orm::Database::connect(url).await.unwrap()
    }

    /// How many rows a table has, of all municipalities.
    pub async fn rows(&self, table: &str) -> i64 {
        let connection = self.administrator().await;
        let count = format!("SELECT count(*) FROM {table}");
        let count = Statement::from_string(connection.get_database_backend(), count);
        let row = connection.query_one_raw(count).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    /// How many statements work runs to read. What the program does by itself meanwhile is counted along: the least
    /// of three times. Whose request it is, is looked up every five seconds, and left out.
    pub async fn statements(&self, work: impl AsyncFn()) -> usize {
        let mut least = usize::MAX;
        for _ in 0..3 {
            let (_, statements) = self.database.statements_of(work()).await;
            let own = |statement: &&Statement| !statement.sql.contains("FROM \"tenant");
            least = least.min(statements.iter().filter(own).count());
        }
        least
    }

    /// The first column of what a statement finds, of all municipalities.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let connection = self.administrator().await;
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let rows = connection.query_all_raw(statement).await.unwrap();
        rows.iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect()
    }

    /// A connection with the rights that the application has, told this tenant.
    pub async fn as_the_program(&self, tenant: &Tenant) -> DatabaseConnection {
        let Some(url) = &self.database_url else {
            return self.administrator().await;
        };
        let mut options = sea_orm::ConnectOptions::new(url);
        options.max_connections(1);
        let connection = sea_orm::Database::connect(options).await.unwrap();
        let tell = format!("SET municipio.tenant = '{}'", tenant.id);
        connection.execute_unprepared(&tell).await.unwrap();
        connection
    }

    /// Asks a GraphQL query; gives the whole answer.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let response = self
            .client
            .post(format!("{}/graphql", self.base))
            .json(&json!({ "query": query, "variables": variables }))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{query}");
        response.json().await.unwrap()
    }

    /// Asks a GraphQL query that must succeed; gives its data.
    pub async fn data(&self, query: &str) -> Value {
        let mut answer = self.ask(query, json!({})).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
        answer["data"].take()
    }

    /// Asks a GraphQL query that must fail; gives the code and the argument of its first error.
    pub async fn error(&self, query: &str) -> (String, String) {
        let answer = self.ask(query, json!({})).await;
        let extensions = &answer["errors"][0]["extensions"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&extensions["code"]), text(&extensions["argument"]))
    }

    /// The demo municipality.
    pub async fn demo_tenant(&self) -> Tenant {
        tenants::show(&self.database, &"c_m999".parse().unwrap())
            .await
            .unwrap()
    }

    /// A new municipality.
    pub async fn tenant(&self, ipa_code: &str, host: &str) -> Tenant {
        let new = NewTenant {
            ipa_code: ipa_code.parse().unwrap(),
            name: Some(format!("Comune di prova {ipa_code}")),
            fiscal_code: None,
            hosts: vec![host.to_owned()],
            locales: vec![Locale::italian(), "de".parse().unwrap()],
            id: None,
        };
        tenants::create(&self.database, new, noon()).await.unwrap()
    }

    /// An editor of this municipality.
    pub fn editor(&self, tenant: &Tenant) -> Editor {
        Editor::new(self.database.clone(), tenant)
    }
}

/// Writes content as the domain does it.
#[derive(Clone)]
pub struct Editor {
    database: Database,
    tenant: Arc<Tenant>,
}

impl Editor {
    /// An editor of this municipality who works with this database.
    pub fn new(database: Database, tenant: &Tenant) -> Self {
        Self {
            database,
            tenant: Arc::new(tenant.clone()),
        }
    }

    /// A new item with a draft.
    pub async fn draft(&self, content_type: ContentType, body: Value) -> ItemId {
        self.try_draft(content_type, body).await.unwrap()
    }

    /// A new item with a draft, or why not.
    pub async fn try_draft(
        &self,
        content_type: ContentType,
        body: Value,
    ) -> Result<ItemId, ContentError> {
        let id = ItemId::generate();
        let transaction = self.database.tenant(self.tenant.id).begin().await?;
        create(&transaction, id, content_type, noon()).await?;
        let body = Body::parse(content_type, body).map_err(ContentError::Invalid)?;
        revise(&transaction, id, draft(body), noon()).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// A new revision of an item.
    pub async fn revise(&self, id: ItemId, draft: Draft) -> Result<(), ContentError> {
        let transaction = self.database.tenant(self.tenant.id).begin().await?;
        revise(&transaction, id, draft, noon()).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Publishes the draft.
    pub async fn publish(&self, id: ItemId) -> Result<(), ContentError> {
        let transaction = self.database.tenant(self.tenant.id).begin().await?;
        publish(&transaction, id, &self.tenant.locales, noon()).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes an item off the public site.
    pub async fn unpublish(&self, id: ItemId) {
        let transaction = self.database.tenant(self.tenant.id).begin().await.unwrap();
        unpublish(&transaction, id, noon()).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// A published topic with this title.
    pub async fn topic(&self, title: &str) -> ItemId {
        let body = json!({ "title": title, "short_description": "Un argomento" });
        let id = self.draft(ContentType::Topic, body).await;
        self.publish(id).await.unwrap();
        id
    }
}

/// A revision without a word about it.
pub fn draft(body: Body) -> Draft {
    Draft {
        body,
        slugs: BTreeMap::new(),
        author: "test".to_owned(),
        note: None,
    }
}

/// A fixed moment.
pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0).unwrap()
}

/// The program, which Cargo builds for the suites: it stands beside the folder of the suite that runs.
fn program() -> PathBuf {
    let suite = std::env::current_exe().unwrap();
    let folder = suite.parent().and_then(Path::parent).unwrap();
    folder.join("municipio-under-test")
}

/// Loads the demo municipality.
pub(crate) async fn with_demo(database: &Database, media: &Path) {
    let blobs = Blobs::local(media).unwrap();
    let program = Program::new(program());
    let media = Media::new(blobs, MediaLimits::default(), None, program);
    load_demo(database, &media).await.unwrap();
}
