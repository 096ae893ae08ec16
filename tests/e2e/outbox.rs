//! The outbox: jobs that are there with their change, are done one after the other, are tried again, and are never
//! lost. The server has no handler for their topic; workers of the stories do them, at moments that they say.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all, pending},
};
use municipio_domain::{
    outbox::{
        Fault, Handled, Handler, Job, JobEntry, JobFilter, JobStatus, NewJob, Outbox, Progress,
        Retries, Topic, Worker, backlog, drop_jobs, enqueue, forget, give_back, is_held, lease,
        move_position, position, renew, replay, settle,
    },
    store::{Database, TenantStore},
    tenants::Tenant,
};
use municipio_tests::{Engine, TestApp, noon, now, on_both};
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

/// A topic of the stories.
pub const TOPIC: Topic = Topic {
    name: "story",
    longest: Duration::from_secs(20),
    at_once: 8,
    share: 2,
    retries: Retries {
        first: Duration::from_secs(10),
        longest: Duration::from_secs(60),
        attempts: Some(4),
        age: Some(TimeDelta::days(1)),
    },
};
/// Longer than any lease or pause of it.
const LATER: TimeDelta = TimeDelta::minutes(2);

/// An outbox, and who has to do with it.
pub struct Story {
    app: TestApp,
    tenant: Tenant,
    pub store: TenantStore,
}

impl Story {
    pub async fn new(engine: Engine) -> Self {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let store = app.database.tenant(tenant.id);
        Self { app, tenant, store }
    }

    pub async fn enqueue(&self, aggregates: &[&str]) {
        put(&self.store, aggregates).await;
    }

    /// All jobs, the oldest first.
    pub async fn jobs(&self) -> Vec<JobEntry> {
        let outbox = Outbox::new(self.store.clone());
        let mut jobs = outbox.jobs(&(1..100).collect::<Vec<_>>()).await.unwrap();
        jobs.sort_unstable_by_key(|job| job.number);
        jobs
    }

    pub async fn statuses(&self) -> Vec<JobStatus> {
        let jobs = self.jobs().await;
        jobs.iter().map(|job| job.status).collect()
    }

    pub async fn lease(&self, now: DateTime<Utc>) -> Vec<Job> {
        lease(&self.store, &TOPIC, 100, now).await.unwrap()
    }

    pub async fn settle(&self, job: &Job, handled: Handled, now: DateTime<Utc>) -> bool {
        settle(&self.store, job, &TOPIC, &handled, now)
            .await
            .unwrap()
    }
}

