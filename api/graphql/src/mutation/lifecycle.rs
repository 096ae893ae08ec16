//! The life of content: archive and delete, and back; old revisions, copies and slugs.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    content::{self, ContentError, ContentType, LifeStep},
    identity::{Action, Subject},
    ids::ItemId,
};

use super::{UserError, authorise, change::note, named, outcome, target};
use crate::{
    context::{RequestData, data},
    error::internal,
    global_id, scalars,
    view::Reader,
    work::{ContentDependents, ContentItem, DependentsOf},
};

#[derive(Default)]
pub(crate) struct LifecycleMutation;

/// Content whose state changes (cambio di stato).
#[derive(InputObject)]
struct ContentStateInput {
    /// The content, by its global id.
    id: ID,
    /// The newest revision as the caller knows it; when there is a newer one, nothing changes and the answer
    /// is a `CONFLICT` (revisione attesa).
    expected_revision: Option<ID>,
}

/// An old revision whose text is taken up again (ripristino di una revisione).
#[derive(InputObject)]
struct RestoreRevisionInput {
    /// The content, by its global id.
    id: ID,
    /// The revision, by its global id.
    revision: ID,
    /// Why (nota).
    note: Option<String>,
    /// The newest revision as the caller knows it; when there is a newer one, nothing changes and the answer
    /// is a `CONFLICT` (revisione attesa).
    expected_revision: Option<ID>,
}

/// Content that gets another slug (cambio di indirizzo).
#[derive(InputObject)]
struct MoveSlugInput {
    /// The content, by its global id.
    id: ID,
    /// The locale whose address changes (lingua).
    locale: scalars::Locale,
    /// The new slug.
    slug: scalars::Slug,
    /// The newest revision as the caller knows it; when there is a newer one, nothing changes and the answer
    /// is a `CONFLICT` (revisione attesa).
    expected_revision: Option<ID>,
}

/// What became of the content (esito).
#[derive(Default, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ContentStatePayload {
    #[graphql(skip)]
    done: Option<(ContentType, ItemId)>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[ComplexObject]
impl ContentStatePayload {
    /// The content as it stands now; null when it was refused. For callers who may read drafts.
    async fn content_item(&self, ctx: &Context<'_>) -> Option<Result<ContentItem>> {
        let (content_type, id) = self.done?;
        let read = async || {
            let reader = Reader::new(ctx, None)?;
            ContentItem::of_type(data(ctx)?, reader, content_type, id).await
        };
        read().await.transpose()
    }

    /// What links to it, and how much: what changes for readers when it leaves the public site (dipendenze).
    async fn dependents(&self, ctx: &Context<'_>) -> Option<Result<ContentDependents>> {
        let (content_type, id) = self.done?;
        Some(dependents(ctx, content_type, id).await)
    }
}

/// What links to content, for a caller who may read drafts.
pub(super) async fn dependents(
    ctx: &Context<'_>,
    content_type: ContentType,
    id: ItemId,
) -> Result<ContentDependents> {
    let data = data(ctx)?;
    data.authorise(Action::ReadDrafts, &Subject::of_type(content_type))?;
    let of = DependentsOf { item: id, size: 20 };
    let reader = Reader::new(ctx, None)?;
    let dependents = data.dependents(of).await?;
    Ok(ContentDependents::new(data, dependents, &reader))
}

impl ContentStatePayload {
    pub(super) fn done(content_type: ContentType, id: ItemId) -> Self {
        Self {
            done: Some((content_type, id)),
            user_errors: Vec::new(),
        }
    }

    pub(super) fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            done: None,
            user_errors,
        }
    }
}

/// Runs an operation that changes where content stands.
macro_rules! change {
    ($ctx:ident, $input:ident, $action:expr, $deed:literal, $operation:expr) => {{
        let data = data($ctx)?;
        data.may($action)?;
        let (content_type, id) = named(data, &$input.id)?;
        let target = target(data, id, $input.expected_revision.as_ref())?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let allowed = authorise(data, &transaction, &[$action], (content_type, id));
        if let Err(user_errors) = allowed.await? {
            return Ok(ContentStatePayload::refused(user_errors));
        }
        let done: Result<_, ContentError> = $operation(data, &transaction, target).await;
        if let Err(user_errors) = outcome(done)? {
            return Ok(ContentStatePayload::refused(user_errors));
        }
        data.commit(transaction, &Deed::to($deed, $input.id.as_str()))
            .await?;
        Ok(ContentStatePayload::done(content_type, id))
    }};
}
pub(super) use change;

