//! An item as those who edit it see it.

use async_graphql::{Context, Enum, ID, Object, Result};
use chrono::{DateTime, Utc};
use municipio_domain::{
    content::{self, ItemState, WorkItem, diff},
    identity::{Action, Subject},
    ids::{ItemId, RevisionId},
};

use super::{
    dependents::ContentDependents,
    list::ContentRevisionConnection,
    loaders::{DependentsOf, HistoryOf, LockOf, ReviewOf, SchedulesOf},
    review::ContentReview,
    revision::{ContentRevision, FieldChange},
    schedule::{ContentLock, ContentSchedule},
};
use crate::{
    connection::page_size,
    context::{RequestData, data},
    error::{ErrorCode, internal},
    global_id,
    notification::AppIoSheet,
    objects::{Content, ContentTypeName, PublishReport},
    view::{Reader, View},
};

/// Where content stands (stato).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ItemState")]
pub(crate) enum ContentStatus {
    /// It is not public: never published, or taken off (bozza).
    Draft,
    /// It is public, and its newest revision is the one that readers see (pubblicato).
    Published,
    /// It is public, and has a newer revision that readers do not see (modificato).
    Changed,
    /// It is kept, not public, and out of the way (archiviato).
    Archived,
    /// It was deleted, and can be restored (eliminato).
    Deleted,
}

/// Content as those who edit it see it: where it stands, its draft beside what is published, its history and
/// its plans (contenuto in lavorazione).
#[derive(Clone, Debug)]
pub(crate) struct ContentItem {
    item: WorkItem,
    reader: Reader,
}

impl ContentItem {
    pub(crate) fn new(item: WorkItem, reader: Reader) -> Self {
        Self { item, reader }
    }

    /// The item with this id, for a caller who may read drafts of its type.
    pub(crate) async fn find(
        data: &RequestData,
        reader: Reader,
        id: ItemId,
    ) -> Result<Option<Self>> {
        let item = readable(data, id).await?;
        Ok(item.map(|item| Self::new(item, reader)))
    }

    /// The same of content of this type.
    pub(crate) async fn of_type(
        data: &RequestData,
        reader: Reader,
        content_type: content::ContentType,
        id: ItemId,
    ) -> Result<Option<Self>> {
        data.authorise(Action::ReadDrafts, &Subject::of_type(content_type))?;
        let item = data.work_item(id).await?;
        let item = item.filter(|item| item.content_type == content_type);
        Ok(item.map(|item| Self::new(item, reader)))
    }

    async fn at(&self, ctx: &Context<'_>, id: Option<RevisionId>) -> Result<Option<View>> {
        let Some(id) = id else { return Ok(None) };
        let Some(revision) = data(ctx)?.revision(id).await? else {
            return Ok(None);
        };
        let item = self.item.at(&revision).map_err(internal)?;
        let reader = self.reader.clone();
        Ok(Some(View { item, reader }))
    }

    async fn revision(
        &self,
        ctx: &Context<'_>,
        id: Option<RevisionId>,
    ) -> Result<Option<ContentRevision>> {
        let Some(id) = id else { return Ok(None) };
        let revision = data(ctx)?.revision(id).await?;
        Ok(revision
            .map(|revision| ContentRevision::new(self.item.clone(), revision, self.reader.clone())))
    }

    /// The revision of this item that an argument names.
    async fn named(
        &self,
        ctx: &Context<'_>,
        id: Option<ID>,
        otherwise: Option<RevisionId>,
        argument: &str,
    ) -> Result<Option<content::Revision>> {
        let data = data(ctx)?;
        let id = match &id {
            None => otherwise,
            Some(id) => Some(global_id::decode_revision(
                id,
                &data.tenant.ipa_code,
                argument,
            )?),
        };
        let Some(id) = id else { return Ok(None) };
        let found = data.revision(id).await?;
        match found.filter(|revision| revision.item == self.item.id) {
            Some(revision) => Ok(Some(revision)),
            None => {
                let message = "the content has no such revision";
                Err(ErrorCode::InvalidId.about(argument, message))
            }
        }
    }
}

/// An item whose drafts the caller may read.
pub(super) async fn readable(data: &RequestData, id: ItemId) -> Result<Option<WorkItem>> {
    data.may(Action::ReadDrafts)?;
    let item = data.work_item(id).await?;
    if let Some(item) = &item {
        data.authorise(Action::ReadDrafts, &Subject::of_type(item.content_type))?;
    }
    Ok(item)
}

/// The global id of the content of an item, while it is there.
pub(crate) async fn content_id(ctx: &Context<'_>, id: ItemId) -> Result<Option<ID>> {
    let data = data(ctx)?;
    let item = data.work_item(id).await?;
    let municipality = &data.tenant.ipa_code;
    Ok(item.map(|item| global_id::encode(item.content_type, municipality, item.id)))
}

