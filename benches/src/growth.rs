//! The same reads with more and more content of one municipality.

use clap::Args;
use serde_json::json;

use crate::{
    Common, Result,
    content::{Amount, Content, generate, global_id},
    operations::{Operation, SHEET, each, one},
    program::Program,
    progress,
    report::{Report, grouped, machine},
    request::Request,
    series::{Look, Series},
    store::{Engine, Store},
};

/// How much content there is.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// Numbers of items, one in ten a service and the others news
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000, 1_000_000])]
    sizes: Vec<u64>,
    /// The most items on SQLite
    #[arg(long, default_value_t = 100_000)]
    sqlite: u64,
}

const SERVICES: &str = "query($after: String) { services(first: 20, after: $after) { nodes { \
    title path shortDescription category { label } responsibleOffice { title } topics { title } } } }";
const BY_CATEGORY: &str = "query($category: String!) { services(first: 20, filter: { category: [$category] }) \
    { nodes { title path shortDescription } } }";
const BY_TWO: &str = "query($category: String!, $topic: ID!) { services(first: 20, \
    filter: { and: [{ category: [$category] }, { topic: [$topic] }] }) { nodes { title path } } }";
const NEWS: &str =
    "query { news(first: 20) { nodes { title path newsDate shortDescription topics { title } } } }";
const SIZE: &str = "query { news(first: 1) { totalCount } }";
const COUNT: &str = "query { news(first: 1, filter: { current: true }) { totalCount } }";

/// Measures, and publishes the tables.
pub async fn run(options: &Options) -> Result<()> {
    let common = &options.common;
    let program = common.program()?;
    let mut report = Report::default();
    report.add("machine", machine(common).await?);
    for engine in common.engines() {
        let (name, most) = match engine {
            Engine::Sqlite => ("growth-sqlite", options.sqlite),
            Engine::Postgres(_) => ("growth-postgresql", u64::MAX),
        };
        let sizes = match common.quick {
            true => vec![100, 200],
            false => options
                .sizes
                .iter()
                .copied()
                .filter(|size| *size <= most)
                .collect(),
        };
        let store = Store::create(&engine).await?;
        let mut series = Series::default();
        for size in sizes {
            let title = format!("{} items", grouped(size));
            progress(format_args!("{}: generating {title}", engine.name()));
            series.begin(title);
            let services = size / 10;
            let amount = Amount {
                tenants: 1,
                services,
                news: size - services,
            };
            generate(&program, &store, &amount, common.seed).await?;
            look(common, &program, &store, &mut series).await?;
        }
        store.remove().await?;
        report.add(name, format_args!("{}:\n\n{series}", engine.name()));
    }
    common.publish(&report)
}

async fn look(
    common: &Common,
    program: &Program,
    store: &Store,
    series: &mut Series,
) -> Result<()> {
    let mut content = Content::of(store, common.seed).await?;
    let operations = operations(&mut content).await?;
    let look = Look {
        program,
        settings: &[],
        remark: "",
        time: common.time(),
    };
    series.look(look, store, &operations).await?;
    let uncached = Look {
        settings: &[("MUNICIPIO_CACHE", "off")],
        remark: ", uncached",
        ..look
    };
    let both = |operation: &&Operation| [FIRST, DETAIL].contains(&operation.name());
    let again: Vec<_> = operations.iter().filter(both).cloned().collect();
    series.look(uncached, store, &again).await
}

const FIRST: &str = "first 20 services";
const DETAIL: &str = "service sheet";

async fn operations(content: &mut Content) -> Result<Vec<Operation>> {
    let site = &content.richest("service").await?;
    let slugs = content.slugs(site, "service").await?;
    let cursors = content.cursors(site, "service").await?;
    let categories = content.values(site, "service", "category").await?;
    let pairs = content
        .pairs(site, "service", ["category", "topics"])
        .await?;
    let pair = |(category, topic): &(String, String)| {
        let topic = global_id(site, "Topic", topic);
        Request::post(
            site,
            BY_TWO,
            &json!({ "category": category, "topic": topic }),
        )
    };
    let (nodes, total) = ("/data/services/nodes", "/data/news/totalCount");
    Ok(vec![
        Operation::new(FIRST, nodes, site, one(site, SERVICES)),
        Operation::new(
            "20 services after any place",
            nodes,
            site,
            each(site, SERVICES, "after", &cursors),
        ),
        Operation::new(
            "first 20 services of a category",
            nodes,
            site,
            each(site, BY_CATEGORY, "category", &categories),
        ),
        Operation::new(
            "first 20 services of a category and a topic",
            nodes,
            site,
            pairs.iter().map(pair).collect(),
        ),
        Operation::new(
            DETAIL,
            "/data/service/title",
            site,
            each(site, SHEET, "slug", &slugs),
        ),
        Operation::new("20 newest news", "/data/news/nodes", site, one(site, NEWS)),
        Operation::new("number of news, kept", total, site, one(site, SIZE)),
        Operation::new(
            "number of news that still matter, counted",
            total,
            site,
            one(site, COUNT),
        ),
    ])
}
