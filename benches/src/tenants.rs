//! The same reads with more and more municipalities.

use clap::Args;
use serde_json::{Value, json};

use crate::{
    Common, Result,
    content::{Amount, Content, generate},
    operations::{HOME, LIST, Operation, SHEET, each, one},
    progress,
    report::{Report, grouped, machine},
    request::Request,
    series::{Look, Series},
    store::{Engine, Store},
};

/// How many municipalities there are, and how much each has.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// Numbers of municipalities
    #[arg(long, value_delimiter = ',', default_values_t = [1, 100, 8_000])]
    counts: Vec<u64>,
    /// Services of each
    #[arg(long, default_value_t = 25)]
    services: u64,
    /// News of each
    #[arg(long, default_value_t = 25)]
    news: u64,
    /// The most municipalities on SQLite
    #[arg(long, default_value_t = 100)]
    sqlite: u64,
}

impl Options {
    fn amount(&self, tenants: u64) -> Amount {
        let (services, news) = match self.common.quick {
            true => (5, 5),
            false => (self.services, self.news),
        };
        Amount {
            tenants,
            services,
            news,
        }
    }
}

/// Measures, and publishes the tables.
pub async fn run(options: &Options) -> Result<()> {
    let common = &options.common;
    let program = common.program()?;
    let mut report = Report::default();
    report.add("machine", machine(common).await?);
    for engine in common.engines() {
        let (name, most) = match engine {
            Engine::Sqlite => ("tenants-sqlite", options.sqlite),
            Engine::Postgres(_) => ("tenants-postgresql", u64::MAX),
        };
        let counts = match common.quick {
            true => vec![1, 3],
            false => options
                .counts
                .iter()
                .copied()
                .filter(|count| *count <= most)
                .collect(),
        };
        let store = Store::create(&engine).await?;
        let mut series = Series::default();
        let mut described = String::new();
        for count in counts {
            let title = format!("{} municipalities", grouped(count));
            progress(format_args!("{}: generating {title}", engine.name()));
            series.begin(title);
            let amount = options.amount(count);
            generate(&program, &store, &amount, common.seed).await?;
            let mut content = Content::of(&store, common.seed).await?;
            let operations = operations(&mut content).await?;
            let look = Look {
                program: &program,
                settings: &[],
                remark: "",
                time: common.time(),
            };
            series.look(look, &store, &operations).await?;
            described = content.described().await?;
        }
        store.remove().await?;
        let text = format_args!("{}, in the end {described}:\n\n{series}", engine.name());
        report.add(name, text);
    }
    common.publish(&report)
}

async fn operations(content: &mut Content) -> Result<Vec<Operation>> {
    let all = content.sites_with_slug("service").await?;
    let of_all = |query: &str| {
        let request = |(site, _): &_| Request::post(site, query, &Value::Null);
        all.iter().map(request).collect::<Vec<_>>()
    };
    let sheets = all
        .iter()
        .map(|(site, slug)| Request::post(site, SHEET, &json!({ "slug": slug })));
    let site = &all.first().ok_or("no municipality has services")?.0;
    let slugs = content.slugs(site, "service").await?;
    let (list, sheet, home) = (
        "/data/services/nodes",
        "/data/service/title",
        "/data/home/latestNews",
    );
    Ok(vec![
        Operation::new("list of 20 services of one", list, site, one(site, LIST)),
        Operation::new(
            "service sheet of one",
            sheet,
            site,
            each(site, SHEET, "slug", &slugs),
        ),
        Operation::new("home page of one", home, site, one(site, HOME)),
        Operation::new(
            "list of 20 services of each in turn",
            list,
            site,
            of_all(LIST),
        ),
        Operation::new(
            "service sheet of each in turn",
            sheet,
            site,
            sheets.collect(),
        ),
        Operation::new("home page of each in turn", home, site, of_all(HOME)),
    ])
}
