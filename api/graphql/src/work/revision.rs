//! Revisions, and what differs between them.

use async_graphql::{Context, ID, Json, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::{
    content::{self, Revision, WorkItem},
    identity::Action,
    ids::RevisionId,
};
use serde_json::Value;

use super::item::readable;
use crate::{
    context::{RequestData, data},
    error::internal,
    filters::camel,
    global_id,
    objects::Content,
    view::{Reader, View},
};

/// A revision of content: who wrote what, when and why. It never changes (revisione).
#[derive(Clone, Debug)]
pub(crate) struct ContentRevision {
    item: WorkItem,
    revision: Revision,
    reader: Reader,
}

impl ContentRevision {
    pub(super) fn new(item: WorkItem, revision: Revision, reader: Reader) -> Self {
        Self {
            item,
            revision,
            reader,
        }
    }

    /// The revision with this id, for a caller who may read drafts of its type.
    pub(crate) async fn find(
        data: &RequestData,
        reader: Reader,
        id: RevisionId,
    ) -> Result<Option<Self>> {
        data.may(Action::ReadDrafts)?;
        let Some(revision) = data.revision(id).await? else {
            return Ok(None);
        };
        let item = readable(data, revision.item).await?;
        Ok(item.map(|item| Self::new(item, revision, reader)))
    }

    pub(super) fn place(&self) -> i32 {
        self.revision.number
    }
}

/// A revision of content: who wrote what, when and why. It never changes (revisione).
#[Object]
impl ContentRevision {
    /// Global id.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode_revision(municipality, self.revision.id))
    }

    /// 1 for the first revision of the content, 2 for the next (numero).
    async fn number(&self) -> i32 {
        self.revision.number
    }

    /// When it was written (data).
    async fn created_at(&self) -> DateTime<Utc> {
        self.revision.created_at
    }

    /// Who wrote it: `account:…`, `key:…`, or the name of a loader (autore).
    async fn author(&self) -> &str {
        &self.revision.author
    }

    /// Why it was written (nota).
    async fn note(&self) -> Option<&str> {
        self.revision.note.as_deref()
    }

    /// It is the one that readers see.
    async fn is_published(&self) -> bool {
        self.item.published == Some(self.revision.id)
    }

    /// It is the newest one.
    async fn is_newest(&self) -> bool {
        self.item.draft == Some(self.revision.id)
    }

    /// The body as it is stored, in all locales; its fields are named as in the files of the loader.
    async fn body(&self) -> Json<&Value> {
        Json(&self.revision.body)
    }

    /// The content as this revision has it.
    async fn content(&self) -> Option<Result<Content>> {
        let item = self.item.at(&self.revision).map_err(internal);
        let reader = self.reader.clone();
        let content = item.map(|item| Content::new(View { item, reader }));
        content.transpose()
    }
}

/// A field that differs between two revisions (differenza).
#[derive(SimpleObject)]
#[graphql(name = "ContentFieldChange")]
pub(crate) struct FieldChange {
    /// The field, such as `costs[1].value`, or `title.de` for the text of one locale.
    path: String,
    /// What it held; null when it was empty (prima).
    before: Option<Json<Value>>,
    /// What it holds; null when it is empty (dopo).
    after: Option<Json<Value>>,
}

impl From<content::FieldChange> for FieldChange {
    fn from(change: content::FieldChange) -> Self {
        Self {
            path: camel(&change.path),
            before: change.before.map(Json),
            after: change.after.map(Json),
        }
    }
}
