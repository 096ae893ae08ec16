//! How the index of a search server follows the log of changes: by jobs of the outbox, so that one program works
//! on a tenant at a time, and what a server missed while it was away is made up for.

use std::{sync::Arc, sync::atomic::AtomicU64, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::{
    FollowError, Position, SearchEngine, Source,
    follow::{apply, is_astray, rebuild},
};
use crate::{
    outbox::{self, Fault, Handled, Handler, Job, NewJob, Progress, Retries, Topic},
    store::Database,
    tenants,
};

/// A server that is away is tried again without end: nothing is given up.
const RETRIES: Retries = Retries {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(30),
    attempts: None,
    age: None,
};
/// Follows what changes.
pub(crate) const FOLLOWER: Topic = Topic {
    name: "search",
    // A server may have much to do before it comes to what it is sent.
    longest: Duration::from_secs(15 * 60),
    at_once: 4,
    share: 1,
    retries: RETRIES,
};
/// Makes the index of a tenant anew, which takes longer.
const REBUILD: Topic = Topic {
    name: "search_rebuild",
    longest: Duration::from_secs(60 * 60),
    at_once: 1,
    share: 1,
    retries: RETRIES,
};

/// Has the server look at what is new.
pub(super) fn follow_job() -> NewJob {
    NewJob::catch_up(FOLLOWER.name)
}

/// What keeps the index of a server up to date.
pub fn search_handlers(
    database: &Database,
    server: &Arc<dyn SearchEngine>,
) -> [Arc<dyn Handler>; 2] {
    let new = || Following {
        database: database.clone(),
        server: Arc::clone(server),
    };
    [Arc::new(Follower(new())), Arc::new(Rebuilder(new()))]
}

struct Following {
    database: Database,
    server: Arc<dyn SearchEngine>,
}

struct Follower(Following);

struct Rebuilder(Following);

impl Following {
    /// What the tenant of a job publishes, where its index stands and where it should.
    async fn of(&self, job: &Job) -> Result<Option<(Source, Option<Position>, Position)>, Fault> {
        let Some(tenant) = tenants::find(&self.database, job.tenant).await? else {
            return Ok(None);
        };
        let source = Source::new(&self.database, Arc::new(tenant));
        let goal = source.goal().await?;
        let position = self.server.position(job.tenant).await;
        Ok(Some((source, position.map_err(Fault::passing)?, goal)))
    }
}

impl Follower {
    /// Follows some changes; the rest is the next job.
    async fn follow(&self, job: &Job, now: DateTime<Utc>) -> Handled {
        let Some((source, position, goal)) = self.0.of(job).await? else {
            return Ok(Progress::Done);
        };
        let astray = |position: &Position| is_astray(position, &goal);
        if position.as_ref().is_none_or(astray) {
            let transaction = self.0.database.tenant(job.tenant).begin().await?;
            outbox::enqueue(&transaction, [NewJob::catch_up(REBUILD.name)], now).await?;
            transaction.commit().await?;
        }
        // Until an index is made anew that was made with something else, it follows as it is.
        let Some(position) = position.filter(|position| position.sequence < goal.sequence) else {
            return Ok(Progress::Done);
        };
        let Some(changed) = source.changes(&position).await? else {
            return Ok(Progress::Done);
        };
        let server = self.0.server.as_ref();
        apply(server, &source, &changed.items, Some(&changed.position)).await?;
        match changed.position.sequence < goal.sequence {
            true => Ok(Progress::More),
            false => Ok(Progress::Done),
        }
    }
}

impl Rebuilder {
    async fn rebuild(&self, job: &Job) -> Handled {
        let Some((source, position, goal)) = self.0.of(job).await? else {
            return Ok(Progress::Done);
        };
        let is_right = |position: &Position| !is_astray(position, &goal);
        // Otherwise somebody did it meanwhile.
        if !position.as_ref().is_some_and(is_right) {
            rebuild(self.0.server.as_ref(), &source, &AtomicU64::new(0)).await?;
        }
        Ok(Progress::Done)
    }
}

impl From<FollowError> for Fault {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Store(error) => error.into(),
            FollowError::Engine(error) => Self::passing(error),
        }
    }
}

impl Handler for Follower {
    fn topic(&self) -> Topic {
        FOLLOWER
    }

    fn handle<'a>(&'a self, job: &'a Job, now: DateTime<Utc>) -> BoxFuture<'a, Handled> {
        Box::pin(self.follow(job, now))
    }
}

impl Handler for Rebuilder {
    fn topic(&self) -> Topic {
        REBUILD
    }

    fn handle<'a>(&'a self, job: &'a Job, _now: DateTime<Utc>) -> BoxFuture<'a, Handled> {
        Box::pin(self.rebuild(job))
    }
}
