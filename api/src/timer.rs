//! Does what is scheduled when its time comes.

use std::time::Duration;

use chrono::{DateTime, Utc};
use municipio_domain::{content::fire_due, store::Database};

use crate::clock;

/// How often to look for what other programs scheduled.
const LONGEST: Duration = Duration::from_secs(10);
/// How long to wait before what failed is tried again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Publishes and takes off what is due, for as long as it is polled. It sleeps until the next time that is
/// known, or until this program is told of another.
pub(crate) async fn keep_schedules(database: Database) {
    loop {
        let wait = match fire_due(&database, clock::now()).await {
            Ok(next) => pause(next, clock::now()),
            Err(error) => {
                tracing::error!(%error, "what is scheduled cannot be done; trying again");
                AFTER_FAILURE
            }
        };
        let alarm = database.alarm();
        // Whichever comes first.
        let _ = tokio::time::timeout(wait, alarm.notified()).await;
    }
}

fn pause(next: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Duration {
    match next.map(|next| (next - now).to_std()) {
        None => LONGEST,
        // Somebody else wrote the item at that moment.
        Some(Err(_)) => AFTER_FAILURE,
        Some(Ok(wait)) => wait.min(LONGEST),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn it_sleeps_until_the_next_time_but_never_long() {
        let now = DateTime::UNIX_EPOCH;
        let soon = now + TimeDelta::milliseconds(1_500);
        assert_eq!(pause(Some(soon), now), Duration::from_millis(1_500));
        assert_eq!(pause(Some(now + TimeDelta::days(3)), now), LONGEST);
        assert_eq!(pause(None, now), LONGEST);
        assert_eq!(pause(Some(now), soon), AFTER_FAILURE);
    }
}
