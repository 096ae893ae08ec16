//! The operations of a portal: what each costs, beside what limits it.

use std::rc::Rc;

use clap::Args;
use serde_json::{Value, json};

use crate::{
    Common, Result,
    client::Connection,
    content::{Amount, Content, Site, generate, load_demo},
    limits,
    load::{Measurement, Target, measure},
    processes::memory,
    program::{Program, Server},
    progress,
    report::{Report, Table, machine, ms, rate},
    request::Request,
    start,
    statements::Counter,
    store::{Engine, Store},
};

/// How many requests are under way at once.
const CONNECTIONS: [usize; 2] = [1, 16];

/// The list by which Municipio is compared.
pub const LIST: &str = include_str!("../queries/service-list.graphql");
/// A service sheet with everything.
pub const SHEET: &str = include_str!("../queries/service-sheet.graphql");
/// What a home page shows.
pub const HOME: &str = include_str!("../queries/home.graphql");
/// The newest news.
pub const NEWS: &str = include_str!("../queries/news-list.graphql");

/// How much content there is.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// Services that are generated
    #[arg(long, default_value_t = 1_000)]
    services: u64,
    /// News that are generated
    #[arg(long, default_value_t = 10_000)]
    news: u64,
}

impl Options {
    fn amount(&self) -> Amount {
        let (services, news) = match self.common.quick {
            true => (30, 60),
            false => (self.services, self.news),
        };
        Amount {
            tenants: 1,
            services,
            news,
        }
    }
}

/// An operation, and the requests that ask for it.
#[derive(Clone)]
pub struct Operation {
    name: &'static str,
    place: &'static str,
    site: Site,
    requests: Rc<Vec<Request>>,
}

impl Operation {
    /// An operation of this municipality; each answer must have something at this place.
    pub fn new(
        name: &'static str,
        place: &'static str,
        site: &Site,
        requests: Vec<Request>,
    ) -> Self {
        Self {
            name,
            place,
            site: site.clone(),
            requests: Rc::new(requests),
        }
    }

    /// Tries all its requests out.
    pub async fn try_out(&self, server: &Server) -> Result<()> {
        if self.requests.is_empty() {
            return Err(format!("{}: there is nothing to ask for", self.name).into());
        }
        let mut connection = Connection::open(server.address()).await?;
        for request in self.requests.iter() {
            request.try_out(&mut connection, self.place).await?;
        }
        Ok(())
    }

    /// The name of the operation.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its requests.
    pub fn requests(&self) -> &Rc<Vec<Request>> {
        &self.requests
    }

    fn mean_length(&self) -> usize {
        let sum: usize = self.requests.iter().map(Request::answer_length).sum();
        sum / self.requests.len().max(1)
    }
}

/// Requests that differ in the value of one variable.
pub fn each(site: &Site, query: &str, variable: &str, values: &[String]) -> Vec<Request> {
    let request = |value| Request::post(site, query, &json!({ (variable): value }));
    values.iter().map(request).collect()
}

/// A single request without variables.
pub fn one(site: &Site, query: &str) -> Vec<Request> {
    vec![Request::post(site, query, &Value::Null)]
}

/// The operations of a portal, each asked of the municipality that has most to answer.
async fn portal(content: &mut Content) -> Result<Vec<Operation>> {
    let services = content.richest("service").await?;
    let categories = content.values(&services, "service", "category").await?;
    let sheets = content.slugs(&services, "service").await?;
    let news = content.richest("news_item").await?;
    let people = content.richest("role").await?;
    let links = [("role", "office"), ("service", "responsible_office")];
    let offices = content.slugs_linked(&people, "office", &links).await?;
    let events = content.richest("event").await?;
    let links = [("service", "topics"), ("news_item", "topics")];
    let topics = content.slugs_linked(&services, "topic", &links).await?;
    let category = include_str!("../queries/service-category.graphql");
    let office = include_str!("../queries/office.graphql");
    let topic = include_str!("../queries/topic.graphql");
    let calendar = include_str!("../queries/calendar.graphql");
    let navigation = include_str!("../queries/navigation.graphql");
    Ok(vec![
        Operation::new(
            "home page",
            "/data/home/latestNews",
            &events,
            one(&events, HOME),
        ),
        Operation::new(
            "list of 20 services",
            "/data/services/nodes",
            &services,
            one(&services, LIST),
        ),
        Operation::new(
            "services of a category and their number",
            "/data/services/nodes",
            &services,
            each(&services, category, "category", &categories),
        ),
        Operation::new(
            "service sheet with everything",
            "/data/service/title",
            &services,
            each(&services, SHEET, "slug", &sheets),
        ),
        Operation::new(
            "office with people and services",
            "/data/office/currentRoles",
            &people,
            each(&people, office, "slug", &offices),
        ),
        Operation::new(
            "list of 20 news and their number",
            "/data/news/nodes",
            &news,
            one(&news, NEWS),
        ),
        Operation::new(
            "topic page",
            "/data/topic/services/nodes",
            &services,
            each(&services, topic, "slug", &topics),
        ),
        Operation::new(
            "event calendar",
            "/data/eventOccurrences/nodes",
            &events,
            one(&events, calendar),
        ),
        Operation::new(
            "navigation",
            "/data/navigation",
            &events,
            one(&events, navigation),
        ),
    ])
}

