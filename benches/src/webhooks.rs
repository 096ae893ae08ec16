//! From a publication to the first attempt to tell a webhook of it.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use clap::Args;
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::timeout,
};

use crate::{
    Common, Result,
    client::Connection,
    content::{Content, Site, load_demo},
    editing::{CREATE, PUBLISH, sign_in},
    program::Program,
    progress,
    report::{Report, Table, machine, ms},
    request::Request,
    store::Store,
};

/// What is measured.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// How many publications
    #[arg(long, default_value_t = 400)]
    publications: usize,
}

const CREATE_WEBHOOK: &str = "mutation($input: CreateWebhookInput!) { createWebhook(input: $input) \
    { webhook { id } userErrors { code message } } }";
const DELETE_WEBHOOK: &str = "mutation($input: DeleteWebhookInput!) { deleteWebhook(input: $input) { userErrors { code } } }";
/// Longer than anything takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Measures, and publishes the tables.
pub async fn run(options: &Options) -> Result<()> {
    let common = &options.common;
    let program = common.program()?;
    let mut report = Report::default();
    report.add("machine", machine(common).await?);
    let count = match common.quick {
        true => 8,
        false => options.publications,
    };
    let mut table = Table::new(&[
        "publish → first attempt",
        "publications",
        "p50 ms",
        "p95 ms",
        "longest ms",
    ]);
    for engine in common.engines() {
        let store = Store::create(&engine).await?;
        load_demo(&program, &store)?;
        for connections in [1, 8] {
            progress(format_args!("{}: {connections} who publish", engine.name()));
            let mut times = measure(&program, &store, common.seed, connections, count).await?;
            times.sort_unstable();
            let at = |part: usize| times.get(((times.len() * part) / 100).min(times.len() - 1));
            let shown = [at(50), at(95), times.last()].map(|time| ms(*time.unwrap_or(&LIMIT)));
            let name = format!("{}, {connections} at once", engine.name());
            table.row(&[vec![name, count.to_string()], shown.to_vec()].concat());
        }
        store.remove().await?;
    }
    report.add("webhooks", table);
    common.publish(&report)
}

/// How long it took each publication to be told, counted from its answer; what is told before that took no time.
async fn measure(
    program: &Program,
    store: &Store,
    seed: u64,
    connections: usize,
    count: usize,
) -> Result<Vec<Duration>> {
    let receiver = Receiver::start().await?;
    let mut content = Content::of(store, seed).await?;
    let site = content.richest("topic").await?;
    let server = program
        .serve(store, &[("MUNICIPIO_INTERNAL_CALLS", "on")])
        .await?;
    let mut connection = Connection::open(server.address()).await?;
    let email = format!("bench-{connections}@comune.example");
    let token = sign_in(program, store, &site, &email)?
        .ask(&mut connection, "/data/signIn/session/accessToken")
        .await?;
    let token = token.as_str().ok_or("no token")?;
    let url = format!("http://{}/", receiver.address);
    let webhook = json!({ "input": { "url": url, "events": ["CONTENT_PUBLISHED"] } });
    let webhook = Request::by(&site, token, CREATE_WEBHOOK, &webhook)
        .ask(&mut connection, "/data/createWebhook/webhook/id")
        .await?;
    let turns = (0..connections).map(|number| {
        let numbers = (number..count).step_by(connections).collect();
        publish(server.address(), &site, token, connections, numbers)
    });
    let published: Vec<_> = try_join_all(turns).await?.concat();
    let told = receiver.all_of(&published).await?;
    // Its receiver goes: the next measurement is not to try it in vain.
    let input = json!({ "input": { "id": webhook } });
    // The one before rested while others published, and may have been closed.
    let mut connection = Connection::open(server.address()).await?;
    Request::by(&site, token, DELETE_WEBHOOK, &input)
        .ask(&mut connection, "/data/deleteWebhook/userErrors")
        .await?;
    server.stop()?;
    Ok(told)
}

/// Publishes topics with these numbers; gives their ids and when that was answered.
async fn publish(
    address: SocketAddr,
    site: &Site,
    token: &str,
    round: usize,
    numbers: Vec<usize>,
) -> Result<Vec<(String, Instant)>> {
    let mut connection = Connection::open(address).await?;
    let mut published = Vec::new();
    for number in numbers {
        let title = format!("Argomento di misura {round} {number}");
        let id = publish_topic(&mut connection, site, token, &title).await?;
        published.push((id, Instant::now()));
    }
    Ok(published)
}

/// Publishes a topic; gives its id.
pub async fn publish_topic(
    connection: &mut Connection,
    site: &Site,
    token: &str,
    title: &str,
) -> Result<String> {
    let text = |text: &str| json!([{ "locale": "it", "value": text }]);
    let topic = json!({ "title": text(title), "shortDescription": text("Serve a misurare") });
    let input = json!({ "input": { "content": { "topic": topic } } });
    let id = Request::by(site, token, CREATE, &input)
        .ask(connection, "/data/createContent/content/id")
        .await?;
    let input = json!({ "input": { "id": id } });
    Request::by(site, token, PUBLISH, &input)
        .ask(connection, "/data/publish/content/id")
        .await?;
    Ok(id.as_str().unwrap_or_default().to_owned())
}

/// A server that notes when it was told of what.
struct Receiver {
    address: SocketAddr,
    told: Arc<Told>,
}

#[derive(Default)]
struct Told {
    times: Mutex<HashMap<String, Instant>>,
    more: Notify,
}

impl Told {
    fn note(&self, id: String) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.entry(id).or_insert_with(Instant::now);
        drop(times);
        self.more.notify_waiters();
    }

    /// How long it took to be told of each; nothing while some are missing.
    fn of(&self, published: &[(String, Instant)]) -> Option<Vec<Duration>> {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let took = |(id, answered): &(String, Instant)| {
            let told = times.get(id)?;
            Some(told.saturating_duration_since(*answered))
        };
        published.iter().map(took).collect()
    }
}

impl Receiver {
    async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let told = Arc::new(Told::default());
        let all = Arc::clone(&told);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(hear(connection, Arc::clone(&all)));
            }
        });
        Ok(Self { address, told })
    }

    /// Waits until it was told of all of these; gives how long that took of each.
    async fn all_of(&self, published: &[(String, Instant)]) -> Result<Vec<Duration>> {
        let all = async {
            loop {
                let more = self.told.more.notified();
                match self.told.of(published) {
                    Some(told) => return told,
                    None => more.await,
                }
            }
        };
        Ok(timeout(LIMIT, all).await?)
    }
}

/// Reads requests until the connection ends, and answers each.
async fn hear(mut connection: TcpStream, told: Arc<Told>) {
    let mut read = Vec::new();
    loop {
        let mut piece = [0; 4096];
        match connection.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(length) => read.extend_from_slice(&piece[..length]),
        }
        while let Some((body, rest)) = request(&read) {
            let event: Value = serde_json::from_slice(&body).unwrap_or_default();
            let id = event["data"]["id"].as_str().unwrap_or_default().to_owned();
            told.note(id);
            read = rest;
            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
            if connection.write_all(answer).await.is_err() {
                return;
            }
        }
    }
}

/// The body of the first request, and what follows it; nothing while it is not whole.
fn request(read: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(begin) = request.parse(read).ok()? else {
        return None;
    };
    let length = request
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))?;
    let length: usize = std::str::from_utf8(length.value).ok()?.parse().ok()?;
    let body = read.get(begin..begin + length)?;
    Some((body.to_vec(), read[begin + length..].to_vec()))
}
