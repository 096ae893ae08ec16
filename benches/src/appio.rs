//! App IO: how many messages a second go through its double, how soon what happens is sent, and what it costs when IO
//! fetches a text that is here.

use std::{
    collections::HashMap,
    net::{SocketAddr, TcpListener},
    rc::Rc,
    time::{Duration, Instant},
};

use actix_web::rt;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use clap::Args;
use futures_util::future::try_join_all;
use municipio_domain::{
    cases::{Sight, hold},
    identity::Vault,
    ids::CaseId,
    notifications::{Given, MessageEvent, send_notification},
    store::{Database, DatabaseOptions},
    tenants,
};
use municipio_integrations::appio::double::{Conduct, Double, Group, NewService};
use serde_json::{Value, json};

use crate::{
    Common, Result,
    client::Connection,
    content::{Content, Site, load_demo},
    editing::sign_in,
    load::{Target, measure},
    program::{Program, SECRET, Server},
    progress,
    report::{Report, Table, machine, ms, rate},
    request::Request,
    store::Store,
};

/// What is measured.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// How many messages wait when the program starts
    #[arg(long, default_value_t = 4_000)]
    messages: usize,
}

const CONFIGURE: &str = "mutation($input: ConfigureAppIoInput!) { configureAppIo(input: $input) \
    { appIo { isEnabled } userErrors { code message } } }";
const SERVICE: &str = "mutation($input: CreateAppIoServiceInput!) { createAppIoService(input: $input) \
    { service { id } userErrors { code message } } }";
const TEMPLATE: &str = "mutation($input: SaveMessageTemplateInput!) { saveMessageTemplate(input: $input) \
    { template { id } userErrors { code path message } } }";
const ROTATE: &str =
    "mutation { rotateAppIoKey(input: { environment: PRODUCTION }) { key userErrors { code } } }";
const SEND: &str = "mutation($input: SendNotificationInput!) { sendNotification(input: $input) \
    { notifications { id } userErrors { code message } } }";
const CASES: &str = "query($after: String) { cases(first: 100, after: $after, filter: { isOpen: true }) \
    { nodes { id applicant { name } } pageInfo { endCursor hasNextPage } } }";
/// Keys of the double.
const KEYS: [&str; 2] = ["chiave-di-misura-primaria", "chiave-di-misura-gestione"];
/// Longer than anything takes.
const LIMIT: Duration = Duration::from_secs(120);
/// How many messages are sent to see how soon they are, by each number of officers.
const SINGLE: usize = 200;

/// Measures, and publishes the tables.
pub async fn run(options: &Options) -> Result<()> {
    let common = &options.common;
    let program = common.program()?;
    let mut report = Report::default();
    report.add("machine", machine(common).await?);
    let mut table = Table::new(&["what", "a second", "p50 ms", "p95 ms"]);
    let (messages, single) = match common.quick {
        true => (20, 4),
        false => (options.messages, SINGLE),
    };
    for engine in common.engines() {
        let name = engine.name();
        progress(format_args!("{name}: filling the database"));
        let store = Store::create(&engine).await?;
        load_demo(&program, &store)?;
        // Nine of ten are closed.
        let cases = (15 * (messages + 2 * single)).to_string();
        program.run(&store, &["seed", "cases", "--count", &cases])?;
        store.settle().await?;
        let bench = Bench::prepare(common, &program, &store).await?;
        let cases = bench.cases(messages + 2 * single).await?;
        let (one, rest) = cases.split_at(single);
        let (eight, rest) = rest.split_at(single);
        let mut row = |what: &str, cells: [String; 3]| {
            table.row(&[vec![format!("{name}: {what}")], cells.to_vec()].concat());
        };
        for (connections, cases) in [(1, one), (8, eight)] {
            progress(format_args!("{name}: {connections} who tell people"));
            let times = bench.latency(connections, cases).await?;
            let at = |part: usize| {
                ms(times
                    .get(times.len() * part / 100)
                    .copied()
                    .unwrap_or(LIMIT))
            };
            let what = format!("told → message at IO, {connections} at once");
            row(&what, [String::new(), at(50), at(95)]);
        }
        progress(format_args!("{name}: {} messages wait", rest.len()));
        let (bench, sent) = bench.backlog(rest).await?;
        row(
            "messages, two calls each",
            [rate(sent), String::new(), String::new()],
        );
        progress(format_args!("{name}: what IO fetches"));
        let fetched = bench.remote().await?;
        let cells = [rate(fetched.rate()), ms(fetched.p50), ms(fetched.p95)];
        row("texts that IO fetches, 16 at once", cells);
        bench.server.stop()?;
        store.remove().await?;
    }
    report.add("appio", table);
    common.publish(&report)
}

