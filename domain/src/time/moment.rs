//! Moments as people write them: on the clock in Italy, or exactly.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

use super::{InvalidLocalDateTime, LocalDateTime};

/// A date and time: `2026-12-05T21:00` on the clocks in Italy, or with an offset, as RFC 3339 has it, an
/// exact instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// On the clocks in Italy.
    Local(LocalDateTime),
    /// Exactly.
    Exact(DateTime<Utc>),
}

impl Moment {
    /// The instant at which something begins then: if the clock shows the time twice the earlier one, if it
    /// leaves the time out the first that there is.
    pub fn begins(self) -> DateTime<Utc> {
        match self {
            Self::Local(local) => local.to_utc(),
            Self::Exact(instant) => instant,
        }
    }

    /// The instant at which something ends then: if the clock shows the time twice the later one, if it
    /// leaves the time out the first that there is.
    pub fn ends(self) -> DateTime<Utc> {
        match self {
            Self::Local(local) => local.to_utc_as_end(),
            Self::Exact(instant) => instant,
        }
    }
}

impl FromStr for Moment {
    type Err = InvalidLocalDateTime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Refuses the years that clocks do not show, too.
        let local: LocalDateTime = text.parse()?;
        Ok(match DateTime::parse_from_rfc3339(text) {
            Ok(instant) => Self::Exact(instant.to_utc()),
            Err(_) => Self::Local(local),
        })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(local) => local.fmt(f),
            Self::Exact(instant) => instant.to_rfc3339().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_hold_across_both_changes_of_the_clock() {
        for (text, begins, ends) in [
            (
                "2026-12-05T21:00",
                "2026-12-05T20:00:00Z",
                "2026-12-05T20:00:00Z",
            ),
            (
                "2026-07-05T21:00",
                "2026-07-05T19:00:00Z",
                "2026-07-05T19:00:00Z",
            ),
            // 29 March 2026: after 01:59 comes 03:00.
            (
                "2026-03-29T02:30",
                "2026-03-29T01:00:00Z",
                "2026-03-29T01:00:00Z",
            ),
            // 25 October 2026: 02:30 comes twice.
            (
                "2026-10-25T02:30",
                "2026-10-25T00:30:00Z",
                "2026-10-25T01:30:00Z",
            ),
            (
                "2026-10-25T02:30:00+02:00",
                "2026-10-25T00:30:00Z",
                "2026-10-25T00:30:00Z",
            ),
            (
                "2026-10-25T02:30:00+01:00",
                "2026-10-25T01:30:00Z",
                "2026-10-25T01:30:00Z",
            ),
        ] {
            let moment: Moment = text.parse().unwrap();
            let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
            assert_eq!(moment.begins(), instant(begins), "{text}");
            assert_eq!(moment.ends(), instant(ends), "{text}");
            assert_eq!(moment.to_string().parse::<Moment>().unwrap(), moment);
        }
        assert!("domani".parse::<Moment>().is_err());
    }
}
