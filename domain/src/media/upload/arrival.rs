//! What one request brings of a file, kept piece by piece.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use municipio_entities::media_upload::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use super::{Clock, MOST_PIECES, PATIENCE, PIECE, Piece, json, pieces, signed, unsigned};
use crate::{
    ids::UploadId,
    media::{Key, MediaError, Refusal, TenantMedia, blobs::Writer},
    store::StoreError,
};

/// What one request brings of a file.
pub(super) struct Arrival<'a> {
    media: &'a TenantMedia,
    pub(super) row: Model,
    pieces: Vec<Piece>,
    /// How many of the pieces are noted.
    settled: usize,
    clock: Clock,
}

impl<'a> Arrival<'a> {
    /// To an upload that has come so far.
    pub(super) fn of(media: &'a TenantMedia, row: Model, clock: Clock) -> Result<Self, StoreError> {
        let pieces = pieces(&row)?;
        Ok(Self {
            media,
            settled: pieces.len(),
            pieces,
            row,
            clock,
        })
    }

    /// Keeps all that comes; `settles` notes each piece when it is there.
    pub(super) async fn take(
        &mut self,
        mut bytes: impl Stream<Item = Result<Bytes, String>> + Unpin,
        settles: bool,
    ) -> Result<(), MediaError> {
        let mut cut = None;
        let mut writer: Option<(String, Writer)> = None;
        while let Some(chunk) = bytes.next().await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(reason) => {
                    cut = Some(reason);
                    break;
                }
            };
            let (name, mut open) = match writer.take() {
                Some(open) => open,
                None => self.open().await?,
            };
            let kept = match self.check(open.length() + chunk.len() as u64) {
                Ok(()) => open.write(chunk).await,
                Err(error) => Err(error),
            };
            if let Err(error) = kept {
                open.abort().await;
                return Err(error);
            }
            if open.length() < PIECE {
                writer = Some((name, open));
                continue;
            }
            self.close(name, open).await?;
            if settles {
                self.settle().await?;
            }
        }
        if let Some((name, open)) = writer {
            self.close(name, open).await?;
        }
        match cut {
            None => Ok(()),
            Some(reason) if settles => {
                self.settle().await?;
                Err(MediaError::Cut(reason))
            }
            Some(reason) => Err(MediaError::Cut(reason)),
        }
    }

    async fn open(&self) -> Result<(String, Writer), MediaError> {
        if self.pieces.len() >= MOST_PIECES {
            return Err(MediaError::TooManyPieces(MOST_PIECES));
        }
        let name = Uuid::new_v4().simple().to_string();
        let writer = self.media.blobs().writer(&self.key(&name)).await?;
        Ok((name, writer))
    }

    fn key(&self, name: &str) -> Key {
        Key::piece(self.media.tenant(), UploadId(self.row.id), name)
    }

    /// Refuses more than was announced, or than a file may have.
    fn check(&self, open: u64) -> Result<(), MediaError> {
        let total = self.received() + open;
        let most = self.media.most(&self.row.author);
        match self.row.length.map(unsigned) {
            Some(length) if total > length => Err(MediaError::TooMuch(length)),
            None if total > most => Err(Refusal::TooLarge(most).into()),
            _ => Ok(()),
        }
    }

    fn received(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.length).sum()
    }

    async fn close(&mut self, name: String, open: Writer) -> Result<(), MediaError> {
        let length = open.length();
        let sha256 = open.finish().await?;
        self.pieces.push(Piece {
            name,
            length,
            sha256,
        });
        Ok(())
    }

    /// Notes the pieces that are there, unless somebody else went on with the file meanwhile.
    pub(super) async fn settle(&mut self) -> Result<(), MediaError> {
        if self.settled == self.pieces.len() {
            return Ok(());
        }
        let received = signed(self.received());
        let expires_at = (self.clock)() + PATIENCE;
        let values = [
            (Column::Received, received.into()),
            (Column::Pieces, json(&self.pieces)?.into()),
            (Column::ExpiresAt, expires_at.into()),
        ];
        let before = Condition::all()
            .add(Column::Id.eq(self.row.id))
            .add(Column::Received.eq(self.row.received))
            .add(Column::File.is_null());
        let transaction = self.media.store.begin().await?;
        let changed = transaction.update::<Entity>(values, before).await?;
        transaction.commit().await?;
        if changed == 0 {
            return Err(MediaError::Offset(unsigned(self.row.received)));
        }
        self.settled = self.pieces.len();
        self.row.received = received;
        self.row.expires_at = expires_at;
        self.row.pieces = json(&self.pieces)?;
        Ok(())
    }

    /// Removes the pieces that are not noted.
    pub(super) async fn forget(&self) {
        for piece in self.pieces.iter().skip(self.settled) {
            if let Err(error) = self.media.blobs().remove(&self.key(&piece.name)).await {
                tracing::warn!(%error, "a piece of a file that is not needed cannot be removed yet");
            }
        }
    }
}
