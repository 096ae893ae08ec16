//! What lists show of published content.

use chrono::{DateTime, NaiveTime, Utc};
use municipio_entities::content_listing;

use crate::{
    content::{Body, fold},
    ids::ItemId,
    locale::Locale,
    time::LocalDateTime,
};

/// The rows of an item: for each locale one without a facet, and one for each value by which the
/// item is found.
pub(in crate::content) fn listing_rows(
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
