//! Cases: what officers and citizens ask, with more and more of them; how many are taken on a second; and how soon
//! those who listen are told.

use std::{cell::RefCell, collections::BTreeSet, net::SocketAddr, rc::Rc, time::Duration};

use clap::Args;
use serde_json::{Value, json};

use crate::{
    Common, Result,
    client::Connection,
    content::{Content, Site, load_demo},
    editing::sign_in_as,
    listeners::fan_out,
    load::{Measurement, Target, Work, measure},
    operations::Operation,
    program::{Program, Server},
    progress,
    report::{Report, Table, grouped, machine, ms, rate},
    request::Request,
    series::{Look, Series},
    store::{Engine, Store},
};

/// What is measured.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// Numbers of cases, of ten events each
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000, 1_000_000])]
    sizes: Vec<u64>,
    /// The most cases on SQLite
    #[arg(long, default_value_t = 10_000)]
    sqlite: u64,
    /// How many clients listen
    #[arg(long, default_value_t = 1_000)]
    listeners: usize,
}

const MINE: &str = "query { myCases(first: 20) { nodes { id status subject dueOn updatedAt \
    procedure { title } state { label } } } }";
const QUEUE: &str = "query { cases(first: 20, filter: { isOpen: true }) { nodes { id status subject dueOn \
    procedure { title } office { title } state { label } applicant { name } } } }";
const LAST: &str =
    "query { cases(first: 20, orderBy: UPDATED) { nodes { id status subject updatedAt } } }";
const COUNTS: &str = "query { cases(first: 1, filter: { isOpen: true }) { totalCount statusCounts { status count } } }";
const ONE: &str = "query($id: ID!) { case(id: $id) { status subject dueOn data timeline { at kind text } \
    availableTransitions { code } } }";
const OPEN: &str = "query($after: String) { cases(first: 100, after: $after, filter: { isOpen: true }) { nodes { id version \
    availableTransitions { code missing { requirement { kind } } requires { kind } } } \
    pageInfo { endCursor hasNextPage } } }";
pub const TAKE: &str = "mutation($input: TransitionCaseInput!) { transitionCase(input: $input) \
    { case { version } userErrors { code message } } }";
const CREATE_KEY: &str = "mutation { createApiKey(input: { name: \"Bench\", scopes: [{ action: \"cases.work\" }, \
    { action: \"cases.read\" }] }) { secret userErrors { code } } }";
const OFFICES: &str = "query { cases(first: 100, orderBy: UPDATED) { nodes { office { id } } } }";
const CREATE_ROLE: &str = "mutation($input: AccountRoleInput!) { createAccountRole(input: $input) \
    { role { name } userErrors { code message path } } }";
/// Who works at the same time.
const OFFICERS: usize = 16;
/// Reports are measured, not how often a key may report.
const NO_LIMIT: (&str, &str) = ("MUNICIPIO_LIMIT_REPORTS", "0");
/// How many reports are sent in one request.
const TOGETHER: usize = 250;
/// How many cases are ready to be taken on.
const READY: usize = 8_000;

/// Measures, and publishes the tables.
pub async fn run(options: &Options) -> Result<()> {
    let common = &options.common;
    let program = common.program()?;
    let mut report = Report::default();
    report.add("machine", machine(common).await?);
    let mut work = Table::new(&["what", "a second", "p50 ms", "p99 ms"]);
    for engine in common.engines() {
        let (name, most) = match engine {
            Engine::Sqlite => ("cases-sqlite", options.sqlite),
            Engine::Postgres(_) => ("cases-postgresql", u64::MAX),
        };
        let store = Store::create(&engine).await?;
        load_demo(&program, &store)?;
        let site = Content::of(&store, common.seed)
            .await?
            .richest("procedure")
            .await?;
        let mut series = Series::default();
        for size in sizes(options, most) {
            let title = format!("{} cases", grouped(size));
            progress(format_args!("{}: generating {title}", engine.name()));
            series.begin(title);
            let said = program.run(&store, &["seed", "cases", "--count", &size.to_string()])?;
            progress(said.trim_end());
            store.settle().await?;
            let bench = Bench::new(options, &program, &store, &site);
            series
                .look(bench.look(), &store, &bench.reads(size).await?)
                .await?;
        }
        let bench = Bench::new(options, &program, &store, &site);
        bench.writes(engine.name(), &mut work).await?;
        store.remove().await?;
        report.add(name, format_args!("{}:\n\n{series}", engine.name()));
    }
    report.add("cases-work", work);
    common.publish(&report)
}

