//! Removes what nobody needs: uploads that were not finished or not used, files that no revision uses, variants of
//! files that are gone, and what a stop in between left behind. Everything has a time of grace, so that nothing is
//! removed that is on its way.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use municipio_entities::{media_blob, media_upload};
use sea_orm::{ColumnTrait, Condition};

use super::{
    ContentHash, Key, MediaError, TenantMedia,
    blobs::Kept,
    rows::{hash_of, hashes, is_unused, one_of},
};
use crate::{
    ids::UploadId,
    store::{StoreError, Transaction},
};

/// How long a file that no revision uses is kept.
pub const GRACE: TimeDelta = TimeDelta::days(7);
/// How long something that is kept without a row may be on its way to one, and how long a file is not removed that was
/// uploaded.
pub(super) const ON_ITS_WAY: TimeDelta = TimeDelta::days(1);

/// How long a variant is kept. Its address may be remembered for a year, but who remembers it has it.
const VARIANTS_KEPT: TimeDelta = TimeDelta::days(90);

/// How long the removal of a file may take.
const MOMENT: Duration = Duration::from_secs(5);

/// How to remove what nobody needs.
#[derive(Clone, Copy, Debug)]
pub struct Cleaning {
    /// How long a file that no revision uses is kept.
    pub grace: TimeDelta,
    /// Looks for what belongs to nothing too, and for variants that were made long ago, which lists everything that is
    /// kept.
    pub strays: bool,
    /// Only says what would be removed.
    pub dry_run: bool,
}

/// What was removed, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Uploads that expired.
    pub uploads: usize,
    /// Files that no revision uses.
    pub files: usize,
    /// Objects that belong to nothing.
    pub strays: usize,
    /// Variants of pictures that were made long ago.
    pub variants: usize,
    /// The bytes of all of them.
    pub bytes: u64,
}

impl Cleaned {
    /// There was nothing to remove.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl TenantMedia {
    /// Removes what nobody needs.
    ///
    /// # Errors
    /// The database or the place of the files failed.
    pub async fn clean(
        &self,
        cleaning: &Cleaning,
        now: DateTime<Utc>,
    ) -> Result<Cleaned, MediaError> {
        let mut cleaned = Cleaned::default();
        let dry_run = cleaning.dry_run;
        self.clean_uploads(&mut cleaned, dry_run, now).await?;
        self.clean_files(&mut cleaned, now - cleaning.grace, dry_run)
            .await?;
        if cleaning.strays {
            self.clean_strays(&mut cleaned, dry_run, now).await?;
        }
        Ok(cleaned)
    }

    async fn clean_uploads(
        &self,
        cleaned: &mut Cleaned,
        dry_run: bool,
        now: DateTime<Utc>,
    ) -> Result<(), MediaError> {
        let expired = media_upload::Column::ExpiresAt.lte(now);
        for row in self
            .store
            .read()
            .all::<media_upload::Entity>(expired)
            .await?
        {
            cleaned.uploads += 1;
            // What became a file counts as that.
            if row.file.is_none() {
                cleaned.bytes += u64::try_from(row.received).unwrap_or_default();
            }
            if !dry_run {
                self.remove_upload(UploadId(row.id)).await?;
            }
        }
        Ok(())
    }

    /// Files that no revision uses, and that nobody uploaded since. Those of uploads that wait to be used are younger,
    /// unless the time of grace is less than the day for which they wait.
    async fn clean_files(
        &self,
        cleaned: &mut Cleaned,
        before: DateTime<Utc>,
        dry_run: bool,
    ) -> Result<(), MediaError> {
        for hash in hashes(&self.store.read(), unused(before)).await? {
            let Ok(hash) = hash.parse::<ContentHash>() else {
                continue;
            };
            let key = Key::blob(self.tenant(), &hash);
            let size = self.blobs().find(&key).await?.map_or(0, |kept| kept.size);
            if !dry_run && !self.remove_file(&hash, before).await? {
                continue;
            }
            cleaned.files += 1;
            cleaned.bytes += size;
        }
        Ok(())
    }

    /// Removes a file that is still not used. Its row is held until its bytes are gone: who uploads the same file
    /// meanwhile waits, and then keeps it anew.
    pub(super) async fn remove_file(
        &self,
        hash: &ContentHash,
        before: DateTime<Utc>,
    ) -> Result<bool, MediaError> {
        // What can be made again is removed while nobody waits.
        self.blobs()
            .remove_all(&Key::variants(self.tenant(), hash))
            .await?;
        let transaction = self.store.begin().await?;
        self.remove_bytes(transaction, hash, before).await
    }

    /// The same for a file without a row: it gets one first, so that it is waited for as well.
    async fn remove_stray(&self, hash: &ContentHash) -> Result<bool, MediaError> {
        let row = media_blob::Model {
            tenant_id: self.tenant().0,
            sha256: hash.to_string(),
            facts: serde_json::json!({}),
            text: None,
            created_at: DateTime::UNIX_EPOCH,
            uploaded_at: DateTime::UNIX_EPOCH,
        };
        let transaction = self.store.begin().await?;
        transaction
            .insert_missing::<media_blob::Entity>([row])
            .await?;
        let before = DateTime::UNIX_EPOCH + TimeDelta::seconds(1);
        self.remove_bytes(transaction, hash, before).await
    }