#[Object]
impl LifecycleMutation {
    /// Archives content: it leaves the public site and the lists of those who work, and is kept; what was
    /// scheduled for it is called off (archivia).
    async fn archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is archived.")] input: ContentStateInput,
    ) -> Result<ContentStatePayload> {
        change!(
            ctx,
            input,
            Action::Publish,
            "content.archive",
            async |data: &RequestData, transaction, target| {
                content::move_on(transaction, target, LifeStep::Archive, data.now()).await
            }
        )
    }

    /// Brings archived content back, as a draft (ripristina dall'archivio).
    async fn unarchive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is brought back.")] input: ContentStateInput,
    ) -> Result<ContentStatePayload> {
        change!(
            ctx,
            input,
            Action::Publish,
            "content.unarchive",
            async |data: &RequestData, transaction, target| {
                content::move_on(transaction, target, LifeStep::Unarchive, data.now()).await
            }
        )
    }

    /// Deletes content: it leaves the public site, and can be restored for 90 days. Links to it are kept, and
    /// not delivered; `dependents` tells them (elimina).
    async fn delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is deleted.")] input: ContentStateInput,
    ) -> Result<ContentStatePayload> {
        change!(
            ctx,
            input,
            Action::Delete,
            "content.delete",
            async |data: &RequestData, transaction, target| {
                content::move_on(transaction, target, LifeStep::Delete, data.now()).await
            }
        )
    }

    /// Brings deleted content back, as a draft, or archived if it was (ripristina).
    async fn restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is brought back.")] input: ContentStateInput,
    ) -> Result<ContentStatePayload> {
        change!(
            ctx,
            input,
            Action::Delete,
            "content.restore",
            async |data: &RequestData, transaction, target| {
                content::move_on(transaction, target, LifeStep::Restore, data.now()).await
            }
        )
    }

    /// Takes the text of an old revision up again, as a new one; nothing is published (ripristina la revisione).
    async fn restore_revision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is taken up again.")] input: RestoreRevisionInput,
    ) -> Result<ContentStatePayload> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        let revision = global_id::decode_revision(&input.revision, municipality, "input.revision")?;
        let note = match note(input.note.clone()) {
            Ok(note) => note,
            Err(errors) => return Ok(ContentStatePayload::refused(errors)),
        };
        change!(
            ctx,
            input,
            Action::Update,
            "content.restore_revision",
            async |data: &RequestData, transaction, target| {
                let author = data.caller.author();
                content::restore_revision(transaction, target, revision, author, note, data.now())
                    .await
            }
        )
    }

    /// Makes new content of the newest text of other content; it is a draft with slugs of its own, and its
    /// title says that it is a copy (duplica).
    async fn duplicate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is copied.")] input: ContentStateInput,
    ) -> Result<ContentStatePayload> {
        let data = data(ctx)?;
        const COPY: [Action; 2] = [Action::ReadDrafts, Action::Create];
        COPY.iter().try_for_each(|action| data.may(*action))?;
        let (content_type, id) = named(data, &input.id)?;
        let target = target(data, id, input.expected_revision.as_ref())?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let allowed = authorise(data, &transaction, &COPY, (content_type, id));
        if let Err(user_errors) = allowed.await? {
            return Ok(ContentStatePayload::refused(user_errors));
        }
        let author = data.caller.author();
        let made = content::duplicate(&transaction, target, author, data.now()).await;
        let copy = match outcome(made)? {
            Ok(copy) => copy,
            Err(user_errors) => return Ok(ContentStatePayload::refused(user_errors)),
        };
        let subject = global_id::encode(content_type, &data.tenant.ipa_code, copy);
        data.commit(
            transaction,
            &Deed::to("content.duplicate", subject.as_str()),
        )
        .await?;
        Ok(ContentStatePayload::done(content_type, copy))
    }

    /// Gives content another slug in a locale. If it is public its address changes at once, and the old one
    /// leads to it for good; its text is not published anew (cambia l'indirizzo).
    async fn move_slug(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What gets which slug.")] input: MoveSlugInput,
    ) -> Result<ContentStatePayload> {
        let locale = data(ctx)?.locale(Some(input.locale.0.clone()))?;
        let slug = input.slug.0.clone();
        change!(
            ctx,
            input,
            Action::Publish,
            "content.move_slug",
            async |data: &RequestData, transaction, target| {
                content::move_slug(transaction, target, &locale, &slug, data.now()).await
            }
        )
    }
}
