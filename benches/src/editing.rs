//! What editors do: signing in, writing and publishing; and what it costs readers that permissions are asked.

use std::{cell::Cell, rc::Rc, time::Duration};

use clap::Args;
use serde_json::{Value, json};

use crate::{
    Common, Result,
    client::Connection,
    content::{Amount, Content, Site, generate, global_id, load_demo},
    load::{Measurement, Target, Work, measure},
    operations::LIST,
    program::{Program, Server},
    progress,
    report::{Report, Table, machine, ms, rate},
    request::Request,
    store::{Engine, Store},
};

/// What is measured.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// How often readers are asked each way: the least that it cost counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

const EMAIL: &str = "bench@comune.example";
const CONNECTIONS: [usize; 2] = [1, 16];

const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code } } }";
pub const CREATE: &str = "mutation($input: CreateContentInput!) { createContent(input: $input) \
    { content { id } userErrors { code path message } } }";
pub const PUBLISH: &str = "mutation($input: PublishInput!) { publish(input: $input) \
    { content { id } userErrors { code path message } } }";
const CREATE_KEY: &str = "mutation { createApiKey(input: { name: \"Bench\", scopes: [{ action: \"content.read\" }] }) \
    { secret userErrors { code } } }";

/// Measures, and publishes the tables.
pub async fn run(options: &Options) -> Result<()> {
    let common = &options.common;
    let program = common.program()?;
    let mut report = Report::default();
    report.add("machine", machine(common).await?);
    for engine in common.engines() {
        progress(format_args!("{}: filling the database", engine.name()));
        let store = Store::create(&engine).await?;
        let bench = Bench::prepare(options, &program, &engine, &store).await?;
        let [writing, reading] = match engine {
            Engine::Sqlite => ["editing-sqlite", "permissions-sqlite"],
            Engine::Postgres(_) => ["editing-postgresql", "permissions-postgresql"],
        };
        report.add(writing, bench.editing().await?);
        report.add(reading, bench.permissions().await?);
        bench.server.stop()?;
        store.remove().await?;
    }
    common.publish(&report)
}

/// A running server with an administrator who signed in.
struct Bench<'a> {
    options: &'a Options,
    engine: &'a Engine,
    target: Target,
    server: Server,
    site: Site,
    sign_in: Rc<Vec<Request>>,
    token: String,
    links: Value,
}

impl<'a> Bench<'a> {
    async fn prepare(
        options: &'a Options,
        program: &Program,
        engine: &'a Engine,
        store: &Store,
    ) -> Result<Self> {
        load_demo(program, store)?;
        let (services, news) = if options.common.quick {
            (30, 60)
        } else {
            (1_000, 1_000)
        };
        let amount = Amount {
            tenants: 1,
            services,
            news,
        };
        generate(program, store, &amount, options.common.seed).await?;
        let mut content = Content::of(store, options.common.seed).await?;
        let site = content.richest("service").await?;
        let links = links(&mut content, &site).await?;
        let sign_in = sign_in(program, store, &site, EMAIL)?;
        let server = program.serve(store, &[]).await?;
        let mut connection = Connection::open(server.address()).await?;
        let token = text(
            sign_in
                .ask(&mut connection, "/data/signIn/session/accessToken")
                .await?,
        )?;
        let target = Target {
            address: server.address(),
            processes: store.processes(&server),
        };
        let sign_in = Rc::new(vec![sign_in]);
        Ok(Self {
            options,
            engine,
            target,
            server,
            site,
            sign_in,
            token,
            links,
        })
    }

    fn time(&self) -> Duration {
        self.options.common.time()
    }

    async fn editing(&self) -> Result<String> {
        let mut table = Table::new(&COLUMNS);
        let writing = |publishes| {
            let (site, token, links) = (self.site.clone(), self.token.clone(), self.links.clone());
            Rc::new(Writing {
                site,
                token,
                links,
                publishes,
                next: Cell::new(0),
            })
        };
        let name = self.engine.name();
        progress(format_args!("{name}: signing in"));
        self.add(&mut table, "sign in with a password", &self.sign_in)
            .await?;
        progress(format_args!("{name}: writing"));
        self.add(&mut table, "create a news item", &writing(false))
            .await?;
        self.add(
            &mut table,
            "create a news item and publish it: two requests",
            &writing(true),
        )
        .await?;
        Ok(format!("{name}:\n\n{table}"))
    }

