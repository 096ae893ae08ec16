//! Any sequence of what can happen to jobs and their workers, on two nodes: jobs about the same thing are done one
//! after the other and in their order, two are never under way at once, and in the end none is left.
//! `MUNICIPIO_CASES` is the number of sequences, 40 when it is not set.

use std::collections::BTreeMap;

use actix_web::rt::System;
use chrono::{DateTime, TimeDelta, Utc};
use municipio_domain::{
    locale::Locale,
    outbox::{
        Fault, Handled, Job, JobFilter, JobStatus, NewJob, Outbox, Progress, Retries, Topic,
        enqueue, finish, give_back, lease, replay, settle,
    },
    store::{Database, TenantStore},
    tenants::{self, NewTenant},
};
use municipio_tests::{Engine, TestApp, noon};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::json;

use crate::outbox;

/// Nothing is given up by itself, which the model would not notice.
const TOPIC: Topic = Topic {
    retries: Retries {
        attempts: None,
        age: None,
        ..outbox::TOPIC.retries
    },
    ..outbox::TOPIC
};

const ABOUT: [&str; 3] = ["a", "b", "c"];
/// How long a lease lasts.
const LEASE: TimeDelta = TimeDelta::seconds(15);

#[derive(Clone, Debug)]
enum Step {
    /// Jobs about these things, in one transaction.
    Enqueue(Vec<usize>),
    /// A node takes so many jobs.
    Lease { node: usize, most: usize },
    /// What becomes of a job that some worker has, or had.
    Settle { job: usize, outcome: Outcome },
    /// The worker stops.
    GiveBack { job: usize },
    /// Time passes: workers that do not come back lose their leases.
    Wait { seconds: i64 },
    /// Dead letters are replayed.
    Replay,
}

#[derive(Clone, Copy, Debug)]
enum Outcome {
    Done,
    /// Done, which the handler wrote down itself.
    Finished,
    More,
    Fails,
    GivenUp,
}

impl Outcome {
    fn handled(self) -> Handled {
        match self {
            Self::Done => Ok(Progress::Done),
            Self::Finished => Ok(Progress::Finished),
            Self::More => Ok(Progress::More),
            Self::Fails => Err(Fault::passing("not today")),
            Self::GivenUp => Err(Fault::lasting("never")),
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = prop_oneof![
        3 => Just(Outcome::Done),
        2 => Just(Outcome::Finished),
        1 => Just(Outcome::More),
        2 => Just(Outcome::Fails),
        1 => Just(Outcome::GivenUp),
    ];
    let step = prop_oneof![
        3 => prop::collection::vec(0..ABOUT.len(), 1..4).prop_map(Step::Enqueue),
        5 => (0..2usize, 1..4usize).prop_map(|(node, most)| Step::Lease { node, most }),
        5 => (0..8usize, outcome).prop_map(|(job, outcome)| Step::Settle { job, outcome }),
        1 => (0..8usize).prop_map(|job| Step::GiveBack { job }),
        3 => (1..70i64).prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Replay),
    ];
    prop::collection::vec(step, 1..40)
}

/// The outbox of a tenant, and what is known of it.
struct Case {
    nodes: [TenantStore; 2],
    now: DateTime<Utc>,
    /// The jobs that workers took, each with the end of its lease.
    taken: Vec<(Job, DateTime<Utc>)>,
    /// The number of the last job about a thing that was begun.
    last: BTreeMap<String, i64>,
}

impl Case {
    async fn settle(&self, job: &Job, outcome: Outcome) -> bool {
        let (store, handled) = (&self.nodes[1], outcome.handled());
        if matches!(outcome, Outcome::Finished) {
            let transaction = store.begin().await.unwrap();
            if !finish(&transaction, job, None, self.now).await.unwrap() {
                return false;
            }
            transaction.commit().await.unwrap();
        }
        let settled = settle(store, job, &TOPIC, &handled, self.now);
        settled.await.unwrap()
    }

