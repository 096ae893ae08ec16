//! A file that has arrived as a whole: what it is, whether it is taken in, and what is kept of it.

use std::collections::HashSet;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use municipio_entities::{
    media_blob,
    media_upload::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, Condition};

use super::{Clock, PATIENCE, Piece, Upload, is_of_citizen, pieces, unsigned};
use crate::{
    ids::UploadId,
    media::{
        ByteStream, Family, FileFacts, FileKind, Key, MediaError, Refusal, TenantMedia,
        clean::ON_ITS_WAY,
        clean_name,
        document::{self, Document},
        kind::HEAD,
        rows::{hashes, one_of},
    },
    store::StoreError,
};

/// The name of a file that was put together from its pieces, or cleaned.
const WHOLE: &str = "whole";

/// What is kept of a file.
struct Taken {
    facts: FileFacts,
    /// What a document says.
    text: Option<String>,
    /// Where its bytes are.
    at: Key,
}

impl TenantMedia {
    /// Looks at a file that has arrived. One that is refused is removed.
    pub(super) async fn take_in(&self, row: Model, clock: Clock) -> Result<Upload, MediaError> {
        let id = UploadId(row.id);
        let _looked_at = self.shared().arrivals.look_at(id)?;
        let taken = self.look_at(&row).await;
        match taken {
            Ok((kind, taken)) => {
                let name = clean_name(&row.name, kind);
                self.keep(id, name, taken, clock).await
            }
            Err(error) => {
                if matches!(error, MediaError::Refused(_)) {
                    self.drop_upload(id).await;
                }
                Err(error)
            }
        }
    }

    async fn look_at(&self, row: &Model) -> Result<(FileKind, Taken), MediaError> {
        let pieces = pieces(row)?;
        let source = Source {
            media: self,
            id: UploadId(row.id),
            pieces: &pieces,
        };
        let size = unsigned(row.received);
        if size == 0 {
            return Err(Refusal::Empty.into());
        }
        let head = source.start(HEAD).await?;
        let kind = FileKind::sniff(&head, &row.name)?;
        let limits = self.shared().limits.image;
        if kind.family() == Family::Image && size > limits.bytes {
            return Err(Refusal::TooLarge(limits.bytes).into());
        }
        if let Some(scanner) = &self.shared().scanner {
            scanner.scan(source.bytes().await?).await?;
        }
        let taken = match kind.family() {
            Family::Image => {
                let place = self.shared().workshop.place(self.tenant()).await?;
                let bytes = gathered(source.bytes().await?, size).await?;
                let (bytes, facts) = self.inspect(&place, kind, bytes).await?;
                drop(place);
                let at = source.key(WHOLE);
                self.blobs().put(&at, bytes).await?;
                Taken {
                    facts,
                    text: None,
                    at,
                }
            }
            Family::Pdf => {
                let mut taken = source.whole(kind, size).await?;
                let blobs = self.blobs();
                let end = size.saturating_sub(document::TAIL)..size;
                let end = blobs.read(&taken.at, Some(end)).await?;
                document::check_end(&gathered(end, document::TAIL).await?)?;
                if size <= document::MOST && !is_of_citizen(&row.author) {
                    let bytes = blobs.read(&taken.at, None).await?;
                    let Document { facts, text } = self.read_document(bytes).await?;
                    facts.fill(&mut taken.facts);
                    taken.text = text;
                }
                taken
            }
            Family::Other => source.whole(kind, size).await?,
        };
        Ok((kind, taken))
    }

    /// Keeps a file, once for all who send it. Its row is there before its bytes: from then on it is no file that
    /// nobody uploaded lately, and who removes it as such is waited for. Nobody waits in turn while bytes are moved.
    async fn keep(
        &self,
        id: UploadId,
        name: String,
        taken: Taken,
        clock: Clock,
    ) -> Result<Upload, MediaError> {
        let hash = taken.facts.sha256.clone();
        let now = clock();
        let facts = serde_json::to_value(&taken.facts);
        let facts = facts.map_err(|error| StoreError::corrupt("facts of a file", error))?;
        let blob = media_blob::Model {
            tenant_id: self.tenant().0,
            sha256: hash.to_string(),
            facts: facts.clone(),
            text: taken.text,
            created_at: now,
            uploaded_at: now,
        };
        let old = self.note_files(vec![blob], now).await?;
        self.forget(&hash).await;
        let key = Key::blob(self.tenant(), &hash);
        if !old.is_empty() || self.blobs().find(&key).await?.is_none() {
            self.blobs().rename(&taken.at, &key).await?;
        }
        let values = [
            (Column::Name, name.into()),
            (Column::File, facts.into()),
            (Column::Pieces, serde_json::json!([]).into()),
            (Column::ExpiresAt, (clock() + PATIENCE).into()),
        ];
        let still = Condition::all()
            .add(Column::Id.eq(id.0))
            .add(Column::File.is_null());
        let transaction = self.store.begin().await?;
        transaction.update::<Entity>(values, still).await?;
        transaction.commit().await?;
        // The file is kept: what is left of its way here is removed by the next clean-up at the latest.
        let pieces = Key::pieces(self.tenant(), id);
        if let Err(error) = self.blobs().remove_all(&pieces).await {
            tracing::warn!(%error, upload = %id, "the pieces of a file cannot be removed yet");
        }
        // Another node may have looked at it at the same time: what it became is what that one says too.
        let became = Condition::all()
            .add(Column::Id.eq(id.0))
            .add(Column::File.is_not_null());
        let row = self.store.read().one::<Entity>(became).await?;
        Ok(row.ok_or(MediaError::NoUpload)?.try_into()?)
    }

