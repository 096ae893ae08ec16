//! Where bytes are kept: on a local disk, or in a store that speaks S3. Bytes are kept under their SHA-256, so
//! that the same file is kept once; what is on its way in, and what is made of files, stands beside them.
//!
//! `object_store` is the port: it writes whole objects or none, on a disk by a file aside that is synced and
//! moved into place. Nothing here knows the database.

#[cfg(test)]
mod moto;
#[cfg(test)]
mod tests;

use std::{
    fs, io,
    path::{Path as Folder, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetRange, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutPayload, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem,
    path::Path,
};
use sha2::{Digest, Sha256};
use tokio::task;
use uuid::Uuid;

use super::{ContentHash, MediaError};
use crate::ids::{CaseId, TenantId, UploadId};

/// How much is written at once: no part of a store that speaks S3 but the last may be smaller, and some want all of
/// them to be of one size.
const PART: usize = 5 * 1024 * 1024;

/// Where bytes are kept.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// The folder, on a local disk.
    folder: Option<Arc<Folder>>,
}

/// The name of something that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(Path);

impl Key {
    /// The bytes of a file.
    pub fn blob(tenant: TenantId, hash: &ContentHash) -> Self {
        Self(Path::from(format!("{tenant}/blobs/{hash}")))
    }

    /// Something made of a file.
    pub fn variant(tenant: TenantId, hash: &ContentHash, name: &str) -> Self {
        Self(Path::from(format!("{tenant}/variants/{hash}/{name}")))
    }

    /// A piece of a file on its way in.
    pub fn piece(tenant: TenantId, upload: UploadId, name: &str) -> Self {
        Self(Path::from(format!("{tenant}/uploads/{upload}/{name}")))
    }

    /// A file of a case.
    pub(super) fn of_case(tenant: TenantId, case: CaseId, file: Uuid) -> Self {
        Self(Path::from(format!("{tenant}/cases/{case}/{file}")))
    }

    /// All files of a case.
    pub(super) fn all_of_case(tenant: TenantId, case: CaseId) -> Self {
        Self(Path::from(format!("{tenant}/cases/{case}")))
    }

    /// All that is made of a file.
    pub(super) fn variants(tenant: TenantId, hash: &ContentHash) -> Self {
        Self(Path::from(format!("{tenant}/variants/{hash}")))
    }

    /// All files of a tenant.
    pub(super) fn blobs(tenant: TenantId) -> Self {
        Self(Path::from(format!("{tenant}/blobs")))
    }

    /// All that is on its way in.
    pub(super) fn uploads(tenant: TenantId) -> Self {
        Self(Path::from(format!("{tenant}/uploads")))
    }

    /// The pieces of one upload.
    pub(super) fn pieces(tenant: TenantId, upload: UploadId) -> Self {
        Self(Path::from(format!("{tenant}/uploads/{upload}")))
    }

    /// All variants of all files.
    pub(super) fn all_variants(tenant: TenantId) -> Self {
        Self(Path::from(format!("{tenant}/variants")))
    }

    /// What it belongs to: the hash of a file, or the id of an upload.
    pub(super) fn owner(&self) -> &str {
        let mut parts = self.0.as_ref().split('/');
        parts.nth(2).unwrap_or_default()
    }
}

/// Something that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub key: Key,
    /// How many bytes it has.
    pub size: u64,
    /// When it was written.
    pub written: DateTime<Utc>,
}

impl From<ObjectMeta> for Kept {
    fn from(meta: ObjectMeta) -> Self {
        Self {
            key: Key(meta.location),
            size: meta.size,
            written: meta.last_modified,
        }
    }
}

/// Bytes as they come.
pub type ByteStream = BoxStream<'static, Result<Bytes, MediaError>>;