/// A municipality that writes through a double that does not count.
struct Bench<'a> {
    common: &'a Common,
    program: &'a Program,
    store: &'a Store,
    site: Site,
    double: Double,
    server: Server,
    token: String,
    /// The key with which IO fetches texts.
    key: String,
}

impl<'a> Bench<'a> {
    async fn prepare(common: &'a Common, program: &'a Program, store: &'a Store) -> Result<Self> {
        let conduct = Conduct {
            calls: None,
            ..Conduct::default()
        };
        let mut double = Double::new(TcpListener::bind("127.0.0.1:0")?, conduct, now)?;
        rt::spawn(double.server().ok_or("no server of the double")?);
        let service = double.add_service(NewService {
            account: "comune".to_owned(),
            keys: vec![KEYS[0].to_owned()],
            is_live: true,
            groups: [Group::RemoteContent].into(),
            max_payment: 0,
        });
        let configuration = double.add_configuration(KEYS[1]);
        let site = Content::of(store, common.seed)
            .await?
            .richest("procedure")
            .await?;
        let server = serve(program, store, &double).await?;
        let mut connection = Connection::open(server.address()).await?;
        let token = sign_in(program, store, &site, "appio@comune.example")?;
        let token = token.ask(&mut connection, "/data/signIn/session/accessToken");
        let token = text(&token.await?)?;
        let mut ask = async |query: &str, input: Value, place: &str| {
            let request = Request::by(&site, &token, query, &json!({ "input": input }));
            request.ask(&mut connection, place).await
        };
        let input = json!({ "isEnabled": true, "environment": "PRODUCTION", "remoteConfiguration": configuration,
            "caseAddress": "https://servizi.comune.example/pratiche/{id}" });
        ask(CONFIGURE, input, "/data/configureAppIo/appIo").await?;
        let input = json!({ "name": "Bench", "serviceId": service, "primaryKey": KEYS[0] });
        let made = ask(SERVICE, input, "/data/createAppIoService/service/id").await?;
        let italian = json!({
            "subject": "Un documento è pronto",
            "markdown": "Gentile {{applicant}}, il documento della tua pratica «{{subject}}» è pronto: lo trovi con la pratica, quando vuoi.",
            "courtesy": "C'è una novità sulla tua pratica presso il {{municipality}}. Apri il messaggio per leggerla, oppure vai alla pratica: {{link}}",
        });
        let input = json!({ "service": made, "event": "DOCUMENT_READY", "content": { "place": "REMOTE", "italian": italian } });
        ask(TEMPLATE, input, "/data/saveMessageTemplate/template/id").await?;
        let key = ask(ROTATE, Value::Null, "/data/rotateAppIoKey/key").await?;
        Ok(Self {
            key: text(&key)?,
            common,
            program,
            store,
            site,
            double,
            server,
            token,
        })
    }

