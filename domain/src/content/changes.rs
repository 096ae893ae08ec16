//! The log of what changes on the public site. Each change has a number, 1, 2, 3 and so on for each
//! tenant, in the order of the commits: who has seen a number has seen all before it.

use std::{collections::VecDeque, str::FromStr};

use chrono::{DateTime, Utc};
use futures_util::stream::{self, Stream};
use municipio_entities::{content_change, content_feed};
use sea_orm::{
    ColumnTrait,
    sea_query::{Order, Query},
};
use serde_json::Value;
use tokio::sync::watch::Receiver;

use super::{
    ContentType, InvalidCursor,
    cursor::{seal, unseal},
    queries::{Contents, read_type},
};
use crate::{
    ids::{ItemId, RevisionId},
    notifications,
    outbox::{self, NewJob},
    search,
    store::{Log, StoreError, Transaction},
    tenants::IpaCode,
    webhooks,
};

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was published, for the first time or anew.
    Published,
    /// It was taken off the public site.
    Unpublished,
}

impl ChangeKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Unpublished => "unpublished",
        }
    }
}

impl FromStr for ChangeKind {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "published" => Ok(Self::Published),
            "unpublished" => Ok(Self::Unpublished),
            _ => Err(StoreError::corrupt("kind of change", name)),
        }
    }
}

/// A change of the public site.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its number.
    pub sequence: i64,
    /// What changed.
    pub item: ItemId,
    /// The type of the item.
    pub content_type: ContentType,
    /// What happened.
    pub kind: ChangeKind,
    /// When.
    pub changed_at: DateTime<Utc>,
}

/// A part of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangesPart {
    /// The changes, in their order.
    pub changes: Vec<Change>,
    /// There are more after these.
    pub has_more: bool,
    /// The number after which to go on.
    pub end: i64,
}

/// An item that changed, and the revision and the slugs that are public of it now.
pub(super) type Changed = (ItemId, ContentType, Option<(RevisionId, Value)>);

/// Writes changes of the same kind into the log of the tenant.
pub(super) async fn record(
    transaction: &Transaction,
    items: &[Changed],
    kind: ChangeKind,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let last = transaction
        .count_up::<content_feed::Entity>(content_feed::Column::LastSequence, count)
        .await?;
    let numbers = last - count + 1..;
    let rows = items
        .iter()
        .zip(numbers)
        .map(
            |((item, content_type, public), sequence)| content_change::Model {
                tenant_id: transaction.tenant_id().0,
                sequence,
                item_id: item.0,
                content_type: content_type.as_str().to_owned(),
                kind: kind.as_str().to_owned(),
                revision_id: public.as_ref().map(|(revision, _)| revision.0),
                slugs: public.as_ref().map(|(_, slugs)| slugs.clone()),
                changed_at: now,
            },
        );
    transaction.insert::<content_change::Entity>(rows).await?;
    let changed = items.iter();
    let changed: Vec<_> = changed.map(|(item, kind, _)| (*item, *kind)).collect();
    let has_sheets = notifications::touch_sheets(transaction, &changed, now).await?;
    tell_followers(transaction, has_sheets, now).await?;
    transaction.announce(Log::Content, last).await
}

/// Has the followers of the log look at it: those that there are, and what keeps service sheets where some are made of it.
async fn tell_followers(
    transaction: &Transaction,
    has_sheets: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let is_searched = transaction.has_search_server();
    let is_told = webhooks::anybody_listens(transaction).await?;
    let followers = [
        is_searched.then_some(search::FOLLOWER.name),
        is_told.then_some(webhooks::FOLLOWER.name),
        has_sheets.then_some(notifications::SHEETS.name),
    ];
    let followers = followers.into_iter().flatten();
    outbox::enqueue(transaction, followers.map(NewJob::catch_up), now).await
}

impl Change {
    /// The place of the change in the log, as an opaque string for readers of this municipality.
    pub fn cursor(&self, municipality: &IpaCode) -> String {
        Self::cursor_at(self.sequence, municipality)
    }

    /// The place of the change with this number.
    pub fn cursor_at(sequence: i64, municipality: &IpaCode) -> String {
        seal(municipality, &("c", sequence))
    }

    /// Reads such a string: the number of a change.
    ///
    /// # Errors
    /// The text is no cursor of the log, or one of another municipality.
    pub fn decode_cursor(text: &str, municipality: &IpaCode) -> Result<i64, InvalidCursor> {
        match unseal::<(String, i64)>(text, municipality)? {
            (kind, sequence) if kind == "c" && sequence >= 0 => Ok(sequence),
            _ => Err(InvalidCursor::OtherOrder),
        }
    }
}

