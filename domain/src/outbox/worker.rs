//! Has the jobs done. Each topic has places of its own, so that none keeps another waiting; of the places of a topic
//! one tenant gets a part, so that one whose jobs hang leaves places to the others.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use tokio::{
    sync::watch,
    task::{Id, JoinSet},
    time::{sleep, timeout},
};

use super::{
    Fault, Handled, Handler, Job, Measures, give_back, lease,
    lease::{RENEWED, time_left},
    renew, settle, wakes,
};
use crate::{
    ids::TenantId,
    store::{Database, Failure, StoreError, TenantStore},
};

/// How often to look for what was not told, such as what commands enqueue in SQLite.
const LONGEST: Duration = Duration::from_secs(1);
/// How long a program that stops tries to give its jobs back.
const GIVING_BACK: Duration = Duration::from_secs(5);
/// How long a tenant rests whose outbox cannot be read.
const RESTING: TimeDelta = TimeDelta::minutes(1);
/// How long to wait after what became of a job could not be written.
const UNWRITTEN: Duration = Duration::from_millis(500);
/// How often that is tried: until the lease ends.
const TRIES: usize = 20;
/// How long to wait at least: others may hold what is due.
const SHORTEST: Duration = Duration::from_millis(10);

/// Does the jobs of the topics for which it has handlers.
#[derive(Clone)]
pub struct Worker {
    database: Database,
    handlers: Vec<Arc<dyn Handler>>,
    clock: fn() -> DateTime<Utc>,
    measures: Measures,
}

impl Worker {
    /// A worker with these handlers, and what says the time.
    pub fn new(
        database: Database,
        handlers: Vec<Arc<dyn Handler>>,
        clock: fn() -> DateTime<Utc>,
    ) -> Self {
        Self {
            database,
            handlers,
            clock,
            measures: Measures::default(),
        }
    }

    /// What it counts.
    pub fn measures(&self) -> &Measures {
        &self.measures
    }

    /// The topics whose jobs it does.
    pub fn topics(&self) -> Vec<&'static str> {
        let handlers = self.handlers.iter();
        handlers.map(|handler| handler.topic().name).collect()
    }

    /// Does jobs until it is told to stop: then it waits that long for those under way, and gives back the others.
    pub async fn run(&self, stopping: watch::Receiver<bool>, grace: Duration) {
        let topics = self.handlers.iter().map(|handler| {
            let places = Places::new(self, Arc::clone(handler));
            places.serve(stopping.clone(), grace)
        });
        join_all(topics).await;
    }

    /// Does all jobs that are due at this moment, and what becomes due by that; says how many attempts that were.
    /// For commands and tests; nobody needs to run a server meanwhile.
    ///
    /// # Errors
    /// The database failed.
    pub async fn run_due(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let mut attempts = 0;
        loop {
            let mut looked = 0;
            for handler in &self.handlers {
                let mut places = Places::new(self, Arc::clone(handler));
                places.now = Some(now);
                looked += places.fill().await?;
                attempts += places.running.len();
                while let Some(done) = places.running.join_next_with_id().await {
                    places.free(done);
                }
            }
            if looked == 0 {
                return Ok(attempts);
            }
        }
    }
}

/// The places of a topic, and the jobs that have one.
struct Places {
    database: Database,
    handler: Arc<dyn Handler>,
    clock: fn() -> DateTime<Utc>,
    measures: Measures,
    /// The moment, when it is not that of the clock.
    now: Option<DateTime<Utc>>,
    running: JoinSet<()>,
    jobs: HashMap<Id, Arc<Job>>,
    /// Tenants whose outbox cannot be read, and until when others come first.
    resting: HashMap<TenantId, DateTime<Utc>>,
}

