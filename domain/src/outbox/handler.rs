//! What does the work of a topic.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::{Job, Topic};
use crate::store::StoreError;

/// Does the jobs of a topic. It may be given a job twice, and must not mind.
pub trait Handler: Send + Sync {
    /// The topic.
    fn topic(&self) -> Topic;

    /// Does a job. When it takes longer than the topic allows, it is dropped.
    fn handle<'a>(&'a self, job: &'a Job, now: DateTime<Utc>) -> BoxFuture<'a, Handled>;
}

/// What became of a job.
pub type Handled = Result<Progress, Fault>;

/// How far a job has come that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is done.
    Done,
    /// A part is done: the rest is to be done at once, after what others wait for.
    More,
    /// It is done, and its handler wrote that down itself ([`finish`](super::finish)), with what it did.
    Finished,
    /// It was not tried, and is to be done from this time on.
    Postponed(DateTime<Utc>),
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It may succeed another time.
    Passing {
        /// Why.
        reason: String,
        /// After how long; as the topic says when there is no time.
        after: Option<Duration>,
    },
    /// It will not succeed.
    Lasting {
        /// Why.
        reason: String,
    },
}

impl Fault {
    /// A fault that may pass.
    pub fn passing(reason: impl ToString) -> Self {
        Self::Passing {
            reason: reason.to_string(),
            after: None,
        }
    }

    /// A fault that will not pass.
    pub fn lasting(reason: impl ToString) -> Self {
        Self::Lasting {
            reason: reason.to_string(),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error.is_unreadable() {
            true => Self::lasting(error),
            false => Self::passing(error),
        }
    }
}
