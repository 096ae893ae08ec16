//! Where documents come from: the published content of a tenant, and the log of its changes.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use futures_util::stream;
use municipio_entities::{
    content_feed, content_item, content_link, content_revision, search_click, search_synonyms,
};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Order, Query};
use uuid::Uuid;

use super::{
    Batch, Document, DocumentKey, Documents, EngineError, Position, Surroundings, Synonyms,
    document::{searched_files, shown_items},
    own_synonyms,
};
use crate::{
    content::{Body, Change, ContentType, Contents, Item},
    ids::{ItemId, RevisionId},
    locale::Locale,
    media,
    store::{Database, StoreError, TenantStore},
    tenants::Tenant,
};

/// What documents are made of, by this program. Raise it when they are made of something else: indexes are
/// then made anew.
const FORMAT: u32 = 2;
/// How many changes are followed at a time.
const CHANGES: u64 = 1_000;
/// How many items are read at a time: their documents are in memory together.
pub(super) const ITEMS: usize = 200;

/// What changed for search.
#[derive(Debug)]
pub struct Changed {
    /// The items whose documents are others now.
    pub items: Vec<ItemId>,
    /// Where an index stands that has them.
    pub position: Position,
}

/// The published content of a tenant, for search.
#[derive(Clone, Debug)]
pub struct Source {
    contents: Contents,
    tenant: Arc<Tenant>,
}

impl Source {
    /// The content of this tenant.
    pub fn new(database: &Database, tenant: Arc<Tenant>) -> Self {
        // Everything is read once: what readers have in memory is left there.
        let contents = Contents::new(database.tenant(tenant.id), Contents::cache(0));
        Self { contents, tenant }
    }

    /// The rows of the tenant.
    pub(super) fn store(&self) -> &TenantStore {
        self.contents.store()
    }

    /// The tenant.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Where an index stands that knows everything.
    ///
    /// # Errors
    /// The database failed.
    pub async fn goal(&self) -> Result<Position, StoreError> {
        use content_feed::{Column, Entity};
        let version = (search_synonyms::Entity, search_synonyms::Column::Version);
        let own = (search_synonyms::Entity, search_synonyms::Column::TenantId);
        let mut select = Query::select();
        select
            .from(Entity)
            .left_join(
                search_synonyms::Entity,
                Expr::col(own).equals((Entity, Column::TenantId)),
            )
            .column((Entity, Column::LastSequence))
            .column(version);
        let rows = self.contents.store().read().rows::<Entity>(select).await?;
        let Some(row) = rows.first() else {
            return Ok(self.position(0, 0));
        };
        let version: Option<i64> = row.try_get("", "version")?;
        Ok(self.position(
            row.try_get("", "last_sequence")?,
            version.unwrap_or_default(),
        ))
    }

    fn position(&self, sequence: i64, synonyms: i64) -> Position {
        let locales = self.tenant.locales.iter().map(Locale::as_str);
        let locales = locales.collect::<Vec<_>>().join(",");
        Position {
            sequence,
            recipe: format!("{FORMAT}.{synonyms}.{locales}"),
        }
    }