impl Places {
    fn new(worker: &Worker, handler: Arc<dyn Handler>) -> Self {
        Self {
            database: worker.database.clone(),
            handler,
            clock: worker.clock,
            measures: worker.measures.clone(),
            now: None,
            running: JoinSet::new(),
            jobs: HashMap::new(),
            resting: HashMap::new(),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.now.unwrap_or_else(self.clock)
    }

    async fn serve(mut self, mut stopping: watch::Receiver<bool>, grace: Duration) {
        let mut bell = self.database.bells().hear(self.handler.topic().name);
        while !*stopping.borrow() {
            // Before looking, so that what is enqueued meanwhile is noticed.
            bell.borrow_and_update();
            let pause = match self.turn().await {
                Ok(pause) => pause,
                Err(error) => {
                    let topic = self.handler.topic().name;
                    tracing::error!(topic, %error, "the outbox cannot be read; trying again");
                    LONGEST
                }
            };
            tokio::select! {
                told = stopping.changed() => if told.is_err() { break },
                _ = bell.changed() => {}
                Some(done) = self.running.join_next_with_id() => self.free(done),
                () = sleep(pause) => {}
            }
            // Their places are given away together.
            while let Some(done) = self.running.try_join_next_with_id() {
                self.free(done);
            }
        }
        self.clear(grace).await;
    }

    /// Gives free places to jobs; says how long there is nothing to do.
    async fn turn(&mut self) -> Result<Duration, StoreError> {
        self.fill().await?;
        let topic = self.handler.topic();
        if self.running.len() >= topic.at_once {
            return Ok(LONGEST);
        }
        let next = wakes::next(&self.database, topic.name, self.full()).await?;
        let pause = next.map(|next| (next - self.now()).to_std().unwrap_or_default());
        Ok(pause.map_or(LONGEST, |pause| pause.clamp(SHORTEST, LONGEST)))
    }

    /// Gives free places to jobs that are due, of each tenant once; says how many tenants it looked at.
    async fn fill(&mut self) -> Result<usize, StoreError> {
        let (topic, now) = (self.handler.topic(), self.now());
        let free = u64::try_from(topic.at_once - self.running.len()).unwrap_or_default();
        if free == 0 {
            return Ok(0);
        }
        self.resting.retain(|_, until| *until > now);
        let due = wakes::due(&self.database, topic.name, self.full(), now, free).await?;
        let looked = due.len();
        for tenant in due {
            let most = (topic.at_once - self.running.len()).min(self.share() - self.of(tenant));
            if most == 0 {
                break;
            }
            let store = self.database.tenant(tenant);
            // The clock goes on while one tenant after the other is looked at.
            let jobs = match lease(&store, &topic, most, self.now()).await {
                Ok(jobs) => jobs,
                Err(error) if error.failure() == Failure::Unavailable => return Err(error),
                Err(error) => {
                    tracing::error!(%tenant, topic = topic.name, %error, "an outbox cannot be read; others come first");
                    self.resting.insert(tenant, self.now() + RESTING);
                    continue;
                }
            };
            for job in jobs {
                self.begin(Arc::new(job));
            }
        }
        Ok(looked)
    }

    /// How many places one tenant may have.
    fn share(&self) -> usize {
        self.handler.topic().share
    }

    /// How many places a tenant has.
    fn of(&self, tenant: TenantId) -> usize {
        let jobs = self.jobs.values();
        jobs.filter(|job| job.tenant == tenant).count()
    }

    /// The tenants that get no more places.
    fn full(&self) -> Vec<TenantId> {
        let mut tenants: Vec<_> = self.jobs.values().map(|job| job.tenant).collect();
        tenants.sort_unstable();
        tenants.dedup();
        tenants.retain(|tenant| self.of(*tenant) >= self.share());
        tenants.extend(self.resting.keys());
        tenants
    }

    fn begin(&mut self, job: Arc<Job>) {
        let attempt = Attempt {
            database: self.database.clone(),
            handler: Arc::clone(&self.handler),
            job: Arc::clone(&job),
            clock: self.clock,
            measures: self.measures.clone(),
            now: self.now,
        };
        let task = self.running.spawn(attempt.run());
        self.jobs.insert(task.id(), job);
    }

    fn free(&mut self, done: Result<(Id, ()), tokio::task::JoinError>) {
        let id = match &done {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        let job = self.jobs.remove(&id);
        if let (Err(error), Some(job)) = (done, job) {
            let (topic, number) = (&job.topic, job.number);
            tracing::error!(tenant = %job.tenant, topic, number, %error, "a job was broken off");
        }
    }

    /// Ends what is under way, and gives back what did not end in time.
    async fn clear(&mut self, grace: Duration) {
        let ended = async {
            while let Some(done) = self.running.join_next_with_id().await {
                self.free(done);
            }
        };
        if timeout(grace, ended).await.is_ok() {
            return;
        }
        self.running.shutdown().await;
        let given_back = async {
            for job in self.jobs.values() {
                let store = self.database.tenant(job.tenant);
                if let Err(error) = give_back(&store, job, self.now()).await {
                    tracing::warn!(tenant = %job.tenant, number = job.number, %error, "a job was not given back: its lease has to end");
                }
            }
        };
        if timeout(GIVING_BACK, given_back).await.is_err() {
            tracing::warn!("not all jobs were given back: their leases have to end");
        }
    }
}

/// One attempt at a job.
struct Attempt {
    database: Database,
    handler: Arc<dyn Handler>,
    job: Arc<Job>,
    clock: fn() -> DateTime<Utc>,
    measures: Measures,
    now: Option<DateTime<Utc>>,
}

impl Attempt {
    fn now(&self) -> DateTime<Utc> {
        self.now.unwrap_or_else(self.clock)
    }

    async fn run(self) {
        let topic = self.handler.topic();
        let Job { tenant, number, .. } = *self.job;
        let store = self.database.tenant(tenant);
        if time_left(self.job.until, self.now()).is_none() {
            // It waited too long for the database: another may have the job soon.
            if let Err(error) = give_back(&store, &self.job, self.now()).await {
                tracing::warn!(%tenant, number, %error, "a job was not given back: its lease has to end");
            }
            return;
        }
        let begun = Instant::now();
        let handled = tokio::select! {
            handled = timeout(topic.longest, self.handler.handle(&self.job, self.now())) => {
                handled.unwrap_or_else(|_| Err(Fault::passing("it took too long")))
            }
            () = self.keep(&store) => {
                tracing::warn!(%tenant, topic = topic.name, number, "a worker lost its lease");
                return;
            }
        };
        self.measures
            .attempted(topic.name, &handled, begun.elapsed());
        if let Err(fault) = &handled {
            tracing::warn!(%tenant, topic = topic.name, number, ?fault, "a job failed");
        }
        match self.settle(&store, &handled).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(%tenant, topic = topic.name, number, "a worker lost its lease");
            }
            Err(error) => {
                tracing::error!(%tenant, topic = topic.name, number, %error, "what became of a job cannot be written: its lease has to end");
            }
        }
    }

