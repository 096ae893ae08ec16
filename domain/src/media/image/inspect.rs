//! What a picture is that is taken in. Its header is read first, and it is decoded only when it is not too
//! large; it is decoded whole once, so that what is damaged is found now and not by a reader.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use image::{DynamicImage, ImageDecoder, metadata::Orientation};

use super::{
    super::{ContentHash, FileFacts, FileKind, Refusal},
    ImageLimits, container,
    decode::open,
    render::resized,
    turn::shown,
};

/// The longest side of what a placeholder is made of.
const PLACEHOLDER: u32 = 100;

/// The picture as it is kept, and what is known of it.
pub(in crate::media) fn inspect(
    kind: FileKind,
    bytes: Bytes,
    limits: &ImageLimits,
) -> Result<(Bytes, FileFacts), Refusal> {
    let normal = container::normalise(kind, bytes, limits.frames)?;
    let decoder = open(kind, &normal.bytes, limits)?;
    let transparent = decoder.color_type().has_alpha();
    let image = DynamicImage::from_decoder(decoder);
    let image = image.map_err(|error| Refusal::Damaged(error.to_string()))?;
    let (width, height) = shown((image.width(), image.height()), normal.orientation);
    let facts = FileFacts {
        width: Some(width),
        height: Some(height),
        frames: u32::try_from(normal.frames)
            .ok()
            .filter(|frames| *frames > 1),
        transparent,
        placeholder: placeholder(image, normal.orientation),
        ..FileFacts::new(
            kind,
            ContentHash::of_bytes(&normal.bytes),
            normal.bytes.len() as u64,
        )
    };
    Ok((normal.bytes, facts))
}

/// A few bytes that look like the picture from afar: a ThumbHash.
fn placeholder(image: DynamicImage, orientation: Orientation) -> Option<String> {
    let longest = image.width().max(image.height());
    let side =
        |side: u32| (u64::from(side) * u64::from(PLACEHOLDER) / u64::from(longest.max(1))).max(1);
    let (width, height) = match longest <= PLACEHOLDER {
        true => (image.width(), image.height()),
        false => (side(image.width()) as u32, side(image.height()) as u32),
    };
    let mut small = resized(&image, None, (width, height)).ok()?;
    small.apply_orientation(orientation);
    let small = small.into_rgba8();
    let (width, height) = (small.width() as usize, small.height() as usize);
    Some(STANDARD.encode(thumbhash::rgba_to_thumb_hash(width, height, &small)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, Rgba};

    use super::*;

    #[test]
    fn more_bits_for_each_colour_are_fewer_pixels() {
        let picture = image::ImageBuffer::from_pixel(20, 10, Rgba([0_u16; 4]));
        let picture = DynamicImage::ImageRgba16(picture);
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let bytes = Bytes::from(bytes.into_inner());
        let inspected = |pixels| {
            let limits = ImageLimits {
                pixels,
                ..ImageLimits::default()
            };
            inspect(FileKind::Png, bytes.clone(), &limits)
        };
        assert!(inspected(400).is_ok());
        let refused = inspected(399).unwrap_err();
        assert!(
            matches!(refused, Refusal::TooManyPixels { most: 199, .. }),
            "{refused}"
        );
    }
}
