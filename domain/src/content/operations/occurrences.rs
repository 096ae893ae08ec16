//! When published events take place.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::{content_item, content_occurrence, content_revision};
use sea_orm::{ColumnTrait, sea_query::Condition};
use uuid::Uuid;

use super::AT_ONCE;
use crate::{
    content::{ContentType, queries::read_body},
    ids::{ItemId, RevisionId},
    store::{StoreError, TenantStore},
    time::EventSchedule,
};

/// Writes the occurrences that recurring events will have in the time to come. To be run every
/// day; says how many events were written. Those that go on without anything new are left alone; of one that
/// cannot be read the log tells.
///
/// # Errors
/// The database failed.
pub async fn extend_occurrences(
    store: &TenantStore,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let filter = Condition::all()
        .add(content_item::Column::ContentType.eq(ContentType::Event.as_str()))
        .add(content_item::Column::PublishedRevisionId.is_not_null());
    let events = store.read().all::<content_item::Entity>(filter).await?;
    let mut extended = 0;
    for events in events.chunks(AT_ONCE) {
        let public = events
            .iter()
            .filter_map(|event| event.published_revision_id);
        let column = content_revision::Column::Id;
        let read = store.read();
        let revisions = read.all_of::<content_revision::Entity>(column, public, Condition::all());
        for revision in revisions.await? {
            let body = match read_body(ContentType::Event, RevisionId(revision.id), revision.body) {
                Ok(body) => body,
                Err(error) => {
                    tracing::error!(event = %ItemId(revision.item_id), %error, "the occurrences of an event cannot be written ahead");
                    continue;
                }
            };
            let Some(schedule) = body.schedule().filter(|schedule| goes_on(schedule, now)) else {
                continue;
            };
            let rows = occurrence_rows(ItemId(revision.item_id), schedule, now);
            extended += usize::from(replace(store, revision.id, revision.item_id, rows).await?);
        }
    }
    Ok(extended)
}

fn goes_on(schedule: &EventSchedule, now: DateTime<Utc>) -> bool {
    let ends = schedule.last_end();
    schedule.recurrence.is_some() && ends.is_none_or(|end| end > now)
}

/// Writes the occurrences of an event, while this revision of it is public and they are not written yet.
async fn replace(
    store: &TenantStore,
    revision: Uuid,
    event: Uuid,
    rows: Vec<content_occurrence::Model>,
) -> Result<bool, StoreError> {
    let of_event = content_occurrence::Column::ItemId.eq(event);
    let read = store.read();
    let written = read.all::<content_occurrence::Entity>(of_event.clone());
    let mut written: Vec<_> = written.await?.iter().map(times).collect();
    written.sort_unstable();
    if written == rows.iter().map(times).collect::<Vec<_>>() {
        return Ok(false);
    }
    let transaction = store.begin().await?;
    // Takes the row, so that nobody unpublishes the event meanwhile.
    let unchanged = Condition::all()
        .add(content_item::Column::Id.eq(event))
        .add(content_item::Column::PublishedRevisionId.eq(revision));
    let same = [(content_item::Column::PublishedRevisionId, revision.into())];
    let held = transaction.update::<content_item::Entity>(same, unchanged);
    if held.await? == 0 {
        return Ok(false);
    }
    transaction
        .delete::<content_occurrence::Entity>(of_event)
        .await?;
    transaction
        .insert::<content_occurrence::Entity>(rows)
        .await?;
    transaction.commit().await?;
    Ok(true)
}

fn times(row: &content_occurrence::Model) -> (i64, i64, bool) {
    (row.starts_at, row.ends_at, row.all_day)
}

/// All occurrences of a schedule; when a rule gives very many, those of two years around now.
pub(in crate::content) fn occurrence_rows(
    id: ItemId,
    schedule: &EventSchedule,
    now: DateTime<Utc>,
) -> Vec<content_occurrence::Model> {
    const MOST: usize = 3_000;
    let two_years = TimeDelta::days(2 * 366);
    let around = (now - two_years, now + two_years);
    let (from, until) = match schedule.last_end() {
        Some(end) => (DateTime::<Utc>::MIN_UTC, end + TimeDelta::seconds(1)),
        None => around,
    };
    let mut intervals = schedule.expand(from, until, MOST + 1);
    if intervals.len() > MOST {
        intervals = schedule.expand(around.0, around.1, MOST);
    }
    let mut rows: Vec<content_occurrence::Model> = Vec::new();
    for interval in intervals {
        let starts_at = interval.starts_at.timestamp();
        if rows.last().is_none_or(|last| last.starts_at != starts_at) {
            rows.push(content_occurrence::Model {
                item_id: id.0,
                starts_at,
                tenant_id: Uuid::nil(),
                ends_at: interval.ends_at.timestamp(),
                all_day: interval.all_day,
            });
        }
    }
    rows
}
