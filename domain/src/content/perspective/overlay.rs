//! An overlay over the published state: what a perspective shows in place of it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use municipio_entities::{content_listing, content_occurrence};
use sea_orm::DbBackend;

use super::{
    MOST_ROWS, OverlayCache, Perspective, PerspectiveError, Plan, Sight, plan::Entry, record::Lost,
};
use crate::{
    content::{
        Body, ContentType, Contents, ReleaseStatus, Slug, Slugs,
        operations::{AT_ONCE, listing_rows, occurrence_rows},
        sizes::{Key, listed},
    },
    ids::{ItemId, ReleaseId, RevisionId, TenantId},
    locale::Locale,
    store::StoreError,
};

/// What is shown in place of the published state, and everything that lists need of it.
#[derive(Debug)]
pub(crate) struct Overlay {
    /// The items that are shown otherwise; without a revision they are not shown.
    items: HashMap<ItemId, Option<Shown>>,
    /// The types of all of them.
    pub(super) types: HashMap<ItemId, ContentType>,
    pub(super) rows: Vec<content_listing::Model>,
    pub(super) occurrences: Vec<content_occurrence::Model>,
    /// By how much lists are longer than those of the public site.
    differences: HashMap<Key, i64>,
    lost: Lost,
    pub(super) backend: DbBackend,
}

/// An item as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) content_type: ContentType,
    pub(crate) revision: RevisionId,
    pub(crate) slugs: Arc<Slugs>,
    pub(crate) published_at: Option<DateTime<Utc>>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl Overlay {
    /// What is shown of an item in place of what is public: nothing when that is shown, and no item when none
    /// is.
    pub(crate) fn item(&self, id: ItemId) -> Option<Option<&Shown>> {
        self.items.get(&id).map(Option::as_ref)
    }

    /// All that was public of a type can be shown; of any type when left out.
    pub(crate) fn refuse_lost_type(
        &self,
        content_type: impl Into<Option<ContentType>>,
    ) -> Result<(), StoreError> {
        self.lost.refuse_type(content_type.into())
    }

    /// The item can be shown as it was public.
    pub(crate) fn refuse_lost_item(&self, item: ItemId) -> Result<(), StoreError> {
        self.lost.refuse_item(item)
    }

    /// The item of a type that has this slug in the overlay.
    pub(crate) fn by_slug(
        &self,
        content_type: ContentType,
        locale: &Locale,
        slug: &Slug,
    ) -> Option<(ItemId, &Shown)> {
        let shown = self.items.iter();
        let mut shown = shown.filter_map(|(id, shown)| Some((*id, shown.as_ref()?)));
        shown.find(|(_, shown)| {
            shown.content_type == content_type && shown.slugs.get(locale) == Some(slug)
        })
    }

    /// By how much a list is longer than that of the public site.
    pub(crate) fn difference(
        &self,
        content_type: ContentType,
        locale: &Locale,
        field: &str,
        value: &str,
    ) -> i64 {
        let key = (
            content_type.as_str().to_owned(),
            locale.to_string(),
            field.to_owned(),
            value.to_owned(),
        );
        self.differences.get(&key).copied().unwrap_or_default()
    }

    /// The same of all lists by these fields: type, field and value.
    pub(crate) fn differences(
        &self,
        locale: &Locale,
        fields: &[&str],
    ) -> impl Iterator<Item = ((String, String, String), i64)> {
        let all = self.differences.iter();
        all.filter_map(move |((content_type, in_locale, field, value), by)| {
            let wanted = in_locale == locale.as_str() && fields.contains(&field.as_str());
            wanted.then(|| ((content_type.clone(), field.clone(), value.clone()), *by))
        })
    }

    /// How much memory it takes, in rows.
    pub(super) fn weight(&self) -> u32 {
        u32::try_from(self.size()).unwrap_or(u32::MAX)
    }

    fn size(&self) -> usize {
        self.rows.len() + self.occurrences.len() + self.items.len() + 1
    }
}

impl Contents {
    /// The same content from a perspective.
    ///
    /// # Errors
    /// The database failed, or the perspective cannot be given.
    pub async fn see(
        &self,
        sight: &Sight<'_>,
        overlays: &OverlayCache,
    ) -> Result<Self, PerspectiveError> {
        if *sight.perspective == Perspective::Published {
            return Ok(self.clone());
        }
        let perspective = match sight.perspective {
            Perspective::Release(id) => self.seen_of(*id).await?,
            other => other.clone(),
        };
        let plan = Arc::new(self.plan(&perspective, sight).await?);
        if plan.is_empty() {
            return Ok(self.clone());
        }
        let key = (self.store().tenant_id(), plan);
        let overlay = match overlays.made.get(&key) {
            Some(made) => made,
            None => self.make(key, sight.now, overlays).await?,
        };
        let overlay = overlay.ok_or(PerspectiveError::TooLarge)?;
        Ok(self.through(overlay, perspective.moment()))
    }