/// Content as those who edit it see it: where it stands, its draft beside what is published, its history and
/// its plans (contenuto in lavorazione).
#[Object]
impl ContentItem {
    /// The global id of this view of the content, for caches of clients. Mutations take `contentId`.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        Ok(global_id::encode_work(
            &data(ctx)?.tenant.ipa_code,
            self.item.id,
        ))
    }

    /// The global id of the content.
    async fn content_id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode(
            self.item.content_type,
            municipality,
            self.item.id,
        ))
    }

    /// The type of the content (tipo).
    #[graphql(name = "type")]
    async fn kind(&self) -> ContentTypeName {
        self.item.content_type.into()
    }

    /// Where it stands (stato).
    async fn status(&self) -> ContentStatus {
        self.item.state.into()
    }

    /// Title of the draft, in the locale of the read or in the fallback (titolo).
    async fn title(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let view = self.at(ctx, self.item.draft).await;
        let title = |view: View| view.text(&view.item.body.title());
        view.map(|view| view.and_then(title)).transpose()
    }

    /// The content as its newest revision has it (bozza).
    async fn draft(&self, ctx: &Context<'_>) -> Option<Result<Content>> {
        let view = self.at(ctx, self.item.draft).await;
        view.map(|view| view.and_then(Content::new)).transpose()
    }

    /// The content as readers see it; null when it is not public (versione pubblicata).
    async fn published(&self, ctx: &Context<'_>) -> Option<Result<Content>> {
        let view = self.at(ctx, self.item.published).await;
        view.map(|view| view.and_then(Content::new)).transpose()
    }

    /// The newest revision: the one to give as `expectedRevision`.
    async fn draft_revision(&self, ctx: &Context<'_>) -> Option<Result<ContentRevision>> {
        self.revision(ctx, self.item.draft).await.transpose()
    }

    /// The revision that readers see.
    async fn published_revision(&self, ctx: &Context<'_>) -> Option<Result<ContentRevision>> {
        self.revision(ctx, self.item.published).await.transpose()
    }

    /// All revisions, the newest first (cronologia).
    async fn revisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100, 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Only revisions after this place.")] after: Option<String>,
    ) -> Result<ContentRevisionConnection> {
        let data = data(ctx)?;
        let size = page_size(first, "first")?;
        let before = ContentRevisionConnection::place(data, after.as_deref())?;
        let key = HistoryOf {
            item: self.item.id,
            before,
            size: size + 1,
        };
        let found = data.history(key).await?;
        let revisions = found
            .into_iter()
            .map(|revision| ContentRevision::new(self.item.clone(), revision, self.reader.clone()));
        Ok(ContentRevisionConnection::new(
            data,
            revisions.collect(),
            size,
            before.is_some(),
        ))
    }

    /// What differs between two revisions, field by field (differenze).
    async fn diff(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The older revision; the published one when left out.")] from: Option<ID>,
        #[graphql(desc = "The newer revision; the newest when left out.")] to: Option<ID>,
    ) -> Result<Vec<FieldChange>> {
        let from = self.named(ctx, from, self.item.published, "from").await?;
        let to = self.named(ctx, to, self.item.draft, "to").await?;
        let body = |revision: Option<content::Revision>| match revision {
            None => serde_json::json!({}),
            Some(revision) => revision.body,
        };
        let changes = diff(self.item.content_type, &body(from), &body(to)).into_iter();
        Ok(changes.map(FieldChange::from).collect())
    }

    /// What the publishing rules say of the draft (rapporto di pubblicazione).
    async fn publish_report(&self, ctx: &Context<'_>) -> Option<Result<PublishReport>> {
        let read = async || match self.at(ctx, self.item.draft).await? {
            None => Ok(None),
            Some(view) => view.publish_report(ctx).await.map(Some),
        };
        read().await.transpose()
    }

    /// How a service stands in App IO; null when it is not linked (scheda servizio su App IO).
    async fn app_io_sheet(&self, ctx: &Context<'_>) -> Option<Result<AppIoSheet>> {
        let read = async || -> Result<Option<AppIoSheet>> {
            if self.item.content_type != content::ContentType::Service {
                return Ok(None);
            }
            let sheet = data(ctx)?.sheet_of(self.item.id).await?;
            Ok(sheet.map(AppIoSheet::from))
        };
        read().await.transpose()
    }

    /// What is and was scheduled, the latest first (pubblicazioni programmate).
    async fn schedules(&self, ctx: &Context<'_>) -> Result<Vec<ContentSchedule>> {
        let schedules = data(ctx)?.schedules(SchedulesOf(self.item.id)).await?;
        let schedules = schedules.into_iter();
        Ok(schedules
            .map(|scheduled| {
                ContentSchedule::new(scheduled, self.item.clone(), self.reader.clone())
            })
            .collect())
    }

    /// The review of its newest revision, or of an earlier one: see `revisionId`; null when it was never
    /// submitted (revisione redazionale).
    async fn review(&self, ctx: &Context<'_>) -> Option<Result<ContentReview>> {
        let read = async || -> Result<Option<ContentReview>> {
            let review = data(ctx)?.review_of(ReviewOf(self.item.id)).await?;
            Ok(review.map(ContentReview))
        };
        read().await.transpose()
    }

    /// Who says to be at work on it; it keeps nobody from writing (in lavorazione da).
    async fn lock(&self, ctx: &Context<'_>) -> Option<Result<ContentLock>> {
        let read = async || -> Result<Option<ContentLock>> {
            let data = data(ctx)?;
            let lock = data.lock_of(LockOf(self.item.id, data.now())).await?;
            Ok(lock.map(ContentLock::from))
        };
        read().await.transpose()
    }

    /// What links to it, published or in drafts: what changes when it leaves (dipendenze).
    async fn dependents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100, 20 by default.")] first: Option<i32>,
    ) -> Result<ContentDependents> {
        let key = DependentsOf {
            item: self.item.id,
            size: page_size(first, "first")?,
        };
        let data = data(ctx)?;
        let dependents = data.dependents(key).await?;
        Ok(ContentDependents::new(data, dependents, &self.reader))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.item.created_at
    }

    /// When it was last edited.
    async fn edited_at(&self) -> DateTime<Utc> {
        self.item.edited_at
    }

    /// When it was first published (data di pubblicazione).
    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.item.published_at
    }

    /// Since when it is archived.
    async fn archived_at(&self) -> Option<DateTime<Utc>> {
        self.item.archived_at
    }

    /// Since when it is deleted.
    async fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.item.deleted_at
    }
}