    async fn add<W: Work + 'static>(
        &self,
        table: &mut Table,
        name: &str,
        work: &Rc<W>,
    ) -> Result<()> {
        let mut loads = Vec::new();
        for connections in CONNECTIONS {
            loads.push(measure(&self.target, work, connections, self.time()).await?);
        }
        let mut cells = vec![name.to_owned()];
        cells.extend(
            loads
                .last()
                .into_iter()
                .flat_map(|load| [ms(load.server), ms(load.database)]),
        );
        for load in &loads {
            cells.extend([rate(load.rate()), ms(load.p50), ms(load.p99)]);
        }
        table.row(&cells);
        Ok(())
    }

    /// The list of services by readers, by somebody who signed in and by a program, in turn.
    async fn permissions(&self) -> Result<String> {
        let mut connection = Connection::open(self.target.address).await?;
        let key = Request::by(&self.site, &self.token, CREATE_KEY, &Value::Null);
        let key = text(
            key.ask(&mut connection, "/data/createApiKey/secret")
                .await?,
        )?;
        let by = |token: &str| Request::by(&self.site, token, LIST, &Value::Null);
        let asks = [
            (
                "nobody who signed in",
                Request::post(&self.site, LIST, &Value::Null),
            ),
            ("an administrator", by(&self.token)),
            ("an API key", by(&key)),
        ];
        let mut rows: Vec<_> = asks
            .map(|(name, request)| (name, Rc::new(vec![request]), None))
            .into();
        for round in 0..self.options.rounds {
            progress(format_args!(
                "{}: permissions, {}",
                self.engine.name(),
                round + 1
            ));
            for (_, requests, best) in &mut rows {
                let load = measure(&self.target, requests, CONNECTIONS[1], self.time()).await?;
                let cheaper = |best: &Measurement| load.cpu() < best.cpu();
                if best.as_ref().is_none_or(cheaper) {
                    *best = Some(load);
                }
            }
        }
        let mut table = Table::new(&[
            "list of 20 services, asked by",
            "CPU ms of server and database",
            "req/s",
            "of the first",
        ]);
        let first = rows
            .first()
            .and_then(|(.., best)| best.as_ref().map(Measurement::cpu));
        for (name, _, best) in &rows {
            let (Some(best), Some(first)) = (best, first) else {
                continue;
            };
            let ratio = best.cpu().as_secs_f64() / first.as_secs_f64();
            table.row(&[
                (*name).to_owned(),
                ms(best.cpu()),
                rate(best.rate()),
                format!("{ratio:.3}"),
            ]);
        }
        Ok(format!("{}:\n\n{table}", self.engine.name()))
    }
}

const COLUMNS: [&str; 9] = [
    "what",
    "CPU ms: server",
    "database",
    "1 connection: a second",
    "p50 ms",
    "p99 ms",
    "16 connections: a second",
    "p50 ms",
    "p99 ms",
];

/// Makes an administrator; gives the request by which they sign in.
pub fn sign_in(program: &Program, store: &Store, site: &Site, email: &str) -> Result<Request> {
    sign_in_as("administrator", program, store, site, email)
}

/// The same of somebody with a role.
pub fn sign_in_as(
    role: &str,
    program: &Program,
    store: &Store,
    site: &Site,
    email: &str,
) -> Result<Request> {
    let arguments = [
        "user",
        "create",
        "--tenant",
        &site.ipa_code,
        "--email",
        email,
        "--name",
        "Bench",
    ];
    let more = ["--role", role, "--generate-password"];
    let said = program.run(store, &[arguments.as_slice(), &more].concat())?;
    let password = said
        .split_whitespace()
        .last()
        .ok_or("no password was said")?;
    let input = json!({ "input": { "email": email, "password": password } });
    Ok(Request::post(site, SIGN_IN, &input))
}

/// What a news item must link to before it is published.
async fn links(content: &mut Content, site: &Site) -> Result<Value> {
    let topics = content.values(site, "news_item", "topics").await?;
    let offices = content.values(site, "news_item", "edited_by").await?;
    let first = |ids: &[String], of: &str| -> Result<String> {
        let id = ids
            .first()
            .ok_or_else(|| format!("no news item has a {of}"))?;
        Ok(global_id(site, of, id))
    };
    Ok(json!({ "topics": [first(&topics, "Topic")?], "editedBy": [first(&offices, "Office")?] }))
}

fn text(value: Value) -> Result<String> {
    Ok(value.as_str().ok_or("not a text")?.to_owned())
}

/// Writing a news item, another each time, and publishing it.
struct Writing {
    site: Site,
    token: String,
    links: Value,
    publishes: bool,
    next: Cell<usize>,
}

impl Work for Writing {
    async fn turn(&self, connection: &mut Connection, _: usize) -> Result<()> {
        let number = self.next.replace(self.next.get() + 1);
        let text = |text: String| json!([{ "locale": "it", "value": text }]);
        let body = format!("Il testo della notizia {number}, che dice quanto serve sapere.");
        let mut news = json!({
            "title": text(format!("Notizia di misura {number} {}", self.publishes)),
            "shortDescription": text("Una notizia che serve a misurare".to_owned()),
            "newsType": "notizie",
            "newsDate": "2026-11-20",
            "body": [{ "locale": "it", "markdown": body }],
        });
        for name in ["topics", "editedBy"] {
            news[name] = self.links[name].clone();
        }
        let input = json!({ "input": { "content": { "newsItem": news } } });
        let create = Request::by(&self.site, &self.token, CREATE, &input);
        let id = create
            .ask(connection, "/data/createContent/content/id")
            .await?;
        if self.publishes {
            let publish = Request::by(
                &self.site,
                &self.token,
                PUBLISH,
                &json!({ "input": { "id": id } }),
            );
            publish.ask(connection, "/data/publish/content/id").await?;
        }
        Ok(())
    }
}