    /// The perspective of a release: once it is published, the public record of that moment, because what it
    /// was made of is older than what was published since.
    async fn seen_of(&self, id: ReleaseId) -> Result<Perspective, PerspectiveError> {
        let release = self.release(id).await?;
        let release = release.ok_or(PerspectiveError::NoSuchRelease)?;
        match (release.status, release.settled_at) {
            (ReleaseStatus::Published, Some(time)) => Ok(Perspective::AsOf(time)),
            (ReleaseStatus::RolledBack, _) => Err(PerspectiveError::RolledBack),
            _ => Ok(Perspective::Release(id)),
        }
    }

    async fn make(
        &self,
        key: (TenantId, Arc<Plan>),
        now: DateTime<Utc>,
        overlays: &OverlayCache,
    ) -> Result<Option<Arc<Overlay>>, StoreError> {
        let _turn = overlays.making.acquire().await;
        if let Some(made) = overlays.made.get(&key) {
            return Ok(made);
        }
        let made = self.lay_over(&key.1, now).await?.map(Arc::new);
        overlays.made.insert(key, made.clone());
        Ok(made)
    }

    /// The overlay, unless it is too large.
    async fn lay_over(
        &self,
        plan: &Plan,
        now: DateTime<Utc>,
    ) -> Result<Option<Overlay>, StoreError> {
        let read = self.store().read();
        let mut overlay = Overlay {
            items: HashMap::new(),
            types: HashMap::new(),
            rows: Vec::new(),
            occurrences: Vec::new(),
            differences: HashMap::new(),
            lost: plan.lost.clone(),
            backend: read.backend(),
        };
        for entries in plan.entries.chunks(AT_ONCE) {
            let bodies = self.bodies_of(entries).await?;
            for entry in entries {
                overlay.add(entry, &bodies, plan, now)?;
                if overlay.size() > MOST_ROWS {
                    return Ok(None);
                }
            }
            let public = entries.iter().filter(|entry| entry.public.is_some());
            let public: Vec<_> = public.map(|entry| entry.item.0).collect();
            if !public.is_empty() {
                for (key, total) in listed(&read, &public).await? {
                    *overlay.differences.entry(key).or_default() -= total;
                }
            }
            // Others are served meanwhile.
            tokio::task::yield_now().await;
        }
        Ok(Some(overlay))
    }

    /// The bodies that are shown.
    async fn bodies_of(&self, entries: &[Entry]) -> Result<HashMap<RevisionId, Body>, StoreError> {
        let wanted = entries.iter().filter_map(|entry| {
            let shows = entry.shows.as_ref()?;
            Some((shows.revision, entry.content_type))
        });
        let wanted: Vec<_> = wanted.collect();
        self.bodies(&wanted).await
    }
}

impl Overlay {
    fn add(
        &mut self,
        entry: &Entry,
        bodies: &HashMap<RevisionId, Body>,
        plan: &Plan,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.types.insert(entry.item, entry.content_type);
        let Some(shows) = &entry.shows else {
            self.items.insert(entry.item, None);
            return Ok(());
        };
        let missing =
            || StoreError::corrupt(format!("revision {}", shows.revision), "it is missing");
        let body = bodies.get(&shows.revision).ok_or_else(missing)?;
        let updated_at = shows.updated_at;
        let published_at = shows.published_at.unwrap_or(updated_at);
        let rows = listing_rows(entry.item, body, &plan.locales, published_at, updated_at);
        for row in &rows {
            let key = (
                row.content_type.clone(),
                row.locale.clone(),
                row.field.clone(),
                row.value.clone(),
            );
            *self.differences.entry(key).or_default() += 1;
        }
        self.rows.extend(rows);
        if let Some(schedule) = body.schedule() {
            let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
            let seen = plan.day.map_or(now, midnight);
            let occurrences = occurrence_rows(entry.item, schedule, seen);
            self.occurrences.extend(occurrences);
        }
        let shown = Shown {
            content_type: entry.content_type,
            revision: shows.revision,
            slugs: Arc::clone(&shows.slugs),
            published_at: shows.published_at,
            updated_at,
        };
        self.items.insert(entry.item, Some(shown));
        Ok(())
    }

    /// The items of a type that are shown otherwise.
    pub(super) fn items_of(&self, content_type: ContentType) -> HashSet<ItemId> {
        let types = self.types.iter();
        types
            .filter(|(_, of)| **of == content_type)
            .map(|(id, _)| *id)
            .collect()
    }
}