/// Measures, and publishes the tables.
pub async fn run(options: &Options) -> Result<()> {
    let common = &options.common;
    let program = common.program()?;
    let mut report = Report::default();
    report.add("machine", machine(common).await?);
    let mut sizes = Table::new(&start::COLUMNS);
    for engine in common.engines() {
        let bench = Bench::prepare(options, &program, &engine).await?;
        let (peak, table) = bench.operations().await?;
        let name = match engine {
            Engine::Sqlite => "operations-sqlite",
            Engine::Postgres(_) => "operations-postgresql",
        };
        report.add(name, table);
        if matches!(engine, Engine::Postgres(_)) {
            report.add("limits", bench.limits().await?);
        }
        let rounds = if common.quick { 1 } else { 7 };
        let startup = start::startup(&program, &bench.store, &bench.site().await?, rounds).await?;
        let idle = start::idle(&program, &engine, common.quick).await?;
        sizes.row(&start::row(engine.name(), &idle, peak, &startup));
        bench.store.remove().await?;
    }
    report.add("memory-and-start", sizes);
    common.publish(&report)
}

/// A database with content, and what is measured on it.
struct Bench<'a> {
    options: &'a Options,
    program: &'a Program,
    engine: &'a Engine,
    store: Store,
}

impl<'a> Bench<'a> {
    async fn prepare(
        options: &'a Options,
        program: &'a Program,
        engine: &'a Engine,
    ) -> Result<Self> {
        progress(format_args!("{}: filling the database", engine.name()));
        let store = Store::create(engine).await?;
        load_demo(program, &store)?;
        generate(program, &store, &options.amount(), options.common.seed).await?;
        Ok(Self {
            options,
            program,
            engine,
            store,
        })
    }

    async fn content(&self) -> Result<Content> {
        Content::of(&self.store, self.options.common.seed).await
    }

    async fn site(&self) -> Result<Site> {
        self.content().await?.richest("service").await
    }

    /// The table of all operations; and the most memory that the server took, in bytes.
    async fn operations(&self) -> Result<(u64, String)> {
        let server = self.program.serve(&self.store, &[]).await?;
        let mut content = self.content().await?;
        let operations = portal(&mut content).await?;
        let counter = Counter::new(&self.store, &server).await?;
        let mut table = Table::new(&COLUMNS);
        for operation in &operations {
            progress(format_args!("{}: {}", self.engine.name(), operation.name));
            operation.try_out(&server).await?;
            let count = match operation.requests.first() {
                Some(request) => counter.count(request).await?,
                None => None,
            };
            let count = count.map_or_else(|| "–".to_owned(), |count| count.to_string());
            let loads = self.loads(&server, &operation.requests).await?;
            table.row(&cells(operation, count, &loads));
        }
        counter.stop().await;
        let peak = memory(server.process())?.peak;
        server.stop()?;
        let text = format!(
            "{}: {}\n\n{table}",
            self.engine.name(),
            described(&content, &operations).await?
        );
        Ok((peak, text))
    }

    async fn loads(
        &self,
        server: &Server,
        requests: &Rc<Vec<Request>>,
    ) -> Result<Vec<Measurement>> {
        let target = Target {
            address: server.address(),
            processes: self.store.processes(server),
        };
        let mut loads = Vec::new();
        for connections in CONNECTIONS {
            let time = self.options.common.time();
            loads.push(measure(&target, requests, connections, time).await?);
        }
        Ok(loads)
    }