fn sizes(options: &Options, most: u64) -> Vec<u64> {
    match options.common.quick {
        true => vec![1_000, 2_000],
        false => {
            let sizes = options.sizes.iter().copied();
            sizes.filter(|size| *size <= most).collect()
        }
    }
}

struct Bench<'a> {
    options: &'a Options,
    program: &'a Program,
    store: &'a Store,
    site: &'a Site,
}

impl<'a> Bench<'a> {
    fn new(options: &'a Options, program: &'a Program, store: &'a Store, site: &'a Site) -> Self {
        Self {
            options,
            program,
            store,
            site,
        }
    }

    fn look(&self) -> Look<'a> {
        Look {
            program: self.program,
            settings: &[],
            remark: "",
            time: self.options.common.time(),
        }
    }

    /// A new account with a role signs in.
    async fn officer(&self, address: SocketAddr, name: &str, role: &str) -> Result<String> {
        let email = format!("{name}@comune.example");
        let sign_in = sign_in_as(role, self.program, self.store, self.site, &email)?;
        let mut connection = Connection::open(address).await?;
        let token = sign_in.ask(&mut connection, "/data/signIn/session/accessToken");
        text(&token.await?)
    }

    async fn reads(&self, size: u64) -> Result<Vec<Operation>> {
        // The demo has its issuer once it was served.
        let server = self.program.serve(self.store, &[]).await?;
        let officer = self
            .officer(
                server.address(),
                &format!("officer-{size}"),
                "administrator",
            )
            .await?;
        let mut connection = Connection::open(server.address()).await?;
        let by = |query, variables: &Value| Request::by(self.site, &officer, query, variables);
        let newest = by(LAST, &Value::Null);
        let found = newest.ask(&mut connection, "/data/cases/nodes").await?;
        let found = found.as_array().into_iter().flatten();
        let one = found
            .map(|case| by(ONE, &json!({ "id": case["id"] })))
            .collect();
        let clerk = self.clerk(&server, &officer, size).await?;
        let mut mine = Vec::new();
        for citizen in ["1", "2", "3"] {
            let arguments = ["demo", "token", "--citizen", citizen];
            let token = self.program.run(self.store, &arguments)?;
            mine.push(Request::by(self.site, token.trim(), MINE, &Value::Null));
        }
        server.stop()?;
        let operation = |name, place, requests| Operation::new(name, place, self.site, requests);
        Ok(vec![
            operation("my cases", "/data/myCases/nodes", mine),
            operation(
                "work queue, the next term first",
                "/data/cases/nodes",
                vec![by(QUEUE, &Value::Null)],
            ),
            operation(
                "work queue of an officer of two offices",
                "/data/cases/nodes",
                vec![Request::by(self.site, &clerk, QUEUE, &Value::Null)],
            ),
            operation(
                "the cases that changed last",
                "/data/cases/nodes",
                vec![by(LAST, &Value::Null)],
            ),
            operation("a case with what happened in it", "/data/case/status", one),
            operation(
                "how many are open, and where they stand",
                "/data/cases/totalCount",
                vec![by(COUNTS, &Value::Null)],
            ),
        ])
    }

    /// Somebody who sees the cases of two offices.
    async fn clerk(&self, server: &Server, token: &str, size: u64) -> Result<String> {
        let mut connection = Connection::open(server.address()).await?;
        let offices = Request::by(self.site, token, OFFICES, &Value::Null);
        let offices = offices.ask(&mut connection, "/data/cases/nodes").await?;
        let offices = offices.as_array().into_iter().flatten();
        let offices: BTreeSet<_> = offices
            .filter_map(|case| case["office"]["id"].as_str())
            .collect();
        let offices: Vec<_> = offices.into_iter().take(2).collect();
        let role = format!("clerk-{size}");
        let permissions = json!([{ "action": "cases.read", "offices": offices }]);
        let input = json!({ "input": { "name": role, "description": "Bench", "permissions": permissions } });
        let create = Request::by(self.site, token, CREATE_ROLE, &input);
        create
            .ask(&mut connection, "/data/createAccountRole/role/name")
            .await?;
        self.officer(server.address(), &role, &role).await
    }

    async fn writes(&self, engine: &str, table: &mut Table) -> Result<()> {
        let server = self.program.serve(self.store, &[NO_LIMIT]).await?;
        let address = server.address();
        let target = Target {
            address,
            processes: self.store.processes(&server),
        };
        let count = if self.options.common.quick {
            2
        } else {
            OFFICERS
        };
        let mut officers = Vec::new();
        for number in 0..count {
            officers.push(
                self.officer(address, &format!("work-{number}"), "administrator")
                    .await?,
            );
        }
        let token = officers.first().ok_or("no officer")?.clone();
        progress(format_args!("{engine}: transitions"));
        let ready = self.ready(address, &token).await?;
        let listened = ready
            .len()
            .min(if self.options.common.quick { 3 } else { 40 });
        let (told, taken) = ready.split_at(listened);
        let work = Rc::new(Transitions {
            site: self.site.clone(),
            officers,
            ready: RefCell::new(taken.to_vec()),
        });
        let time = self.options.common.time();
        let mut add = |name: &str, cells: [String; 3]| {
            table.row(&[vec![format!("{engine}: {name}")], cells.to_vec()].concat());
        };
        let cells =
            |measured: &Measurement| [rate(measured.rate()), ms(measured.p50), ms(measured.p99)];
        let name = format!("transitions by {count} officers at once");
        let measured = measure(&target, &work, count, time).await?;
        add(&name, cells(&measured));
        progress(format_args!("{engine}: reports of other software"));
        let mut connection = Connection::open(address).await?;
        let key = Request::by(self.site, &token, CREATE_KEY, &Value::Null);
        let key = text(
            &key.ask(&mut connection, "/data/createApiKey/secret")
                .await?,
        )?;
        for (together, at_once) in [(1, count), (TOGETHER, 4)] {
            let reports = Rc::new(Reports {
                site: self.site.clone(),
                key: key.clone(),
                source: format!("bench-{together}"),
                together,
                next: RefCell::new(0),
            });
            let name = format!(
                "requests with {together} reports of other software of new cases, {at_once} at once"
            );
            let measured = measure(&target, &reports, at_once, time).await?;
            add(&name, cells(&measured));
            // A new case has two events: it is opened, and goes to where it stands.
            let events = measured.rate() * 2.0 * together as f64;
            add(
                "events by that",
                [rate(events), String::new(), String::new()],
            );
        }
        let listeners = if self.options.common.quick {
            5
        } else {
            self.options.listeners
        };
        progress(format_args!("{engine}: {listeners} who listen"));
        let mut times = fan_out(address, self.site, &token, listeners, told).await?;
        times.sort_unstable();
        let at = |part: usize| times.get(times.len() * part / 100).copied();
        let [p50, p95] = [50, 95].map(|part| ms(at(part).unwrap_or_default()));
        let name = format!("{engine}: told to {listeners} who listen (p50, p95)");
        table.row(&[name, String::new(), p50, p95]);
        server.stop()
    }

    /// Cases with a transition that lacks nothing, and asks for nothing but what is written.
    async fn ready(&self, address: SocketAddr, token: &str) -> Result<Vec<Ready>> {
        let mut connection = Connection::open(address).await?;
        let mut ready = Vec::new();
        let mut after = Value::Null;
        while ready.len() < READY {
            let page = Request::by(self.site, token, OPEN, &json!({ "after": after }));
            let page = page.ask(&mut connection, "/data/cases").await?;
            let cases = page["nodes"].as_array().into_iter().flatten();
            ready.extend(cases.filter_map(Ready::of));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] != true {
                break;
            }
        }
        match ready.is_empty() {
            true => Err("no case can be taken on".into()),
            false => Ok(ready),
        }
    }
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().ok_or("not a text")?.to_owned())
}

