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

pub(super) use inspect::inspect;
pub(super) use render::{Rendering, render};
pub use variant::{Fit, FocalPoint, Format, InvalidVariant, Preset, Size, Variant};

/// How large a picture may be.
#[derive(Clone, Copy, Debug)]
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

    /// The memory that a decoder may ask for beside.
    fn decoder(&self) -> image::Limits {
        let mut limits = image::Limits::default();
        limits.max_alloc = Some(self.memory().saturating_add(32 * 1024 * 1024));
        limits
    }
}