    /// So many cases that have an applicant, by their global ids.
    async fn cases(&self, count: usize) -> Result<Vec<String>> {
        let mut connection = Connection::open(self.server.address()).await?;
        let (mut found, mut after) = (Vec::new(), Value::Null);
        while found.len() < count {
            let page = Request::by(&self.site, &self.token, CASES, &json!({ "after": after }));
            let page = page.ask(&mut connection, "/data/cases").await?;
            let nodes = page["nodes"].as_array().into_iter().flatten();
            let nodes = nodes.filter(|case| !case["applicant"].is_null());
            found.extend(nodes.filter_map(|case| Some(case["id"].as_str()?.to_owned())));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] != true && found.len() < count {
                return Err("there are too few cases with an applicant".into());
            }
        }
        found.truncate(count);
        Ok(found)
    }

    /// How long it took from each answer until the message was at IO, sorted.
    async fn latency(&self, connections: usize, cases: &[String]) -> Result<Vec<Duration>> {
        let turns = (0..connections).map(|number| {
            let own = cases.iter().skip(number).step_by(connections);
            send(
                self.server.address(),
                &self.site,
                &self.token,
                own.cloned().collect(),
            )
        });
        let answered: Vec<_> = try_join_all(turns).await?.concat();
        let arrived = self.arrived(cases).await?;
        let took = |(case, answered): &(String, Instant)| {
            let arrived = arrived.get(case)?;
            Some(arrived.saturating_duration_since(*answered))
        };
        let mut times: Vec<_> = answered.iter().filter_map(took).collect();
        times.sort_unstable();
        Ok(times)
    }

    /// When the messages of these cases arrived, once all have.
    async fn arrived(&self, cases: &[String]) -> Result<HashMap<String, Instant>> {
        let begun = Instant::now();
        loop {
            let taken = self.double.taken();
            let of_case = |case: &String| {
                let link = format!("/pratiche/{case}");
                let of = |markdown: &str| markdown.contains(&link);
                let message = taken
                    .iter()
                    .find(|message| message.body["content"]["markdown"].as_str().is_some_and(of))?;
                Some((case.clone(), message.since()))
            };
            if taken.len() >= cases.len() {
                let arrived: HashMap<_, _> = cases.iter().filter_map(of_case).collect();
                if arrived.len() == cases.len() {
                    return Ok(arrived);
                }
            }
            if begun.elapsed() > LIMIT {
                return Err("messages did not arrive".into());
            }
            rt::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends what waits when the program starts; gives how many messages a second that were.
    async fn backlog(self, cases: &[String]) -> Result<(Self, f64)> {
        self.server.stop()?;
        enqueue(self.store, &self.site, cases).await?;
        let before = self.double.taken().len();
        let server = serve(self.program, self.store, &self.double).await?;
        let begun = Instant::now();
        let sent = loop {
            let taken = self.double.taken();
            let sent = taken.get(before..).unwrap_or_default();
            if sent.len() >= cases.len() {
                let times = || sent.iter().map(|message| message.since());
                let time = times().max().zip(times().min());
                let time = time.map(|(last, first)| last - first).unwrap_or_default();
                break (sent.len() - 1) as f64 / time.as_secs_f64();
            }
            if begun.elapsed() > LIMIT {
                return Err("what waits is not sent".into());
            }
            rt::time::sleep(Duration::from_millis(50)).await;
        };
        Ok((Self { server, ..self }, sent))
    }

    /// IO fetches the texts of messages.
    async fn remote(&self) -> Result<crate::load::Measurement> {
        let target = Target {
            address: self.server.address(),
            processes: self.store.processes(&self.server),
        };
        let taken = self.double.taken();
        let requests: Vec<_> = taken
            .iter()
            .take(1_000)
            .map(|message| {
                let id = &message.body["content"]["third_party_data"]["id"];
                let headers = format!(
                    "x-api-key: {}\r\nfiscal_code: {}\r\n",
                    self.key, message.fiscal_code
                );
                let id = id.as_str().unwrap_or_default();
                Request::get(
                    &self.site,
                    &format!("/api/v1/appio/messages/{id}"),
                    &headers,
                )
            })
            .collect();
        measure(&target, &Rc::new(requests), 16, self.common.time()).await
    }
}

async fn serve(program: &Program, store: &Store, double: &Double) -> Result<Server> {
    let settings = [
        ("MUNICIPIO_APPIO_URL", double.url.as_str()),
        ("MUNICIPIO_APPIO_LIMITER", "off"),
    ];
    program.serve(store, &settings).await
}

/// Tells the people of these cases, one after the other; gives when each was answered.
async fn send(
    address: SocketAddr,
    site: &Site,
    token: &str,
    cases: Vec<String>,
) -> Result<Vec<(String, Instant)>> {
    let mut connection = Connection::open(address).await?;
    let mut answered = Vec::new();
    for case in cases {
        let input = json!({ "input": { "case": case, "event": "DOCUMENT_READY" } });
        let request = Request::by(site, token, SEND, &input);
        let told = request.ask(&mut connection, "/data/sendNotification/notifications/0/id");
        told.await?;
        answered.push((case, Instant::now()));
    }
    Ok(answered)
}

/// Has the people of these cases told, while no program runs that could.
async fn enqueue(store: &Store, site: &Site, cases: &[String]) -> Result<()> {
    let (settings, options) = (store.settings(), DatabaseOptions::patient(2));
    let database = match &settings.database_url {
        Some(url) => Database::connect(url, options).await?,
        None => Database::open(&settings.data_dir, options).await?,
    };
    let tenant = tenants::show(&database, &site.ipa_code.parse()?).await?;
    let (store, vault) = (database.tenant(tenant.id), Vault::new(SECRET)?);
    let keys = vault.citizens().ok_or("no keys of citizens")?;
    for case in cases {
        let transaction = store.begin().await?;
        let held = hold(&transaction, &Sight::Time, case_id(case)?, None).await?;
        let event = MessageEvent::DocumentReady;
        send_notification(
            &transaction,
            keys,
            &held.case,
            event,
            Given::default(),
            now(),
        )
        .await?;
        transaction.commit().await?;
    }
    Ok(database.close().await?)
}

fn case_id(global: &str) -> Result<CaseId> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(global)?)?;
    let id = text.rsplit(':').next().ok_or("not a global id")?;
    Ok(id.parse()?)
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().ok_or("not a text")?.to_owned())
}

/// The moment it is.
#[expect(clippy::disallowed_methods, reason = "what is measured happens now")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