impl Blobs {
    /// On this disk. The folder is made when it is not there.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn local(folder: &Folder) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(io::Error::other)?;
        let store = store.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self {
            store: Arc::new(store),
            folder: Some(folder.into()),
        })
    }

    /// In a bucket of a store that speaks S3. Where it is and with which key it is opened say the variables
    /// `AWS_…` that other tools read too.
    ///
    /// # Errors
    /// The variables contradict each other.
    pub fn s3(bucket: &str) -> Result<Self, object_store::Error> {
        Self::s3_with(AmazonS3Builder::from_env().with_bucket_name(bucket))
    }

    /// The same, set up otherwise.
    ///
    /// # Errors
    /// The settings contradict each other.
    pub fn s3_with(builder: AmazonS3Builder) -> Result<Self, object_store::Error> {
        // A request waits for the answer: better soon an error than late a file.
        let client = ClientOptions::new()
            .with_allow_http(true)
            .with_connect_timeout(Duration::from_secs(2))
            .with_timeout_disabled()
            .with_read_timeout(Duration::from_secs(15));
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: 3,
            retry_timeout: Duration::from_secs(10),
        };
        let builder = builder.with_client_options(client).with_retry(retry);
        Ok(Self {
            store: Arc::new(builder.build()?),
            folder: None,
        })
    }

    /// Keeps bytes.
    ///
    /// # Errors
    /// They cannot be kept; then nothing is.
    pub async fn put(&self, key: &Key, bytes: Bytes) -> Result<(), MediaError> {
        self.store
            .put(&key.0, PutPayload::from_bytes(bytes))
            .await?;
        Ok(())
    }

    /// Begins to keep bytes that come one after the other.
    pub(super) async fn writer(&self, key: &Key) -> Result<Writer, MediaError> {
        Ok(Writer::of(self.store.put_multipart(&key.0).await?))
    }

    /// All bytes of something that is small.
    ///
    /// # Errors
    /// It is not there, or the store does not answer.
    pub async fn get(&self, key: &Key) -> Result<Bytes, MediaError> {
        Ok(self.store.get(&key.0).await?.bytes().await?)
    }

    /// Bytes as they are read: all, or those of a range.
    ///
    /// # Errors
    /// It is not there, or the store does not answer.
    pub async fn read(
        &self,
        key: &Key,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<ByteStream, MediaError> {
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        let found = self.store.get_opts(&key.0, options).await?;
        Ok(found.into_stream().map_err(MediaError::from).boxed())
    }

    /// How it is kept, if it is.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn find(&self, key: &Key) -> Result<Option<Kept>, MediaError> {
        match self.store.head(&key.0).await.map_err(MediaError::from) {
            Ok(meta) => Ok(Some(meta.into())),
            Err(MediaError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives something another name, under which nothing else is kept.
    pub(super) async fn rename(&self, from: &Key, to: &Key) -> Result<(), MediaError> {
        Ok(self.store.rename(&from.0, &to.0).await?)
    }

    /// Removes something, if it is there.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn remove(&self, key: &Key) -> Result<(), MediaError> {
        match self.store.delete(&key.0).await.map_err(MediaError::from) {
            Err(MediaError::Missing(_)) => Ok(()),
            done => done,
        }
    }

    /// Everything under a name.
    pub fn list(&self, under: &Key) -> BoxStream<'static, Result<Kept, MediaError>> {
        let found = self.store.list(Some(&under.0));
        found.map_ok(Kept::from).map_err(MediaError::from).boxed()
    }

    /// Removes everything under a name.
    pub(super) async fn remove_all(&self, under: &Key) -> Result<(), MediaError> {
        let mut found = self.list(under);
        while let Some(kept) = found.try_next().await? {
            self.remove(&kept.key).await?;
        }
        Ok(())
    }

    /// What was not written to its end, because the process was killed, and has not grown since `before`. On a local
    /// disk: a store that speaks S3 has a rule of its own for it (`AbortIncompleteMultipartUpload`).
    pub(super) async fn unfinished(
        &self,
        tenant: TenantId,
        before: DateTime<Utc>,
    ) -> Result<Vec<Unfinished>, MediaError> {
        let Some(folder) = &self.folder else {
            return Ok(Vec::new());
        };
        let folder = folder.join(tenant.to_string());
        let found = task::spawn_blocking(move || unfinished_in(folder, before.into())).await;
        let found = found.map_err(|error| MediaError::Unavailable(error.to_string()))?;
        found.map_err(|error| MediaError::Unavailable(error.to_string()))
    }

    /// The SHA-256 of what is kept, computed anew.
    pub(super) async fn hash(&self, key: &Key) -> Result<ContentHash, MediaError> {
        let mut bytes = self.read(key, None).await?;
        let mut hash = Sha256::new();
        while let Some(chunk) = bytes.try_next().await? {
            hash.update(&chunk);
        }
        Ok(ContentHash::of(hash))
    }
}