async fn put(store: &TenantStore, aggregates: &[&str]) {
    let transaction = store.begin().await.unwrap();
    let jobs = aggregates
        .iter()
        .map(|about| NewJob::new(TOPIC.name, *about, json!({ "about": about })));
    enqueue(&transaction, jobs, noon()).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn catch_up(store: &TenantStore) {
    let transaction = store.begin().await.unwrap();
    enqueue(&transaction, [NewJob::catch_up(TOPIC.name)], noon())
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

pub fn numbers(jobs: &[Job]) -> Vec<i64> {
    jobs.iter().map(|job| job.number).collect()
}

/// What becomes of a job; nothing when it never ends.
type Says = dyn Fn(&Job) -> Option<Handled> + Send + Sync;

/// Does what the story says, and remembers what it was given.
#[derive(Clone)]
struct Hand {
    says: Arc<Says>,
    under_way: Arc<Mutex<BTreeSet<String>>>,
    done: mpsc::UnboundedSender<Value>,
}

impl Hand {
    /// Answers for each job; one for which there is no answer never ends.
    fn new(
        says: impl Fn(&Job) -> Option<Handled> + Send + Sync + 'static,
    ) -> (Self, mpsc::UnboundedReceiver<Value>) {
        let (done, given) = mpsc::unbounded_channel();
        let hand = Self {
            says: Arc::new(says),
            under_way: Arc::default(),
            done,
        };
        (hand, given)
    }

    fn worker(&self, database: &Database) -> Worker {
        Worker::new(database.clone(), vec![Arc::new(self.clone())], now)
    }
}

impl Handler for Hand {
    fn topic(&self) -> Topic {
        TOPIC
    }

    fn handle<'a>(&'a self, job: &'a Job, _: DateTime<Utc>) -> BoxFuture<'a, Handled> {
        async move {
            let place = format!("{} {}", job.tenant, job.aggregate);
            assert!(
                self.under_way.lock().unwrap().insert(place.clone()),
                "twice at once: {place}"
            );
            tokio::task::yield_now().await;
            let says = (self.says)(job);
            self.done.send(job.payload.clone()).unwrap();
            let handled = match says {
                Some(handled) => handled,
                None => pending().await,
            };
            self.under_way.lock().unwrap().remove(&place);
            handled
        }
        .boxed()
    }
}

on_both! {
    async fn a_job_is_there_with_its_change_or_not_at_all(engine) {
        let story = Story::new(engine).await;
        let (hand, mut given) = Hand::new(|_| Some(Ok(Progress::Done)));
        let worker = hand.worker(&story.app.database);
        let transaction = story.store.begin().await.unwrap();
        enqueue(&transaction, [NewJob::new(TOPIC.name, "a", json!(1))], noon()).await.unwrap();
        drop(transaction);
        assert_eq!(worker.run_due(noon()).await.unwrap(), 0);
        story.enqueue(&["a", "b"]).await;
        assert_eq!(worker.run_due(noon()).await.unwrap(), 2);
        let given = [given.recv().await, given.recv().await].map(|given| given.unwrap()["about"].to_string());
        assert_eq!(BTreeSet::from(given), BTreeSet::from(["\"a\"", "\"b\""].map(str::to_owned)));
        assert_eq!(story.statuses().await, [JobStatus::Done; 2]);
        assert_eq!(worker.run_due(noon() + LATER).await.unwrap(), 0, "once");
        let kept = noon() + TimeDelta::days(2);
        assert_eq!(forget(&story.store, kept).await.unwrap(), 0);
        assert_eq!(forget(&story.store, kept + TimeDelta::days(2)).await.unwrap(), 2);
    }
}

on_both! {
    async fn what_fails_is_tried_again_until_it_is_given_up_and_then_lets_the_next_one_through(engine) {
        let story = Story::new(engine).await;
        story.enqueue(&["a", "a", "b"]).await;
        let (hand, _given) = Hand::new(|job| Some(match job.number {
            1 => Err(Fault::passing("not today")),
            _ => Ok(Progress::Done),
        }));
        let worker = hand.worker(&story.app.database);
        let mut moment = noon();
        for attempt in 1..=3 {
            assert_eq!(worker.run_due(moment).await.unwrap(), if attempt == 1 { 2 } else { 1 });
            let jobs = story.jobs().await;
            assert_eq!(jobs[0].status, JobStatus::Waiting);
            assert_eq!((jobs[0].attempts, jobs[0].last_error.as_deref()), (attempt, Some("not today")));
            assert!(jobs[0].due_at >= moment && jobs[0].due_at <= moment + TimeDelta::minutes(1));
            assert_eq!(jobs[1].status, JobStatus::Waiting, "behind it");
            assert_eq!(jobs[2].status, JobStatus::Done, "about something else");
            moment += LATER;
        }
        assert_eq!(worker.run_due(moment).await.unwrap(), 2);
        assert_eq!(story.statuses().await, [JobStatus::Dead, JobStatus::Done, JobStatus::Done]);
        assert_eq!(backlog(&story.app.database, &[]).await.unwrap().dead, 1);

        let transaction = story.store.begin().await.unwrap();
        assert_eq!(replay(&transaction, &JobFilter::default(), moment).await.unwrap(), 1);
        transaction.commit().await.unwrap();
        assert_eq!(backlog(&story.app.database, &[]).await.unwrap().dead, 0);
        let jobs = story.jobs().await;
        assert_eq!(jobs.last().map(|job| (job.number, job.attempts)), Some((4, 0)), "behind all others");
        assert_eq!(worker.run_due(moment).await.unwrap(), 1);
        assert_eq!(story.statuses().await, [JobStatus::Done; 3]);
    }
}

on_both! {
    async fn what_will_not_pass_is_given_up_at_once_and_can_be_dropped(engine) {
        let story = Story::new(engine).await;
        story.enqueue(&["a", "a"]).await;
        let (hand, _given) = Hand::new(|_| Some(Err(Fault::lasting("gone"))));
        assert_eq!(hand.worker(&story.app.database).run_due(noon()).await.unwrap(), 2);
        let filter = JobFilter { numbers: Some(vec![1]), ..JobFilter::default() };
        let transaction = story.store.begin().await.unwrap();
        assert_eq!(drop_jobs(&transaction, &filter, noon()).await.unwrap(), 1);
        transaction.commit().await.unwrap();
        assert_eq!(story.statuses().await, [JobStatus::Dead]);
        assert_eq!(backlog(&story.app.database, &[]).await.unwrap().dead, 1);
        let outbox = Outbox::new(story.store.clone());
        let counts = outbox.statistics().await.unwrap();
        assert_eq!(counts.len(), 1);
        assert_eq!((counts[0].topic.as_str(), counts[0].status, counts[0].total), ("story", JobStatus::Dead, 1));
    }
}

on_both! {
    async fn a_worker_that_hangs_loses_its_lease(engine) {
        let story = Story::new(engine).await;
        story.enqueue(&["a", "a"]).await;
        let slow = story.lease(noon()).await;
        assert_eq!(numbers(&slow), [1]);
        let soon = noon() + TimeDelta::seconds(10);
        assert_eq!(story.lease(soon).await, [], "it may still come back");
        assert!(renew(&story.store, &slow[0], soon).await.unwrap().is_some());
        assert_eq!(story.lease(noon() + TimeDelta::seconds(24)).await, [], "it did");
        let late = noon() + TimeDelta::seconds(25);
        let other = story.lease(late).await;
        assert_eq!(numbers(&other), [1]);
        assert_eq!(other[0].attempts, 2);
        let transaction = story.store.begin().await.unwrap();
        assert!(!is_held(&transaction, &slow[0]).await.unwrap());
        assert!(is_held(&transaction, &other[0]).await.unwrap());
        drop(transaction);
        assert!(renew(&story.store, &slow[0], late).await.unwrap().is_none());
        assert!(!story.settle(&slow[0], Ok(Progress::Done), late).await);
        assert!(!give_back(&story.store, &slow[0], late).await.unwrap());
        assert_eq!(story.statuses().await, [JobStatus::Running, JobStatus::Waiting]);
        assert!(story.settle(&other[0], Ok(Progress::Done), late).await);
        assert!(!story.settle(&slow[0], Err(Fault::lasting("late")), late).await);
        assert_eq!(numbers(&story.lease(late).await), [2]);
    }
}

on_both! {
    async fn a_job_whose_workers_never_come_back_is_given_up(engine) {
        let story = Story::new(engine).await;
        story.enqueue(&["a"]).await;
        let mut moment = noon();
        for attempt in 1..=4 {
            assert_eq!(story.lease(moment).await[0].attempts, attempt);
            moment += LATER;
        }
        assert_eq!(story.lease(moment).await, []);
        assert_eq!(story.statuses().await, [JobStatus::Dead]);
        assert_eq!(backlog(&story.app.database, &[]).await.unwrap().dead, 1);
    }
}

on_both! {
    async fn what_fails_without_end_is_told_until_it_is_done(engine) {
        let story = Story::new(engine).await;
        let retries = Retries { attempts: None, age: None, ..TOPIC.retries };
        let endless = Topic { retries, ..TOPIC };
        story.enqueue(&["a"]).await;
        let mut moment = noon();
        for (handled, failing) in [
            (Err(Fault::passing("1")), 0),
            (Err(Fault::passing("2")), 0),
            (Err(Fault::passing("3")), 0),
            (Err(Fault::passing("4")), 0),
            (Err(Fault::passing("5")), 1),
            (Err(Fault::passing("6")), 1),
            (Ok(Progress::Done), 0),
        ] {
            let job = lease(&story.store, &endless, 1, moment).await.unwrap().remove(0);
            assert!(settle(&story.store, &job, &endless, &handled, moment).await.unwrap());
            let told = backlog(&story.app.database, &[]).await.unwrap();
            assert_eq!((told.failing, told.dead), (failing, 0), "after attempt {}", job.attempts);
            moment += LATER;
        }
    }
}

on_both! {
    async fn followers_of_the_log_have_one_job_however_much_changes(engine) {
        let story = Story::new(engine).await;
        for _ in 0..5 {
            catch_up(&story.store).await;
        }
        assert_eq!(story.statuses().await, [JobStatus::Waiting]);
        let jobs = story.lease(noon()).await;
        catch_up(&story.store).await;
        catch_up(&story.store).await;
        assert_eq!(story.statuses().await, [JobStatus::Running, JobStatus::Waiting], "it may have looked before");
        assert_eq!(story.lease(noon()).await, [], "one after the other");
        assert!(story.settle(&jobs[0], Ok(Progress::More), noon()).await);
        assert_eq!(story.statuses().await, [JobStatus::Waiting; 2]);
        let jobs = story.lease(noon()).await;
        assert_eq!(jobs.iter().map(|job| (job.number, job.attempts)).collect::<Vec<_>>(), [(jobs[0].number, 1)]);

        let store = &story.store;
        let move_on = async |from, to| {
            let transaction = store.begin().await.unwrap();
            let moved = move_position(&transaction, "story", from, to).await.unwrap();
            transaction.commit().await.unwrap();
            moved
        };
        assert!(move_on(0, 7).await);
        assert!(!move_on(0, 9).await, "somebody else was there");
        assert!(move_on(7, 9).await);
        let transaction = store.begin().await.unwrap();
        assert_eq!(position(&transaction, "story").await.unwrap(), 9);
    }
}

#[actix_web::test]
async fn a_job_into_which_a_change_is_merged_waits_for_its_commit() {
    // SQLite has one that writes at a time.
    if !Engine::postgres_is_there() {
        return;
    }
    let story = Story::new(Engine::Postgres).await;
    catch_up(&story.store).await;
    let transaction = story.store.begin().await.unwrap();
    let job = [NewJob::catch_up(TOPIC.name)];
    enqueue(&transaction, job, noon()).await.unwrap();
    let node = story.app.other_program().await.tenant(story.tenant.id);
    let leased = lease(&node, &TOPIC, 1, noon()).await.unwrap();
    assert_eq!(leased, [], "it would not see the change");
    transaction.commit().await.unwrap();
    assert_eq!(numbers(&story.lease(noon()).await), [1]);
}

on_both! {
    async fn two_nodes_do_each_job_once_and_never_two_about_the_same(engine) {
        let story = Story::new(engine).await;
        let others = [story.tenant.clone(), story.app.tenant("c_x002", "www.x002.example").await];
        for tenant in &others {
            let store = story.app.database.tenant(tenant.id);
            put(&store, &["a", "b", "c", "a", "b", "a", "d", "e", "a", "f"].repeat(2)).await;
        }
        let (hand, mut given) = Hand::new(|_| Some(Ok(Progress::Done)));
        let node = story.app.other_program().await;
        let nodes = [&story.app.database, &node].map(|database| hand.worker(database));
        let mut attempts = 0;
        // A node that comes while the other looks finds nothing, and looks again.
        while attempts < 40 {
            let done = join_all(nodes.iter().map(|worker| worker.run_due(noon() + LATER))).await;
            attempts += done.into_iter().map(Result::unwrap).sum::<usize>();
        }
        assert_eq!(attempts, 40);
        assert_eq!(story.statuses().await, [JobStatus::Done; 20]);
        let mut times = BTreeMap::new();
        while let Ok(payload) = given.try_recv() {
            *times.entry(payload["about"].to_string()).or_insert(0) += 1;
        }
        assert_eq!(times.into_values().collect::<Vec<_>>(), [16, 8, 4, 4, 4, 4]);
    }
}

on_both! {
    async fn a_tenant_whose_jobs_hang_leaves_places_to_others_and_a_worker_that_stops_gives_them_back(engine) {
        let story = Story::new(engine).await;
        let hanging = story.tenant.id;
        let other = story.app.tenant("c_x002", "www.x002.example").await;
        let (hand, mut given) = Hand::new(move |job| (job.tenant != hanging).then_some(Ok(Progress::Done)));
        let (stop, stopping) = watch::channel(false);
        let worker = hand.worker(&story.app.database);
        let running = tokio::spawn(async move { worker.run(stopping, Duration::ZERO).await });
        story.enqueue(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]).await;
        let mut told = async || timeout(Duration::from_secs(20), given.recv()).await.unwrap().unwrap();
        for _ in 0..2 {
            told().await;
        }
        let letters = ["k", "l", "m", "n"];
        put(&story.app.database.tenant(other.id), &letters).await;
        let mut abouts = BTreeSet::new();
        for _ in letters {
            abouts.insert(told().await["about"].as_str().unwrap_or_default().to_owned());
        }
        assert_eq!(abouts, BTreeSet::from(letters.map(str::to_owned)));
        let statuses = story.statuses().await;
        assert_eq!(statuses.iter().filter(|status| **status == JobStatus::Running).count(), 2, "a quarter");
        stop.send_replace(true);
        running.await.unwrap();
        let jobs = story.jobs().await;
        assert!(jobs.iter().all(|job| job.status == JobStatus::Waiting && job.attempts == 0), "{jobs:?}");
    }
}

on_both! {
    async fn a_worker_on_another_node_is_told(engine) {
        let story = Story::new(engine).await;
        let node = story.app.other_program().await;
        let (hand, mut given) = Hand::new(|_| Some(Ok(Progress::Done)));
        let (_stop, stopping) = watch::channel(false);
        let worker = hand.worker(&node);
        let running = tokio::spawn(async move { worker.run(stopping, Duration::ZERO).await });
        for about in ["a", "b", "c"] {
            story.enqueue(&[about]).await;
            let told = timeout(Duration::from_secs(20), given.recv()).await;
            assert_eq!(told.unwrap(), Some(json!({ "about": about })));
        }
        running.abort();
    }
}
