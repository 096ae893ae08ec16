//! How an address behaves to which events are sent: what its answers mean, and when it is left alone or switched off.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::webhook_endpoint::Model;

use super::{DisabledReason, pauses};
use crate::outgoing::{OutgoingError, Receipt};

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It arrived.
    Delivered,
    /// The address wants to hear nothing any more.
    Gone,
    /// It did not; the address may say when to come back.
    Failed { after: Option<Duration> },
}

impl Verdict {
    /// What an answer means.
    pub(super) fn of(sent: &Result<Receipt, OutgoingError>, now: DateTime<Utc>) -> Self {
        match sent {
            Ok(receipt) if (200..300).contains(&receipt.status) => Self::Delivered,
            Ok(receipt) if receipt.status == 410 => Self::Gone,
            Ok(receipt) => {
                let asked = receipt.retry_after.as_deref();
                Self::Failed {
                    after: asked.and_then(|asked| pauses::retry_after(asked, now)),
                }
            }
            Err(_) => Self::Failed { after: None },
        }
    }
}

/// How an address behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conduct {
    pub(super) failures: u32,
    pub(super) failing_since: Option<DateTime<Utc>>,
    pub(super) resumes: Option<DateTime<Utc>>,
    pub(super) disabled: Option<DisabledReason>,
}

impl Conduct {
    pub(super) fn of(row: &Model) -> Self {
        Self {
            failures: u32::try_from(row.failures).unwrap_or_default(),
            failing_since: row.failing_since,
            resumes: row.resumes_key.and_then(DateTime::from_timestamp_millis),
            disabled: None,
        }
    }

    /// How it behaves after an attempt.
    pub(super) fn after(self, verdict: Verdict, now: DateTime<Utc>) -> Self {
        let after = match verdict {
            Verdict::Delivered => {
                return Self {
                    failures: 0,
                    failing_since: None,
                    resumes: None,
                    disabled: None,
                };
            }
            Verdict::Gone => {
                return Self {
                    disabled: Some(DisabledReason::Gone),
                    ..self
                };
            }
            Verdict::Failed { after } => after,
        };
        let failures = self.failures.saturating_add(1);
        let failing_since = self.failing_since.unwrap_or(now);
        let rest = after.max(pauses::rest(failures));
        let rest = rest.and_then(|rest| TimeDelta::from_std(rest).ok());
        Self {
            failures,
            failing_since: Some(failing_since),
            resumes: rest.map(|rest| now + rest),
            disabled: pauses::is_unreached(failing_since, now).then_some(DisabledReason::Failing),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn verdicts() -> impl Strategy<Value = Verdict> {
        let after = prop::option::of((0..100_000_u64).prop_map(Duration::from_secs));
        prop_oneof![
            2 => Just(Verdict::Delivered),
            1 => Just(Verdict::Gone),
            6 => after.prop_map(|after| Verdict::Failed { after }),
        ]
    }

    const NEW: Conduct = Conduct {
        failures: 0,
        failing_since: None,
        resumes: None,
        disabled: None,
    };

    proptest! {
        /// An address is switched off when it says so, or after days without a single success; it rests only after
        /// failures in a row, or when it asks for it.
        #[test]
        fn an_address_is_switched_off_only_for_a_reason(
            attempts in prop::collection::vec((verdicts(), 0..30_i64), 1..60),
        ) {
            let (mut conduct, mut now) = (NEW, DateTime::UNIX_EPOCH);
            let (mut in_a_row, mut first_failure) = (0, None);
            for (verdict, hours) in attempts {
                now += TimeDelta::hours(hours);
                conduct = Conduct { disabled: None, ..conduct }.after(verdict, now);
                match verdict {
                    Verdict::Delivered => {
                        (in_a_row, first_failure) = (0, None);
                        prop_assert_eq!(conduct, NEW);
                    }
                    Verdict::Gone => prop_assert_eq!(conduct.disabled, Some(DisabledReason::Gone)),
                    Verdict::Failed { after } => {
                        in_a_row += 1;
                        let first = *first_failure.get_or_insert(now);
                        let days = (now - first).num_days();
                        prop_assert_eq!(conduct.disabled, (days >= 5).then_some(DisabledReason::Failing));
                        prop_assert_eq!(conduct.failures, in_a_row);
                        prop_assert_eq!(conduct.resumes.is_some(), after.is_some() || in_a_row >= 5);
                    }
                }
            }
        }
    }

    #[test]
    fn answers_mean_what_the_specification_says() {
        let answer = |status: u16, retry_after: Option<&str>| {
            Ok(Receipt {
                status,
                retry_after: retry_after.map(str::to_owned),
                body: Vec::new(),
            })
        };
        let now = DateTime::UNIX_EPOCH;
        for status in [200, 201, 204, 299] {
            assert_eq!(Verdict::of(&answer(status, None), now), Verdict::Delivered);
        }
        for status in [301, 302, 307, 400, 401, 404, 429, 500, 503] {
            assert_eq!(
                Verdict::of(&answer(status, None), now),
                Verdict::Failed { after: None }
            );
        }
        assert_eq!(Verdict::of(&answer(410, None), now), Verdict::Gone);
        let asked = Verdict::Failed {
            after: Some(Duration::from_secs(90)),
        };
        assert_eq!(Verdict::of(&answer(503, Some("90")), now), asked);
        let silent = Err(OutgoingError::Failed("x".to_owned(), "y".to_owned()));
        assert_eq!(Verdict::of(&silent, now), Verdict::Failed { after: None });
    }
}
