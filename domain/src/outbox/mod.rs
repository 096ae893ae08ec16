//! The outbox: what is to be done after a change was committed, and may take its time or fail: calls to other
//! servers above all. A job is written in the transaction of the change, so that both are there or neither.
//!
//! Workers lease jobs, one at a time of each topic and aggregate and in the order of the commits, and try again
//! what fails, later each time. What cannot be done is kept as a dead letter until somebody replays or drops it.
//! A job may be done twice: its handler must not mind.

mod enqueue;
mod handler;
mod keep;
mod lease;
mod measures;
mod operations;
mod position;
mod queries;
mod retries;
mod settle;
mod wakes;
mod worker;

use std::{str::FromStr, time::Duration};

pub use enqueue::{NewJob, enqueue};
pub use handler::{Fault, Handled, Handler, Progress};
pub use keep::forget;
pub use lease::{Job, lease, renew};
pub use measures::Measures;
pub use operations::{drop_jobs, replay};
pub use position::{move_position, position};
pub use queries::{JobCount, JobEntry, JobFilter, Outbox};
pub use retries::Retries;
pub(crate) use settle::put_off;
pub use settle::{finish, give_back, is_held, settle};
pub use wakes::{Backlog, backlog};
pub use worker::Worker;

use crate::store::StoreError;

/// A kind of work.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    /// Its name, which is stored.
    pub name: &'static str,
    /// How long one job may take; then it is broken off, and has failed.
    pub longest: Duration,
    /// How many are done at once by one program.
    pub at_once: usize,
    /// How many of these may be of one tenant.
    pub share: usize,
    /// How often and how long a job is tried.
    pub retries: Retries,
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// To be done when it is due and nothing is before it.
    Waiting,
    /// A worker has it, until its lease ends.
    Running,
    /// Done.
    Done,
    /// Given up: a dead letter.
    Dead,
}

impl JobStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Running, Self::Done, Self::Dead];
    /// Those of jobs that are still to be done.
    const OPEN: [&str; 2] = [Self::Waiting.as_str(), Self::Running.as_str()];
    /// The others.
    const OVER: [&str; 2] = [Self::Done.as_str(), Self::Dead.as_str()];

    /// Its name, as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }
}

impl FromStr for JobStatus {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == name);
        known.ok_or_else(|| StoreError::corrupt("status of a job", name))
    }
}
