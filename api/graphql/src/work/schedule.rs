//! What is to happen to content at a time, and who is at work on it.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::content::{Lock, ScheduleStatus, Scheduled, ScheduledAction, WorkItem};

use super::revision::ContentRevision;
use crate::{context::data, mutation::UserError, view::Reader};

/// What is to happen at a time (azione programmata).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "ScheduledAction", remote = "ScheduledAction")]
pub(crate) enum ScheduledActionName {
    /// A revision is published (pubblicazione).
    Publish,
    /// The content is taken off the public site (ritiro).
    Unpublish,
}

/// What became of it (esito).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "ScheduleStatus", remote = "ScheduleStatus")]
pub(crate) enum ScheduleStatusName {
    /// It is still to happen (in attesa).
    Pending,
    /// It happened (eseguita).
    Done,
    /// Its time came, and it was refused; it is not tried again (rifiutata).
    Refused,
    /// It was called off: by somebody, by another plan, or by what was done to the content meanwhile
    /// (annullata).
    Cancelled,
}

/// Something that is, or was, to happen to content at a time (programmazione).
pub(crate) struct ContentSchedule {
    scheduled: Scheduled,
    item: WorkItem,
    reader: Reader,
}

impl ContentSchedule {
    pub(super) fn new(scheduled: Scheduled, item: WorkItem, reader: Reader) -> Self {
        Self {
            scheduled,
            item,
            reader,
        }
    }
}

/// Something that is, or was, to happen to content at a time (programmazione).
#[Object]
impl ContentSchedule {
    /// What (azione).
    async fn action(&self) -> ScheduledActionName {
        self.scheduled.action.into()
    }

    /// When (data e ora).
    async fn due_at(&self) -> DateTime<Utc> {
        self.scheduled.due_at
    }

    /// What became of it (esito).
    async fn status(&self) -> ScheduleStatusName {
        self.scheduled.status.into()
    }

    /// Why it was refused or called off (motivi).
    async fn reasons(&self) -> Vec<UserError> {
        let reasons = self.scheduled.reasons.iter();
        reasons.map(UserError::from).collect()
    }

    /// The revision that is published, whatever is written later.
    async fn revision(&self, ctx: &Context<'_>) -> Option<Result<ContentRevision>> {
        let read = async || -> Result<Option<ContentRevision>> {
            let Some(id) = self.scheduled.revision else {
                return Ok(None);
            };
            let revision = data(ctx)?.revision(id).await?;
            Ok(revision.map(|revision| {
                ContentRevision::new(self.item.clone(), revision, self.reader.clone())
            }))
        };
        read().await.transpose()
    }

    /// Who scheduled it: `account:…` or `key:…` (autore).
    async fn author(&self) -> &str {
        &self.scheduled.author
    }

    /// When it happened, was refused or called off.
    async fn settled_at(&self) -> Option<DateTime<Utc>> {
        self.scheduled.settled_at
    }
}

/// Who says to be at work on content (in lavorazione da).
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ContentLock {
    /// Who: `account:…` or `key:…`.
    holder: String,
    /// Their name.
    holder_name: String,
    /// Since when.
    since: DateTime<Utc>,
    /// Until when, if they do not say so again.
    expires_at: DateTime<Utc>,
}

impl From<Lock> for ContentLock {
    fn from(lock: Lock) -> Self {
        Self {
            holder: lock.holder,
            holder_name: lock.holder_name,
            since: lock.since,
            expires_at: lock.expires_at,
        }
    }
}
