//! A file that has arrived as a whole: what it is, whether it is taken in, and what is kept of it.

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use municipio_entities::{
    media_blob,
    media_upload::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, Condition};

use super::{PATIENCE, Piece, Upload, pieces, unsigned};
use crate::{
    ids::UploadId,
    media::{
        ByteStream, Family, FileFacts, FileKind, Key, MediaError, Refusal, TenantMedia, clean_name,
        document::{self, Document},
        image,
        kind::HEAD,
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
    pub(super) async fn take_in(
        &self,
        row: Model,
        now: DateTime<Utc>,
    ) -> Result<Upload, MediaError> {
        let id = UploadId(row.id);
        let taken = self.look_at(&row).await;
        match taken {
            Ok((kind, taken)) => {
                let name = clean_name(&row.name, kind);
                self.keep(id, name, taken, now).await
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
        let workshop = &self.shared().workshop;
        let taken = match kind.family() {
            Family::Image => {
                let bytes = source.all(size).await?;
                let inspected = workshop
                    .work(move || image::inspect(kind, bytes, &limits))
                    .await?;
                let (bytes, facts) = inspected?;
                let at = source.key(WHOLE);
                self.blobs().put(&at, bytes).await?;
                Taken {
                    facts,
                    text: None,
                    at,
                }
            }
            Family::Pdf => {
                document::check_end(&source.end(size).await?)?;
                let mut taken = source.whole(kind, size).await?;
                if size <= document::MOST {
                    let bytes = source.all(size).await?;
                    let read = workshop.work(move || document::read(&bytes)).await?;
                    let Document { facts, text } = read?;
                    facts.fill(&mut taken.facts);
                    taken.text = text;
                }
                taken
            }
            Family::Other => source.whole(kind, size).await?,
        };
        Ok((kind, taken))
    }

    /// Keeps a file, once for all who send it. Its row is held while its bytes are moved into place, so that they
    /// are not removed as those of a file that nobody uses meanwhile.
    async fn keep(
        &self,
        id: UploadId,
        name: String,
        taken: Taken,
        now: DateTime<Utc>,
    ) -> Result<Upload, MediaError> {
        let hash = taken.facts.sha256.clone();
        let facts = serde_json::to_value(&taken.facts);
        let facts = facts.map_err(|error| StoreError::corrupt("facts of a file", error))?;
        let transaction = self.store.begin().await?;
        let blob = media_blob::Model {
            tenant_id: self.tenant().0,
            sha256: hash.to_string(),
            facts: facts.clone(),
            text: taken.text,
            created_at: now,
            uploaded_at: now,
        };
        transaction
            .insert_missing::<media_blob::Entity>([blob])
            .await?;
        let uploaded = [(media_blob::Column::UploadedAt, now.into())];
        let of_hash = media_blob::Column::Sha256.eq(hash.as_str());
        transaction
            .update::<media_blob::Entity>(uploaded, of_hash)
            .await?;
        let key = Key::blob(self.tenant(), &hash);
        if self.blobs().find(&key).await?.is_none() {
            self.blobs().rename(&taken.at, &key).await?;
        }
        let values = [
            (Column::Name, name.into()),
            (Column::File, facts.into()),
            (Column::Pieces, serde_json::json!([]).into()),
            (Column::ExpiresAt, (now + PATIENCE).into()),
        ];
        let still = Condition::all()
            .add(Column::Id.eq(id.0))
            .add(Column::File.is_null());
        let changed = transaction.update::<Entity>(values, still).await?;
        transaction.commit().await?;
        if changed == 0 {
            return Err(MediaError::NoUpload);
        }
        // The file is kept: what is left of its way here is removed by the next clean-up at the latest.
        if let Err(error) = self
            .blobs()
            .remove_all(&Key::pieces(self.tenant(), id))
            .await
        {
            tracing::warn!(%error, upload = %id, "the pieces of a file cannot be removed yet");
        }
        let row = self.store.read().one::<Entity>(Column::Id.eq(id.0)).await?;
        Ok(row.ok_or(MediaError::NoUpload)?.try_into()?)
    }
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

    /// The last bytes.
    async fn end(&self, size: u64) -> Result<Bytes, MediaError> {
        let Some(last) = self.pieces.last() else {
            return Ok(Bytes::new());
        };
        // What is short is the whole of a short file, or the end of a long one that was cut here.
        let from = last.length.saturating_sub(document::TAIL.min(size));
        let mut bytes = self
            .media
            .blobs()
            .read(&self.key(&last.name), Some(from..last.length))
            .await?;
        let mut end = BytesMut::new();
        while let Some(chunk) = bytes.try_next().await? {
            end.extend_from_slice(&chunk);
        }
        Ok(end.freeze())
    }

    /// All bytes, of a file that is not too large for that.
    async fn all(&self, size: u64) -> Result<Bytes, MediaError> {
        let mut all = BytesMut::with_capacity(usize::try_from(size).unwrap_or_default());
        let mut bytes = self.bytes().await?;
        while let Some(chunk) = bytes.try_next().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
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
