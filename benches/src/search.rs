//! Searches in a large municipality: by the embedded engine, through the API and by itself; and by a Meilisearch,
//! through the API and straight.

use std::time::{Duration, Instant};

use clap::Args;
use municipio_domain::{
    ids::TenantId,
    locale::Locale,
    search::{SearchEngine, SearchQuery, SearchText},
};
use municipio_search::{Embedded, Meilisearch};
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use crate::{
    Common, Result,
    client::Connection,
    content::{Amount, Content, Site, generate, load_demo},
    editing::sign_in,
    program::Program,
    progress,
    report::{Report, Table, grouped, machine, ms},
    request::Request,
    store::{Engine, Store},
    webhooks::publish_topic,
};

/// How much there is to be searched.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// Number of items, one in ten a service and the others news
    #[arg(long, default_value_t = 100_000)]
    items: u64,
    /// Number of different queries
    #[arg(long, default_value_t = 200)]
    queries: usize,
    /// Address of a Meilisearch to measure too
    #[arg(long, env = "MEILI_URL")]
    meili: Option<String>,
    /// Its key
    #[arg(long, env = "MEILI_API_KEY", hide_env_values = true)]
    meili_key: Option<String>,
}

const SEARCH: &str = "query ($query: String!) { search(query: $query, first: 20) { totalCount nodes { item { title path } } } }";
const SUGGEST: &str =
    "query ($prefix: String!) { suggest(prefix: $prefix) { title markedTitle contentType path } }";
const ENGINE: &str = "{ search(query: \"\") { engine { name lag } } }";
const TITLES: &str = "query ($after: String) { services(first: 100, after: $after) { nodes { title } pageInfo { endCursor } } }";

/// Measures, and publishes the table.
pub async fn run(options: &Options) -> Result<()> {
    let common = &options.common;
    let program = common.program()?;
    let mut report = Report::default();
    report.add("machine", machine(common).await?);
    let items = if common.quick { 100 } else { options.items };
    let store = Store::create(&Engine::Sqlite).await?;
    let services = items / 10;
    let amount = Amount {
        tenants: 1,
        services,
        news: items - services,
    };
    generate(&program, &store, &amount, common.seed).await?;
    let site = Content::of(&store, common.seed)
        .await?
        .richest("service")
        .await?;
    let mut measured = Measured::default();
    progress("making the index of the embedded engine");
    let begun = Instant::now();
    program.run(&store, &["search", "reindex"])?;
    let rate = items as f64 / begun.elapsed().as_secs_f64();
    let texts = texts(options, &program, &store, &site).await?;
    let tenant = tenant(&store, &site).await?;
    measured
        .through_api(&program, &store, &site, &texts, &[], "the embedded engine")
        .await?;
    let embedded = Embedded::new(store.folder().join("data").join("search"));
    measured
        .alone(&embedded, tenant, &texts, "the embedded engine")
        .await?;
    let publications = if common.quick { 4 } else { 100 };
    let demo = Store::create(&Engine::Sqlite).await?;
    load_demo(&program, &demo)?;
    measured
        .until_found(&program, &demo, common.seed, publications, &[])
        .await?;
    let mut server_rate = None;
    if let Some(url) = &options.meili {
        let key = options.meili_key.as_deref();
        let index = format!("bench_{}", Uuid::new_v4().simple());
        let settings = [
            ("MEILI_URL", url.as_str()),
            ("MEILI_API_KEY", key.unwrap_or_default()),
            ("MUNICIPIO_SEARCH_INDEX", index.as_str()),
        ];
        let filled = measured
            .through_api(&program, &store, &site, &texts, &settings, "Meilisearch")
            .await?;
        server_rate = Some(items as f64 / filled.as_secs_f64());
        let server = Meilisearch::new(url, key, &index);
        measured
            .alone(&server, tenant, &texts, "Meilisearch")
            .await?;
        measured
            .until_found(&program, &demo, common.seed + 1, publications, &settings)
            .await?;
    }
    demo.remove().await?;
    store.remove().await?;
    report.add(
        "search",
        format_args!(
            "{} items, {} queries, every other with a mistake. Items indexed a second: {} by the embedded engine{}.\n\n{}",
            grouped(items),
            grouped(texts.len() as u64),
            grouped(rate.round() as u64),
            server_rate.map_or_else(String::new, |rate| format!(
                ", {} by Meilisearch",
                grouped(rate.round() as u64)
            )),
            measured.table
        ),
    );
    common.publish(&report)
}

/// The table that grows.
struct Measured {
    table: Table,
}

impl Default for Measured {
    fn default() -> Self {
        Self {
            table: Table::new(&["search", "p50 ms", "p95 ms"]),
        }
    }
}

impl Measured {
    fn add(&mut self, name: String, mut times: Vec<Duration>) {
        times.sort_unstable();
        let at = |percent: usize| {
            times
                .get(times.len() * percent / 100)
                .copied()
                .unwrap_or_default()
        };
        self.table.row(&[name, ms(at(50)), ms(at(95))]);
    }

