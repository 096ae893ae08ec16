//! What changes on the public site, for those who follow it and those who ask from time to time.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject, connection::PageInfo};
use chrono::{DateTime, Utc};
use municipio_domain::{
    content::{self, Change, ChangesPart, ContentType, InvalidCursor},
    tenants::IpaCode,
};

use crate::{
    connection::page_size,
    context::{RequestData, data},
    error::{ErrorCode, cursor, internal},
    global_id,
    objects::{Content, ContentTypeName},
    scalars,
    view::{Reader, View},
};

/// Reads the place of a change in a log that has come so far.
pub(crate) fn place(data: &RequestData, text: &str, last: i64) -> Result<i64> {
    let seen = Change::decode_cursor(text, &data.tenant.ipa_code);
    let seen = seen.and_then(|seen| match seen <= last {
        true => Ok(seen),
        false => Err(InvalidCursor::Ahead),
    });
    seen.map_err(|error| cursor("after", error))
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
pub(crate) struct ContentChange(pub(crate) Change);

/// A change of the public site (modifica di un contenuto).
#[Object]
impl ContentChange {
    /// What happened.
    async fn kind(&self) -> ContentChangeKind {
        self.0.kind.into()
    }

    // Were this `id`, caches that know objects by their id (Relay) would take the change for the item.
    /// The global id of the item.
    async fn item_id(&self, ctx: &Context<'_>) -> Result<ID> {
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

/// A change of the public site, with its place among all others.
#[derive(SimpleObject)]
pub(crate) struct ContentChangeEdge {
    /// The place of the change, for `after`.
    cursor: String,
    /// The change.
    node: ContentChange,
}

/// A part of the log of changes, in the order in which they happened.
pub(crate) struct ContentChangeConnection {
    part: ChangesPart,
    after: i64,
    municipality: IpaCode,
}

impl ContentChangeConnection {
    /// Reads a part of the log.
    pub(crate) async fn read(
        ctx: &Context<'_>,
        after: Option<String>,
        types: Option<Vec<ContentTypeName>>,
        first: Option<i32>,
    ) -> Result<Self> {
        let data = data(ctx)?;
        let size = page_size(first, "first")?;
        let types: Option<Vec<ContentType>> =
            types.map(|types| types.into_iter().map(Into::into).collect());
        let after = match after {
            None => None,
            Some(text) => {
                let last = data.contents.last_change().await.map_err(internal)?;
                Some(place(data, &text, last)?)
            }
        };
        let part = data.contents.changes_of(after, types.as_deref(), size);
        let part = part.await.map_err(internal)?.ok_or_else(|| {
            let message = "the log does not go back to this change any more: read everything anew";
            ErrorCode::CursorExpired.about("after", message)
        })?;
        Ok(Self {
            part,
            after: after.unwrap_or_default(),
            municipality: data.tenant.ipa_code.clone(),
        })
    }
}

/// A part of the log of changes, in the order in which they happened (Relay connection): at most 100.
#[Object]
impl ContentChangeConnection {
    /// The changes with their places.
    async fn edges(&self) -> Vec<ContentChangeEdge> {
        let edges = self.part.changes.iter().map(|change| ContentChangeEdge {
            cursor: change.cursor(&self.municipality),
            node: ContentChange(change.clone()),
        });
        edges.collect()
    }

    /// The changes alone.
    async fn nodes(&self) -> Vec<ContentChange> {
        let changes = self.part.changes.iter();
        changes
            .map(|change| ContentChange(change.clone()))
            .collect()
    }

    /// Whether there is more, and how to go on: `endCursor` is there even when nothing is new, and stands behind
    /// changes of other types than those that were asked for.
    async fn page_info(&self) -> PageInfo {
        let place = |sequence| Some(Change::cursor_at(sequence, &self.municipality));
        let first = self.part.changes.first();
        PageInfo {
            has_previous_page: self.after > 0,
            has_next_page: self.part.has_more,
            start_cursor: first.and_then(|change| place(change.sequence)),
            end_cursor: place(self.part.end),
        }
    }
}