    /// Notes that files are uploaded now, each once, with what is known of them now and was not when they came first.
    /// Gives those whose bytes are to be kept anew, though they may be there: nobody uploaded them lately, and their
    /// removal may be under way, or may have been given up and still happen.
    pub(in crate::media) async fn note_files(
        &self,
        rows: Vec<media_blob::Model>,
        now: DateTime<Utc>,
    ) -> Result<HashSet<String>, StoreError> {
        use media_blob::Column;
        let named: Vec<_> = rows.iter().map(|row| row.sha256.clone()).collect();
        let read: Vec<_> = rows.iter().filter(|row| is_read(row)).cloned().collect();
        let transaction = self.store.begin().await?;
        transaction
            .insert_missing::<media_blob::Entity>(rows)
            .await?;
        let before_lately = Column::UploadedAt.lt(now - ON_ITS_WAY);
        let before_lately = one_of(named.clone()).add(before_lately);
        let old = hashes(&transaction, before_lately).await?;
        let uploaded = [(Column::UploadedAt, now.into())];
        transaction
            .update::<media_blob::Entity>(uploaded, one_of(named))
            .await?;
        for row in read {
            let unread = one_of([row.sha256]).add(Column::Text.is_null());
            let known = [
                (Column::Facts, row.facts.into()),
                (Column::Text, row.text.into()),
            ];
            transaction
                .update::<media_blob::Entity>(known, unread)
                .await?;
        }
        transaction.commit().await?;
        Ok(old)
    }
}

/// Whether anything was read of a document.
fn is_read(row: &media_blob::Model) -> bool {
    row.text.is_some() || row.facts.get("pages").is_some()
}

/// The pieces of a file as one.
struct Source<'a> {
    media: &'a TenantMedia,
    id: UploadId,
    pieces: &'a [Piece],
}

impl Source<'_> {
    fn key(&self, name: &str) -> Key {
        Key::piece(self.media.tenant(), self.id, name)
    }

    /// All bytes, as they are read.
    async fn bytes(&self) -> Result<ByteStream, MediaError> {
        let keys: Vec<_> = self
            .pieces
            .iter()
            .map(|piece| self.key(&piece.name))
            .collect();
        let blobs = self.media.blobs().clone();
        let pieces = stream::iter(keys).then(move |key| {
            let blobs = blobs.clone();
            async move { blobs.read(&key, None).await }
        });
        Ok(pieces.try_flatten().boxed())
    }

    /// The first bytes.
    async fn start(&self, length: usize) -> Result<Bytes, MediaError> {
        let mut bytes = self.bytes().await?;
        let mut start = BytesMut::new();
        while start.len() < length
            && let Some(chunk) = bytes.try_next().await?
        {
            start.extend_from_slice(&chunk);
        }
        start.truncate(length);
        Ok(start.freeze())
    }

    /// The file as it came, in one piece.
    async fn whole(&self, kind: FileKind, size: u64) -> Result<Taken, MediaError> {
        let (at, hash) = match self.pieces {
            [only] => (self.key(&only.name), only.sha256.clone()),
            _ => {
                let at = self.key(WHOLE);
                let mut writer = self.media.blobs().writer(&at).await?;
                if let Err(error) = writer.write_all(self.bytes().await?).await {
                    writer.abort().await;
                    return Err(error);
                }
                (at, writer.finish().await?)
            }
        };
        Ok(Taken {
            facts: FileFacts::new(kind, hash, size),
            text: None,
            at,
        })
    }
}

/// All bytes, of what is not too large for that.
async fn gathered(mut bytes: ByteStream, size: u64) -> Result<Bytes, MediaError> {
    let mut all = BytesMut::with_capacity(usize::try_from(size).unwrap_or_default());
    while let Some(chunk) = bytes.try_next().await? {
        all.extend_from_slice(&chunk);
    }
    Ok(all.freeze())
}
