//! What is written of a notification after an attempt. A plain decision.

use std::time::Duration;

use chrono::{DateTime, Utc};
use municipio_entities::case_notification::Column;

use super::{
    NotificationStatus as Status,
    deliver::after,
    template::Doubt,
    verdict::{Verdict, pause},
};

/// How often a message is sent again of which nobody knows whether it arrived, where that may be done at all.
const REPEATED: u32 = 3;

/// What became of an attempt.
pub(super) enum Outcome {
    /// IO took it in, under this id.
    Sent(String),
    /// Nothing more becomes of it, for this reason.
    Ended(Status, String),
    /// Something follows from what went wrong.
    Later(Verdict, String),
}

/// When it is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    At(DateTime<Utc>),
    /// When its service is not left alone any more.
    Paused,
}

/// What is written of a notification after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) status: Status,
    problem: Option<String>,
    message_id: Option<String>,
    failures: u32,
    pub(super) again: Option<Again>,
}

impl Settled {
    pub(super) fn of(outcome: Outcome, failures: u32, in_doubt: Doubt, now: DateTime<Utc>) -> Self {
        let settled = |status, problem: String| Self {
            status,
            problem: (!problem.is_empty()).then_some(problem),
            message_id: None,
            failures,
            again: None,
        };
        let at = |pause: Duration| Some(Again::At(after(pause, now)));
        match outcome {
            Outcome::Sent(id) => Self {
                message_id: Some(id),
                ..settled(Status::Sent, String::new())
            },
            Outcome::Ended(status, problem) => settled(status, problem),
            Outcome::Later(Verdict::GiveUp, problem) => settled(Status::Failed, problem),
            Outcome::Later(Verdict::Wait(pause), problem) => Self {
                again: at(pause),
                ..settled(Status::Queued, problem)
            },
            Outcome::Later(Verdict::Retry(pause), problem) => Self {
                failures: failures + 1,
                again: at(pause),
                ..settled(Status::Queued, problem)
            },
            Outcome::Later(Verdict::Pause, problem) => Self {
                again: Some(Again::Paused),
                ..settled(Status::Queued, problem)
            },
            Outcome::Later(Verdict::Doubt, problem) => match in_doubt {
                Doubt::Resend if failures < REPEATED => Self {
                    failures: failures + 1,
                    again: pause(failures + 1, u64::MAX / 2).and_then(at),
                    ..settled(Status::Queued, problem)
                },
                _ => settled(Status::Ambiguous, problem),
            },
        }
    }

    /// What is written of a mail after an attempt.
    pub(super) fn values_of_mail(&self, now: DateTime<Utc>) -> Vec<(Column, sea_orm::Value)> {
        let failures = i32::try_from(self.failures).unwrap_or(i32::MAX);
        let mut values = vec![
            (Column::MailStatus, Some(self.status.as_str()).into()),
            (Column::MailProblem, self.problem.clone().into()),
            (Column::MailFailures, failures.into()),
        ];
        if self.status == Status::Sent {
            values.push((Column::MailSentAt, Some(now).into()));
        }
        values
    }

    pub(super) fn values(&self, now: DateTime<Utc>) -> Vec<(Column, sea_orm::Value)> {
        let failures = i32::try_from(self.failures).unwrap_or(i32::MAX);
        let mut values = vec![
            (Column::Status, self.status.as_str().into()),
            (Column::Problem, self.problem.clone().into()),
            (Column::Failures, failures.into()),
        ];
        if self.status == Status::Sent {
            values.push((Column::MessageId, self.message_id.clone().into()));
            values.push((Column::SentAt, Some(now).into()));
        }
        if self.status.is_settled() {
            values.push((Column::SettledAt, Some(now).into()));
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_doubt_is_held_unless_it_may_be_sent_twice() {
        let now = DateTime::UNIX_EPOCH;
        let doubt = || Outcome::Later(Verdict::Doubt, "it took too long".to_owned());
        let held = Settled::of(doubt(), 0, Doubt::Hold, now);
        assert_eq!((held.status, held.again), (Status::Ambiguous, None));
        let mut failures = 0;
        loop {
            let again = Settled::of(doubt(), failures, Doubt::Resend, now);
            match again.status {
                Status::Queued => failures = again.failures,
                status => break assert_eq!(status, Status::Ambiguous),
            }
        }
        assert_eq!(failures, REPEATED, "and then somebody has to look");
    }

    #[test]
    fn what_was_not_tried_does_not_count() {
        let now = DateTime::UNIX_EPOCH;
        let minute = Duration::from_secs(60);
        let of =
            |verdict| Settled::of(Outcome::Later(verdict, "x".to_owned()), 2, Doubt::Hold, now);
        assert_eq!(of(Verdict::Wait(minute)).failures, 2);
        assert_eq!(of(Verdict::Retry(minute)).failures, 3);
        assert_eq!(of(Verdict::Pause).again, Some(Again::Paused));
        assert_eq!(of(Verdict::GiveUp).status, Status::Failed);
        let sent = Settled::of(Outcome::Sent("01".to_owned()), 2, Doubt::Hold, now);
        assert_eq!(
            (sent.status, sent.problem, sent.again),
            (Status::Sent, None, None)
        );
    }
}
