//! Releases: changes that are published together.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    ComplexObject, Context, Enum, ID, Object, Result, SimpleObject, connection::PageInfo,
    dataloader::Loader,
};
use chrono::{DateTime, Utc};
use municipio_domain::{
    content::{
        self, InvalidCursor, ReleaseAction, ReleaseIssue, ReleasedChange, decode_key, encode_key,
    },
    identity::{Action, Subject},
    ids::{ItemId, ReleaseId},
    store::StoreError,
};

use crate::{
    connection::{Part, places},
    context::{RequestData, data},
    error::internal,
    filters::camel,
    global_id::{self, Kind},
    objects::ContentTypeName,
    work::{WorkLoader, content_id},
};

/// What has become of a release (stato del rilascio).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "content::ReleaseStatus")]
pub(crate) enum ReleaseStatus {
    /// It is being put together (in preparazione).
    Open,
    /// It will be published at a time (programmato).
    Scheduled,
    /// It was published (pubblicato).
    Published,
    /// It was to be published, and could not be; it is open again (respinto).
    Refused,
    /// It was published and taken back (annullato).
    RolledBack,
}

/// What a release does to content (azione).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ReleaseActionName {
    /// A revision is published (pubblica).
    Publish,
    /// It is taken off the public site (ritira).
    Unpublish,
}

/// Changes that are published together, or not at all (rilascio).
#[derive(Clone, Debug)]
pub(crate) struct Release(pub(crate) content::Release);

/// The changes of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ChangesOf(pub(crate) ReleaseId);

/// What keeps a release from being published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ReportOf(pub(crate) ReleaseId);

type Changes = Vec<ReleasedChange>;

impl Loader<ChangesOf> for WorkLoader {
    type Value = Changes;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[ChangesOf]) -> Result<HashMap<ChangesOf, Changes>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = self.0.release_changes(&ids).await.map_err(Arc::new)?;
        let found = found.into_iter();
        Ok(found
            .map(|(id, changes)| (ChangesOf(id), changes))
            .collect())
    }
}

impl Loader<ReportOf> for WorkLoader {
    type Value = Vec<ReleaseIssue>;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[ReportOf],
    ) -> Result<HashMap<ReportOf, Vec<ReleaseIssue>>, Self::Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = self.0.release_reports(&ids).await.map_err(Arc::new)?;
        let found = found.into_iter();
        Ok(found.map(|(id, report)| (ReportOf(id), report)).collect())
    }
}

impl Release {
    /// The release with this id, for a caller who may read drafts.
    pub(crate) async fn find(data: &RequestData, id: ReleaseId) -> Result<Option<Self>> {
        data.authorise(Action::ReadDrafts, &Subject::WHOLE)?;
        Self::read(data, id).await
    }

    pub(crate) async fn read(data: &RequestData, id: ReleaseId) -> Result<Option<Self>> {
        Ok(data.release(id).await?.map(Self))
    }

    /// Reads the global id of a release.
    pub(crate) fn read_id(data: &RequestData, id: &ID, argument: &str) -> Result<ReleaseId> {
        global_id::decode_as(id, Kind::Release, &data.tenant.ipa_code, argument).map(ReleaseId)
    }

    fn global_id(&self, data: &RequestData) -> ID {
        global_id::encode_as(Kind::Release, &data.tenant.ipa_code, self.0.id)
    }
}

/// Changes that are published together, or not at all (rilascio).
#[Object]
impl Release {
    /// Its global id; `release=` and this id is the perspective that shows it: what will be public with it, and
    /// once it is published, what was public at that moment. One that was rolled back is not shown.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        Ok(self.global_id(data(ctx)?))
    }

    /// What it is called (nome).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for (nota).
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// What has become of it (stato).
    async fn status(&self) -> ReleaseStatus {
        self.0.status.into()
    }

    /// When it will be published, while it is scheduled (data di pubblicazione).
    async fn publish_at(&self) -> Option<DateTime<Utc>> {
        self.0.due_at
    }

    /// Who made it: `account:…` or `key:…` (autore).
    async fn author(&self) -> &str {
        &self.0.author
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was published, refused or rolled back.
    async fn settled_at(&self) -> Option<DateTime<Utc>> {
        self.0.settled_at
    }

    /// What it changes (modifiche).
    async fn changes(&self, ctx: &Context<'_>) -> Result<Vec<ReleaseItem>> {
        let data = data(ctx)?;
        let changes = data.release_changes(ChangesOf(self.0.id)).await?;
        let changes = changes.into_iter();
        Ok(changes
            .map(|released| ReleaseItem::new(data, released))
            .collect())
    }

    /// What keeps it from being published, by the rules of today and as far as it can be told without trying;
    /// nothing when it could be, or was: then `changes` tell what it did (rapporto).
    async fn report(&self, ctx: &Context<'_>) -> Result<Vec<ReleaseProblem>> {
        let data = data(ctx)?;
        if !self.0.status.is_open() {
            return Ok(Vec::new());
        }
        let report = data.release_report(ReportOf(self.0.id)).await?;
        Ok(problems(data, &report))
    }

    /// Why it was refused when its time came (motivi).
    async fn refusal(&self, ctx: &Context<'_>) -> Result<Vec<ReleaseProblem>> {
        Ok(problems(data(ctx)?, &self.0.report))
    }
}

