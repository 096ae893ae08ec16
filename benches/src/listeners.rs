//! Clients that listen to what happens in cases, by server-sent events.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use actix_web::rt;
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    Result,
    cases::{PATIENCE, Ready},
    client::Connection,
    content::Site,
    request::Request,
};

const LISTEN: &str = "subscription { caseUpdated { event { number } case { id status } } }";
const EVENT: &[u8] = b"event: next";

/// Takes these cases on one after the other, while so many listen; gives how long after the answer each of them was
/// told of each. What is told before that took no time.
pub async fn fan_out(
    address: SocketAddr,
    site: &Site,
    token: &str,
    listeners: usize,
    cases: &[Ready],
) -> Result<Vec<Duration>> {
    let mut streams = Vec::new();
    for _ in 0..listeners {
        let mut stream = TcpStream::connect(address).await?;
        let request = Request::listening(site, token, LISTEN);
        stream.write_all(request.bytes()).await?;
        // The head of the answer: the subscription has begun.
        let mut received = vec![0; 4096];
        let length = timeout(PATIENCE, stream.read(&mut received)).await??;
        if !received[..length].starts_with(b"HTTP/1.1 200") {
            let said = String::from_utf8_lossy(&received[..length]).into_owned();
            return Err(said.into());
        }
        streams.push(stream);
    }
    // Some have sent their answer before they listen.
    rt::time::sleep(Duration::from_secs(1)).await;
    let count = cases.len();
    let hearing = streams
        .into_iter()
        .map(|stream| rt::spawn(hear(stream, count)));
    let hearing: Vec<_> = hearing.collect();
    let mut connection = Connection::open(address).await?;
    let mut answered = Vec::new();
    for case in cases {
        let request = case.request(site, token);
        let _: Value = request
            .ask(&mut connection, "/data/transitionCase/case/version")
            .await?;
        answered.push(Instant::now());
        rt::time::sleep(Duration::from_millis(1_500)).await;
    }
    let heard = try_join_all(hearing).await?;
    let heard = heard
        .into_iter()
        .collect::<std::result::Result<Vec<_>, _>>()?;
    let late = |told: Vec<Instant>| {
        let pairs = told.into_iter().zip(&answered);
        pairs
            .map(|(told, answered)| told.saturating_duration_since(*answered))
            .collect::<Vec<_>>()
    };
    Ok(heard.into_iter().flat_map(late).collect())
}

/// When each of so many events came.
async fn hear(mut stream: TcpStream, count: usize) -> std::result::Result<Vec<Instant>, String> {
    let mut told = Vec::new();
    let mut received = Vec::new();
    while told.len() < count {
        let read = timeout(PATIENCE, stream.read_buf(&mut received)).await;
        let read = read.map_err(|_| "a client that listens was told nothing".to_owned())?;
        if read.map_err(|error| error.to_string())? == 0 {
            return Err("the server told a client nothing more".to_owned());
        }
        let now = Instant::now();
        while let Some(place) = find(&received, EVENT) {
            received.drain(..place + EVENT.len());
            told.push(now);
        }
    }
    Ok(told)
}

fn find(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes.windows(sought.len()).position(|part| part == sought)
}