/// A case that can be taken on.
#[derive(Clone, Debug)]
pub struct Ready {
    id: Value,
    version: Value,
    transition: Value,
    wants: Vec<String>,
}

impl Ready {
    fn of(case: &Value) -> Option<Self> {
        let wants = |open: &Value| -> Vec<String> {
            let requires = open["requires"].as_array().into_iter().flatten();
            let names = requires.filter_map(|one| one["kind"].as_str());
            names.map(str::to_owned).collect()
        };
        let written = ["COMMENT", "REASONS"];
        let open = case["availableTransitions"]
            .as_array()?
            .iter()
            // Somebody who was told of a refusal to come has ten days to answer.
            .filter(|open| open["code"] != "answer-announcement")
            .find(|open| {
                let missing = open["missing"].as_array().into_iter().flatten();
                let mut names = missing.filter_map(|one| one["requirement"]["kind"].as_str());
                names.all(|name| written.contains(&name))
            })?;
        Some(Self {
            id: case["id"].clone(),
            version: case["version"].clone(),
            transition: open["code"].clone(),
            wants: wants(open),
        })
    }

    /// The request by which an officer takes it on.
    pub fn request(&self, site: &Site, token: &str) -> Request {
        let mut input = json!({
            "id": self.id, "expectedVersion": self.version, "transition": self.transition,
            "comment": "Serve a misurare",
        });
        if self.wants.iter().any(|wanted| wanted == "REASONS") {
            input["reasons"] = json!("Serve a misurare");
        }
        Request::by(site, token, TAKE, &json!({ "input": input }))
    }
}

