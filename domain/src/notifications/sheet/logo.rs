//! The picture of a sheet: a square of 300 pixels, as IO shows it.

use std::io::Cursor;

use image::{ImageFormat, Rgba, RgbaImage, imageops};

use crate::{
    content::types::Asset,
    media::{FileFacts, Fit, Format, MediaError, Size, TenantMedia, Variant},
};

/// How long its sides are.
const SIDE: u32 = 300;

/// The file of a picture that may be sent: one that everybody may see.
pub(super) fn file(asset: &Asset) -> Option<&FileFacts> {
    let file = asset.file.as_ref().filter(|_| asset.is_public())?;
    file.image()
}

/// The picture as IO takes it: all of it, on a ground that one can see through.
pub(super) async fn png(media: &TenantMedia, facts: &FileFacts) -> Result<Vec<u8>, LogoError> {
    let size = Size::new(Some(SIDE), Some(SIDE), Fit::Contain, None);
    let size = size.map_err(|error| LogoError(error.to_string()))?;
    let variant = Variant::size(size, crate::media::FocalPoint::default());
    let made = media.variant(facts, variant, Format::Png).await;
    square(&made.map_err(|error| LogoError::of(&error))?)
}

/// The middle of a square of a picture.
fn square(png: &[u8]) -> Result<Vec<u8>, LogoError> {
    let wrong = |error: image::ImageError| LogoError(error.to_string());
    let picture = image::load_from_memory_with_format(png, ImageFormat::Png).map_err(wrong)?;
    let picture = picture.into_rgba8();
    let mut ground = RgbaImage::from_pixel(SIDE, SIDE, Rgba([255, 255, 255, 0]));
    let middle = |side: u32| i64::from(SIDE.saturating_sub(side) / 2);
    imageops::overlay(
        &mut ground,
        &picture,
        middle(picture.width()),
        middle(picture.height()),
    );
    let mut bytes = Cursor::new(Vec::new());
    ground
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(wrong)?;
    Ok(bytes.into_inner())
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[error("the picture cannot be made: {0}")]
pub(super) struct LogoError(String);

impl LogoError {
    fn of(error: &MediaError) -> Self {
        Self(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_stands_in_the_middle_of_a_square() {
        let wide = RgbaImage::from_pixel(300, 100, Rgba([200, 0, 0, 255]));
        let mut bytes = Cursor::new(Vec::new());
        wide.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let made = square(&bytes.into_inner()).unwrap();
        let made = image::load_from_memory(&made).unwrap().into_rgba8();
        assert_eq!(made.dimensions(), (300, 300));
        assert_eq!(made.get_pixel(150, 99)[3], 0);
        assert_eq!(made.get_pixel(0, 100), &Rgba([200, 0, 0, 255]));
        assert_eq!(made.get_pixel(299, 199), &Rgba([200, 0, 0, 255]));
        assert_eq!(made.get_pixel(150, 200)[3], 0);
        assert!(square(b"GIF89a").is_err());
    }
}
