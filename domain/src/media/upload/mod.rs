//! Files on their way in. They come in pieces: as many as requests bring, none larger than [`PIECE`], so that
//! little is lost with a connection or a node. What has arrived is noted with the piece that brought it; any
//! node can go on. A file that is whole is looked at ([`take_in`]), and then waits to become that of an asset.

mod arrival;
mod arrivals;
mod checksum;
mod take_in;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::Stream;
use municipio_entities::media_upload::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, sea_query::Query};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Arrived, ContentHash, FileFacts, Key, MediaError, Refusal, TenantMedia};
use crate::{ids::UploadId, store::StoreError};

use arrival::Arrival;
pub(super) use arrivals::Arrivals;
use checksum::Checked;
pub use checksum::Checksum;

/// The most bytes of a piece.
const PIECE: u64 = 64 * 1024 * 1024;
/// How long an upload waits to go on, or to be used.
const PATIENCE: TimeDelta = TimeDelta::hours(24);
/// The most bytes of a file of a citizen: what one attaches to an application.
const MOST_OF_CITIZENS: u64 = 25 * 1024 * 1024;
/// How many uploads of one author may wait to go on.
const MOST_OPEN: usize = 50;
/// In how many pieces a file may come: they are noted together.
const MOST_PIECES: usize = 4_000;
/// The most characters of a name as it is sent.
const LONGEST_NAME: usize = 500;

/// Tells what time it is, again and again: a file may take hours to arrive.
pub type Clock = fn() -> DateTime<Utc>;

/// A file that is about to arrive.
#[derive(Clone, Debug)]
pub struct NewUpload {
    /// Who sends it.
    pub author: String,
    /// What it is called.
    pub name: String,
    /// How long it is, when that is known.
    pub length: Option<u64>,
}

/// A file on its way in.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// What it is called.
    pub name: String,
    /// How long it is, when that is known.
    pub length: Option<u64>,
    /// How much of it arrived.
    pub received: u64,
    /// What it became, once it is whole.
    pub facts: Option<FileFacts>,
    /// Until when it waits.
    pub expires_at: DateTime<Utc>,
}

/// A part of a file that has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    name: String,
    length: u64,
    sha256: ContentHash,
}

impl TryFrom<Model> for Upload {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let facts = row.file.map(serde_json::from_value).transpose();
        Ok(Self {
            id: UploadId(row.id),
            name: row.name,
            length: row.length.map(unsigned),
            received: unsigned(row.received),
            facts: facts.map_err(|error| StoreError::corrupt("facts of a file", error))?,
            expires_at: row.expires_at,
        })
    }
}

/// Whether an author is a citizen: what they send is private, and nothing in it is read for search.
fn is_of_citizen(author: &str) -> bool {
    author.starts_with("citizen:")
}

/// A name that can be kept and given back: PostgreSQL has no NUL in texts.
fn plain(name: &str) -> String {
    let plain = name.chars().filter(|character| !character.is_control());
    plain.take(LONGEST_NAME).collect()
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn pieces(row: &Model) -> Result<Vec<Piece>, StoreError> {
    serde_json::from_value(row.pieces.clone())
        .map_err(|error| StoreError::corrupt("pieces of an upload", error))
}

fn json(pieces: &[Piece]) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(pieces).map_err(|error| StoreError::corrupt("pieces of an upload", error))
}

impl TenantMedia {
    /// Begins an upload.
    ///
    /// # Errors
    /// The file would be too large, its author has too many under way, or the database failed.
    pub async fn begin_upload(
        &self,
        new: NewUpload,
        now: DateTime<Utc>,
    ) -> Result<Upload, MediaError> {
        let most = self.most(&new.author);
        match new.length {
            Some(0) => return Err(Refusal::Empty.into()),
            Some(length) if length > most => return Err(Refusal::TooLarge(most).into()),
            _ => {}
        }
        let open = Condition::all()
            .add(Column::Author.eq(new.author.as_str()))
            .add(Column::File.is_null())
            .add(Column::ExpiresAt.gt(now));
        if self.count_uploads(open).await? >= MOST_OPEN {
            return Err(MediaError::TooMany(MOST_OPEN));
        }
        let row = Model {
            // Whoever knows it can go on with it, if they are its author: nobody guesses it.
            id: Uuid::new_v4(),
            tenant_id: self.tenant().0,
            author: new.author,
            name: plain(&new.name),
            length: new.length.map(signed),
            received: 0,
            pieces: serde_json::json!([]),
            file: None,
            created_at: now,
            expires_at: now + PATIENCE,
        };
        let transaction = self.store.begin().await?;
        transaction.insert::<Entity>([row.clone()]).await?;
        transaction.commit().await?;
        Ok(row.try_into()?)
    }

    async fn count_uploads(&self, filter: Condition) -> Result<usize, StoreError> {
        let mut select = Query::select();
        select
            .column((Entity, Column::Id))
            .from(Entity)
            .cond_where(filter);
        Ok(self.store.read().rows::<Entity>(select).await?.len())
    }

    /// An upload of this author. One that has arrived, but could not be looked at then, is looked at now: who asks
    /// how far it has come takes an upload that has come to its end for one that was taken in.
    ///
    /// # Errors
    /// There is none, the file is refused, or the database or the place of the files failed.
    pub async fn upload(
        &self,
        id: UploadId,
        author: &str,
        clock: Clock,
    ) -> Result<Upload, MediaError> {
        let row = self.row(id, author, clock()).await?;
        if row.file.is_some() || row.length != Some(row.received) {
            return Ok(row.try_into()?);
        }
        // All of it is read again, which is as much as if it arrived.
        let _arrives = self.shared().arrivals.arrive(self.tenant(), author)?;
        self.take_in(row, clock).await
    }

