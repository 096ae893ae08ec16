//! What Municipio is measured beside: a handler that answers the same bytes to everything, and one
//! that reads the list of services with one hand-written statement on the same tables. Nothing on
//! these machines can answer the same faster with the same server, or from the same rows.

use std::{borrow::Cow, collections::HashMap, net::SocketAddr, path::PathBuf, process::Command};

use actix_web::{
    App, HttpResponse, HttpServer,
    error::ErrorInternalServerError,
    web::{Bytes as Body, Data, to},
};
use clap::Args;
use municipio_domain::vocabularies;
use serde::{Deserialize, Serialize};
use sqlx::{
    Connection as _, PgConnection, PgPool, Row as _,
    postgres::{PgPoolOptions, PgRow},
};

use crate::{
    Result,
    content::Site,
    program::{Server, free_address},
    store::Store,
};

/// How many services the list has.
const PAGE: usize = 20;

/// The media type of the program's answers.
const MEDIA_TYPE: &str = "application/json; charset=utf-8";

/// What the handler of bytes is told.
#[derive(Debug, Args)]
pub struct Bytes {
    /// Where it listens
    #[arg(long)]
    listen: SocketAddr,
    /// The file that holds them
    #[arg(long)]
    file: PathBuf,
}

/// What the handler of the statement is told.
#[derive(Debug, Args)]
pub struct Statement {
    /// Where it listens
    #[arg(long)]
    listen: SocketAddr,
    /// IPA code of the municipality
    #[arg(long)]
    tenant: String,
    /// Address of the database
    #[arg(long, env = "DATABASE_URL")]
    database: String,
}

/// Starts a server that answers these bytes.
pub async fn start_bytes(store: &Store, bytes: &[u8]) -> Result<Server> {
    let file = store.folder().join("answer.json");
    std::fs::write(&file, bytes)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("answer-bytes").arg("--file").arg(file);
    start(command, store).await
}

/// Starts a server that answers the list of services of this municipality. PostgreSQL alone.
pub async fn start_statement(store: &Store, site: &Site) -> Result<Server> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["answer-statement", "--tenant", &site.ipa_code])
        .envs(store.environment());
    start(command, store).await
}

async fn start(mut command: Command, store: &Store) -> Result<Server> {
    let address = free_address()?;
    command.args(["--listen", &address.to_string()]);
    let mut server = Server::start(command, address, store)?;
    server.wait().await?;
    Ok(server)
}

/// Answers the same bytes to everything.
pub async fn answer_bytes(options: &Bytes) -> Result<()> {
    let bytes = Body::from(std::fs::read(&options.file)?);
    let server = HttpServer::new(move || {
        // A body that nobody reads would cost more than one that is read.
        let answer = |_: Body, bytes: Data<Body>| async move {
            HttpResponse::Ok()
                .content_type(MEDIA_TYPE)
                .body(bytes.get_ref().clone())
        };
        App::new()
            .app_data(Data::new(bytes.clone()))
            .default_service(to(answer))
    });
    Ok(server.bind(options.listen)?.run().await?)
}

/// Answers the list of services to everything.
pub async fn answer_statement(options: &Statement) -> Result<()> {
    let mut one = PgConnection::connect(&options.database).await?;
    let tenant: String = sqlx::query_scalar("SELECT id::text FROM tenant WHERE ipa_code = $1")
        .bind(&options.tenant)
        .fetch_one(&mut one)
        .await?;
    one.close().await?;
    let told = tenant.clone();
    let pool = PgPoolOptions::new()
        .max_connections(16)
        // Row-level security shows no rows before. Once for each connection: there is one tenant.
        .after_connect(move |connection, _| {
            let tell = sqlx::query("SELECT set_config('municipio.tenant', $1, false)");
            let tell = tell.bind(told.clone());
            Box::pin(async move { tell.execute(connection).await.map(|_| ()) })
        })
        .connect(&options.database)
        .await?;
    let state = State {
        pool,
        tenant,
        labels: labels(),
    };
    let state = Data::new(state);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .default_service(to(answer))
    });
    Ok(server.bind(options.listen)?.run().await?)
}

