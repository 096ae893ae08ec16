//! Asks IO what became of a message: it calls nobody back. Often at first, then daily for a week.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use municipio_entities::case_notification::Column;

use super::{
    NotificationStatus as Status, STANDING,
    budget::{self, Turn},
    deliver::{Notifier, Payload, after},
    mail,
    notification::{self, Notification},
    port::{CallFault, Seen, Standing},
    ready::{Asking, Obstacle, asking},
    verdict::{Step, Verdict, verdict},
};
use crate::{
    outbox::{self, Handled, Handler, Job, Progress, Topic},
    store::TenantStore,
};

/// When IO is asked, in seconds after the message was sent.
const LOOKS: [i64; 11] = [
    30,
    5 * 60,
    HOUR,
    6 * HOUR,
    DAY,
    2 * DAY,
    3 * DAY,
    4 * DAY,
    5 * DAY,
    6 * DAY,
    7 * DAY,
];
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// When IO is asked the first time.
pub(super) fn first_look(sent_at: DateTime<Utc>) -> DateTime<Utc> {
    sent_at + TimeDelta::seconds(LOOKS[0])
}

/// When IO is asked the next time after so many times; nothing when it is not asked any more.
fn next_look(sent_at: DateTime<Utc>, looks: u32) -> Option<DateTime<Utc>> {
    let seconds = LOOKS.get(usize::try_from(looks).ok()?)?;
    Some(sent_at + TimeDelta::seconds(*seconds))
}

/// Whether IO is asked of a message: while it is on its way, and while it may still be read or paid.
fn is_followed(notification: &Notification) -> bool {
    matches!(notification.status, Status::Sent | Status::Delivered)
}

/// Whether something that IO tells may still change.
fn is_open(seen: &Seen) -> bool {
    seen.is_read == Some(false) || seen.is_paid == Some(false)
}

/// Asks what became of messages.
pub struct Follower(Notifier);

impl Follower {
    /// Asks for what this one sends.
    pub fn of(notifier: &Notifier) -> Self {
        Self(notifier.clone())
    }

    async fn look(&self, job: &Job, now: DateTime<Utc>) -> Handled {
        let id = Payload::of(job)?;
        let store = self.0.database.tenant(job.tenant);
        let found = notification::find(&store.read(), id).await?;
        let Some(notification) = found.filter(is_followed) else {
            return Ok(Progress::Done);
        };
        // Where it was sent, whatever is set now.
        let (Some(sent_at), Some(message), Some(environment)) = (
            notification.sent_at,
            notification.message_id.clone(),
            notification.environment,
        ) else {
            return Ok(Progress::Done);
        };
        match next_look(sent_at, notification.looks) {
            None => return Ok(Progress::Done),
            Some(at) if at > now => return Ok(Progress::Postponed(at)),
            Some(_) => {}
        }
        let asked = match asking(&self.0, &store, &notification, now).await? {
            Ok(asked) => asked,
            Err(Obstacle::Rests(until)) => return Ok(Progress::Postponed(until)),
            // Nobody can ask any more: what is known of it is that it was sent.
            Err(Obstacle::Gone(_)) => return Ok(Progress::Done),
        };
        let code = environment.recipient(asked.code.reveal());
        let whom = (&asked, code, message);
        self.ask(&store, job, &notification, whom, now).await
    }

    async fn ask(
        &self,
        store: &TenantStore,
        job: &Job,
        notification: &Notification,
        (asking, code, message): (&Asking, &str, String),
        now: DateTime<Utc>,
    ) -> Handled {
        if let Turn::Later(pause) = self.0.turn(store, 1, now).await? {
            return Ok(Progress::Postponed(after(pause, now)));
        }
        let ask = |key: &str| -> BoxFuture<'static, _> {
            let (appio, key) = (Arc::clone(&self.0.appio), key.to_owned());
            let (code, message) = (code.to_owned(), message.clone());
            Box::pin(async move { appio.standing(&key, &code, &message).await })
        };
        let asked = self.0.with_keys(store, &asking.keys, now, ask).await?;
        let seen = match asked {
            Ok(seen) => seen,
            Err(error) => {
                let random = getrandom::u64().unwrap_or_default();
                let verdict = verdict(Step::Look, error.fault, 1, random);
                return self.later(store, verdict, error.fault, now).await;
            }
        };
        let status = match seen.standing {
            // What arrived did.
            _ if notification.status == Status::Delivered => Status::Delivered,
            Standing::Processed => Status::Delivered,
            // They cannot have it on IO, and why is theirs alone.
            Standing::Rejected => Status::OtherChannel,
            Standing::Failed => Status::Failed,
            Standing::Accepted | Standing::Throttled => Status::Sent,
        };
        let transaction = store.begin().await?;
        if !outbox::is_held(&transaction, job).await? {
            return Ok(Progress::Done);
        }
        let looks = notification.looks + 1;
        let mut values = vec![
            (Column::Status, status.as_str().into()),
            (
                Column::Looks,
                i32::try_from(looks).unwrap_or(i32::MAX).into(),
            ),
        ];
        if status == Status::Delivered {
            values.push((Column::IsRead, seen.is_read.into()));
            values.push((Column::IsPaid, seen.is_paid.into()));
        }
        if status.is_settled() && !notification.status.is_settled() {
            values.push((Column::SettledAt, Some(now).into()));
        }
        if status == Status::OtherChannel {
            // It looks like one that was never sent: whether somebody is on IO is theirs to know.
            values.push((Column::SentAt, None::<DateTime<Utc>>.into()));
        }
        if status == Status::Failed {
            let problem = Some("IO took the message in, and lost it".to_owned());
            values.push((Column::Problem, problem.into()));
        }
        notification::write(&transaction, notification.id, values).await?;
        if status == Status::OtherChannel && asking.is_mailed {
            mail::enqueue(&transaction, notification, now).await?;
        }
        transaction.commit().await?;
        let goes_on = match status {
            Status::Sent => true,
            Status::Delivered => is_open(&seen),
            _ => false,
        };
        let sent_at = notification.sent_at.filter(|_| goes_on);
        let next = sent_at.and_then(|at| next_look(at, looks));
        Ok(next.map_or(Progress::Done, Progress::Postponed))
    }

    async fn later(
        &self,
        store: &TenantStore,
        verdict: Verdict,
        fault: CallFault,
        now: DateTime<Utc>,
    ) -> Handled {
        let pause = match verdict {
            Verdict::Wait(pause) => {
                budget::rest(store, pause, now).await?;
                pause
            }
            Verdict::Retry(pause) => pause,
            // What was sent as long ago as IO remembers, or by a service that it knows no more.
            Verdict::GiveUp if fault == CallFault::Refused => return Ok(Progress::Done),
            Verdict::GiveUp | Verdict::Pause | Verdict::Doubt => Duration::from_secs(600),
        };
        Ok(Progress::Postponed(after(pause, now)))
    }
}

impl Handler for Follower {
    fn topic(&self) -> Topic {
        STANDING
    }

    fn handle<'a>(&'a self, job: &'a Job, now: DateTime<Utc>) -> BoxFuture<'a, Handled> {
        Box::pin(self.look(job, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_is_asked_often_at_first_and_for_a_week() {
        let sent = DateTime::UNIX_EPOCH;
        let looks: Vec<_> = (0..).map_while(|looks| next_look(sent, looks)).collect();
        assert!(looks.is_sorted());
        assert_eq!(looks[0] - sent, TimeDelta::seconds(30));
        assert_eq!(looks[3] - sent, TimeDelta::hours(6));
        assert_eq!(*looks.last().unwrap() - sent, TimeDelta::days(7));
    }
}
