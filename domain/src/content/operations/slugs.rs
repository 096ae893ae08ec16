//! Which slugs items get. A slug belongs to one item of its type for good, whatever its locale:
//! readers of one locale may come by the slug of another.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use municipio_entities::content_slug;
use sea_orm::ColumnTrait;

use super::{
    ContentError, Outcomes, accepted, invalid, publish::Publishing, refuse, revise::Revising,
};
use crate::{
    content::{ContentType, Slug},
    ids::ItemId,
    locale::Locale,
    store::{Pending, StoreError, Transaction},
};

/// Slugs that items have or had: who has them, and in which locales.
#[derive(Default)]
struct Taken {
    by: HashMap<(ContentType, String), HashMap<ItemId, HashSet<String>>>,
}

impl Taken {
    /// What is taken of these slugs.
    fn load<'t, 'a>(
        transaction: &'t Transaction,
        wanted: impl Iterator<Item = (ContentType, &'a Slug)>,
    ) -> Pending<'t, Self> {
        let wanted = wanted.map(|(content_type, slug)| (content_type, slug.to_string()));
        let (types, slugs): (HashSet<_>, HashSet<_>) = wanted.unzip();
        Box::pin(async move {
            let mut taken = Self::default();
            for content_type in types {
                let rows = transaction.all_of::<content_slug::Entity>(
                    content_slug::Column::Slug,
                    slugs.iter().cloned(),
                    content_slug::Column::ContentType.eq(content_type.as_str()),
                );
                for row in rows.await? {
                    let owners = taken.by.entry((content_type, row.slug)).or_default();
                    owners
                        .entry(ItemId(row.item_id))
                        .or_default()
                        .insert(row.locale);
                }
            }
            Ok(taken)
        })
    }

    fn by_another(&self, item: ItemId, content_type: ContentType, slug: &Slug) -> bool {
        let owners = self.by.get(&(content_type, slug.to_string()));
        owners.is_some_and(|owners| owners.keys().any(|owner| *owner != item))
    }

    fn has(&self, item: ItemId, content_type: ContentType, locale: &Locale, slug: &Slug) -> bool {
        let owners = self.by.get(&(content_type, slug.to_string()));
        let locales = owners.and_then(|owners| owners.get(&item));
        locales.is_some_and(|locales| locales.contains(locale.as_str()))
    }

    fn add(&mut self, item: ItemId, content_type: ContentType, locale: &Locale, slug: &Slug) {
        let owners = self.by.entry((content_type, slug.to_string())).or_default();
        owners.entry(item).or_default().insert(locale.to_string());
    }
}

/// Gives new revisions their slugs: those that are given, those that the item has, and for the
/// other locales of the title new ones.
pub(super) async fn choose(
    transaction: &Transaction,
    batch: &mut Outcomes<Revising>,
) -> Result<(), StoreError> {
    take_given(transaction, batch).await?;
    let mut open = open(batch);
    // Those that the batch itself gives out, besides those in the database.
    let mut given = Taken::default();
    while !open.is_empty() {
        let wanted = open.iter().map(|open| (open.content_type, &open.slug));
        let taken = Taken::load(transaction, wanted).await?;
        open.retain_mut(|open| {
            let is_taken =
                |taken: &Taken| taken.by_another(open.item, open.content_type, &open.slug);
            if is_taken(&taken) || is_taken(&given) {
                open.number += 1;
                open.slug = open.title.numbered(open.number);
                return true;
            }
            given.add(open.item, open.content_type, &open.locale, &open.slug);
            if let Some(Ok(work)) = batch.get_mut(open.index) {
                work.slugs.insert(open.locale.clone(), open.slug.clone());
            }
            false
        });
    }
    Ok(())
}

/// Takes the slugs that are given; refuses revisions with one that other content has.
async fn take_given(
    transaction: &Transaction,
    batch: &mut Outcomes<Revising>,
) -> Result<(), StoreError> {
    let given = accepted(batch).flat_map(|work| {
        let content_type = work.draft.body.content_type();
        work.draft
            .slugs
            .values()
            .map(move |slug| (content_type, slug))
    });
    let taken = Taken::load(transaction, given).await?;
    refuse(batch, |work| {
        let (item, content_type) = (ItemId(work.item.id), work.draft.body.content_type());
        for (locale, slug) in &work.draft.slugs {
            if taken.by_another(item, content_type, slug) {
                let message =
                    format!("the slug «{slug}» belongs to other content, now or as a redirect");
                return Err(invalid("SLUG_TAKEN", format!("slug.{locale}"), message));
            }
            work.slugs.insert(locale.clone(), slug.clone());
        }
        Ok(())
    });
    Ok(())
}

/// A locale that still needs a slug, and the one to try.
struct Open {
    /// The place of the revision in the batch.
    index: usize,
    item: ItemId,
    content_type: ContentType,
    locale: Locale,
    title: Slug,
    slug: Slug,
    number: usize,
}

fn open(batch: &Outcomes<Revising>) -> Vec<Open> {
    let mut open = Vec::new();
    for (index, work) in batch.iter().enumerate() {
        let Ok(work) = work else { continue };
        for (locale, title) in work.draft.body.title().iter() {
            let slug = Slug::from_title(title).filter(|_| !work.slugs.contains_key(locale));
            open.extend(slug.map(|slug| Open {
                index,
                item: ItemId(work.item.id),
                content_type: work.draft.body.content_type(),
                locale: locale.clone(),
                title: slug.clone(),
                slug,
                number: 1,
            }));
        }
    }
    open
}

/// Writes the slugs of items that are being published; refuses those whose slug was taken since.
/// Old ones stay as redirects.
pub(super) async fn claim(
    transaction: &Transaction,
    batch: &mut Outcomes<Publishing>,
    now: DateTime<Utc>,
) -> Result<(), ContentError> {
    let wanted = accepted(batch).flat_map(|work| {
        let content_type = work.body.content_type();
        work.slugs.values().map(move |slug| (content_type, slug))
    });
    let mut taken = Taken::load(transaction, wanted).await?;
    let mut rows = Vec::new();
    refuse(batch, |work| {
        let (item, content_type) = (ItemId(work.item.id), work.body.content_type());
        let new = work.slugs.iter();
        let new = new.filter(|(locale, slug)| !taken.has(item, content_type, locale, slug));
        let new: Vec<_> = new.collect();
        let another = |slug: &Slug| taken.by_another(item, content_type, slug);
        if let Some((locale, slug)) = new.iter().find(|(_, slug)| another(slug)) {
            let message = format!("the slug «{slug}» was taken by other content meanwhile");
            return Err(invalid("SLUG_TAKEN", format!("slug.{locale}"), message));
        }
        for (locale, slug) in new {
            taken.add(item, content_type, locale, slug);
            rows.push(content_slug::Model {
                tenant_id: work.item.tenant_id,
                content_type: work.item.content_type.clone(),
                locale: locale.to_string(),
                slug: slug.to_string(),
                item_id: work.item.id,
                claimed_at: Some(now),
            });
        }
        Ok(())
    });
    Ok(transaction.insert::<content_slug::Entity>(rows).await?)
}