    /// Renews the lease for as long as it is polled; ends when it is lost, or could not be renewed in time.
    async fn keep(&self, store: &TenantStore) {
        let mut until = self.job.until;
        while let Some(left) = time_left(until, self.now()) {
            match timeout(left, self.renew(store)).await {
                Ok(Some(renewed)) => until = renewed,
                Ok(None) | Err(_) => return,
            }
        }
    }

    /// Renews the lease after a while, again where the database does not answer.
    async fn renew(&self, store: &TenantStore) -> Option<DateTime<Utc>> {
        loop {
            sleep(RENEWED).await;
            match renew(store, &self.job, self.now()).await {
                Ok(renewed) => return renewed,
                Err(error) => {
                    let Job { tenant, number, .. } = *self.job;
                    tracing::warn!(%tenant, number, %error, "a lease cannot be renewed");
                }
            }
        }
    }

    /// Writes down what became of the job; again where the database does not answer, until the lease ends.
    async fn settle(&self, store: &TenantStore, handled: &Handled) -> Result<bool, StoreError> {
        let topic = self.handler.topic();
        for _ in 1..TRIES {
            let settled = settle(store, &self.job, &topic, handled, self.now()).await;
            if settled.is_ok() {
                return settled;
            }
            sleep(UNWRITTEN).await;
        }
        settle(store, &self.job, &topic, handled, self.now()).await
    }
}
