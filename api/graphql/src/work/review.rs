//! Reviews, and what waits for the caller.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use municipio_domain::{
    content::{
        ContentType,
        review::{self, ReviewState, Reviewed, WorkList},
    },
    identity::{Action, Subject},
};

use super::item::ContentItem;
use crate::{
    connection::page_size,
    context::{RequestData, data},
    error::{denied, internal},
    global_id,
    objects::ContentTypeName,
    view::Reader,
};

/// Where a review stands (stato della revisione).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ReviewState")]
pub(crate) enum ReviewStatus {
    /// It waits for somebody to look at it (in attesa).
    Submitted,
    /// Exactly this revision may be published (approvata).
    Approved,
    /// It went back to who submitted it (respinta).
    Rejected,
}

/// The review of a revision (revisione redazionale).
#[derive(Clone, Debug)]
pub(crate) struct ContentReview(pub(crate) review::Review);

/// The review of a revision (revisione redazionale).
#[Object]
impl ContentReview {
    /// The global id of the revision that was submitted.
    async fn revision_id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode_revision(municipality, self.0.revision))
    }

    /// Where it stands (stato).
    async fn status(&self) -> ReviewStatus {
        self.0.state.into()
    }

    /// Who submitted it: `account:` and the id of the account, or `key:` and that of a key (inviata da).
    async fn submitted_by(&self) -> &str {
        &self.0.submitted_by
    }

    /// When it was submitted (inviata il).
    async fn submitted_at(&self) -> DateTime<Utc> {
        self.0.submitted_at
    }

    /// Who is to look at it; anybody who may when null (assegnatario).
    async fn assignee(&self) -> Option<&str> {
        self.0.assignee.as_deref()
    }

    /// Who approved or rejected it (decisa da).
    async fn decided_by(&self) -> Option<&str> {
        self.0.decided_by.as_deref()
    }

    /// When it was approved or rejected (decisa il).
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.decided_at
    }

    /// What was said about it (commento).
    async fn comment(&self) -> Option<&str> {
        self.0.comment.as_deref()
    }
}

/// Whether content of a type is published with four eyes alone (regola dei quattro occhi).
#[derive(SimpleObject)]
pub(crate) struct ReviewRule {
    /// The type.
    pub(crate) content_type: ContentTypeName,
    /// Publishing needs the approval of somebody who did not write the revision.
    pub(crate) four_eyes: bool,
}

impl ReviewRule {
    /// The rules of all types, for who may see drafts.
    pub(crate) async fn all(ctx: &Context<'_>) -> Result<Vec<Self>> {
        let data = data(ctx)?;
        data.authorise(Action::ReadDrafts, &Subject::WHOLE)?;
        let strict = data.contents.four_eyes().await.map_err(internal)?;
        let rules = ContentType::ALL.iter().map(|content_type| Self {
            content_type: (*content_type).into(),
            four_eyes: strict.contains(content_type),
        });
        Ok(rules.collect())
    }
}

/// Content that waits for somebody, with its review.
#[derive(SimpleObject)]
pub(crate) struct WorkEntry {
    /// The content.
    content: ContentItem,
    /// Its review; null when it was never submitted (revisione).
    review: Option<ContentReview>,
}

/// What waits for the caller (le mie attività), what was edited last first.
pub(crate) struct MyWork {
    reader: Reader,
}

impl MyWork {
    /// The work of the caller, who may read drafts of some type.
    pub(crate) fn of(ctx: &Context<'_>, reader: Reader) -> Result<Self> {
        let types = data(ctx)?.caller.types(Action::ReadDrafts);
        types.map_err(denied)?;
        Ok(Self { reader })
    }

    async fn list(
        &self,
        data: &RequestData,
        list: WorkList<'_>,
        first: Option<i32>,
    ) -> Result<Vec<WorkEntry>> {
        let size = page_size(first, "first")?;
        let found = data.contents.my_work(&list, size).await.map_err(internal)?;
        let readable = data.caller.types(Action::ReadDrafts).map_err(denied)?;
        let found = found.into_iter();
        let found = found.filter(|found| readable.contains(&found.item.content_type));
        let entries = found.map(|Reviewed { item, review }| WorkEntry {
            content: ContentItem::new(item, self.reader.clone()),
            review: review.map(ContentReview),
        });
        Ok(entries.collect())
    }
}

/// What waits for the caller (le mie attività), what was edited last first.
#[Object]
impl MyWork {
    /// Submitted, and assigned to the caller (assegnati a me).
    async fn assigned_to_me(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 20 by default.")] first: Option<i32>,
    ) -> Result<Vec<WorkEntry>> {
        let data = data(ctx)?;
        let me = data.caller.author();
        self.list(data, WorkList::AssignedTo(&me), first).await
    }

    /// Submitted by others, assigned to nobody, and of a type that the caller may review (da revisionare).
    async fn waiting_for_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 20 by default.")] first: Option<i32>,
    ) -> Result<Vec<WorkEntry>> {
        let data = data(ctx)?;
        let me = data.caller.author();
        let types = data.caller.types(Action::Review).unwrap_or_default();
        self.list(data, WorkList::WaitingFor(&me, &types), first)
            .await
    }

    /// Sent back to the caller, and not changed since (respinti).
    async fn rejected(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 20 by default.")] first: Option<i32>,
    ) -> Result<Vec<WorkEntry>> {
        let data = data(ctx)?;
        let me = data.caller.author();
        self.list(data, WorkList::RejectedTo(&me), first).await
    }

    /// Whose newest revision the caller wrote, and that readers do not see (le mie bozze).
    async fn drafts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 20 by default.")] first: Option<i32>,
    ) -> Result<Vec<WorkEntry>> {
        let data = data(ctx)?;
        let me = data.caller.author();
        self.list(data, WorkList::DraftsOf(&me), first).await
    }
}
