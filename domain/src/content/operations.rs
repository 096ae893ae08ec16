//! Writing content. Each operation runs inside a transaction that the caller opened, so that one
//! or many make one change; what is decided is decided by plain functions.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use municipio_entities::{
    content_item, content_link, content_listing, content_occurrence, content_revision, content_slug,
};
use sea_orm::{ColumnTrait, sea_query::Condition};

use super::{
    Body, ContentType, FieldError, LinkUse, PublishReport, Slug, Slugs, fold, gate,
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
    Store(#[from] StoreError),
    /// No such item.
    #[error("there is no content with the id {0}")]
    NotFound(ItemId),
    /// Fields are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// The publishing gate refused.
    #[error("the content cannot be published: {}", errors(.0))]
    NotPublishable(PublishReport),
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
    let slugs = move_slugs(transaction, &item, &draft).await?;

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
    let slugs =
        serde_json::to_value(&slugs).map_err(|error| StoreError::corrupt("slugs", error))?;
    transaction
        .update::<content_item::Entity>(
            [
                (content_item::Column::DraftRevisionId, revision.0.into()),
                (content_item::Column::Slugs, slugs.into()),
            ],
            content_item::Column::Id.eq(id.0),
        )
        .await?;
    Ok(revision)
}

/// Publishes the draft: the published pointer moves to it, and lists show it.
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
    let report = gate::publish_report(&body);
    if !report.is_publishable() {
        return Err(ContentError::NotPublishable(report));
    }
    let published_at = item.published_at.unwrap_or(now);
    transaction
        .update::<content_item::Entity>(
            [
                (content_item::Column::PublishedRevisionId, revision.into()),
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
    Ok(report)
}

/// Takes an item off the public site. Its links and its slugs are kept.
///
/// # Errors
/// There is no such item.
pub async fn unpublish(transaction: &Transaction, id: ItemId) -> Result<(), ContentError> {
    load(transaction, id).await?;
    transaction
        .update::<content_item::Entity>(
            [(
                content_item::Column::PublishedRevisionId,
                Option::<uuid::Uuid>::None.into(),
            )],
            content_item::Column::Id.eq(id.0),
        )
        .await?;
    Ok(unlist(transaction, id).await?)
}

/// Writes the occurrences that events without end will have in the time to come. To be run every
/// day; says how many events were looked at.
///
/// # Errors
/// The database failed.
pub async fn extend_occurrences(
    store: &TenantStore,
    now: DateTime<Utc>,
) -> Result<usize, ContentError> {
    let transaction = store.begin().await?;
    let filter = Condition::all()
        .add(content_item::Column::ContentType.eq(ContentType::Event.as_str()))
        .add(content_item::Column::PublishedRevisionId.is_not_null());
    let events = transaction.all::<content_item::Entity>(filter).await?;
    let revisions: HashMap<_, _> = events
        .iter()
        .filter_map(|event| Some((event.published_revision_id?, ItemId(event.id))))
        .collect();
    let filter = content_revision::Column::Id.is_in(revisions.keys().copied());
    let mut extended = 0;
    for row in transaction.all::<content_revision::Entity>(filter).await? {
        let id = ItemId(row.item_id);
        let body = read_body(ContentType::Event, RevisionId(row.id), row.body)?;
        let Some(schedule) = body
            .schedule()
            .filter(|schedule| schedule.last_end().is_none())
        else {
            continue;
        };
        let filter = content_occurrence::Column::ItemId.eq(id.0);
        transaction
            .delete::<content_occurrence::Entity>(filter)
            .await?;
        let rows = occurrence_rows(id, schedule, now);
        transaction
            .insert::<content_occurrence::Entity>(rows)
            .await?;
        extended += 1;
    }
    transaction.commit().await?;
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
    let path = format!("{}[{}]", link.field, link.position);
    let Some(found) = types.get(&link.target) else {
        let message = format!("there is no content with the id {}", link.target);
        return Some(FieldError::new("LINK_NOT_FOUND", path, message));
    };
    let wanted = link.target_type?.as_str();
    (found != wanted).then(|| {
        let message = format!(
            "the content {} is of type {found}, not {wanted}",
            link.target
        );
        FieldError::new("LINK_WRONG_TYPE", path, message)
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

/// The slugs after a revision. New ones are written; old ones stay as redirects, and an item may
/// take back a slug that it had.
async fn move_slugs(
    transaction: &Transaction,
    item: &content_item::Model,
    draft: &Draft,
) -> Result<Slugs, ContentError> {
    let mut slugs = read_slugs(item.slugs.clone())?;
    let title = draft.body.title();
    let mut wanted: BTreeMap<Locale, (Slug, bool)> = draft
        .slugs
        .iter()
        .map(|(locale, slug)| (locale.clone(), (slug.clone(), true)))
        .collect();
    for (locale, title) in title.iter() {
        let is_new = !slugs.contains_key(locale) && !wanted.contains_key(locale);
        if let Some(slug) = Slug::from_title(title).filter(|_| is_new) {
            wanted.insert(locale.clone(), (slug, false));
        }
    }
    for (locale, (slug, given)) in wanted {
        if slugs.get(&locale) == Some(&slug) {
            continue;
        }
        let slug = claim_slug(transaction, item, &locale, slug, given).await?;
        slugs.insert(locale, slug);
    }
    Ok(slugs)
}

async fn claim_slug(
    transaction: &Transaction,
    item: &content_item::Model,
    locale: &Locale,
    wanted: Slug,
    given: bool,
) -> Result<Slug, ContentError> {
    let mut slug = wanted.clone();
    for number in 2.. {
        let filter = Condition::all()
            .add(content_slug::Column::ContentType.eq(item.content_type.as_str()))
            .add(content_slug::Column::Locale.eq(locale.as_str()))
            .add(content_slug::Column::Slug.eq(slug.as_str()));
        match transaction.one::<content_slug::Entity>(filter).await? {
            Some(taken) if taken.item_id == item.id => return Ok(slug),
            Some(_) if given => {
                let message =
                    format!("the slug «{slug}» belongs to other content, now or as a redirect");
                return Err(invalid("SLUG_TAKEN", format!("slug.{locale}"), message));
            }
            Some(_) => slug = wanted.numbered(number),
            None => break,
        }
    }
    let row = content_slug::Model {
        tenant_id: item.tenant_id,
        content_type: item.content_type.clone(),
        locale: locale.to_string(),
        slug: slug.to_string(),
        item_id: item.id,
    };
    transaction.insert::<content_slug::Entity>([row]).await?;
    Ok(slug)
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
        let translated = title.get(locale).filter(|_| *locale != Locale::italian());
        let title_key = fold(&translated.cloned().unwrap_or_else(|| body.sort_title()));
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

/// All occurrences of a schedule that ends, and two years around now of one that does not.
fn occurrence_rows(
    id: ItemId,
    schedule: &EventSchedule,
    now: DateTime<Utc>,
) -> Vec<content_occurrence::Model> {
    const MOST: usize = 5_000;
    let two_years = TimeDelta::days(2 * 366);
    let (from, until) = match schedule.last_end() {
        Some(end) => (DateTime::<Utc>::MIN_UTC, end + TimeDelta::seconds(1)),
        None => (now - two_years, now + two_years),
    };
    let mut rows: Vec<content_occurrence::Model> = Vec::new();
    for interval in schedule.expand(from, until, MOST) {
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
