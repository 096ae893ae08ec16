//! Hostile requests against the real program: each is refused for little work or answered within
//! the limits, and nobody else notices.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod families;
mod files;
mod meter;
#[path = "../cli/program.rs"]
#[allow(dead_code)]
mod program;
mod request;
#[path = "../cli/server.rs"]
#[allow(dead_code)]
mod server;
mod slow;
mod verdict;
mod wire;

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use families::Case;
use meter::{Cpu, memory};
use municipio_tests::{Engine, TestApp};
use program::Folder;
use server::Server;
use verdict::{Expected, judge};
use wire::{PATIENCE, exchange};

/// What refusing a request may take of a core.
const CHEAP: Duration = Duration::from_millis(50);
/// What answering one may take that the limits allow; this build is not optimised.
const WITHIN_LIMITS: Duration = Duration::from_millis(1_000);
/// What the memory of the program may grow by, in KiB.
const MORE_MEMORY: u64 = 200 * 1024;
/// How long somebody else waits at the most, on a machine that has other things to do too.
const FAIR: Duration = Duration::from_secs(15);
/// Requests in one batch, as the family of batches has it.
const BATCH: usize = 5;
const GOOD: &str = "{ services(first: 3) { nodes { title category { label } } } }";

/// The program as it comes, but for batches, and for patience.
fn attacked() -> (Folder, Server) {
    let folder = Folder::new()
        .with("MUNICIPIO_LIMIT_BATCH", &BATCH.to_string())
        .with("MUNICIPIO_LIMIT_BODY_SECONDS", "2");
    let server = folder.serve();
    Cpu::await_calm(server.process.id());
    (folder, server)
}

/// A query of somebody else, and what it is answered.
fn good(server: &Server) -> Vec<u8> {
    let answer = exchange(server.address(), &request::query(GOOD), PATIENCE).unwrap();
    assert_eq!(answer.status, 200);
    assert!(
        String::from_utf8_lossy(&answer.body)
            .starts_with("{\"data\":{\"services\":{\"nodes\":[{\"title\"")
    );
    answer.body
}

/// Sends a request and judges the answer; says what it cost.
fn attempt(server: &Server, case: &Case, bytes: &[u8]) -> Result<Duration, String> {
    let process = server.process.id();
    let before = Cpu::at_rest(process);
    let answer = exchange(server.address(), bytes, PATIENCE)?;
    let used = Cpu::at_rest(process).since(&before);
    judge(&answer, case.expected)?;
    Ok(used)
}

#[test]
fn each_is_refused_in_50_ms_of_cpu_or_answered_within_the_limits() {
    let (_folder, server) = attacked();
    good(&server);
    let cases = families::all();
    let names: HashSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "a name is given twice");
    assert!(cases.len() >= 200, "{}", cases.len());
    let mut wrong = Vec::new();
    let mut costs = Vec::new();
    for case in &cases {
        let bytes = case.request();
        let most = match case.expected {
            Expected::Answered => WITHIN_LIMITS,
            _ => CHEAP,
        };
        let mut least = Duration::MAX;
        // Whatever else runs on the machine takes from the caches: the least of three counts.
        for _ in 0..3 {
            match attempt(&server, case, &bytes) {
                Ok(used) => least = least.min(used),
                Err(reason) => {
                    wrong.push(format!("{}: {reason}", case.name));
                    break;
                }
            }
            if least <= most {
                break;
            }
        }
        if least > most && least != Duration::MAX {
            wrong.push(format!("{}: took {least:?}", case.name));
        }
        costs.push((least, &case.name));
    }
    costs.retain(|(used, _)| *used != Duration::MAX);
    costs.sort_unstable();
    for (used, name) in costs.iter().rev().take(25) {
        println!("{used:>12.1?}  {name}");
    }
    println!("{} requests, {} wrong", cases.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the database is asked is much the same, and what it takes is not: it knows no NUL, and ends a
/// transaction that fails.
#[actix_web::test]
async fn postgresql_bears_each_as_well() {
    if !Engine::postgres_is_there() {
        return;
    }
    let app = TestApp::configured(Engine::Postgres, true, |settings, _| {
        settings.limit_batch = BATCH;
    })
    .await;
    let address = app.base.trim_start_matches("http://").to_owned();
    let attack = move || -> Vec<String> {
        let wrong = |case: &Case| {
            let answer = exchange(&address, &case.request(), PATIENCE);
            let judged = answer.and_then(|answer| judge(&answer, case.expected));
            judged
                .err()
                .map(|reason| format!("{}: {reason}", case.name))
        };
        families::all().iter().filter_map(wrong).collect()
    };
    let wrong = actix_web::rt::task::spawn_blocking(attack).await.unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The same requests in an order that keeps those of a family apart.
fn mixed(cases: Vec<Case>) -> Vec<Case> {
    let mut cases: Vec<_> = cases.into_iter().enumerate().collect();
    cases.sort_by_key(|(index, _)| (index % 37, *index));
    cases.into_iter().map(|(_, case)| case).collect()
}

#[test]
fn others_are_served_meanwhile_and_memory_stays_within_bounds() {
    let (_folder, server) = attacked();
    let expected = good(&server);
    let address = &server.address().to_owned();
    let before = memory(server.process.id());
    let cases = mixed(families::all());
    let slow = slow::all();
    let next = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let served = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let attackers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let answer = exchange(address, &case.request(), PATIENCE);
                        if let Err(reason) = answer.and_then(|answer| judge(&answer, case.expected))
                        {
                            wrong
                                .lock()
                                .unwrap()
                                .push(format!("{}: {reason}", case.name));
                        }
                    }
                })
            })
            .collect();
        let slow: Vec<_> = slow
            .iter()
            .map(|client| scope.spawn(move || client.dawdle(address)))
            .collect();
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let answer = exchange(address, &request::query(GOOD), FAIR);
                match answer {
                    Ok(answer) if answer.body == expected => {
                        served.fetch_add(1, Ordering::Relaxed);
                    }
                    other => wrong.lock().unwrap().push(format!("another: {other:?}")),
                }
            }
        });
        for attacker in attackers {
            attacker.join().unwrap();
        }
        for client in slow {
            if let Err(reason) = client.join().unwrap() {
                wrong.lock().unwrap().push(reason);
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(good(&server), expected);
    let after = memory(server.process.id());
    println!(
        "{} good queries; memory {before} KiB, then {after} KiB",
        served.load(Ordering::Relaxed)
    );
    assert!(served.load(Ordering::Relaxed) > 0);
    assert!(
        after < before + MORE_MEMORY,
        "{before} KiB became {after} KiB"
    );
    let outcome = server.stop("TERM");
    assert_eq!(outcome.code, Some(0));
    // That a request was no HTTP is no failure of the program.
    let failed: Vec<_> = outcome
        .stderr
        .lines()
        .filter(|line| line.contains("ERROR") || line.contains("panicked"))
        .filter(|line| !line.contains("actix_http::h1"))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
