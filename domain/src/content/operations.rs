//! Writing content. Each operation runs inside a transaction that the caller opened, so that one
//! or many make one change; what is decided is decided by plain functions.

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use municipio_entities::{
    content_item, content_link, content_listing, content_occurrence, content_revision, content_slug,
};
use sea_orm::{ColumnTrait, sea_query::Condition};

use super::{
    Body, ChangeKind, ContentType, FieldError, LinkUse, PublishReport, Slug, Slugs,
    changes::record,
    fold, gate,
    queries::{read_body, read_slugs, read_type},
};
use crate::{
    ids::{ItemId, RevisionId},
    locale::Locale,
    store::{StoreError, TenantStore, Transaction},
    time::{EventSchedule, LocalDateTime},
};

/// What a new revision says.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The body.
    pub body: Body,
    /// Slugs by locale; locales that are left out keep theirs, or get one from the title.
    pub slugs: Slugs,
    /// Who wrote it.
    pub author: String,
    /// Why.
    pub note: Option<String>,
}

/// Why content cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
    /// No such item.
    #[error("there is no content with the id {0}")]
    NotFound(ItemId),
    /// Fields are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// Somebody else wrote at the same time.
    #[error("somebody else changed the content at the same time; load it again")]
    Conflict,
    /// The publishing gate refused.
    #[error("the content cannot be published: {}", errors(.0))]
    NotPublishable(PublishReport),
}

impl From<StoreError> for ContentError {
    fn from(error: StoreError) -> Self {
        if error.is_conflict() {
            Self::Conflict
        } else {
            Self::Store(error)
        }
    }
}

