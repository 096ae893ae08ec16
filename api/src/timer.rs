//! Does what is scheduled when its time comes, and what is to be done every hour and every day.

use std::{fmt::Display, time::Duration};

use chrono::{DateTime, Utc};
use municipio_domain::{
    audit::Actor,
    cases::{CaseError, erase_expired, forget_rule_runs},
    content::{extend_occurrences, fire_due, purge},
    idempotency, identity,
    media::{Cleaning, GRACE, Media, MediaError},
    outbox,
    search::{Search, forget_uses},
    store::{Database, TenantStore},
    tenants::{self, Tenant},
    webhooks,
};

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

/// Forgets the answers of mutations that nobody sends again any more, sessions that have expired, failed
/// sign-ins of long ago, jobs that were done, deliveries that are over, what rules did in cases that were closed long
/// ago, and files that nothing uses; writes the occurrences that events without end will have; removes what was deleted
/// long ago, and anonymises cases whose retention is over. For as long as it is polled.
pub(crate) async fn keep_house(database: Database, media: Media) {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    const DAY: u64 = 24;
    let mut hours = tokio::time::interval(HOUR);
    for hour in 0_u64.. {
        hours.tick().await;
        let forget =
            async |store: &TenantStore, _: &Tenant, now| idempotency::forget(store, now).await;
        each(&database, "answers cannot be forgotten", forget).await;
        let forget =
            async |store: &TenantStore, _: &Tenant, now| identity::forget_expired(store, now).await;
        each(&database, "sessions cannot be forgotten", forget).await;
        let clean = async |store: &TenantStore, tenant: &Tenant, now| {
            let cleaning = Cleaning {
                grace: GRACE,
                // Every file is listed for that.
                strays: hour % DAY == 1,
                dry_run: false,
            };
            let cleaned = media.of(store.clone()).clean(&cleaning, now).await?;
            if !cleaned.is_nothing() {
                tracing::info!(?cleaned, tenant = %tenant.ipa_code, "files that nothing used were removed");
            }
            Ok::<_, MediaError>(())
        };
        let jobs = async |store: &TenantStore, _: &Tenant, now| outbox::forget(store, now).await;
        let told = async |store: &TenantStore, _: &Tenant, now| webhooks::forget(store, now).await;
        // A start has other things to do.
        if hour > 0 {
            each(&database, "files cannot be cleaned up", clean).await;
            each(&database, "jobs cannot be forgotten", jobs).await;
            each(&database, "deliveries cannot be forgotten", told).await;
        }
        if hour % DAY == 0 {
            let extend =
                async |store: &TenantStore, _: &Tenant, now| extend_occurrences(store, now).await;
            each(&database, "occurrences cannot be written", extend).await;
            each(&database, "deleted content cannot be removed", purge).await;
            let forget = async |store: &TenantStore, _: &Tenant, now| forget_uses(store, now).await;
            each(&database, "searches cannot be forgotten", forget).await;
            let forget =
                async |store: &TenantStore, _: &Tenant, now| forget_rule_runs(store, now).await;
            each(&database, "what rules did cannot be forgotten", forget).await;
            let erase = async |store: &TenantStore, tenant: &Tenant, now| {
                let actor = Actor::system();
                let files = media.of(store.clone());
                let erased = erase_expired((store, &files), &tenant.ipa_code, &actor, now).await?;
                if erased > 0 {
                    tracing::info!(erased, tenant = %tenant.ipa_code, "cases were anonymised whose retention is over");
                }
                Ok::<_, CaseError>(())
            };
            each(&database, "cases cannot be anonymised", erase).await;
        }
    }
}

/// Writes down from time to time what people look for, and asks the search server how it is. For as long as it is
/// polled.
pub(crate) async fn keep_search(search: Search) {
    const OFTEN: Duration = Duration::from_secs(10);
    loop {
        search.look_at_server().await;
        tokio::time::sleep(OFTEN).await;
        if let Err(error) = search.write_uses(clock::now()).await {
            tracing::warn!(%error, "what was looked for cannot be counted yet");
        }
    }
}

/// Has the search server follow what it missed, every hour, and compares the indexes with the database once a day.
/// For as long as it is polled.
pub(crate) async fn keep_indexes(search: Search) {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    /// Before it compares: a start has other things to do.
    const SOON: Duration = Duration::from_secs(5 * 60);
    const DAY: u64 = 24;
    for hour in 0_u64.. {
        if let Err(error) = search.have_server_follow(clock::now()).await {
            tracing::error!(%error, "the search server cannot be compared with the database");
        }
        tokio::time::sleep(SOON).await;
        if hour % DAY == 0
            && let Err(error) = search.repair().await
        {
            tracing::error!(%error, "the search indexes cannot be compared with the database");
        }
        tokio::time::sleep(HOUR - SOON).await;
    }
}

/// Does something for each tenant; what fails for one is logged, and the others have theirs.
async fn each<T, E: Display>(
    database: &Database,
    failure: &str,
    task: impl AsyncFn(&TenantStore, &Tenant, DateTime<Utc>) -> Result<T, E>,
) {
    let tenants = match tenants::list(database).await {
        Ok(tenants) => tenants,
        Err(error) => {
            tracing::error!(%error, "tenants cannot be listed");
            return;
        }
    };
    for tenant in tenants {
        if let Err(error) = task(&database.tenant(tenant.id), &tenant, clock::now()).await {
            tracing::error!(%error, tenant = %tenant.ipa_code, "{failure}");
        }
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
