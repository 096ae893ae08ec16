//! When published events take place.

use chrono::{DateTime, TimeDelta, Utc};
use municipio_entities::{content_item, content_occurrence, content_revision};
use sea_orm::{ColumnTrait, sea_query::Condition};

use super::ContentError;
use crate::{
    content::{ContentType, queries::read_body},
    ids::{ItemId, RevisionId},
    store::{StoreError, TenantStore},
    time::EventSchedule,
};

/// Writes the occurrences that recurring events will have in the time to come. To be run every
/// day; says how many events were written.
///
/// # Errors
/// The database failed.
pub async fn extend_occurrences(
    store: &TenantStore,
    now: DateTime<Utc>,
) -> Result<usize, ContentError> {
    let filter = Condition::all()
        .add(content_item::Column::ContentType.eq(ContentType::Event.as_str()))
        .add(content_item::Column::PublishedRevisionId.is_not_null());
    let events = store.read().all::<content_item::Entity>(filter).await?;
    let mut extended = 0;
    for event in events {
        let Some(revision) = event.published_revision_id else {
            continue;
        };
        let transaction = store.begin().await?;
        // Takes the row, so that nobody unpublishes the event meanwhile.
        let unchanged = Condition::all()
            .add(content_item::Column::Id.eq(event.id))
            .add(content_item::Column::PublishedRevisionId.eq(revision));
        let same = [(content_item::Column::PublishedRevisionId, revision.into())];
        if transaction
            .update::<content_item::Entity>(same, unchanged)
            .await?
            == 0
        {
            continue;
        }
        let filter = content_revision::Column::Id.eq(revision);
        let row = transaction
            .one::<content_revision::Entity>(filter)
            .await?
            .ok_or_else(|| StoreError::corrupt(format!("revision {revision}"), "it is missing"))?;
        let body = read_body(ContentType::Event, RevisionId(revision), row.body)?;
        let goes_on = |schedule: &&EventSchedule| {
            let ends = schedule.last_end();
            schedule.recurrence.is_some() && ends.is_none_or(|end| end > now)
        };
        let Some(schedule) = body.schedule().filter(goes_on) else {
            continue;
        };
        let filter = content_occurrence::Column::ItemId.eq(event.id);
        transaction
            .delete::<content_occurrence::Entity>(filter)
            .await?;
        let rows = occurrence_rows(ItemId(event.id), schedule, now);
        transaction
            .insert::<content_occurrence::Entity>(rows)
            .await?;
        transaction.commit().await?;
        extended += 1;
    }
    Ok(extended)
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
                tenant_id: uuid::Uuid::nil(),
                ends_at: interval.ends_at.timestamp(),
                all_day: interval.all_day,
            });
        }
    }
    rows
}