fn errors(report: &PublishReport) -> String {
    let errors = report
        .issues
        .iter()
        .filter(|issue| issue.severity == gate::Severity::Error);
    errors
        .map(|issue| format!("{} ({})", issue.path, issue.code))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Makes an item without a revision: an identity that others may link to.
///
/// # Errors
/// The database failed, or the id is taken.
pub async fn create(
    transaction: &Transaction,
    id: ItemId,
    content_type: ContentType,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    if content_type == ContentType::Municipality {
        let filter = content_item::Column::ContentType.eq(content_type.as_str());
        if transaction
            .one::<content_item::Entity>(filter)
            .await?
            .is_some()
        {
            let message = "the municipality has its settings already";
            return Err(invalid("ALREADY_THERE", "", message));
        }
    }
    let item = content_item::Model {
        id: id.0,
        tenant_id: transaction.tenant_id().0,
        content_type: content_type.as_str().to_owned(),
        slugs: serde_json::json!({}),
        draft_revision_id: None,
        published_revision_id: None,
        published_at: None,
        updated_at: now,
        created_at: now,
    };
    Ok(transaction.insert::<content_item::Entity>([item]).await?)
}

/// Adds a revision to an item and points the draft at it.
///
/// # Errors
/// There is no such item, the body is of another type, a link leads nowhere or to the wrong type,
/// offices form a circle, or a slug is taken.
pub async fn revise(
    transaction: &Transaction,
    id: ItemId,
    draft: Draft,
    now: DateTime<Utc>,
) -> Result<RevisionId, ContentError> {
    let item = load(transaction, id).await?;
    if draft.body.content_type().as_str() != item.content_type {
        let message = format!("the content is of type {}", item.content_type);
        return Err(invalid("WRONG_TYPE", "", message));
    }
    let links = draft.body.relations().links;
    check_links(transaction, &links).await?;
    check_circle(transaction, id, &draft.body).await?;
    let slugs = slugs_of(transaction, &item, &draft).await?;

    let number = match item.draft_revision_id {
        Some(revision) => revision_row(transaction, revision).await?.number + 1,
        None => 1,
    };
    let revision = RevisionId::generate();
    let row = content_revision::Model {
        id: revision.0,
        tenant_id: item.tenant_id,
        item_id: id.0,
        number,
        body: to_json(&draft.body)?,
        slugs: slugs_json(&slugs)?,
        author: draft.author,
        note: draft.note,
        created_at: now,
    };
    transaction
        .insert::<content_revision::Entity>([row])
        .await?;
    let rows = links.iter().map(|link| content_link::Model {
        revision_id: revision.0,
        field: link.field.to_owned(),
        position: i32::try_from(link.position).unwrap_or(i32::MAX),
        tenant_id: item.tenant_id,
        target_item_id: link.target.0,
    });
    transaction.insert::<content_link::Entity>(rows).await?;
    transaction
        .update::<content_item::Entity>(
            [(content_item::Column::DraftRevisionId, revision.0.into())],
            content_item::Column::Id.eq(id.0),
        )
        .await?;
    Ok(revision)
}

/// Publishes the draft: the published pointer moves to it, its slugs become those of the item, and
/// lists show it. `locales` are those of the tenant, the default first.
///
/// # Errors
/// There is no such item or no draft, or the publishing gate refuses.
pub async fn publish(
    transaction: &Transaction,
    id: ItemId,
    locales: &[Locale],
    now: DateTime<Utc>,
) -> Result<PublishReport, ContentError> {
    let item = load(transaction, id).await?;
    let revision = item
        .draft_revision_id
        .ok_or_else(|| invalid("NO_DRAFT", "", "there is nothing to publish"))?;
    let content_type = read_type(&item.content_type)?;
    let row = revision_row(transaction, revision).await?;
    let body = read_body(content_type, RevisionId(revision), row.body)?;
    let slugs = read_slugs(row.slugs)?;
    let report = gate::publish_report(&body);
    if !report.is_publishable() {
        return Err(ContentError::NotPublishable(report));
    }
    let published_at = item.published_at.unwrap_or(now);
    claim_slugs(transaction, &item, &slugs).await?;
    transaction
        .update::<content_item::Entity>(
            [
                (content_item::Column::PublishedRevisionId, revision.into()),
                (content_item::Column::Slugs, slugs_json(&slugs)?.into()),
                (content_item::Column::PublishedAt, published_at.into()),
                (content_item::Column::UpdatedAt, now.into()),
            ],
            content_item::Column::Id.eq(id.0),
        )
        .await?;
    unlist(transaction, id).await?;
    let rows = listing_rows(id, &body, locales, published_at, now);
    transaction.insert::<content_listing::Entity>(rows).await?;
    if let Some(schedule) = body.schedule() {
        let rows = occurrence_rows(id, schedule, now);
        transaction
            .insert::<content_occurrence::Entity>(rows)
            .await?;
    }
    record(
        transaction,
        &[(id, content_type)],
        ChangeKind::Published,
        now,
    )
    .await?;
    Ok(report)
}

/// Takes an item off the public site. Its links and its slugs are kept.
///
/// # Errors
/// There is no such item.
pub async fn unpublish(
    transaction: &Transaction,
    id: ItemId,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    let item = load(transaction, id).await?;
    if item.published_revision_id.is_none() {
        return Ok(());
    }
    transaction
        .update::<content_item::Entity>(
            [(
                content_item::Column::PublishedRevisionId,
                Option::<uuid::Uuid>::None.into(),
            )],
            content_item::Column::Id.eq(id.0),
        )
        .await?;
    unlist(transaction, id).await?;
    let content_type = read_type(&item.content_type)?;
    Ok(record(
        transaction,
        &[(id, content_type)],
        ChangeKind::Unpublished,
        now,
    )
    .await?)
}

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
        let row = revision_row(&transaction, revision).await?;
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

async fn load(transaction: &Transaction, id: ItemId) -> Result<content_item::Model, ContentError> {
    transaction
        .one::<content_item::Entity>(content_item::Column::Id.eq(id.0))
        .await?
        .ok_or(ContentError::NotFound(id))
}

async fn revision_row(
    transaction: &Transaction,
    id: uuid::Uuid,
) -> Result<content_revision::Model, StoreError> {
    transaction
        .one::<content_revision::Entity>(content_revision::Column::Id.eq(id))
        .await?
        .ok_or_else(|| StoreError::corrupt(format!("revision {id}"), "it is missing"))
}

fn to_json(body: &Body) -> Result<serde_json::Value, StoreError> {
    body.to_json()
        .map_err(|error| StoreError::corrupt("body", error))
}

fn invalid(code: &str, path: impl Into<String>, message: impl Into<String>) -> ContentError {
    ContentError::Invalid(vec![FieldError::new(code, path, message)])
}

async fn check_links(transaction: &Transaction, links: &[LinkUse]) -> Result<(), ContentError> {
    let ids = links.iter().map(|link| link.target.0);
    let filter = content_item::Column::Id.is_in(ids);
    let rows = transaction.all::<content_item::Entity>(filter).await?;
    let types: HashMap<_, _> = rows
        .into_iter()
        .map(|row| (ItemId(row.id), row.content_type))
        .collect();
    let errors: Vec<_> = links
        .iter()
        .filter_map(|link| wrong_link(link, &types))
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(ContentError::Invalid(errors))
    }
}