    async fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Enqueue(abouts) => {
                let jobs = abouts
                    .iter()
                    .map(|about| NewJob::new(TOPIC.name, ABOUT[*about], json!(null)));
                let transaction = self.nodes[0].begin().await.unwrap();
                enqueue(&transaction, jobs, self.now).await.unwrap();
                transaction.commit().await.unwrap();
            }
            Step::Lease { node, most } => self.lease(*node, *most).await?,
            Step::Settle { job, outcome } => {
                let Some((job, held)) = self.taken_job(*job) else {
                    return Ok(());
                };
                let settled = self.settle(&job, *outcome).await;
                prop_assert_eq!(settled, held, "only who has a job settles it");
                self.leave(&job);
            }
            Step::GiveBack { job } => {
                let Some((job, held)) = self.taken_job(*job) else {
                    return Ok(());
                };
                prop_assert_eq!(
                    give_back(&self.nodes[0], &job, self.now).await.unwrap(),
                    held
                );
                self.leave(&job);
            }
            Step::Wait { seconds } => self.now += TimeDelta::seconds(*seconds),
            Step::Replay => {
                let transaction = self.nodes[0].begin().await.unwrap();
                replay(&transaction, &JobFilter::default(), self.now)
                    .await
                    .unwrap();
                transaction.commit().await.unwrap();
            }
        }
        Ok(())
    }

    async fn lease(&mut self, node: usize, most: usize) -> Result<(), TestCaseError> {
        let jobs = lease(&self.nodes[node], &TOPIC, most, self.now)
            .await
            .unwrap();
        prop_assert!(jobs.len() <= most);
        for job in jobs {
            let held = self
                .taken
                .iter()
                .find(|(other, end)| other.aggregate == job.aggregate && *end > self.now);
            prop_assert!(
                held.is_none(),
                "{:?} is under way while {:?} is taken",
                held,
                job
            );
            let last = self.last.insert(job.aggregate.clone(), job.number);
            prop_assert!(
                last.is_none_or(|last| last <= job.number),
                "{:?} after {:?}",
                job,
                last
            );
            // Whoever had it before has lost it.
            for (other, end) in &mut self.taken {
                if other.aggregate == job.aggregate {
                    *end = DateTime::UNIX_EPOCH;
                }
            }
            self.taken.push((job, self.now + LEASE));
        }
        Ok(())
    }

    /// A job that was taken, and whether its worker still has it: nobody else took it meanwhile.
    fn taken_job(&self, number: usize) -> Option<(Job, bool)> {
        let (job, end) = self.taken.get(number.checked_rem(self.taken.len())?)?;
        Some((job.clone(), *end != DateTime::UNIX_EPOCH))
    }

    fn leave(&mut self, job: &Job) {
        self.taken.retain(|(other, _)| other != job);
    }

    /// Everything is done by workers that come back, however often that takes.
    async fn end(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..1_000 {
            self.now += TimeDelta::minutes(2);
            self.lease(0, 100).await?;
            let held: Vec<_> = self
                .taken
                .drain(..)
                .filter(|(_, end)| *end > self.now)
                .collect();
            for (job, _) in &held {
                let handled = Ok(Progress::Done);
                prop_assert!(
                    settle(&self.nodes[0], job, &TOPIC, &handled, self.now)
                        .await
                        .unwrap()
                );
            }
            let left = Outbox::new(self.nodes[0].clone())
                .statistics()
                .await
                .unwrap();
            let is_open = |status| matches!(status, JobStatus::Waiting | JobStatus::Running);
            if !left.iter().any(|count| is_open(count.status)) {
                return Ok(());
            }
            prop_assert!(
                !held.is_empty(),
                "nothing is taken of what is left: {:?}",
                left
            );
        }
        Err(TestCaseError::fail("it never ends"))
    }
}

async fn check(
    databases: &[Database; 2],
    number: usize,
    steps: &[Step],
) -> Result<(), TestCaseError> {
    let new = NewTenant {
        ipa_code: format!("c_x{number:03}").parse().unwrap(),
        name: Some("Comune di prova".to_owned()),
        fiscal_code: None,
        hosts: Vec::new(),
        locales: vec![Locale::italian()],
        id: None,
    };
    let tenant = tenants::create(&databases[0], new, noon()).await.unwrap();
    let mut case = Case {
        nodes: [0, 1].map(|node: usize| databases[node].tenant(tenant.id)),
        now: noon(),
        taken: Vec::new(),
        last: BTreeMap::new(),
    };
    for step in steps {
        case.step(step).await?;
    }
    case.end().await
}

fn any_sequence(engine: Engine) {
    let cases = std::env::var("MUNICIPIO_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(40);
    let system = System::new();
    let (_app, databases) = system.block_on(async {
        let app = TestApp::empty(engine).await;
        let databases = [app.database.clone(), app.other_program().await];
        (app, databases)
    });
    let config = Config {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let numbers = std::cell::Cell::new(0);
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        numbers.set(numbers.get() + 1);
        system.block_on(check(&databases, numbers.get(), &steps))
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn jobs_about_the_same_thing_are_done_one_after_the_other_whatever_happens_sqlite() {
    any_sequence(Engine::Sqlite);
}

#[test]
fn jobs_about_the_same_thing_are_done_one_after_the_other_whatever_happens_postgres() {
    if Engine::postgres_is_there() {
        any_sequence(Engine::Postgres);
    }
}