    /// The next changes after a position; nothing when there are none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn changes(&self, after: &Position) -> Result<Option<Changed>, StoreError> {
        let changes = self.contents.changes(after.sequence, CHANGES).await?;
        let Some(last) = changes.last().map(|change| change.sequence) else {
            return Ok(None);
        };
        let mut changed: BTreeSet<ItemId> = changes.iter().map(|change| change.item).collect();
        changed.extend(self.showing(&changes).await?);
        Ok(Some(Changed {
            items: changed.into_iter().collect(),
            position: Position {
                sequence: last,
                recipe: after.recipe.clone(),
            },
        }))
    }

    /// What an index holds of these items from now on.
    ///
    /// # Errors
    /// The database failed.
    pub async fn batch(&self, ids: &[ItemId]) -> Result<Batch, StoreError> {
        let documents = self.documents(ids, &self.synonyms().await?).await?;
        let there: BTreeSet<&DocumentKey> =
            documents.iter().map(|document| &document.key).collect();
        let locales = &self.tenant.locales;
        let keys = ids.iter().flat_map(|id| {
            let keys = locales.iter();
            keys.map(|locale| DocumentKey::new(*id, locale.clone()))
        });
        let removed = keys.filter(|key| !there.contains(key)).collect();
        Ok(Batch {
            documents,
            removed,
            position: None,
        })
    }

    /// All documents, in the order of the ids of their items.
    pub fn all(&self) -> Documents<'_> {
        let failed = |error: StoreError| EngineError::Source(error.to_string());
        let read = move |(after, synonyms): (Option<ItemId>, Option<Arc<Synonyms>>)| async move {
            let synonyms = match synonyms {
                Some(synonyms) => synonyms,
                None => Arc::new(self.synonyms().await.map_err(failed)?),
            };
            let ids = self.ids(after).await.map_err(failed)?;
            let ids: Vec<ItemId> = ids.into_iter().map(|(id, _)| id).collect();
            let Some(last) = ids.last().copied() else {
                return Ok(None);
            };
            let documents = self.documents(&ids, &synonyms).await.map_err(failed)?;
            Ok(Some((documents, (Some(last), Some(synonyms)))))
        };
        Box::pin(stream::try_unfold((None, None), read))
    }

    /// The next published items after this one that search finds, and their revisions.
    ///
    /// # Errors
    /// The database failed.
    pub async fn ids(
        &self,
        after: Option<ItemId>,
    ) -> Result<Vec<(ItemId, RevisionId)>, StoreError> {
        use content_item::{Column, Entity};
        let types = ContentType::ALL.iter().filter(|name| name.is_searchable());
        let mut select = Query::select();
        select
            .from(Entity)
            .columns([(Entity, Column::Id), (Entity, Column::PublishedRevisionId)])
            .and_where(Expr::col((Entity, Column::PublishedRevisionId)).is_not_null())
            .and_where(
                Expr::col((Entity, Column::ContentType)).is_in(types.map(|name| name.as_str())),
            )
            .order_by((Entity, Column::Id), Order::Asc)
            .limit(ITEMS as u64);
        if let Some(after) = after {
            select.and_where(Expr::col((Entity, Column::Id)).gt(after.0));
        }
        let rows = self.contents.store().read().rows::<Entity>(select).await?;
        rows.iter()
            .map(|row| {
                let revision: Uuid = row.try_get("", "published_revision_id")?;
                Ok((ItemId(row.try_get("", "id")?), RevisionId(revision)))
            })
            .collect()
    }

    /// How many documents there are altogether.
    ///
    /// # Errors
    /// The database failed.
    pub async fn count(&self) -> Result<u64, StoreError> {
        use content_item::{Column, Entity};
        let types = ContentType::ALL.iter().filter(|name| name.is_searchable());
        let mut select = Query::select();
        select
            .from(Entity)
            .expr_as(Expr::col((Entity, Column::Id)).count(), Alias::new("total"))
            .and_where(Expr::col((Entity, Column::PublishedRevisionId)).is_not_null())
            .and_where(
                Expr::col((Entity, Column::ContentType)).is_in(types.map(|name| name.as_str())),
            );
        let rows = self.contents.store().read().rows::<Entity>(select).await?;
        let total = rows
            .first()
            .map_or(Ok(0), |row| row.try_get::<i64>("", "total"))?;
        Ok(u64::try_from(total).unwrap_or_default() * self.tenant.locales.len() as u64)
    }

    async fn synonyms(&self) -> Result<Synonyms, StoreError> {
        let own = own_synonyms(self.contents.store()).await?;
        Ok(Synonyms::new(&own.groups, &self.tenant.locales))
    }

    async fn documents(
        &self,
        ids: &[ItemId],
        synonyms: &Synonyms,
    ) -> Result<Vec<Document>, StoreError> {
        let mut items = self.contents.published(ids).await?;
        items.retain(|item| item.content_type().is_searchable());
        let shown: BTreeSet<ItemId> = items
            .iter()
            .flat_map(|item| shown_items(&item.body))
            .collect();
        let shown: Vec<ItemId> = shown.into_iter().collect();
        let linked = self.contents.published(&shown).await?;
        let linked: HashMap<ItemId, Item> =
            linked.into_iter().map(|item| (item.id, item)).collect();
        let files = self.files(&items).await?;
        let popularity = self.popularity(ids).await?;
        let fallbacks = |locale| self.tenant.fallbacks(locale);
        let locales: Vec<_> = self.tenant.locales.iter().map(fallbacks).collect();
        let around = Surroundings {
            locales: &locales,
            linked: &linked,
            files: &files,
            synonyms,
            popularity: &popularity,
        };
        Ok(items
            .iter()
            .flat_map(|item| Document::of(item, &around))
            .collect())
    }

    /// What is written in the files of these items that everybody may see.
    async fn files(&self, items: &[Item]) -> Result<HashMap<ItemId, String>, StoreError> {
        let named = items.iter().flat_map(|item| searched_files(&item.body));
        let named: BTreeSet<ItemId> = named.collect();
        let assets = self
            .contents
            .published(&named.into_iter().collect::<Vec<_>>())
            .await?;
        let hashes = assets.iter().filter_map(|item| match &item.body {
            Body::Asset(asset) if asset.is_public() => {
                let facts = asset.file.as_ref()?.facts.as_ref()?;
                Some((item.id, facts.sha256.clone()))
            }
            _ => None,
        });
        let hashes: HashMap<ItemId, _> = hashes.collect();
        let wanted: Vec<_> = hashes.values().cloned().collect();
        let texts = media::texts(self.contents.store(), &wanted).await?;
        let written = hashes.into_iter();
        let written = written.filter_map(|(id, hash)| Some((id, texts.get(&hash)?.clone())));
        Ok(written.collect())
    }

    /// How often each of these items was chosen among hits.
    async fn popularity(&self, ids: &[ItemId]) -> Result<HashMap<ItemId, u32>, StoreError> {
        use search_click::{Column, Entity};
        let column = |column| Expr::col((Entity, column));
        let mut select = Query::select();
        select
            .from(Entity)
            .column((Entity, Column::ItemId))
            .expr_as(
                column(Column::Clicks).sum().cast_as("bigint"),
                Alias::new("total"),
            )
            .and_where(column(Column::ItemId).is_in(ids.iter().map(|id| id.0)))
            .group_by_col((Entity, Column::ItemId));
        let rows = self.contents.store().read().rows::<Entity>(select).await?;
        rows.iter()
            .map(|row| {
                let total: i64 = row.try_get("", "total")?;
                Ok((
                    ItemId(row.try_get("", "item_id")?),
                    u32::try_from(total).unwrap_or(u32::MAX),
                ))
            })
            .collect()
    }

    /// The published items that show the name of one that changed, or that it is a file of.
    async fn showing(&self, changes: &[Change]) -> Result<Vec<ItemId>, StoreError> {
        use content_link::{Column, Entity};
        let has_shown_name = |change: &&Change| {
            matches!(
                change.content_type,
                ContentType::Office | ContentType::Topic | ContentType::Asset
            )
        };
        let named: BTreeSet<Uuid> = changes
            .iter()
            .filter(has_shown_name)
            .map(|change| change.item.0)
            .collect();
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let item = |column| Expr::col((content_item::Entity, column));
        let revision = |column| Expr::col((content_revision::Entity, column));
        let mut select = Query::select();
        select
            .distinct()
            .from(Entity)
            .inner_join(
                content_revision::Entity,
                revision(content_revision::Column::Id).equals((Entity, Column::RevisionId)),
            )
            .inner_join(
                content_item::Entity,
                Condition::all()
                    .add(
                        item(content_item::Column::Id)
                            .equals((content_revision::Entity, content_revision::Column::ItemId)),
                    )
                    .add(
                        item(content_item::Column::PublishedRevisionId)
                            .equals((Entity, Column::RevisionId)),
                    ),
            )
            .column((content_item::Entity, content_item::Column::Id))
            .and_where(Expr::col((Entity, Column::TargetItemId)).is_in(named));
        let rows = self.contents.store().read().rows::<Entity>(select).await?;
        rows.iter()
            .map(|row| Ok(ItemId(row.try_get("", "id")?)))
            .collect()
    }
}