fn wrong_link(link: &LinkUse, types: &HashMap<ItemId, String>) -> Option<FieldError> {
    let Some(found) = types.get(&link.target) else {
        let message = format!("there is no content with the id {}", link.target);
        return Some(FieldError::new("LINK_NOT_FOUND", &link.path, message));
    };
    let wanted = link.target_type?.as_str();
    (found != wanted).then(|| {
        let message = format!(
            "the content {} is of type {found}, not {wanted}",
            link.target
        );
        FieldError::new("LINK_WRONG_TYPE", &link.path, message)
    })
}

/// An office or a page must not stand above itself.
async fn check_circle(
    transaction: &Transaction,
    id: ItemId,
    body: &Body,
) -> Result<(), ContentError> {
    let (field, mut parent) = match body {
        Body::Office(office) => ("parent_office", office.parent_office.map(|link| link.id())),
        Body::Page(page) => ("parent_page", page.parent_page.map(|link| link.id())),
        Body::Event(event) => ("parent_event", event.parent_event.map(|link| link.id())),
        _ => return Ok(()),
    };
    let mut seen = vec![id];
    while let Some(above) = parent {
        if seen.contains(&above) {
            let message = "the content would stand above itself";
            return Err(invalid("CIRCULAR_PARENT", field, message));
        }
        seen.push(above);
        let item = load(transaction, above).await?;
        parent = match item.draft_revision_id {
            Some(revision) => {
                let filter = Condition::all()
                    .add(content_link::Column::RevisionId.eq(revision))
                    .add(content_link::Column::Field.eq(field));
                let link = transaction.one::<content_link::Entity>(filter).await?;
                link.map(|link| ItemId(link.target_item_id))
            }
            None => None,
        };
    }
    Ok(())
}

/// The slugs that the item has once the draft is published: those that are given, those it has, and
/// for the other locales of the title new ones.
async fn slugs_of(
    transaction: &Transaction,
    item: &content_item::Model,
    draft: &Draft,
) -> Result<Slugs, ContentError> {
    let mut slugs = match item.draft_revision_id {
        Some(revision) => read_slugs(revision_row(transaction, revision).await?.slugs)?,
        None => read_slugs(item.slugs.clone())?,
    };
    for (locale, slug) in &draft.slugs {
        if is_taken(transaction, item, slug).await? {
            let message =
                format!("the slug «{slug}» belongs to other content, now or as a redirect");
            return Err(invalid("SLUG_TAKEN", format!("slug.{locale}"), message));
        }
        slugs.insert(locale.clone(), slug.clone());
    }
    for (locale, title) in draft.body.title().iter() {
        if let Some(wanted) = Slug::from_title(title).filter(|_| !slugs.contains_key(locale)) {
            let mut slug = wanted.clone();
            let mut number = 2;
            while is_taken(transaction, item, &slug).await? {
                slug = wanted.numbered(number);
                number += 1;
            }
            slugs.insert(locale.clone(), slug);
        }
    }
    Ok(slugs)
}

