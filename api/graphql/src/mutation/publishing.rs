//! Publishing and unpublishing.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, Result, SimpleObject};
use municipio_domain::{
    audit::Deed,
    content::{self, ContentType},
    identity::Action,
    ids::ItemId,
};

use super::{UserError, authorise, lifecycle::dependents, named, outcome, target};
use crate::{
    context::data,
    error::internal,
    objects::Content,
    view::{Reader, View},
    work::ContentDependents,
};

#[derive(Default)]
pub(crate) struct PublishingMutation;

/// Content whose draft is published.
#[derive(InputObject)]
struct PublishInput {
    /// The content, by its global id.
    id: ID,
    /// The newest revision as the caller knows it; when there is a newer one, nothing changes and the answer
    /// is a `CONFLICT` (revisione attesa).
    expected_revision: Option<ID>,
}

/// Content that is taken off the public site.
#[derive(InputObject)]
struct UnpublishInput {
    /// The content, by its global id.
    id: ID,
    /// The newest revision as the caller knows it; when there is a newer one, nothing changes and the answer
    /// is a `CONFLICT` (revisione attesa).
    expected_revision: Option<ID>,
}

/// What publishing did.
#[derive(Default, SimpleObject)]
struct PublishPayload {
    /// The content as it is published; null when it was refused.
    content: Option<Content>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// What unpublishing did.
#[derive(Default, SimpleObject)]
#[graphql(complex)]
struct UnpublishPayload {
    #[graphql(skip)]
    done: Option<(ContentType, ItemId)>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[ComplexObject]
impl UnpublishPayload {
    /// What links to it, and how much; the links are kept, and not delivered until it is public again
    /// (dipendenze). For callers who may read drafts.
    async fn dependents(&self, ctx: &Context<'_>) -> Option<Result<ContentDependents>> {
        let (content_type, id) = self.done?;
        Some(dependents(ctx, content_type, id).await)
    }
}

#[Object]
impl PublishingMutation {
    /// Publishes the draft of content: readers see it at once (pubblica).
    async fn publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is published.")] input: PublishInput,
    ) -> Result<PublishPayload> {
        let data = data(ctx)?;
        data.may(Action::Publish)?;
        let (content_type, id) = named(data, &input.id)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let allowed = authorise(data, &transaction, &[Action::Publish], (content_type, id));
        if let Err(user_errors) = allowed.await? {
            return Ok(PublishPayload {
                user_errors,
                ..PublishPayload::default()
            });
        }
        let target = target(data, id, input.expected_revision.as_ref())?;
        let published =
            content::publish(&transaction, target, &data.tenant.locales, data.now()).await;
        if let Err(user_errors) = outcome(published)? {
            return Ok(PublishPayload {
                user_errors,
                ..PublishPayload::default()
            });
        }
        let deed = Deed::to("content.publish", input.id.as_str());
        data.commit(transaction, &deed).await?;
        let item = data.items([id]).await?.remove(&id);
        let reader = Reader::new(ctx, None)?;
        let view = item.map(|item| View { item, reader });
        Ok(PublishPayload {
            content: view.and_then(Content::new),
            user_errors: Vec::new(),
        })
    }

    /// Takes content off the public site; its draft and its links are kept (ritira dalla pubblicazione).
    async fn unpublish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is taken off.")] input: UnpublishInput,
    ) -> Result<UnpublishPayload> {
        let data = data(ctx)?;
        data.may(Action::Publish)?;
        let (content_type, id) = named(data, &input.id)?;
        let transaction = data.contents.begin().await.map_err(internal)?;
        let allowed = authorise(data, &transaction, &[Action::Publish], (content_type, id));
        if let Err(user_errors) = allowed.await? {
            return Ok(UnpublishPayload {
                done: None,
                user_errors,
            });
        }
        let target = target(data, id, input.expected_revision.as_ref())?;
        let done = content::unpublish(&transaction, target, data.now()).await;
        if let Err(user_errors) = outcome(done)? {
            return Ok(UnpublishPayload {
                done: None,
                user_errors,
            });
        }
        let deed = Deed::to("content.unpublish", input.id.as_str());
        data.commit(transaction, &deed).await?;
        Ok(UnpublishPayload {
            done: Some((content_type, id)),
            user_errors: Vec::new(),
        })
    }
}