/// What a release does to one content (modifica).
#[derive(SimpleObject)]
pub(crate) struct ReleaseItem {
    /// The global id of the `ContentItem` that changes (contenuto).
    item_id: ID,
    /// The global id of the content.
    content_id: ID,
    /// Its type (tipo).
    #[graphql(name = "type")]
    content_type: ContentTypeName,
    /// What happens to it (azione).
    action: ReleaseActionName,
    /// The revision that is published (revisione).
    revision_id: Option<ID>,
    /// The revision that was public before the release was published; null before, and when none was (revisione
    /// precedente).
    previous_revision_id: Option<ID>,
    /// It may take the place of a newer revision that is public (sostituisce una revisione più recente).
    replaces_newer: bool,
}

impl ReleaseItem {
    fn new(data: &RequestData, released: ReleasedChange) -> Self {
        let (change, content_type) = (released.change, released.content_type);
        let municipality = &data.tenant.ipa_code;
        let (action, revision) = match change.action {
            ReleaseAction::Publish(revision) => (ReleaseActionName::Publish, revision),
            ReleaseAction::Unpublish => (ReleaseActionName::Unpublish, None),
        };
        let shown = |id| global_id::encode_revision(municipality, id);
        Self {
            item_id: global_id::encode_work(municipality, change.item),
            content_id: global_id::encode(content_type, municipality, change.item),
            content_type: content_type.into(),
            action,
            revision_id: revision.map(shown),
            previous_revision_id: released.previous.map(shown),
            replaces_newer: change.replaces_newer,
        }
    }
}

/// Something that keeps a release from being published or rolled back (problema).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ReleaseProblem {
    #[graphql(skip)]
    item: Option<ItemId>,
    /// The global id of the `ContentItem`; null when it is about the release as a whole (contenuto).
    item_id: Option<ID>,
    /// What it is, such as `HOW_TO_MISSING` or `NEWER_PUBLISHED`.
    code: String,
    /// The field, such as `costs[1].description`; null for the whole.
    path: Option<String>,
    /// What is wrong.
    message: String,
}

/// Something that keeps a release from being published or rolled back (problema).
#[ComplexObject]
impl ReleaseProblem {
    /// The global id of the content; null when it is not there any more (contenuto).
    async fn content_id(&self, ctx: &Context<'_>) -> Option<Result<ID>> {
        content_id(ctx, self.item?).await.transpose()
    }
}

pub(crate) fn problems(data: &RequestData, report: &[ReleaseIssue]) -> Vec<ReleaseProblem> {
    let problems = report.iter().map(|issue| ReleaseProblem {
        item: issue.item,
        item_id: issue
            .item
            .map(|item| global_id::encode_work(&data.tenant.ipa_code, item)),
        code: issue.code.clone(),
        path: (!issue.path.is_empty()).then(|| camel(&issue.path)),
        message: issue.message.clone(),
    });
    problems.collect()
}

/// A part of the list of releases (Relay connection): at most 100, the newest first.
#[derive(SimpleObject)]
pub(crate) struct ReleaseConnection {
    /// The releases with their places.
    edges: Vec<ReleaseEdge>,
    /// The releases alone.
    nodes: Vec<Release>,
    /// Whether there is more, and how to go on.
    page_info: PageInfo,
}

/// A release with its place in the list.
#[derive(SimpleObject)]
pub(crate) struct ReleaseEdge {
    /// The place, for `after` and `before`.
    cursor: String,
    /// The release.
    node: Release,
}

impl ReleaseConnection {
    pub(crate) async fn read(ctx: &Context<'_>, part: Part) -> Result<Self> {
        let data = data(ctx)?;
        data.authorise(Action::ReadDrafts, &Subject::WHOLE)?;
        let municipality = &data.tenant.ipa_code;
        let window = part.window(|text| {
            let key = decode_key(text, content::Release::TYPE_NAME, municipality)?;
            key.parse().map_err(|_| InvalidCursor::Malformed)
        })?;
        let page = data.contents.releases(&window).await.map_err(internal)?;
        let cursor =
            |id: &ReleaseId| encode_key(content::Release::TYPE_NAME, &id.to_string(), municipality);
        let page_info = places(Some(&page), cursor);
        let entries = page.entries.into_iter();
        let edges = entries.map(|(id, release)| ReleaseEdge {
            cursor: cursor(&id),
            node: Release(release),
        });
        let edges: Vec<_> = edges.collect();
        Ok(Self {
            nodes: edges.iter().map(|edge| edge.node.clone()).collect(),
            edges,
            page_info,
        })
    }
}