/// Officers who take on a case each.
struct Transitions {
    site: Site,
    officers: Vec<String>,
    ready: RefCell<Vec<Ready>>,
}

impl Work for Transitions {
    async fn turn(&self, connection: &mut Connection, turn: usize) -> Result<()> {
        let next = self.ready.borrow_mut().pop();
        let next = next.ok_or("all cases that are ready were taken on: measure for less time")?;
        let officer = &self.officers[turn % self.officers.len()];
        let request = next.request(&self.site, officer);
        request
            .ask(connection, "/data/transitionCase/case/version")
            .await?;
        Ok(())
    }
}

/// Other software that says how cases stand, others each time.
struct Reports {
    site: Site,
    key: String,
    source: String,
    together: usize,
    next: RefCell<u64>,
}

impl Reports {
    /// The next case, as the software names it, and how it stands.
    fn next(&self) -> (u64, Value) {
        let number = self.next.replace_with(|number| *number + 1);
        let report = json!({
            "procedure": "accesso-agli-atti", "state": "in-progress", "subject": format!("Caso {number}"),
            "occurredAt": "2026-11-25T09:30:00Z",
        });
        (number, report)
    }
}

impl Work for Reports {
    async fn turn(&self, connection: &mut Connection, _: usize) -> Result<()> {
        let path = format!("/api/v1/sources/{}/cases", self.source);
        let ask = |method, path: &str, body: &Value| {
            Request::rest(&self.site, &self.key, method, path, body)
        };
        if self.together == 1 {
            let (number, report) = self.next();
            let request = ask("PUT", &format!("{path}/{number}"), &report);
            return request.accepted(connection).await;
        }
        let items = (0..self.together).map(|_| {
            let (number, report) = self.next();
            json!({ "externalId": number.to_string(), "report": report })
        });
        let items: Vec<_> = items.collect();
        let request = ask("POST", &path, &json!({ "items": items }));
        let last = format!("/items/{}/result", self.together - 1);
        match request.ask(connection, &last).await? {
            created if created == "CREATED" => Ok(()),
            other => Err(format!("a new case was {other}").into()),
        }
    }
}

/// How long a client waits for what it should be told.
pub const PATIENCE: Duration = Duration::from_secs(30);
