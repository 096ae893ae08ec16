//! Files: how they come in, where they are kept, and what is made of them. What an asset says of its file, and
//! who may see it, is content ([`crate::content::types::Asset`]); this module knows bytes.

mod adopt;
mod avif;
mod blobs;
mod clean;
mod document;
mod error;
mod file;
mod hash;
mod image;
mod kind;
mod name;
mod once;
mod picture;
mod process;
mod reader;
mod rows;
mod scan;
mod sealed;
mod settle;
mod sign;
mod upload;
mod variants;
mod workshop;

use std::sync::Arc;

pub use adopt::{Inspected, inspect};
pub use blobs::{Blobs, ByteStream, Kept, Key};
pub use clean::{Cleaned, Cleaning, GRACE, Verified};
pub use error::{MediaError, Refusal};
pub use file::{AssetFile, FileFacts};
pub use hash::{ContentHash, InvalidHash};
pub use image::{Fit, FocalPoint, Format, ImageLimits, InvalidVariant, Preset, Size, Variant};
pub use kind::{Family, FileKind};
pub use name::clean_name;
pub use picture::{WORK_ON_PICTURE, work_on_picture};
pub use process::Program;
pub use reader::{READ_DOCUMENT, read_document};
pub use rows::texts;
pub use scan::{ScanError, Scanner};
pub use sealed::{Arrived, SealedFile};
pub(crate) use settle::{Settling, settle, uses};
pub use sign::{Signed, Signer};
pub use upload::{Checksum, Clock, NewUpload, Upload};

use crate::{ids::TenantId, store::TenantStore};
use upload::Arrivals;
pub use variants::Accepted;
use variants::Lately;
use workshop::Workshop;

/// How large files may be.
#[derive(Clone, Copy, Debug)]
pub struct MediaLimits {
    /// The bytes of a file.
    pub file: u64,
    /// What pictures may have.
    pub image: ImageLimits,
    /// How many files arrive at the same time.
    pub uploads: usize,
    /// How many pictures are worked on at the same time, and how many documents are read.
    pub places: usize,
}

impl Default for MediaLimits {
    fn default() -> Self {
        Self {
            // What GraphQL can say of a size.
            file: i32::MAX.unsigned_abs().into(),
            image: ImageLimits::default(),
            uploads: 16,
            places: workshop::half_of_the_cores(),
        }
    }
}

/// The files of all tenants.
#[derive(Clone, Debug)]
pub struct Media(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    blobs: Blobs,
    limits: MediaLimits,
    scanner: Option<Scanner>,
    /// What works in processes of their own.
    program: Program,
    /// Where pictures are worked on.
    workshop: Workshop,
    /// Where documents are read.
    reading: Workshop,
    arrivals: Arrivals,
    lately: Lately,
    preparing: avif::Preparing,
}

impl Media {
    /// Files that are kept here, within these limits, scanned if there is a scanner. What needs a process of its own
    /// is done by this program.
    pub fn new(
        blobs: Blobs,
        limits: MediaLimits,
        scanner: Option<Scanner>,
        program: Program,
    ) -> Self {
        Self(Arc::new(Shared {
            blobs,
            limits,
            scanner,
            program,
            workshop: Workshop::new(limits.places),
            reading: Workshop::new(limits.places),
            arrivals: Arrivals::new(limits.uploads),
            lately: Lately::default(),
            preparing: avif::Preparing::default(),
        }))
    }

    /// How large files may be.
    pub fn limits(&self) -> &MediaLimits {
        &self.0.limits
    }

    /// How many variants of pictures were made since the start.
    pub fn variants_made(&self) -> u64 {
        self.0.lately.made()
    }

    /// The files of one tenant.
    pub fn of(&self, store: TenantStore) -> TenantMedia {
        TenantMedia {
            media: self.clone(),
            store,
        }
    }
}

/// The files of one tenant.
#[derive(Clone, Debug)]
pub struct TenantMedia {
    media: Media,
    store: TenantStore,
}

impl TenantMedia {
    fn shared(&self) -> &Shared {
        &self.media.0
    }

    /// How large files may be.
    pub fn limits(&self) -> &MediaLimits {
        self.media.limits()
    }

    fn blobs(&self) -> &Blobs {
        &self.shared().blobs
    }

    fn tenant(&self) -> TenantId {
        self.store.tenant_id()
    }

    /// The bytes of a file, or those of a range of it.
    ///
    /// # Errors
    /// They are not there, or their place does not answer.
    pub async fn read(
        &self,
        hash: &ContentHash,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<ByteStream, MediaError> {
        self.blobs()
            .read(&Key::blob(self.tenant(), hash), range)
            .await
    }
}
