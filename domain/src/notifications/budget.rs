//! How often IO may be called for a municipality. IO counts the calls of an account, whatever they ask and whoever makes
//! them; we take three fifths, so that other software of the municipality has the rest. What was called stands in the
//! database: nodes share it, and a program that is killed does not begin anew.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::appio_account::{Column, Entity};
use sea_orm::Condition;

use super::account;
use crate::store::{StoreError, TenantStore};

/// In how many milliseconds IO counts.
const WINDOW: i64 = 5_000;
/// How many calls may be made at once; the others follow evenly.
const AT_ONCE: i64 = 10;

/// How long whoever wants to call waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// When calls are made, so that there are never more than so many in five seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    /// Milliseconds between two calls.
    interval: i64,
}

impl Budget {
    /// Three fifths of the calls that IO answers in five seconds.
    pub(super) fn of(calls: i32) -> Self {
        let share = i64::from(calls.max(25)) * 3 / 5;
        let evenly = (share - AT_ONCE).max(1);
        Self {
            interval: (WINDOW + evenly - 1) / evenly,
        }
    }

    /// When so many calls may be made, and from when on the account is free then; `free` is that of before.
    fn take(self, free: i64, calls: i64, now: i64) -> (i64, i64) {
        let free = free.max(now) + self.interval * calls;
        // Of the last of them the account may be in debt by as many as may be made at once.
        let at = free - self.interval * AT_ONCE;
        (at.max(now), free)
    }
}

/// When calls may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// They were taken, and are made after so long.
    After(Duration),
    /// They were not taken: it is to be tried again after so long.
    Later(Duration),
}

/// Takes calls of the account of a tenant, unless they would have to wait for long.
///
/// # Errors
/// The database failed.
pub(super) async fn take(
    store: &TenantStore,
    calls: i64,
    now: DateTime<Utc>,
) -> Result<Turn, StoreError> {
    let transaction = store.begin().await?;
    let Some(account) = account::hold(&transaction).await? else {
        return Ok(Turn::After(Duration::ZERO));
    };
    let now = now.timestamp_millis();
    let (at, free) = Budget::of(account.calls).take(account.free_key, calls, now);
    let pause = Duration::from_millis((at - now).unsigned_abs());
    if pause > PATIENCE {
        return Ok(Turn::Later(pause));
    }
    let values = [(Column::FreeKey, free.into())];
    transaction
        .update::<Entity>(values, Condition::all())
        .await?;
    transaction.commit().await?;
    Ok(Turn::After(pause))
}

/// Leaves IO alone for so long: it said that there was too much.
///
/// # Errors
/// The database failed.
pub(super) async fn rest(
    store: &TenantStore,
    pause: Duration,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let transaction = store.begin().await?;
    let Some(account) = account::hold(&transaction).await? else {
        return Ok(());
    };
    let pause = TimeDelta::from_std(pause).unwrap_or(TimeDelta::minutes(1));
    // And afterwards they follow evenly: none are made at once.
    let interval = Budget::of(account.calls).interval;
    let until = (now + pause).timestamp_millis() + interval * AT_ONCE;
    let values = [(Column::FreeKey, account.free_key.max(until).into())];
    transaction
        .update::<Entity>(values, Condition::all())
        .await?;
    transaction.commit().await
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However they are asked for, there are never more calls in five seconds than three fifths of what IO answers.
        #[test]
        fn the_share_is_never_exceeded(
            calls in prop::sample::select(vec![150, 250]),
            asked in prop::collection::vec((0..400_i64, 1..4_i64), 1..400),
        ) {
            let budget = Budget::of(calls);
            let (mut free, mut now, mut made) = (0, 1_000_000, Vec::new());
            for (pause, count) in asked {
                now += pause;
                let (at, after) = budget.take(free, count, now);
                prop_assert!(at >= now);
                made.extend((0..count).map(|_| at));
                free = after;
            }
            made.sort_unstable();
            let share = usize::try_from(calls * 3 / 5).unwrap();
            for window in made.windows(share + 1) {
                prop_assert!(window[share] - window[0] >= WINDOW, "{window:?}");
            }
        }

        /// Nor is it left unused: who always asks at once gets nearly all of it.
        #[test]
        fn the_share_is_used(calls in prop::sample::select(vec![150, 250])) {
            let budget = Budget::of(calls);
            let (mut free, mut count) = (0, 0);
            while budget.take(free, 1, 0).0 < 60_000 {
                free = budget.take(free, 1, 0).1;
                count += 1;
            }
            let share = i64::from(calls * 3 / 5) * 12;
            prop_assert!(count >= share * 8 / 10 && count <= share, "{count} of {share}");
        }
    }
}
