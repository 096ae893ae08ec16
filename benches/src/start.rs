//! How long a start takes, and how much memory the program takes.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{
    Result,
    client::Connection,
    content::Site,
    operations::LIST,
    processes::memory,
    program::Program,
    report::{mib, ms},
    request::Request,
    store::{Engine, Store},
};

/// The columns of the table of memory and start.
pub const COLUMNS: [&str; 6] = [
    "database",
    "MiB idle: first start with the demo",
    "second start",
    "MiB at most under load",
    "ms to the first answer of /health/live",
    "to the first list of services",
];

/// How long a start takes: the medians.
#[derive(Clone, Copy, Debug)]
pub struct Startup {
    live: Duration,
    list: Duration,
}

/// Memory of an idle server with the demo, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    first: u64,
    second: u64,
}

/// A row of the table.
pub fn row(engine: &str, idle: &Idle, peak: u64, startup: &Startup) -> Vec<String> {
    vec![
        engine.to_owned(),
        mib(idle.first),
        mib(idle.second),
        mib(peak),
        ms(startup.live),
        ms(startup.list),
    ]
}

/// Starts on an existing database, which was closed properly, this many times.
pub async fn startup(
    program: &Program,
    store: &Store,
    site: &Site,
    rounds: usize,
) -> Result<Startup> {
    let list = Request::post(site, LIST, &Value::Null);
    let (mut lives, mut lists) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let start = Instant::now();
        let mut server = program.start(store, &[])?;
        server.wait().await?;
        lives.push(start.elapsed());
        let mut connection = Connection::open(server.address()).await?;
        list.try_out(&mut connection, "/data/services/nodes")
            .await?;
        lists.push(start.elapsed());
        server.stop()?;
    }
    Ok(Startup {
        live: median(lives),
        list: median(lists),
    })
}

/// Starts in an empty folder, where the demo is loaded, and again.
pub async fn idle(program: &Program, engine: &Engine, quick: bool) -> Result<Idle> {
    let store = Store::create(engine).await?;
    let mut sizes = Vec::new();
    for _ in 0..2 {
        let server = program.serve(&store, &[]).await?;
        // What a start leaves to be done has been done by then, and the allocator has given back what it used.
        tokio::time::sleep(Duration::from_millis(if quick { 10 } else { 15_000 })).await;
        sizes.push(memory(server.process())?.resident);
        server.stop()?;
    }
    store.remove().await?;
    Ok(Idle {
        first: sizes[0],
        second: sizes[1],
    })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
