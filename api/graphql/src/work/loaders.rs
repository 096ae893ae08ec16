//! Look-ups of one level of a query, together.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};
use municipio_domain::{
    content::{
        Contents, Dependents, Lock, PreviewToken, Release, Revision, Scheduled, WorkItem,
        review::Review,
    },
    ids::{ItemId, PreviewTokenId, ReleaseId, RevisionId, WebhookDeliveryId, WebhookId},
    store::StoreError,
    webhooks::{Delivery, Webhook, Webhooks},
};

pub(crate) struct WorkLoader(pub(crate) Contents);

impl Loader<RevisionId> for WorkLoader {
    type Value = Revision;
    type Error = Arc<StoreError>;

    async fn load(&self, ids: &[RevisionId]) -> Result<HashMap<RevisionId, Revision>, Self::Error> {
        let revisions = self.0.revisions(ids).await.map_err(Arc::new)?;
        let revisions = revisions.into_iter();
        Ok(revisions.map(|revision| (revision.id, revision)).collect())
    }
}

impl Loader<ItemId> for WorkLoader {
    type Value = WorkItem;
    type Error = Arc<StoreError>;

    async fn load(&self, ids: &[ItemId]) -> Result<HashMap<ItemId, WorkItem>, Self::Error> {
        let items = self.0.work_items(ids).await.map_err(Arc::new)?;
        Ok(items.into_iter().map(|item| (item.id, item)).collect())
    }
}

/// The newest revisions of an item before a number, at most so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HistoryOf {
    pub(crate) item: ItemId,
    pub(crate) before: Option<i32>,
    pub(crate) size: u64,
}

impl Loader<HistoryOf> for WorkLoader {
    type Value = Vec<Revision>;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[HistoryOf],
    ) -> Result<HashMap<HistoryOf, Vec<Revision>>, Self::Error> {
        let mut groups: HashMap<_, Vec<_>> = HashMap::new();
        for key in keys {
            let group = groups.entry((key.before, key.size)).or_default();
            group.push(key.item);
        }
        let mut found = HashMap::new();
        for ((before, size), items) in groups {
            let histories = self.0.history(&items, before, size).await;
            for (item, revisions) in histories.map_err(Arc::new)? {
                let key = HistoryOf { item, before, size };
                found.insert(key, revisions);
            }
        }
        Ok(found)
    }
}

/// What is and was scheduled for an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SchedulesOf(pub(crate) ItemId);

impl Loader<SchedulesOf> for WorkLoader {
    type Value = Vec<Scheduled>;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[SchedulesOf],
    ) -> Result<HashMap<SchedulesOf, Vec<Scheduled>>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let schedules = self.0.schedules(&ids).await.map_err(Arc::new)?;
        let schedules = schedules.into_iter();
        Ok(schedules
            .map(|(id, schedules)| (SchedulesOf(id), schedules))
            .collect())
    }
}

/// Who works on an item at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LockOf(pub(crate) ItemId, pub(crate) DateTime<Utc>);

impl Loader<LockOf> for WorkLoader {
    type Value = Lock;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[LockOf]) -> Result<HashMap<LockOf, Lock>, Self::Error> {
        let Some(LockOf(_, now)) = keys.first().copied() else {
            return Ok(HashMap::new());
        };
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let locks = self.0.locks(&ids, now).await.map_err(Arc::new)?;
        let of_all = keys
            .iter()
            .filter_map(|key| Some((*key, locks.get(&key.0)?.clone())));
        Ok(of_all.collect())
    }
}

/// What links to an item, at most so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DependentsOf {
    pub(crate) item: ItemId,
    pub(crate) size: u64,
}

impl Loader<DependentsOf> for WorkLoader {
    type Value = Dependents;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[DependentsOf],
    ) -> Result<HashMap<DependentsOf, Dependents>, Self::Error> {
        let mut groups: HashMap<u64, Vec<ItemId>> = HashMap::new();
        for key in keys {
            groups.entry(key.size).or_default().push(key.item);
        }
        let mut found = HashMap::new();
        for (size, items) in groups {
            let dependents = self.0.dependents(&items, size).await;
            for (item, dependents) in dependents.map_err(Arc::new)? {
                found.insert(DependentsOf { item, size }, dependents);
            }
        }
        Ok(found)
    }
}

/// The review of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ReviewOf(pub(crate) ItemId);

impl Loader<ReviewOf> for WorkLoader {
    type Value = Review;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[ReviewOf]) -> Result<HashMap<ReviewOf, Review>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let reviews = self.0.reviews(&ids).await.map_err(Arc::new)?;
        let reviews = reviews.into_iter();
        Ok(reviews.map(|(id, review)| (ReviewOf(id), review)).collect())
    }
}

impl Loader<ReleaseId> for WorkLoader {
    type Value = Release;
    type Error = Arc<StoreError>;

    async fn load(&self, ids: &[ReleaseId]) -> Result<HashMap<ReleaseId, Release>, Self::Error> {
        let releases = self.0.releases_among(ids).await.map_err(Arc::new)?;
        let releases = releases.into_iter();
        Ok(releases.map(|release| (release.id, release)).collect())
    }
}

/// A preview token that is valid at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ValidToken(pub(crate) PreviewTokenId, pub(crate) DateTime<Utc>);

impl Loader<ValidToken> for WorkLoader {
    type Value = PreviewToken;
    type Error = Arc<StoreError>;

    /// A municipality has few: those that nobody asked for are read along.
    async fn load(
        &self,
        keys: &[ValidToken],
    ) -> Result<HashMap<ValidToken, PreviewToken>, Self::Error> {
        let Some(ValidToken(_, now)) = keys.first().copied() else {
            return Ok(HashMap::new());
        };
        let tokens = self.0.preview_tokens(now).await.map_err(Arc::new)?;
        let tokens = tokens.into_iter();
        Ok(tokens
            .map(|token| (ValidToken(token.id, now), token))
            .collect())
    }
}

impl Loader<WebhookId> for WorkLoader {
    type Value = Webhook;
    type Error = Arc<StoreError>;

    /// A municipality has few: those that nobody asked for are read along.
    async fn load(&self, _: &[WebhookId]) -> Result<HashMap<WebhookId, Webhook>, Self::Error> {
        let webhooks = Webhooks::from(&self.0).all().await.map_err(Arc::new)?;
        let webhooks = webhooks.into_iter();
        Ok(webhooks.map(|webhook| (webhook.id, webhook)).collect())
    }
}

impl Loader<WebhookDeliveryId> for WorkLoader {
    type Value = Delivery;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        ids: &[WebhookDeliveryId],
    ) -> Result<HashMap<WebhookDeliveryId, Delivery>, Self::Error> {
        let deliveries = Webhooks::from(&self.0).deliveries_among(ids).await;
        let deliveries = deliveries.map_err(Arc::new)?.into_iter();
        Ok(deliveries.map(|delivery| (delivery.id, delivery)).collect())
    }
}