/// Whether other content of the type has or had this slug in any locale: readers of one locale may
/// come by the slug of another.
async fn is_taken(
    transaction: &Transaction,
    item: &content_item::Model,
    slug: &Slug,
) -> Result<bool, StoreError> {
    let filter = Condition::all()
        .add(content_slug::Column::ContentType.eq(item.content_type.as_str()))
        .add(content_slug::Column::Slug.eq(slug.as_str()))
        .add(content_slug::Column::ItemId.ne(item.id));
    Ok(transaction
        .one::<content_slug::Entity>(filter)
        .await?
        .is_some())
}

/// Writes the slugs of an item that is being published. Old ones stay as redirects.
async fn claim_slugs(
    transaction: &Transaction,
    item: &content_item::Model,
    slugs: &Slugs,
) -> Result<(), ContentError> {
    let filter = content_slug::Column::ItemId.eq(item.id);
    let known = transaction.all::<content_slug::Entity>(filter).await?;
    let mut rows = Vec::new();
    for (locale, slug) in slugs {
        let has =
            |row: &content_slug::Model| row.locale == locale.as_str() && row.slug == slug.as_str();
        if known.iter().any(has) {
            continue;
        }
        if is_taken(transaction, item, slug).await? {
            let message = format!("the slug «{slug}» was taken by other content meanwhile");
            return Err(invalid("SLUG_TAKEN", format!("slug.{locale}"), message));
        }
        rows.push(content_slug::Model {
            tenant_id: item.tenant_id,
            content_type: item.content_type.clone(),
            locale: locale.to_string(),
            slug: slug.to_string(),
            item_id: item.id,
        });
    }
    Ok(transaction.insert::<content_slug::Entity>(rows).await?)
}

fn slugs_json(slugs: &Slugs) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(slugs).map_err(|error| StoreError::corrupt("slugs", error))
}

async fn unlist(transaction: &Transaction, id: ItemId) -> Result<(), StoreError> {
    let filter = content_listing::Column::ItemId.eq(id.0);
    transaction
        .delete::<content_listing::Entity>(filter)
        .await?;
    let filter = content_occurrence::Column::ItemId.eq(id.0);
    transaction
        .delete::<content_occurrence::Entity>(filter)
        .await?;
    Ok(())
}

fn listing_rows(
    id: ItemId,
    body: &Body,
    locales: &[Locale],
    published_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<content_listing::Model> {
    let title = body.title();
    let facets = body.relations().facets;
    let day = body
        .date()
        .map(|day| LocalDateTime::from(day.and_time(NaiveTime::MIN)).to_utc());
    let date_key = day.unwrap_or(published_at).timestamp();
    let mut rows = Vec::with_capacity(locales.len() * (facets.len() + 1));
    for locale in locales {
        // The title that a reader of the locale sees; people are listed by family name.
        let preferred = [Some(locale), locales.first()];
        let seen = preferred
            .into_iter()
            .flatten()
            .find(|locale| title.get(locale).is_some());
        let title_key = match seen.filter(|locale| **locale != Locale::italian()) {
            Some(locale) => fold(title.get(locale).map(String::as_str).unwrap_or_default()),
            None => fold(&body.sort_title()),
        };
        let row = |field: &str, value: &str| content_listing::Model {
            item_id: id.0,
            locale: locale.to_string(),
            field: field.to_owned(),
            value: value.to_owned(),
            tenant_id: uuid::Uuid::nil(),
            content_type: body.content_type().as_str().to_owned(),
            title_key: title_key.chars().take(200).collect(),
            date_key,
            updated_key: now.timestamp_millis(),
            expires_on: body.expires_at(),
        };
        rows.push(row("", ""));
        rows.extend(facets.iter().map(|facet| row(facet.field, &facet.value)));
    }
    rows
}

/// All occurrences of a schedule; when a rule gives very many, those of two years around now.
fn occurrence_rows(
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
