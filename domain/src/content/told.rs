//! What a change of the public site means to those who keep copies of it: under which addresses something is new,
//! and what it makes out of date.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use municipio_entities::{
    content_change::{Column, Entity},
    content_revision,
};
use sea_orm::{
    ColumnTrait,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query, SelectStatement},
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Change, ChangeKind, ContentType, Contents, Item, Slugs, global_id, path,
    queries::{read_body, read_slugs},
};
use crate::{
    ids::{ItemId, RevisionId},
    store::StoreError,
    tenants::{IpaCode, Tenant},
};

/// A change, and what it means to those who keep copies.
#[derive(Clone, Debug)]
pub struct ToldChange {
    /// The change.
    pub change: Change,
    /// The slugs that the item has, or had before it was taken off; none when they are not known any more.
    pub slugs: Arc<Slugs>,
    /// Its path in the default locale, now or before it was taken off.
    pub path: Option<String>,
    /// The paths under which something is new: those of the item in all locales, now and before.
    pub changed_paths: BTreeSet<String>,
}

/// What an answer is made of that shows content, by names that stay the same: the municipality, the type, the item.
/// Whoever keeps an answer with the tags of what it shows knows by those of a change whether it is out of date.
pub fn cache_tags(municipality: &IpaCode, content_type: ContentType, id: ItemId) -> [String; 3] {
    [
        municipality.to_string(),
        format!("{municipality}:{}", content_type.type_name()),
        global_id(content_type, municipality, id),
    ]
}

/// What was public of an item from a change on.
struct Public {
    sequence: i64,
    slugs: Arc<Slugs>,
    paths: Vec<String>,
}

impl Contents {
    /// What these changes, which follow one another in the log, mean to those who keep copies.
    ///
    /// # Errors
    /// The database failed.
    pub async fn told(
        &self,
        changes: Vec<Change>,
        tenant: &Tenant,
    ) -> Result<Vec<ToldChange>, StoreError> {
        let public = self.public_around(&changes, tenant).await?;
        let told = changes.into_iter().map(|change| {
            let of_item = public.get(&change.item).map_or(&[][..], Vec::as_slice);
            let place = of_item.partition_point(|public| public.sequence < change.sequence);
            let before = place.checked_sub(1).and_then(|before| of_item.get(before));
            let now = of_item
                .get(place)
                .filter(|_| change.kind == ChangeKind::Published);
            let shown = now.or(before);
            let both = now.into_iter().chain(before);
            ToldChange {
                slugs: shown
                    .map(|public| Arc::clone(&public.slugs))
                    .unwrap_or_default(),
                path: shown.and_then(|public| public.paths.first().cloned()),
                changed_paths: both.flat_map(|public| public.paths.clone()).collect(),
                change,
            }
        });
        Ok(told.collect())
    }

    /// What was public of the items by these changes, and by the last before them.
    async fn public_around(
        &self,
        changes: &[Change],
        tenant: &Tenant,
    ) -> Result<HashMap<ItemId, Vec<Public>>, StoreError> {
        let [Some(first), Some(last)] = [changes.first(), changes.last()] else {
            return Ok(HashMap::new());
        };
        let select = published(changes, first.sequence, last.sequence);
        let rows = self.store().read().rows::<Entity>(select).await?;
        let mut found = Vec::new();
        for row in &rows {
            let revision: Option<Uuid> = row.try_get("", "revision_id")?;
            let slugs: Option<Value> = row.try_get("", "slugs")?;
            if let (Some(revision), Some(slugs)) = (revision, slugs) {
                let item: Uuid = row.try_get("", "item_id")?;
                let sequence: i64 = row.try_get("", "sequence")?;
                found.push((ItemId(item), sequence, revision, read_slugs(slugs)?));
            }
        }
        let types: HashMap<_, _> = changes
            .iter()
            .map(|change| (change.item, change.content_type))
            .collect();
        let revisions: BTreeSet<Uuid> = found.iter().map(|(_, _, id, _)| *id).collect();
        let bodies = self.revision_bodies(revisions).await?;
        let mut public: HashMap<_, Vec<_>> = HashMap::new();
        for (id, sequence, revision, slugs) in found {
            // What was purged has no body any more.
            let (Some(content_type), Some(body)) = (types.get(&id), bodies.get(&revision)) else {
                continue;
            };
            let revision_id = RevisionId(revision);
            let slugs = Arc::new(slugs);
            let item = Item {
                id,
                revision_id,
                slugs: Arc::clone(&slugs),
                published_at: None,
                updated_at: last.changed_at,
                body: read_body(*content_type, revision_id, body.clone())?,
            };
            public.entry(id).or_default().push(Public {
                sequence,
                slugs,
                paths: paths(&item, tenant),
            });
        }
        for of_item in public.values_mut() {
            of_item.sort_unstable_by_key(|public| public.sequence);
        }
        Ok(public)
    }

    async fn revision_bodies(
        &self,
        revisions: BTreeSet<Uuid>,
    ) -> Result<HashMap<Uuid, Value>, StoreError> {
        use content_revision::{Column, Entity};
        let scope = self.store().read();
        let rows = scope.all_of::<Entity>(Column::Id, revisions, Condition::all());
        Ok(rows
            .await?
            .into_iter()
            .map(|row| (row.id, row.body))
            .collect())
    }
}

/// The publications of the items of these changes among them, and the last before them of each.
fn published(changes: &[Change], first: i64, last: i64) -> SelectStatement {
    let items: BTreeSet<_> = changes.iter().map(|change| change.item.0).collect();
    let later = Alias::new("later");
    let of_later = |column: Column| Expr::col((later.clone(), column));
    let superseded = Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, later.clone())
        .and_where(of_later(Column::TenantId).equals((Entity, Column::TenantId)))
        .and_where(of_later(Column::ItemId).equals((Entity, Column::ItemId)))
        .and_where(of_later(Column::Kind).eq(ChangeKind::Published.as_str()))
        .and_where(of_later(Column::Sequence).gt(Expr::col((Entity, Column::Sequence))))
        .and_where(of_later(Column::Sequence).lt(first))
        .to_owned();
    let counts = Condition::any()
        .add(Column::Sequence.gte(first))
        .add(Expr::exists(superseded).not());
    Query::select()
        .from(Entity)
        .columns([
            (Entity, Column::Sequence),
            (Entity, Column::ItemId),
            (Entity, Column::RevisionId),
            (Entity, Column::Slugs),
        ])
        .and_where(Column::ItemId.is_in(items))
        .and_where(Column::Kind.eq(ChangeKind::Published.as_str()))
        .and_where(Column::Sequence.lte(last))
        .cond_where(counts)
        .to_owned()
}

/// The paths of an item for readers of each locale, those of the default locale first.
fn paths(item: &Item, tenant: &Tenant) -> Vec<String> {
    let default = tenant.default_locale();
    let locales = tenant.locales.iter();
    let paths = locales.filter_map(|locale| path(item, &tenant.fallbacks(locale), &default));
    paths.collect()
}