    /// Removes the row of a file, unless it is used or was uploaded since, and then its bytes. A place of files
    /// that does not answer is not waited for: what holds the row may hold everybody else.
    async fn remove_bytes(
        &self,
        transaction: Transaction,
        hash: &ContentHash,
        before: DateTime<Utc>,
    ) -> Result<bool, MediaError> {
        let same = unused(before).add(one_of([hash.to_string()]));
        if transaction.delete::<media_blob::Entity>(same).await? == 0 {
            return Ok(false);
        }
        let key = Key::blob(self.tenant(), hash);
        let removed = tokio::time::timeout(MOMENT, self.blobs().remove(&key)).await;
        removed.map_err(|_| MediaError::Unavailable("it took too long".to_owned()))??;
        transaction.commit().await?;
        self.forget(hash).await;
        Ok(true)
    }

    /// What a stop in between left behind: objects without a row. And variants that were made long ago: nobody may
    /// want them any more, and those that somebody wants are made again.
    async fn clean_strays(
        &self,
        cleaned: &mut Cleaned,
        dry_run: bool,
        now: DateTime<Utc>,
    ) -> Result<(), MediaError> {
        let known = hashes(&self.store.read(), Condition::all()).await?;
        let uploads = self.uploads().await?;
        let uploads: HashSet<_> = uploads.iter().map(|row| row.id.to_string()).collect();
        for (under, belongs) in [
            (Key::blobs(self.tenant()), &known),
            (Key::all_variants(self.tenant()), &known),
            (Key::uploads(self.tenant()), &uploads),
        ] {
            let is_variant = under == Key::all_variants(self.tenant());
            let mut kept = self.blobs().list(&under);
            while let Some(kept) = kept.try_next().await? {
                if is_variant && kept.written < now - VARIANTS_KEPT {
                    cleaned.variants += 1;
                    cleaned.bytes += kept.size;
                    if !dry_run {
                        self.blobs().remove(&kept.key).await?;
                    }
                    continue;
                }
                let is_old = kept.written < now - ON_ITS_WAY;
                if !is_old || belongs.contains(kept.key.owner()) {
                    continue;
                }
                if !dry_run && !self.remove_unknown(&kept.key).await? {
                    continue;
                }
                cleaned.strays += 1;
                cleaned.bytes += kept.size;
            }
        }
        let unfinished = self.blobs().unfinished(self.tenant(), now - ON_ITS_WAY);
        for file in unfinished.await? {
            cleaned.strays += 1;
            cleaned.bytes += file.size;
            if !dry_run {
                file.remove().await?;
            }
        }
        Ok(())
    }

    pub(super) async fn uploads(&self) -> Result<Vec<media_upload::Model>, StoreError> {
        let all = Condition::all();
        self.store.read().all::<media_upload::Entity>(all).await
    }

    /// Removes an object without a row, unless it has got one by now.
    async fn remove_unknown(&self, key: &Key) -> Result<bool, MediaError> {
        let hash = key.owner().parse::<ContentHash>();
        match hash.map(|hash| (Key::blob(self.tenant(), &hash) == *key, hash)) {
            Ok((true, hash)) => self.remove_stray(&hash).await,
            _ => self.blobs().remove(key).await.map(|()| true),
        }
    }
}

/// Files that no revision uses, and that were not uploaded since.
fn unused(before: DateTime<Utc>) -> Condition {
    is_unused().add(media_blob::Column::UploadedAt.lt(before))
}

/// What is wrong with what is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many files there are.
    pub files: usize,
    /// Those whose bytes are not there.
    pub missing: Vec<ContentHash>,
    /// Those whose bytes are not what they were.
    pub changed: Vec<ContentHash>,
    /// Objects that belong to nothing.
    pub strays: Vec<Kept>,
}

impl Verified {
    /// Everything is as it was put there.
    pub fn is_intact(&self) -> bool {
        self.missing.is_empty() && self.changed.is_empty()
    }
}

impl TenantMedia {
    /// Reads each of these files, and computes its hash anew. Missing are those that something needs.
    ///
    /// # Errors
    /// The database or the place of the files failed.
    pub async fn verify(
        &self,
        known: &HashSet<String>,
        mut done: impl FnMut(u64),
    ) -> Result<Verified, MediaError> {
        let mut verified = Verified {
            files: known.len(),
            ..Verified::default()
        };
        for hash in known {
            let Ok(hash) = hash.parse::<ContentHash>() else {
                continue;
            };
            match self.blobs().hash(&Key::blob(self.tenant(), &hash)).await {
                Ok(found) if found == hash => {}
                Ok(_) => verified.changed.push(hash),
                Err(MediaError::Missing(_)) => verified.missing.push(hash),
                Err(error) => return Err(error),
            }
            done(1);
        }
        if !verified.missing.is_empty() {
            let unneeded = self.unneeded().await?;
            let is_needed = |hash: &ContentHash| !unneeded.contains(hash.as_str());
            verified.missing.retain(is_needed);
        }
        let mut kept = self.blobs().list(&Key::blobs(self.tenant()));
        while let Some(kept) = kept.try_next().await? {
            if !known.contains(kept.key.owner()) {
                verified.strays.push(kept);
            }
        }
        Ok(verified)
    }

    /// The files there are to verify: their hashes.
    ///
    /// # Errors
    /// The database failed.
    pub async fn known(&self) -> Result<HashSet<String>, MediaError> {
        Ok(hashes(&self.store.read(), Condition::all()).await?)
    }

    /// Files that neither a revision nor an upload has. A stop between the two writes that make a file leaves a row
    /// without bytes: nothing was lost, and the clean-up removes it.
    async fn unneeded(&self) -> Result<HashSet<String>, MediaError> {
        let mut unneeded = hashes(&self.store.read(), is_unused()).await?;
        for upload in self.uploads().await? {
            if let Some(hash) = hash_of(&upload) {
                unneeded.remove(&hash);
            }
        }
        Ok(unneeded)
    }
}
