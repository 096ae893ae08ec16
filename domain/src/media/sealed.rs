//! Files of cases: kept encrypted with the key of their case, each for itself, and known to nobody but the events of the
//! case. Who throws the key away has erased them.
//!
//! A file is encrypted in frames, so that none need be in memory as a whole. Each frame is bound to its file, its place in
//! it and to whether it is the last: none can be left out, moved or cut off.

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ByteStream, ContentHash, FileFacts, Key, MediaError, TenantMedia, rows::hash_of};
use crate::{
    citizens::DataKey,
    ids::{CaseId, UploadId},
    sealing::OVERHEAD,
};

/// How much is encrypted at once.
const FRAME: usize = 1024 * 1024;
/// How much a frame is that was encrypted.
const SEALED: usize = FRAME + OVERHEAD;

/// A file of a case: what is known of it, which is encrypted along with what an event says of people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SealedFile {
    /// Under which name it is kept.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Media type of RFC 6838.
    pub media_type: String,
    /// How many bytes it has.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: ContentHash,
    /// Of a document: the level of PDF/A that it says it has, as far as it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdf_a: Option<String>,
}

/// An upload that is to be a file of a case.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The upload.
    pub id: UploadId,
    /// What it is called.
    name: String,
    facts: FileFacts,
    /// When it was looked at, or a little later.
    at: DateTime<Utc>,
}

impl Arrived {
    pub(super) fn new(id: UploadId, name: String, facts: FileFacts, at: DateTime<Utc>) -> Self {
        Self {
            id,
            name,
            facts,
            at,
        }
    }
}

/// The place of a frame.
fn place(case: CaseId, file: Uuid, index: u64, is_last: bool) -> String {
    format!("file:{case}:{file}:{index}:{is_last}")
}

fn unreadable(_: crate::citizens::SealError) -> MediaError {
    MediaError::Unsealable
}

impl TenantMedia {
    /// Keeps what arrived as a file of a case, encrypted. The upload stays, until it is [released](Self::release).
    ///
    /// # Errors
    /// It cannot be encrypted, or the place of the files failed.
    pub async fn seal(
        &self,
        (case, key): (CaseId, &DataKey),
        arrived: &Arrived,
    ) -> Result<SealedFile, MediaError> {
        let file = SealedFile {
            id: Uuid::new_v4(),
            name: arrived.name.clone(),
            media_type: arrived.facts.media_type.clone(),
            size: arrived.facts.size,
            sha256: arrived.facts.sha256.clone(),
            pdf_a: arrived.facts.pdf_a.clone(),
        };
        let mut plain = self.read(&file.sha256, None).await?;
        let kept = Key::of_case(self.tenant(), case, file.id);
        let mut writer = self.blobs().writer(&kept).await?;
        let written = async {
            let (mut index, mut waiting) = (0, BytesMut::new());
            while let Some(chunk) = plain.try_next().await? {
                waiting.extend_from_slice(&chunk);
                // The last frame has something in it, too.
                while waiting.len() > FRAME {
                    let frame = waiting.split_to(FRAME);
                    let sealed = key.seal_bytes(&place(case, file.id, index, false), &frame);
                    writer.write(sealed.map_err(unreadable)?.into()).await?;
                    index += 1;
                }
            }
            let sealed = key.seal_bytes(&place(case, file.id, index, true), &waiting);
            writer.write(sealed.map_err(unreadable)?.into()).await
        };
        let written = written.await;
        match written {
            Ok(()) => {
                writer.finish().await?;
                Ok(file)
            }
            Err(error) => {
                writer.abort().await;
                Err(error)
            }
        }
    }

    /// The bytes of a file of a case.
    ///
    /// # Errors
    /// They are not there, or their place does not answer. What was changed ends the stream with an error.
    pub async fn unseal(
        &self,
        (case, key): (CaseId, DataKey),
        file: &SealedFile,
    ) -> Result<ByteStream, MediaError> {
        let kept = Key::of_case(self.tenant(), case, file.id);
        let opening = Opening {
            sealed: self.blobs().read(&kept, None).await?,
            waiting: BytesMut::new(),
            place: (case, file.id),
            key,
            index: 0,
            is_over: false,
        };
        Ok(Box::pin(stream::try_unfold(opening, Opening::next)))
    }

    /// Removes a file of a case that is none after all.
    ///
    /// # Errors
    /// The place of the files failed.
    pub async fn remove_sealed(&self, case: CaseId, file: Uuid) -> Result<(), MediaError> {
        let kept = Key::of_case(self.tenant(), case, file);
        self.blobs().remove(&kept).await
    }

    /// Removes all files of a case that was erased. What cannot be removed yet is unreadable anyway.
    pub async fn remove_all_sealed(&self, case: CaseId) {
        let all = Key::all_of_case(self.tenant(), case);
        if let Err(error) = self.blobs().remove_all(&all).await {
            tracing::warn!(%error, %case, "the files of a case that was erased cannot be removed yet");
        }
    }

