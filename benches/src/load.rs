//! Requests, or something else, one after another on some connections for a while, with what they cost.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use actix_web::rt;
use futures_util::future::try_join_all;

use crate::{Result, client::Connection, processes::Processes, request::Request};

/// What a load was like.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// How many requests were answered.
    pub requests: usize,
    /// In which time.
    pub elapsed: Duration,
    /// Half of the answers took no longer.
    pub p50: Duration,
    /// Ninety-five of a hundred answers took no longer.
    pub p95: Duration,
    /// Ninety-nine of a hundred answers took no longer.
    pub p99: Duration,
    /// CPU time of the server for one request.
    pub server: Duration,
    /// CPU time of PostgreSQL for one request; SQLite works inside the server.
    pub database: Duration,
    /// CPU time of the client for one request.
    pub client: Duration,
}

impl Measurement {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    /// CPU time of server and database for one request.
    pub fn cpu(&self) -> Duration {
        self.server + self.database
    }
}

/// Whom to put under load, and whose CPU time to count.
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// The server and its database.
    pub processes: Processes,
}

/// Something that is done on a connection again and again.
pub trait Work {
    /// Does it for the nth time, counted over all connections.
    async fn turn(&self, connection: &mut Connection, turn: usize) -> Result<()>;
}

impl Work for Vec<Request> {
    async fn turn(&self, connection: &mut Connection, turn: usize) -> Result<()> {
        self[turn % self.len()].send(connection).await
    }
}

/// Does this in turn on this many connections; warms up for a sixth of the time first.
pub async fn measure<W: Work + 'static>(
    target: &Target,
    work: &Rc<W>,
    connections: usize,
    time: Duration,
) -> Result<Measurement> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(target.address).await?);
    }
    let (open, _) = run(open, work, time / 6).await?;
    let before = target.processes.cpu()?;
    let start = Instant::now();
    let (_, mut times) = run(open, work, time).await?;
    let elapsed = start.elapsed();
    let used = target.processes.cpu()?.since(&before);
    times.sort_unstable();
    let each = |cpu: Duration| cpu.div_f64(times.len() as f64);
    Ok(Measurement {
        requests: times.len(),
        elapsed,
        p50: percentile(&times, 50),
        p95: percentile(&times, 95),
        p99: percentile(&times, 99),
        server: each(used.server),
        database: each(used.database),
        client: each(used.client),
    })
}

/// The time of each answer.
async fn run<W: Work + 'static>(
    connections: Vec<Connection>,
    work: &Rc<W>,
    time: Duration,
) -> Result<(Vec<Connection>, Vec<Duration>)> {
    let next = Rc::new(Cell::new(0));
    let times = Rc::new(RefCell::new(Vec::new()));
    let end = Instant::now() + time;
    let sending = connections.into_iter().map(|mut connection| {
        let (work, next, times) = (Rc::clone(work), Rc::clone(&next), Rc::clone(&times));
        rt::spawn(async move {
            loop {
                let turn = next.replace(next.get() + 1);
                let start = Instant::now();
                // The error cannot leave the task as it is.
                let sent = work.turn(&mut connection, turn).await;
                sent.map_err(|error| error.to_string())?;
                let done = Instant::now();
                times.borrow_mut().push(done - start);
                if done >= end {
                    return Ok::<_, String>(connection);
                }
            }
        })
    });
    let sent = try_join_all(sending).await?;
    let connections = sent.into_iter().collect::<std::result::Result<_, _>>()?;
    Ok((connections, times.take()))
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let times: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&times[..1], 99), Duration::from_millis(1));
    }
}
