//! How the index of a search server follows the log of changes: by jobs of the outbox, so that one program works
//! on a tenant at a time, and what a server missed while it was away is made up for.

use std::{sync::Arc, sync::atomic::AtomicU64, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::{
    FollowError, Position, SearchEngine, Source,
    follow::{is_astray, rebuild},
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
    longest: Duration::from_secs(60),
    at_once: 4,
    retries: RETRIES,
};
/// Makes the index of a tenant anew, which takes longer.
const REBUILD: Topic = Topic {
    name: "search_rebuild",
    longest: Duration::from_secs(60 * 60),
    at_once: 1,
    retries: RETRIES,
};

/// Has the server look at what is new.
pub(super) fn follow_job() -> NewJob {
    NewJob::catch_up(FOLLOWER.name)
}

/// What keeps the index of a server up to date; of no server it has nothing to do.
pub fn search_handlers(
    database: &Database,
    server: Option<&Arc<dyn SearchEngine>>,
) -> Vec<Arc<dyn Handler>> {
    let new = || Following {
        database: database.clone(),
        server: server.cloned(),
    };
    vec![Arc::new(Follower(new())), Arc::new(Rebuilder(new()))]
}

struct Following {
    database: Database,
    server: Option<Arc<dyn SearchEngine>>,
}

struct Follower(Following);

struct Rebuilder(Following);

impl Following {
    /// The server, and what the tenant of a job publishes.
    async fn of(&self, job: &Job) -> Result<Option<(&Arc<dyn SearchEngine>, Source)>, Fault> {
        let Some(server) = &self.server else {
            return Ok(None);
        };
        let tenant = tenants::find(&self.database, job.tenant).await?;
        Ok(tenant.map(|tenant| (server, Source::new(&self.database, Arc::new(tenant)))))
    }
}

impl Follower {
    /// Follows some changes; the rest is the next job.
    async fn follow(&self, job: &Job, now: DateTime<Utc>) -> Handled {
        let Some((server, source)) = self.0.of(job).await? else {
            return Ok(Progress::Done);
        };
        let goal = source.goal().await?;
        let position = server
            .status(job.tenant)
            .await
            .map_err(Fault::passing)?
            .position;
        let Some(position) = position.filter(|position| !is_astray(position, &goal)) else {
            let transaction = self.0.database.tenant(job.tenant).begin().await?;
            outbox::enqueue(&transaction, [NewJob::catch_up(REBUILD.name)], now).await?;
            transaction.commit().await?;
            return Ok(Progress::Done);
        };
        let Some(batch) = source.changes(&position).await? else {
            return Ok(Progress::Done);
        };
        let reached = batch
            .position
            .as_ref()
            .map(|position: &Position| position.sequence);
        server
            .apply(job.tenant, batch)
            .await
            .map_err(Fault::passing)?;
        match reached.is_some_and(|reached| reached < goal.sequence) {
            true => Ok(Progress::More),
            false => Ok(Progress::Done),
        }
    }
}

impl Rebuilder {
    async fn rebuild(&self, job: &Job) -> Handled {
        let Some((server, source)) = self.0.of(job).await? else {
            return Ok(Progress::Done);
        };
        let goal = source.goal().await?;
        let position = server
            .status(job.tenant)
            .await
            .map_err(Fault::passing)?
            .position;
        if position.is_some_and(|position| !is_astray(&position, &goal)) {
            // Somebody did it meanwhile.
            return Ok(Progress::Done);
        }
        let rebuilt = rebuild(server.as_ref(), &source, &AtomicU64::new(0)).await;
        match rebuilt {
            Ok(_) => Ok(Progress::Done),
            Err(FollowError::Store(error)) => Err(error.into()),
            Err(FollowError::Engine(error)) => Err(Fault::passing(error)),
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