    /// Over GraphQL, once the engine answers that is to be measured.
    async fn through_api(
        &mut self,
        program: &Program,
        store: &Store,
        site: &Site,
        texts: &[String],
        settings: &[(&str, &str)],
        name: &str,
    ) -> Result<Duration> {
        progress(format_args!("over GraphQL: {name}"));
        let server = program.serve(store, settings).await?;
        let mut connection = Connection::open(server.address()).await?;
        let begun = Instant::now();
        until_ready(&mut connection, site, !settings.is_empty()).await?;
        let filled = begun.elapsed();
        let searches = texts
            .iter()
            .map(|text| Request::post(site, SEARCH, &json!({ "query": text })));
        let times = ask_all(&mut connection, searches.collect(), "/data/search/nodes").await?;
        self.add(format!("`search` over GraphQL, {name}"), times);
        // As far as it is written when somebody looks at the box.
        let begun = texts
            .iter()
            .map(|text| text.chars().take(6).collect::<String>());
        let suggestions =
            begun.map(|begun| Request::post(site, SUGGEST, &json!({ "prefix": begun })));
        let times = ask_all(&mut connection, suggestions.collect(), "/data/suggest").await?;
        self.add(format!("`suggest` over GraphQL, {name}"), times);
        server.stop()?;
        Ok(filled)
    }

    /// From the answer that something is published to the search that finds it.
    async fn until_found(
        &mut self,
        program: &Program,
        store: &Store,
        seed: u64,
        publications: u64,
        settings: &[(&str, &str)],
    ) -> Result<()> {
        progress("from a publication to a search that finds it");
        let site = Content::of(store, seed).await?.richest("topic").await?;
        let server = program.serve(store, settings).await?;
        let mut connection = Connection::open(server.address()).await?;
        let email = format!("bench-{seed}@comune.example");
        let token = sign_in(program, store, &site, &email)?
            .ask(&mut connection, "/data/signIn/session/accessToken")
            .await?;
        let token = token.as_str().ok_or("no token")?;
        until_ready(&mut connection, &site, !settings.is_empty()).await?;
        let mut times = Vec::new();
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..publications {
            // With so many letters by chance none is taken for another one with a mistake in it.
            let word: String = (0..12).map(|_| random.lowercase()).collect();
            publish_topic(&mut connection, &site, token, &word).await?;
            let begun = Instant::now();
            let look = Request::post(&site, SEARCH, &json!({ "query": word }));
            while look.ask(&mut connection, "/data/search/totalCount").await? == json!(0) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            times.push(begun.elapsed());
        }
        let name = match settings.is_empty() {
            true => "the embedded engine",
            false => "Meilisearch",
        };
        self.add(format!("publish → found, {name}"), times);
        server.stop()
    }

    /// Without the API.
    async fn alone(
        &mut self,
        engine: &dyn SearchEngine,
        tenant: TenantId,
        texts: &[String],
        name: &str,
    ) -> Result<()> {
        progress(format_args!("alone: {name}"));
        let mut times = Vec::new();
        for round in 0..3 {
            for text in texts {
                let italian = Locale::italian();
                let query = SearchQuery::new(SearchText::read(text, &italian)?, italian, 20);
                let begun = Instant::now();
                engine.query(tenant, &query).await?;
                if round > 0 {
                    times.push(begun.elapsed());
                }
            }
        }
        self.add(format!("{name} alone"), times);
        Ok(())
    }
}

/// Waits until the engine answers that is to be measured, and knows everything.
async fn until_ready(connection: &mut Connection, site: &Site, by_server: bool) -> Result<()> {
    let name = if by_server { "meilisearch" } else { "embedded" };
    let wanted = json!({ "name": name, "lag": 0 });
    let ready = Request::post(site, ENGINE, &json!({}));
    while ready.ask(connection, "/data/search/engine").await? != wanted {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// How long each of these takes, asked twice after a first time, in which bodies are read.
async fn ask_all(
    connection: &mut Connection,
    requests: Vec<Request>,
    pointer: &str,
) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for round in 0..3 {
        for request in &requests {
            let begun = Instant::now();
            request.ask(connection, pointer).await?;
            if round > 0 {
                times.push(begun.elapsed());
            }
        }
    }
    Ok(times)
}

/// Words of titles of services, every other of them with a mistake.
async fn texts(
    options: &Options,
    program: &Program,
    store: &Store,
    site: &Site,
) -> Result<Vec<String>> {
    let server = program.serve(store, &[]).await?;
    let mut connection = Connection::open(server.address()).await?;
    let mut random = fastrand::Rng::with_seed(options.common.seed);
    let mut texts = Vec::new();
    let mut after = serde_json::Value::Null;
    while texts.len() < options.queries {
        let request = Request::post(site, TITLES, &json!({ "after": after }));
        let page = request.ask(&mut connection, "/data/services").await?;
        let titles = page["nodes"].as_array().into_iter().flatten();
        for title in titles.filter_map(|node| node["title"].as_str()) {
            let words: Vec<&str> = title
                .split_whitespace()
                .filter(|word| word.len() > 3)
                .take(3)
                .collect();
            let text = words.join(" ");
            texts.push(if texts.len() % 2 == 0 {
                mistaken(&text, &mut random)
            } else {
                text
            });
        }
        after = page["pageInfo"]["endCursor"].clone();
        if after.is_null() {
            break;
        }
    }
    texts.truncate(options.queries);
    server.stop()?;
    Ok(texts)
}

/// A text that lacks a letter.
fn mistaken(text: &str, random: &mut fastrand::Rng) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() > 1 {
        letters.remove(random.usize(1..letters.len()));
    }
    letters.into_iter().collect()
}

/// The id of a municipality.
async fn tenant(store: &Store, site: &Site) -> Result<TenantId> {
    let connection = store.connect().await?;
    let sql = "SELECT id FROM tenant WHERE ipa_code = $1";
    let values = [site.ipa_code.as_str().into()];
    let statement =
        sea_orm::Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    let row = connection.query_one_raw(statement).await?;
    let row = row.ok_or("the municipality is gone")?;
    Ok(TenantId(row.try_get::<Uuid>("", "id")?))
}