/// What its requests share.
struct State {
    pool: PgPool,
    tenant: String,
    labels: HashMap<&'static str, &'static str>,
}

fn labels() -> HashMap<&'static str, &'static str> {
    let terms = vocabularies::get("service-categories")
        .map(|vocabulary| vocabulary.terms.as_slice())
        .unwrap_or_default();
    let label =
        |term: &'static vocabularies::Term| Some((term.code.as_str(), term.label.italian()?));
    terms.iter().filter_map(label).collect()
}

/// A service as the statement gives it.
struct Row {
    slug: String,
    service: String,
    office: Option<String>,
    topics: Option<Vec<String>>,
}

impl Row {
    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            slug: row.try_get(0)?,
            service: row.try_get(1)?,
            office: row.try_get(2)?,
            topics: row.try_get(3)?,
        })
    }
}

/// What is needed of a body.
#[derive(Deserialize)]
struct Stored<'a> {
    #[serde(borrow)]
    title: Italian<'a>,
    #[serde(borrow)]
    short_description: Option<Italian<'a>>,
    #[serde(borrow, default)]
    category: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Italian<'a> {
    #[serde(borrow)]
    it: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Service<'a> {
    title: Cow<'a, str>,
    path: String,
    short_description: Option<Cow<'a, str>>,
    category: Option<Category<'a>>,
    responsible_office: Option<Titled<'a>>,
    topics: Vec<Titled<'a>>,
}

#[derive(Serialize)]
struct Category<'a> {
    code: Cow<'a, str>,
    label: &'a str,
}

#[derive(Serialize)]
struct Titled<'a> {
    title: Cow<'a, str>,
}

impl<'a> Titled<'a> {
    fn read(body: &'a str) -> serde_json::Result<Self> {
        let stored: Stored<'a> = serde_json::from_str(body)?;
        Ok(Self {
            title: stored.title.it,
        })
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    data: Lists<'a>,
}

#[derive(Serialize)]
struct Lists<'a> {
    services: List<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    nodes: Vec<Service<'a>>,
    page_info: PageInfo,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
}

async fn answer(_: Body, state: Data<State>) -> actix_web::Result<HttpResponse> {
    let rows = sqlx::query(include_str!("list.sql"))
        .bind(&state.tenant)
        .try_map(|row| Row::read(&row))
        .fetch_all(&state.pool)
        .await
        .map_err(ErrorInternalServerError)?;
    let services = rows
        .iter()
        .take(PAGE)
        .map(|row| service(row, &state.labels));
    let services: serde_json::Result<_> = services.collect();
    let list = List {
        nodes: services.map_err(ErrorInternalServerError)?,
        page_info: PageInfo {
            has_next_page: rows.len() > PAGE,
        },
    };
    let answer = Answer {
        data: Lists { services: list },
    };
    let body = serde_json::to_string(&answer).map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().content_type(MEDIA_TYPE).body(body))
}

fn service<'a>(row: &'a Row, labels: &HashMap<&str, &'a str>) -> serde_json::Result<Service<'a>> {
    let stored: Stored<'a> = serde_json::from_str(&row.service)?;
    let category = stored.category.into_iter().next();
    let section = category.as_ref().map(|code| format!("/{code}"));
    let topics = row.topics.iter().flatten();
    Ok(Service {
        title: stored.title.it,
        path: format!("/servizi{}/{}", section.unwrap_or_default(), row.slug),
        short_description: stored.short_description.map(|text| text.it),
        category: category.map(|code| Category {
            label: labels.get(&*code).copied().unwrap_or_default(),
            code,
        }),
        responsible_office: row.office.as_deref().map(Titled::read).transpose()?,
        topics: topics
            .map(|body| Titled::read(body))
            .collect::<serde_json::Result<_>>()?,
    })
}
