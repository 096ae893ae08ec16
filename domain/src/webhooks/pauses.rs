//! When an address is tried again: as the specification recommends, over three days.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// How long to wait after each failure, in seconds.
const PAUSES: [u64; 9] = [
    5,
    5 * 60,
    30 * 60,
    2 * 3_600,
    5 * 3_600,
    10 * 3_600,
    14 * 3_600,
    20 * 3_600,
    24 * 3_600,
];
/// How long an address may be asked to be left alone.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);
/// How many attempts in a row fail before an address as a whole is left alone for a while.
const PATIENCE: u32 = 5;
/// For how long that is, at the most.
const LONGEST_REST: Duration = Duration::from_secs(10 * 60);
/// After how long an address is switched off that nothing has reached.
const UNREACHED: TimeDelta = TimeDelta::days(5);

/// How long to wait after so many failures; nothing when it is given up. Up to a fifth is added at random, so that
/// deliveries that failed together do not come back together. `random` is any number.
pub(super) fn pause(failures: usize, random: u64) -> Option<Duration> {
    let seconds = PAUSES.get(failures.checked_sub(1)?)?;
    let fifth = u128::from(seconds * 1_000 / 5);
    let added = (fifth * u128::from(random)) >> u64::BITS;
    Some(Duration::from_secs(*seconds) + Duration::from_millis(u64::try_from(added).unwrap_or(0)))
}

/// How long an address is left alone after so many failures in a row.
pub(super) fn rest(failures: u32) -> Option<Duration> {
    let beyond = failures.checked_sub(PATIENCE)?;
    let rest = Duration::from_secs(5).saturating_mul(1 << beyond.min(16));
    Some(rest.min(LONGEST_REST))
}

/// Whether an address is switched off.
pub(super) fn is_unreached(failing_since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - failing_since >= UNREACHED
}

/// Reads the header `Retry-After`: seconds, or a time.
pub(super) fn retry_after(header: &str, now: DateTime<Utc>) -> Option<Duration> {
    let header = header.trim();
    let asked = match header.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let time = DateTime::parse_from_rfc2822(header).ok()?;
            (time.with_timezone(&Utc) - now)
                .to_std()
                .unwrap_or_default()
        }
    };
    Some(asked.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pauses_grow_and_end_after_three_days(random: u64) {
            let pauses: Vec<_> = (1..).map_while(|failures| pause(failures, random)).collect();
            prop_assert_eq!(pauses.len(), PAUSES.len());
            prop_assert!(pauses.is_sorted());
            let whole: Duration = pauses.iter().sum();
            prop_assert!(whole >= Duration::from_secs(3 * 24 * 3_600) && whole < Duration::from_secs(4 * 24 * 3_600));
            for (pause, seconds) in pauses.iter().zip(PAUSES) {
                prop_assert!(*pause >= Duration::from_secs(seconds) && pause.as_secs_f64() <= seconds as f64 * 1.2);
            }
        }

        #[test]
        fn an_address_rests_after_some_failures_and_never_for_long(failures: u32) {
            let rest = rest(failures);
            prop_assert_eq!(rest.is_some(), failures >= PATIENCE);
            prop_assert!(rest.is_none_or(|rest| rest >= Duration::from_secs(5) && rest <= LONGEST_REST));
        }

        #[test]
        fn whatever_is_asked_for_is_read_or_not(header in ".*") {
            let asked = retry_after(&header, DateTime::UNIX_EPOCH);
            prop_assert!(asked.is_none_or(|asked| asked <= LONGEST));
        }
    }

    #[test]
    fn an_address_is_left_alone_for_as_long_as_it_asks() {
        let now = "2026-11-26T10:00:00Z".parse().unwrap();
        for (header, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Thu, 26 Nov 2026 10:05:00 GMT", Some(300)),
            ("Thu, 26 Nov 2026 09:05:00 GMT", Some(0)),
            ("9999999999", Some(24 * 3_600)),
            ("99999999999999999999999", None),
            ("-1", None),
            ("soon", None),
        ] {
            let asked = retry_after(header, now).map(|asked| asked.as_secs());
            assert_eq!(asked, seconds, "{header}");
        }
    }
}