    /// Forgets an upload that became a file of a case, and the bytes that were not encrypted, unless something else uses
    /// them.
    ///
    /// # Errors
    /// The database or the place of the files failed.
    pub async fn release(&self, arrived: &Arrived) -> Result<(), MediaError> {
        self.remove_upload(arrived.id).await?;
        let hash = &arrived.facts.sha256;
        let uploads = self.uploads().await?;
        let is_awaited = uploads
            .iter()
            .filter_map(hash_of)
            .any(|other| other == hash.as_str());
        if !is_awaited {
            // Who uploads the same file meanwhile does so later.
            self.remove_file(hash, arrived.at + TimeDelta::microseconds(1))
                .await?;
        }
        Ok(())
    }
}

/// A file that is being decrypted.
struct Opening {
    sealed: ByteStream,
    waiting: BytesMut,
    place: (CaseId, Uuid),
    key: DataKey,
    index: u64,
    is_over: bool,
}

impl Opening {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, MediaError> {
        if self.is_over {
            return Ok(None);
        }
        while self.waiting.len() <= SEALED {
            match self.sealed.try_next().await? {
                Some(chunk) => self.waiting.extend_from_slice(&chunk),
                None => {
                    self.is_over = true;
                    break;
                }
            }
        }
        let length = match self.is_over {
            true => self.waiting.len(),
            false => SEALED,
        };
        let frame = self.waiting.split_to(length);
        let (case, file) = self.place;
        let place = place(case, file, self.index, self.is_over);
        let plain = self.key.open_bytes(&place, &frame).map_err(unreadable)?;
        self.index += 1;
        Ok(Some((plain.into(), self)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::citizens::CitizenKeys;

    /// A key, as it is made and as it is kept.
    fn keys() -> (DataKey, DataKey) {
        let keys = CitizenKeys::new("one secret of 32 characters at least").unwrap();
        let (key, kept) = keys.new_data_key("case:1").unwrap();
        (key, keys.data_key("case:1", &kept).unwrap())
    }

    const PLACE: (CaseId, Uuid) = (CaseId(Uuid::nil()), Uuid::nil());

    /// The frames of a file, the last of them marked as such.
    fn sealed(key: &DataKey, plain: &[u8]) -> Vec<Vec<u8>> {
        let frames: Vec<_> = plain.chunks(FRAME).collect();
        let numbered = frames.iter().enumerate();
        let seal = |(index, frame): (usize, &&[u8])| {
            let place = place(PLACE.0, PLACE.1, index as u64, index + 1 == frames.len());
            key.seal_bytes(&place, frame).unwrap()
        };
        numbered.map(seal).collect()
    }

    /// What is read of these bytes, which come in pieces of this length.
    async fn opened(key: DataKey, bytes: Vec<u8>, piece: usize) -> Result<Vec<u8>, MediaError> {
        let pieces: Vec<_> = bytes
            .chunks(piece)
            .map(Bytes::copy_from_slice)
            .map(Ok)
            .collect();
        let opening = Opening {
            sealed: Box::pin(stream::iter(pieces)),
            waiting: BytesMut::new(),
            place: PLACE,
            key,
            index: 0,
            is_over: false,
        };
        let frames: Vec<Bytes> = stream::try_unfold(opening, Opening::next)
            .try_collect()
            .await?;
        Ok(frames.concat())
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(future)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn a_file_is_read_as_it_was_written(frames in 0..3usize, more in 0..3usize, piece in 1_000..3_000_000usize) {
            let length = (frames * FRAME + more).max(1);
            let plain: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let (key, kept) = keys();
            let read = run(opened(kept, sealed(&key, &plain).concat(), piece)).unwrap();
            prop_assert!(read == plain);
        }
    }

    #[test]
    fn nothing_is_cut_off_moved_or_changed() {
        let plain = vec![7; 2 * FRAME + 5];
        let fails = |change: fn(&mut Vec<Vec<u8>>)| {
            let (key, kept) = keys();
            let mut frames = sealed(&key, &plain);
            change(&mut frames);
            matches!(
                run(opened(kept, frames.concat(), 100_000)),
                Err(MediaError::Unsealable)
            )
        };
        assert!(!fails(|_| {}));
        assert!(
            fails(|frames| drop(frames.pop())),
            "the last frame is missing"
        );
        assert!(fails(|frames| frames.swap(0, 1)), "two frames are swapped");
        assert!(fails(|frames| frames[1][40] ^= 1), "a byte is another one");
        assert!(fails(|frames| frames[2].truncate(20)), "the end is cut off");
        assert!(fails(|frames| frames.clear()), "nothing is left");
    }
}
