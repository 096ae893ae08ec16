//! Failed sign-ins. They are counted for every address, whether there is an account or not, so that
//! nobody learns from the answer or from its time which accounts there are; and in the database, so that
//! the count holds for all nodes. An attempt is counted before the password is looked at: those that
//! come at the same time must not all find the count of before.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::sign_in_attempt::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use crate::digest::sha256;
use crate::store::{StoreError, TenantStore, Transaction};

/// How long nobody is let through after so many failures in a row.
fn pause(failures: i32) -> TimeDelta {
    match failures {
        ..=3 => TimeDelta::zero(),
        4..=9 => TimeDelta::seconds(1 << (failures - 4)),
        10..=99 => TimeDelta::minutes(15),
        // NIST SP 800-63B-4, section 3.2.2: no more than 100. Until somebody resets the password.
        100.. => TimeDelta::days(36_500),
    }
}

/// Failures of so long ago are forgotten, but for those of an account that is locked for good.
const REMEMBERED: TimeDelta = TimeDelta::days(1);

fn of(address: &str) -> Condition {
    Condition::all().add(Column::EmailHash.eq(sha256(address)))
}

/// Counts an attempt as failed, whatever becomes of the request; says whether it may go on. Nobody waits for the
/// password to be looked at.
pub(super) async fn admit(
    store: &TenantStore,
    address: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let transaction = store.apart().begin().await?;
    let one = Model {
        tenant_id: Uuid::nil(),
        email_hash: sha256(address),
        failures: 1,
        blocked_until: None,
        last_at: now,
    };
    // On PostgreSQL this locks the row until the commit.
    transaction
        .add_up::<Entity>([one], &[Column::Failures])
        .await?;
    let Some(counted) = transaction.one::<Entity>(of(address)).await? else {
        return Ok(false);
    };
    if counted.blocked_until.is_some_and(|until| until > now) {
        return Ok(false);
    }
    let until = now + pause(counted.failures);
    let values = [
        (Column::BlockedUntil, Some(until).into()),
        (Column::LastAt, now.into()),
    ];
    transaction.update::<Entity>(values, of(address)).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Takes an attempt back that was no failure.
pub(super) async fn take_back(store: &TenantStore, address: &str) -> Result<(), StoreError> {
    let one_less = Expr::col(Column::Failures).sub(1);
    let values = [
        (Column::Failures, one_less),
        (Column::BlockedUntil, Expr::value(None::<DateTime<Utc>>)),
    ];
    let transaction = store.begin().await?;
    transaction.set::<Entity>(&values, of(address)).await?;
    transaction.commit().await
}

/// Forgets the failures of an address.
pub(super) async fn forget(transaction: &Transaction, address: &str) -> Result<(), StoreError> {
    transaction.delete::<Entity>(of(address)).await?;
    Ok(())
}

/// Forgets the failures that are long ago.
pub(super) async fn forget_old(
    transaction: &Transaction,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let old = Condition::all()
        .add(Column::LastAt.lt(now - REMEMBERED))
        .add(Column::Failures.lt(100));
    transaction.delete::<Entity>(old).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow() {
        assert_eq!(pause(1), TimeDelta::zero());
        assert_eq!(pause(3), TimeDelta::zero());
        assert_eq!(pause(4), TimeDelta::seconds(1));
        assert_eq!(pause(9), TimeDelta::seconds(32));
        assert_eq!(pause(10), TimeDelta::minutes(15));
        assert!(pause(100) > TimeDelta::days(10_000));
        let grows = (1..150).all(|failures| pause(failures) <= pause(failures + 1));
        assert!(grows);
    }
}