    /// An upload of this author that is complete and was taken in.
    ///
    /// # Errors
    /// There is none, or the database failed.
    pub async fn arrived(
        &self,
        id: UploadId,
        author: &str,
        now: DateTime<Utc>,
    ) -> Result<Arrived, MediaError> {
        let row = self.row(id, author, now).await?;
        let looked_at = row.expires_at - PATIENCE;
        let upload = Upload::try_from(row)?;
        let facts = upload.facts.ok_or(MediaError::NoUpload)?;
        Ok(Arrived::new(upload.id, upload.name, facts, looked_at))
    }

    /// How many bytes a file of this author may have.
    fn most(&self, author: &str) -> u64 {
        let most = self.shared().limits.file;
        match is_of_citizen(author) {
            true => most.min(MOST_OF_CITIZENS),
            false => most,
        }
    }

    async fn row(
        &self,
        id: UploadId,
        author: &str,
        now: DateTime<Utc>,
    ) -> Result<Model, MediaError> {
        let filter = Condition::all()
            .add(Column::Id.eq(id.0))
            .add(Column::Author.eq(author))
            .add(Column::ExpiresAt.gt(now));
        let row = self.store.read().one::<Entity>(filter).await?;
        row.ok_or(MediaError::NoUpload)
    }

    /// Takes what comes of a file from `offset` on. What arrived before the connection broke stays, unless it has
    /// a checksum: of that all must arrive. With its last byte the file is looked at, and refused if it is not
    /// taken in; then nothing of it is left.
    ///
    /// # Errors
    /// There is no such upload, it has come to another byte, too much was sent, the file is refused, or the
    /// database or the place of the files failed.
    pub async fn append(
        &self,
        (id, author): (UploadId, &str),
        offset: u64,
        bytes: impl Stream<Item = Result<Bytes, String>> + Unpin,
        checksum: Option<Checksum>,
        clock: Clock,
    ) -> Result<Upload, MediaError> {
        let _arrives = self.shared().arrivals.arrive(self.tenant(), author)?;
        let row = self.row(id, author, clock()).await?;
        if unsigned(row.received) != offset || row.file.is_some() {
            return Err(MediaError::Offset(unsigned(row.received)));
        }
        self.expect_until(id, clock() + PATIENCE).await?;
        let mut arrival = Arrival::of(self, row, clock)?;
        let arrived = match checksum {
            None => arrival.take(bytes, true).await,
            Some(checksum) => {
                let (checked, bytes) = Checked::new(checksum, bytes);
                let arrived = arrival.take(bytes, false).await;
                arrived.and_then(|()| checked.verify())
            }
        };
        let arrived = match arrived {
            Ok(()) => arrival.settle().await,
            Err(error) => Err(error),
        };
        if let Err(error) = arrived {
            arrival.forget().await;
            return Err(error);
        }
        let is_whole = arrival.row.length == Some(arrival.row.received);
        match is_whole {
            true => self.take_in(arrival.row, clock).await,
            false => Ok(arrival.row.try_into()?),
        }
    }

    /// What arrives is not removed meanwhile as something that has expired.
    async fn expect_until(&self, id: UploadId, time: DateTime<Utc>) -> Result<(), StoreError> {
        let transaction = self.store.begin().await?;
        let later = [(Column::ExpiresAt, time.into())];
        transaction
            .update::<Entity>(later, Column::Id.eq(id.0))
            .await?;
        transaction.commit().await
    }

    /// Takes a whole file whose length nobody said before.
    ///
    /// # Errors
    /// As those of [`Self::append`].
    pub async fn receive(
        &self,
        new: NewUpload,
        bytes: impl Stream<Item = Result<Bytes, String>> + Unpin,
        clock: Clock,
    ) -> Result<Upload, MediaError> {
        let author = new.author.clone();
        let begun = self.begin_upload(new, clock()).await?;
        let received = async {
            let upload = self
                .append((begun.id, &author), 0, bytes, None, clock)
                .await?;
            match upload.facts {
                Some(_) => Ok(upload),
                None => {
                    let row = self.row(begun.id, &author, clock()).await?;
                    self.take_in(row, clock).await
                }
            }
        };
        match received.await {
            // Nobody goes on with it.
            Err(error) => {
                self.drop_upload(begun.id).await;
                Err(error)
            }
            done => done,
        }
    }

    /// Forgets an upload and what arrived of it.
    ///
    /// # Errors
    /// There is none, or the database failed.
    pub async fn cancel_upload(
        &self,
        id: UploadId,
        author: &str,
        now: DateTime<Utc>,
    ) -> Result<(), MediaError> {
        self.row(id, author, now).await?;
        self.remove_upload(id).await
    }

    pub(super) async fn remove_upload(&self, id: UploadId) -> Result<(), MediaError> {
        let transaction = self.store.begin().await?;
        transaction.delete::<Entity>(Column::Id.eq(id.0)).await?;
        transaction.commit().await?;
        self.blobs()
            .remove_all(&Key::pieces(self.tenant(), id))
            .await
    }

    /// The same, where something else went wrong before.
    async fn drop_upload(&self, id: UploadId) {
        if let Err(error) = self.remove_upload(id).await {
            tracing::warn!(%error, upload = %id, "an upload that is not needed cannot be removed yet");
        }
    }
}
