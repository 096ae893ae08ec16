//! What goes wrong with files.

use std::io;

use super::scan::ScanError;
use crate::store::StoreError;

/// Why a file is not taken in: something that who sends it can mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// None of the kinds that are taken in.
    #[error("files of this type are not taken in: {0}")]
    Type(String),
    /// The name says something else than the bytes.
    #[error("the name ends with .{name}, but the file is {found}")]
    Mismatch {
        /// How the name ends.
        name: String,
        /// What the bytes are.
        found: &'static str,
    },
    /// Too many bytes.
    #[error("a file of this type has at most {0} bytes")]
    TooLarge(u64),
    /// Too many bytes for the virus scanner.
    #[error("the file is larger than the virus scanner takes")]
    TooLargeToScan,
    /// Too many pixels.
    #[error("the picture has {width} x {height} pixels; at most {most} are taken in")]
    TooManyPixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// The most pixels.
        most: u64,
    },
    /// A picture that is more work than its pixels tell.
    #[error("the picture is too much work: {0}")]
    TooComplex(String),
    /// An animation that is too long.
    #[error("the animation has more than {0} frames")]
    TooManyFrames(usize),
    /// Cut off, or not what it says it is.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// The file is another one too.
    #[error("the file is of two types at once: {0}")]
    Polyglot(&'static str),
    /// The virus scanner knows it.
    #[error("the virus scanner found {0}")]
    Infected(String),
}

/// What goes wrong with files.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file is not taken in.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A file of a case cannot be encrypted or decrypted: it was changed, or is of another secret.
    #[error("a file of a case cannot be encrypted or decrypted")]
    Unsealable,
    /// There is no such upload, it has expired, or it is somebody else's.
    #[error("there is no such upload, or it has expired")]
    NoUpload,
    /// The upload has come less far, or further.
    #[error("the upload has come to byte {0}")]
    Offset(u64),
    /// More was sent than was announced.
    #[error("more was sent than the {0} bytes that were announced")]
    TooMuch(u64),
    /// What arrived does not have the checksum that was sent along.
    #[error("what arrived does not have the checksum that was sent along")]
    Checksum,
    /// The sender went away.
    #[error("the file did not arrive: {0}")]
    Cut(String),
    /// There is no more room.
    #[error("there is no room for more files")]
    Full,
    /// The place of the files is not there.
    #[error("the place of the files does not answer: {0}")]
    Unavailable(String),
    /// What is kept is not what was put there.
    #[error("the file {0} is not there")]
    Missing(String),
    /// The virus scanner is of no help.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// Too much of one author is under way.
    #[error("at most {0} of your uploads may be under way at a time; finish some")]
    TooMany(usize),
    /// A file is sent in too many pieces.
    #[error("a file comes in at most {0} pieces; send larger ones")]
    TooManyPieces(usize),
    /// Somebody is looking at the file already.
    #[error("the file has arrived and is looked at; ask again in a few seconds")]
    BeingLookedAt,
    /// Too many files are being worked on.
    #[error("too many files are being worked on; try again in a few seconds")]
    Busy,
    /// A library failed on something that was taken in.
    #[error("the picture cannot be made: {0}")]
    Render(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<object_store::Error> for MediaError {
    fn from(error: object_store::Error) -> Self {
        if let object_store::Error::NotFound { path, .. } = &error {
            return Self::Missing(path.clone());
        }
        let mut reason: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(cause) = reason {
            let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
            if let Some(
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge,
            ) = kind
            {
                return Self::Full;
            }
            reason = cause.source();
        }
        Self::Unavailable(error.to_string())
    }
}