/// A reader of the log who waits for more.
struct Follower {
    contents: Contents,
    grown: Receiver<i64>,
    seen: i64,
    read: VecDeque<Change>,
}

impl Follower {
    async fn next(mut self) -> Result<Option<(Change, Self)>, StoreError> {
        const BATCH: u64 = 100;
        loop {
            if let Some(change) = self.read.pop_front() {
                self.seen = change.sequence;
                return Ok(Some((change, self)));
            }
            // Before reading, so that what is written meanwhile is noticed.
            self.grown.borrow_and_update();
            self.read = self.contents.changes(self.seen, BATCH).await?.into();
            if self.read.is_empty() && self.grown.changed().await.is_err() {
                return Ok(None);
            }
        }
    }
}

impl Contents {
    /// The changes after this number, those to come included. An error ends the stream.
    pub fn follow(&self, after: i64) -> impl Stream<Item = Result<Change, StoreError>> + use<> {
        let store = self.store();
        let follower = Follower {
            contents: self.clone(),
            grown: store
                .feeds()
                .subscribe(store.tenant_id(), Log::Content, after),
            seen: after,
            read: VecDeque::new(),
        };
        stream::try_unfold(follower, Follower::next)
    }

    /// The number of the last change.
    ///
    /// # Errors
    /// The database failed.
    pub async fn last_change(&self) -> Result<i64, StoreError> {
        self.store().last_sequence().await
    }

    /// The first changes after this number, at most so many.
    ///
    /// # Errors
    /// The database failed.
    pub async fn changes(&self, after: i64, size: u64) -> Result<Vec<Change>, StoreError> {
        self.read_log(after, None, size).await
    }

    /// A part of the log: the first changes of all or after this number, of these types if some are given, at most
    /// so many; and where to go on. Nothing when the log does not go back to this number any more.
    ///
    /// # Errors
    /// The database failed.
    pub async fn changes_of(
        &self,
        after: Option<i64>,
        types: Option<&[ContentType]>,
        size: u64,
    ) -> Result<Option<ChangesPart>, StoreError> {
        // Before the changes are read, so that all up to there are among them.
        let last = self.last_change().await?;
        if let Some(after) = after.filter(|after| *after < last)
            && !self.is_kept(after + 1).await?
        {
            return Ok(None);
        }
        let after = after.unwrap_or_default();
        let mut changes = self.read_log(after, types, size + 1).await?;
        let has_more = changes.len() as u64 > size;
        changes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let last_told = changes.last().map(|change| change.sequence);
        let end = match has_more {
            true => last_told,
            // Whatever else is there is of other types, and need not be read again.
            false => last_told.max(Some(last)),
        };
        Ok(Some(ChangesPart {
            end: end.unwrap_or(after).max(after),
            changes,
            has_more,
        }))
    }

    /// Whether the log goes back to this number.
    async fn is_kept(&self, sequence: i64) -> Result<bool, StoreError> {
        let kept = content_change::Column::Sequence.eq(sequence);
        let scope = self.store().read();
        Ok(scope.one::<content_change::Entity>(kept).await?.is_some())
    }

    async fn read_log(
        &self,
        after: i64,
        types: Option<&[ContentType]>,
        size: u64,
    ) -> Result<Vec<Change>, StoreError> {
        use content_change::{Column, Entity};
        let mut select = Query::select();
        select
            .from(Entity)
            .columns([
                (Entity, Column::Sequence),
                (Entity, Column::ItemId),
                (Entity, Column::ContentType),
                (Entity, Column::Kind),
                (Entity, Column::ChangedAt),
            ])
            .and_where(Column::Sequence.gt(after))
            .order_by((Entity, Column::Sequence), Order::Asc)
            .limit(size);
        if let Some(types) = types {
            let types = types.iter().map(|content_type| content_type.as_str());
            select.and_where(Column::ContentType.is_in(types));
        }
        let rows = self.store().read().rows::<Entity>(select).await?;
        rows.iter()
            .map(|row| {
                let content_type: String = row.try_get("", "content_type")?;
                let kind: String = row.try_get("", "kind")?;
                Ok(Change {
                    sequence: row.try_get("", "sequence")?,
                    item: ItemId(row.try_get("", "item_id")?),
                    content_type: read_type(&content_type)?,
                    kind: kind.parse()?,
                    changed_at: row.try_get("", "changed_at")?,
                })
            })
            .collect()
    }
}
