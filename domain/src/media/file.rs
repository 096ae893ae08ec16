//! What an asset holds: a file, and what is known of its bytes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{ContentHash, Family, FileKind};
use crate::ids::UploadId;

/// The file of an asset (file).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct AssetFile {
    /// The upload that is to be the file: the id of an upload that is complete, or a file sent with the request;
    /// when left out the file stays as it is (caricamento).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadId>,
    /// What the file is called when it is saved; that of the upload when left out (nome del file).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 255, message = "at most 255 characters"))]
    pub name: Option<String>,
    /// What is known of it, filled in when the upload becomes the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub facts: Option<FileFacts>,
}

impl AssetFile {
    /// Its name.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("file")
    }

    /// The facts of a picture.
    pub fn image(&self) -> Option<&FileFacts> {
        self.facts.as_ref().filter(|facts| facts.is_image())
    }
}

/// What is known of the bytes of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFacts {
    /// SHA-256 of the bytes as they are kept.
    pub sha256: ContentHash,
    /// Media type of RFC 6838.
    pub media_type: String,
    /// How many bytes.
    pub size: u64,
    /// Of a picture: its width in pixels, as it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Of a picture: its height in pixels, as it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Of a picture: how many frames, when there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<u32>,
    /// Of a picture: one can see through some of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transparent: bool,
    /// Of a picture: a ThumbHash in base64, shown while the picture loads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Of a document: how many pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// Of a document: the title that it says it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Of a document: its language (BCP 47), as it says or as it reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Of a document: the level of PDF/A that it says it has, such as `2B`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdf_a: Option<String>,
}

impl FileFacts {
    /// Of bytes of this kind, of which nothing else is known.
    pub(super) fn new(kind: FileKind, sha256: ContentHash, size: u64) -> Self {
        Self {
            sha256,
            media_type: kind.media_type().to_owned(),
            size,
            width: None,
            height: None,
            frames: None,
            transparent: false,
            placeholder: None,
            pages: None,
            title: None,
            language: None,
            pdf_a: None,
        }
    }

    /// The kind of file; nothing when it is none that is taken in any more.
    pub fn kind(&self) -> Option<FileKind> {
        FileKind::of_media_type(&self.media_type)
    }

    /// A picture, of which there are variants.
    pub fn is_image(&self) -> bool {
        self.kind()
            .is_some_and(|kind| kind.family() == Family::Image)
    }

    /// Width and height of a picture.
    pub fn dimensions(&self) -> Option<(u32, u32)> {
        self.width.zip(self.height)
    }
}
