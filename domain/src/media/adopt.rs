//! Files that come with the content of a folder, such as those of the demo: known before they are kept, and kept
//! all together.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use municipio_entities::media_blob;

use super::{
    AssetFile, ContentHash, Family, FileFacts, FileKind, ImageLimits, Key, MediaError, Refusal,
    TenantMedia, clean_name,
    document::{self, Document},
    image,
    kind::HEAD,
};
use crate::store::StoreError;

/// A file that may be kept.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The file as an asset has it.
    pub file: AssetFile,
    bytes: Bytes,
    text: Option<String>,
}

/// Looks at a file of somebody who is trusted: documents are read in this process.
///
/// # Errors
/// It is not taken in.
pub fn inspect(name: &str, bytes: Bytes, limits: &ImageLimits) -> Result<Inspected, Refusal> {
    let kind = FileKind::sniff(bytes.get(..HEAD).unwrap_or(&bytes), name)?;
    let as_it_is =
        |bytes: &Bytes| FileFacts::new(kind, ContentHash::of_bytes(bytes), bytes.len() as u64);
    let (bytes, facts, text) = match kind.family() {
        Family::Image => {
            let (bytes, facts) = image::inspect(kind, bytes, limits)?;
            (bytes, facts, None)
        }
        Family::Pdf => {
            document::check_end(&bytes)?;
            let Document { facts: read, text } = document::read(&bytes, |_| {});
            let mut facts = as_it_is(&bytes);
            read.fill(&mut facts);
            (bytes, facts, text)
        }
        Family::Other => {
            let facts = as_it_is(&bytes);
            (bytes, facts, None)
        }
    };
    let file = AssetFile {
        upload: None,
        name: Some(clean_name(name, kind)),
        facts: Some(facts),
    };
    Ok(Inspected { file, bytes, text })
}

impl TenantMedia {
    /// Keeps files, each once.
    ///
    /// # Errors
    /// The database or the place of the files failed.
    pub async fn adopt(&self, files: &[Inspected], now: DateTime<Utc>) -> Result<(), MediaError> {
        let facts = files
            .iter()
            .filter_map(|file| Some((file, file.file.facts.as_ref()?)));
        let facts: Vec<_> = facts.collect();
        let rows = facts.iter().map(|(file, facts)| {
            Ok(media_blob::Model {
                tenant_id: self.tenant().0,
                sha256: facts.sha256.to_string(),
                facts: serde_json::to_value(facts)
                    .map_err(|error| StoreError::corrupt("facts of a file", error))?,
                text: file.text.clone(),
                created_at: now,
                uploaded_at: now,
            })
        });
        let rows: Vec<_> = rows.collect::<Result<_, StoreError>>()?;
        let old = self.note_files(rows, now).await?;
        for (file, facts) in facts {
            let key = Key::blob(self.tenant(), &facts.sha256);
            let is_old = old.contains(facts.sha256.as_str());
            if is_old || self.blobs().find(&key).await?.is_none() {
                self.blobs().put(&key, file.bytes.clone()).await?;
            }
        }
        Ok(())
    }
}
