//! Pictures: what is in one that is taken in, and what is made of it. Everything here takes bytes and gives
//! bytes; who calls it bounds how many run at once.

mod container;
mod decode;
mod gif;
mod inspect;
mod jpeg;
mod layout;
mod profile;
mod render;
mod turn;
mod variant;

use serde::{Deserialize, Serialize};

pub(super) use inspect::{Seen, inspect, look, normalise};
pub(super) use render::{Rendering, render};
pub use variant::{Fit, FocalPoint, Format, InvalidVariant, Preset, Size, Variant};

use super::FileKind;

/// How often a decoder goes over a picture, at most.
pub(super) fn passes(kind: FileKind, bytes: &[u8]) -> usize {
    match kind {
        FileKind::Jpeg => jpeg::passes(bytes),
        _ => 1,
    }
}

/// How large a picture may be.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ImageLimits {
    /// Its pixels.
    pub pixels: u64,
    /// Its bytes, as they are sent.
    pub bytes: u64,
    /// Its frames.
    pub frames: usize,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self {
            pixels: 50_000_000,
            bytes: 64 * 1024 * 1024,
            frames: 1_000,
        }
    }
}

impl ImageLimits {
    /// The memory of a picture that is decoded: four bytes for each pixel.
    fn memory(&self) -> u64 {
        self.pixels.saturating_mul(4)
    }

    /// The memory of a process that works on a picture: a JPEG of several scans is held as coefficients, of two bytes
    /// each, beside its pixels and theirs in another form; and its bytes are held some times over.
    pub(super) fn most_of_a_process(&self) -> u64 {
        let files = self.bytes.saturating_mul(4);
        self.memory().saturating_mul(4).saturating_add(files)
    }

    /// The memory that a decoder may ask for beside.
    fn decoder(&self) -> image::Limits {
        let mut limits = image::Limits::default();
        limits.max_alloc = Some(self.memory().saturating_add(32 * 1024 * 1024));
        limits
    }
}