    /// The list of services in several ways, beside the limits, as ratios.
    async fn limits(&self) -> Result<String> {
        let site = self.site().await?;
        let requests = Rc::new(one(&site, LIST));
        let mut rows = Vec::new();
        let server = self.program.serve(&self.store, &[]).await?;
        let bytes = first_answer(&server, &requests).await?;
        rows.push(("Municipio", self.loads(&server, &requests).await?));
        let compressed = Rc::new(vec![Request::compressed(&site, LIST, &Value::Null)]);
        first_answer(&server, &compressed).await?;
        rows.push((
            "Municipio, compressed answer",
            self.loads(&server, &compressed).await?,
        ));
        let (persist, persisted) = Request::persisted(&site, LIST);
        first_answer(&server, &[persist]).await?;
        let persisted = Rc::new(vec![persisted]);
        first_answer(&server, &persisted).await?;
        rows.push((
            "Municipio, persisted query over GET",
            self.loads(&server, &persisted).await?,
        ));
        server.stop()?;
        let server = self
            .program
            .serve(&self.store, &[("MUNICIPIO_CACHE", "off")])
            .await?;
        first_answer(&server, &requests).await?;
        rows.push(("Municipio, uncached", self.loads(&server, &requests).await?));
        server.stop()?;
        let server = limits::start_statement(&self.store, &site).await?;
        if first_answer(&server, &requests).await? != bytes {
            return Err("the hand-written statement does not answer the same".into());
        }
        rows.push((
            "hand-written statement",
            self.loads(&server, &requests).await?,
        ));
        let server = limits::start_bytes(&self.store, &bytes).await?;
        first_answer(&server, &requests).await?;
        rows.push((
            "the same bytes from memory",
            self.loads(&server, &requests).await?,
        ));
        Ok(ratios(&rows))
    }
}

const COLUMNS: [&str; 11] = [
    "operation",
    "bytes",
    "SQL",
    "CPU ms: server",
    "database",
    "1 connection: req/s",
    "p50 ms",
    "p99 ms",
    "16 connections: req/s",
    "p50 ms",
    "p99 ms",
];

fn cells(operation: &Operation, count: String, loads: &[Measurement]) -> Vec<String> {
    let mut cells = vec![
        operation.name.to_owned(),
        operation.mean_length().to_string(),
        count,
    ];
    cells.extend(
        loads
            .last()
            .into_iter()
            .flat_map(|load| [ms(load.server), ms(load.database)]),
    );
    for load in loads {
        cells.extend([rate(load.rate()), ms(load.p50), ms(load.p99)]);
    }
    cells
}

async fn first_answer(server: &Server, requests: &[Request]) -> Result<Vec<u8>> {
    let mut connection = Connection::open(server.address()).await?;
    let request = requests.first().ok_or("no request")?;
    request
        .try_out(&mut connection, "/data/services/nodes")
        .await
}

fn ratios(rows: &[(&str, Vec<Measurement>)]) -> String {
    let mut table = Table::new(&[
        "list of 20 services",
        "CPU ms: server",
        "database",
        "client",
        "1 connection: req/s",
        "16 connections: req/s",
        "of the bytes",
        "of the statement",
    ]);
    let limit = |place: usize| {
        rows.iter()
            .rev()
            .nth(place)
            .and_then(|(_, loads)| loads.last())
    };
    for (name, loads) in rows {
        let (Some(one), Some(many)) = (loads.first(), loads.last()) else {
            continue;
        };
        let ratio = |place| match limit(place) {
            Some(limit) => format!("{:.3}", many.rate() / limit.rate()),
            None => "–".to_owned(),
        };
        table.row(&[
            (*name).to_owned(),
            ms(many.server),
            ms(many.database),
            ms(many.client),
            rate(one.rate()),
            rate(many.rate()),
            ratio(0),
            ratio(1),
        ]);
    }
    table.to_string()
}

/// What there is, and of whom it is asked.
async fn described(content: &Content, operations: &[Operation]) -> Result<String> {
    let counts = content.described().await?;
    let mut sites: Vec<(&str, Vec<&str>)> = Vec::new();
    for operation in operations {
        let code = operation.site.ipa_code.as_str();
        match sites.iter_mut().find(|(known, _)| *known == code) {
            Some((_, names)) => names.push(operation.name),
            None => sites.push((code, vec![operation.name])),
        }
    }
    let asked: Vec<_> = sites
        .iter()
        .map(|(code, names)| format!("{} of `{code}`", names.join(", ")))
        .collect();
    Ok(format!("{counts}. Asked: {}.", asked.join("; ")))
}