/// A file aside that nobody writes any more.
pub(super) struct Unfinished {
    path: PathBuf,
    pub(super) size: u64,
}

impl Unfinished {
    /// Removes it.
    pub(super) async fn remove(self) -> Result<(), MediaError> {
        let removed = task::spawn_blocking(move || fs::remove_file(self.path)).await;
        match removed {
            Ok(Err(error)) if error.kind() != io::ErrorKind::NotFound => {
                Err(MediaError::Unavailable(error.to_string()))
            }
            _ => Ok(()),
        }
    }
}

fn unfinished_in(folder: PathBuf, before: SystemTime) -> io::Result<Vec<Unfinished>> {
    let mut found = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            // It was empty, and is removed by now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if is_aside(&entry.file_name().to_string_lossy())
                && let Ok(metadata) = entry.metadata()
                && metadata.modified()? < before
            {
                found.push(Unfinished {
                    path: entry.path(),
                    size: metadata.len(),
                });
            }
        }
    }
    Ok(found)
}

/// Whether a file has the name under which `object_store` writes before it gives the right one.
fn is_aside(name: &str) -> bool {
    let number = name.rsplit_once('#').map_or("", |(_, number)| number);
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Keeps bytes that come one after the other, with no more of them in memory than one part.
pub(super) struct Writer {
    upload: Box<dyn MultipartUpload>,
    waiting: Vec<Bytes>,
    buffered: usize,
    hash: Sha256,
    length: u64,
}

impl Writer {
    fn of(upload: Box<dyn MultipartUpload>) -> Self {
        Self {
            upload,
            waiting: Vec::new(),
            buffered: 0,
            hash: Sha256::new(),
            length: 0,
        }
    }

    pub(super) async fn write(&mut self, mut bytes: Bytes) -> Result<(), MediaError> {
        self.hash.update(&bytes);
        self.length += bytes.len() as u64;
        // Some stores want all parts but the last to be of one size.
        while self.buffered + bytes.len() >= PART {
            self.waiting.push(bytes.split_to(PART - self.buffered));
            self.send().await?;
        }
        self.buffered += bytes.len();
        if !bytes.is_empty() {
            self.waiting.push(bytes);
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), MediaError> {
        self.buffered = 0;
        let part: PutPayload = std::mem::take(&mut self.waiting).into_iter().collect();
        Ok(self.upload.put_part(part).await?)
    }

    /// How much was written.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Everything is there: its SHA-256.
    pub(super) async fn finish(mut self) -> Result<ContentHash, MediaError> {
        let done = async {
            if !self.waiting.is_empty() || self.length == 0 {
                self.send().await?;
            }
            Ok(self.upload.complete().await?)
        };
        match done.await {
            Ok(_) => Ok(ContentHash::of(self.hash)),
            Err(error) => {
                self.abort().await;
                Err(error)
            }
        }
    }

    /// Forgets what was written.
    pub(super) async fn abort(mut self) {
        if let Err(error) = self.upload.abort().await {
            tracing::warn!(%error, "a part of a file that is not needed cannot be removed");
        }
    }

    /// Writes all of a stream.
    pub(super) async fn write_all(
        &mut self,
        mut bytes: impl Stream<Item = Result<Bytes, MediaError>> + Unpin,
    ) -> Result<(), MediaError> {
        while let Some(chunk) = bytes.try_next().await? {
            self.write(chunk).await?;
        }
        Ok(())
    }
}
