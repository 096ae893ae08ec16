//! The subscription roots: what is told as it happens.

use async_graphql::{Context, Enum, ID, Object, Result, Subscription};
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt, future::ready};
use municipio_domain::{
    content::{self, Change, ContentType},
    ids::ItemId,
};

use crate::{
    context::{RequestData, data},
    error::{cursor, internal},
    global_id,
    objects::{Content, ContentTypeName},
    scalars,
    view::{Reader, View},
};

/// Everything that can be followed as it happens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subscription;

/// Everything that can be followed as it happens: over WebSocket (graphql-transport-ws) or as
/// server-sent events (graphql-sse).
#[Subscription]
impl Subscription {
    /// Content that is published, published anew, or taken off the public site, in the order in which
    /// it happens: for the caches of portals and editors (contenuti modificati).
    async fn content_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of these types; of all when left out.")] types: Option<
            Vec<ContentTypeName>,
        >,
        #[graphql(desc = "These items alone, by their global ids; at most 100.")] ids: Option<
            Vec<ID>,
        >,
        #[graphql(
            desc = "Begin after this change: the `cursor` of the last one seen, after a lost connection. From now on when left out."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<ContentChange>> + use<>> {
        let data = data(ctx)?;
        let items = ids.map(|ids| item_ids(data, &ids)).transpose()?;
        let types: Option<Vec<ContentType>> =
            types.map(|types| types.into_iter().map(Into::into).collect());
        let last = data.contents.last_change().await.map_err(internal)?;
        let begin = match after {
            None => last,
            Some(text) => Change::decode_cursor(&text, &data.tenant.ipa_code)
                .and_then(|seen| match seen <= last {
                    true => Ok(seen),
                    false => Err(content::InvalidCursor::Ahead),
                })
                .map_err(|error| cursor("after", error))?,
        };
        let wanted = move |change: &Change| {
            types
                .as_ref()
                .is_none_or(|types| types.contains(&change.content_type))
                && items
                    .as_ref()
                    .is_none_or(|items| items.contains(&change.item))
        };
        let changes = data.contents.follow(begin).filter_map(move |change| {
            ready(match change {
                Ok(change) => wanted(&change).then(|| Ok(ContentChange(change))),
                Err(error) => Some(Err(internal(error))),
            })
        });
        Ok(changes)
    }
}

fn item_ids(data: &RequestData, ids: &[ID]) -> Result<Vec<ItemId>> {
    if !ids.is_empty() {
        crate::connection::page_size(i32::try_from(ids.len()).ok().or(Some(i32::MAX)), "ids")?;
    }
    let ids = ids.iter().enumerate().map(|(index, id)| {
        global_id::decode(id, &data.tenant.ipa_code, &format!("ids[{index}]")).map(|(_, id)| id)
    });
    ids.collect()
}

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "content::ChangeKind")]
pub(crate) enum ContentChangeKind {
    /// It was published, for the first time or anew (pubblicato).
    Published,
    /// It was taken off the public site (ritirato).
    Unpublished,
}

/// A change of the public site (modifica di un contenuto).
pub(crate) struct ContentChange(Change);

/// A change of the public site (modifica di un contenuto).
#[Object]
impl ContentChange {
    /// What happened.
    async fn kind(&self) -> ContentChangeKind {
        self.0.kind.into()
    }

    /// The global id of the item.
    async fn id(&self, ctx: &Context<'_>) -> Result<ID> {
        let municipality = &data(ctx)?.tenant.ipa_code;
        Ok(global_id::encode(
            self.0.content_type,
            municipality,
            self.0.item,
        ))
    }

    /// The type of the item.
    #[graphql(name = "type")]
    async fn content_type(&self) -> ContentTypeName {
        self.0.content_type.into()
    }

    /// When it happened.
    async fn changed_at(&self) -> DateTime<Utc> {
        self.0.changed_at
    }

    /// The place of the change among all others, for `after`.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.0.cursor(&data(ctx)?.tenant.ipa_code))
    }

    /// The item as it is now; nothing when it is not published.
    async fn item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Locale of the texts; the default of the municipality when left out.")]
        locale: Option<scalars::Locale>,
    ) -> Option<Result<Content>> {
        let read = async || -> Result<Option<Content>> {
            let reader = Reader::new(ctx, locale)?;
            let mut items = data(ctx)?.items([self.0.item]).await?;
            let item = items.remove(&self.0.item);
            Ok(item.and_then(|item| Content::new(View { item, reader })))
        };
        read().await.transpose()
    }
}
