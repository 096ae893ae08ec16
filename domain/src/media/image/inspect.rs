//! What a picture is that is taken in. Its header is read first, and it is decoded only when it is not too
//! large; it is decoded whole once, so that what is damaged is found now and not by a reader.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use image::{DynamicImage, ImageDecoder, metadata::Orientation};
use serde::{Deserialize, Serialize};

use super::{
    super::{ContentHash, FileFacts, FileKind, Refusal},
    ImageLimits,
    container::{self, Normal},
    decode::open,
    render::resized,
    turn::shown,
};

/// The longest side of what a placeholder is made of.
const PLACEHOLDER: u32 = 100;

/// What a picture shows.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::media) struct Seen {
    /// Width and height, as it is shown.
    size: (u32, u32),
    transparent: bool,
    placeholder: Option<String>,
}

impl Seen {
    /// What is known of a picture of which this is seen.
    pub(in crate::media) fn facts(self, kind: FileKind, normal: &Normal) -> FileFacts {
        let (width, height) = self.size;
        let hash = ContentHash::of_bytes(&normal.bytes);
        FileFacts {
            width: Some(width),
            height: Some(height),
            frames: u32::try_from(normal.frames)
                .ok()
                .filter(|frames| *frames > 1),
            transparent: self.transparent,
            placeholder: self.placeholder,
            ..FileFacts::new(kind, hash, normal.bytes.len() as u64)
        }
    }
}

/// The picture without what it does not need, if it is not too large. It is not decoded.
pub(in crate::media) fn normalise(
    kind: FileKind,
    bytes: Bytes,
    limits: &ImageLimits,
) -> Result<Normal, Refusal> {
    let normal = container::normalise(kind, bytes, limits.frames)?;
    open(kind, &normal.bytes, limits)?;
    Ok(normal)
}

/// Decodes a picture; says what it shows, or what is wrong with it.
pub(in crate::media) fn look(
    kind: FileKind,
    bytes: &[u8],
    limits: &ImageLimits,
) -> Result<Seen, String> {
    let mut decoder = open(kind, bytes, limits).map_err(|refusal| refusal.to_string())?;
    let damaged = |error: image::ImageError| error.to_string();
    let orientation = decoder.orientation().map_err(damaged)?;
    let transparent = decoder.color_type().has_alpha();
    let image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    Ok(Seen {
        size: shown((image.width(), image.height()), orientation),
        transparent,
        placeholder: placeholder(image, orientation),
    })
}

/// The picture as it is kept, and what is known of it; all in this process.
pub(in crate::media) fn inspect(
    kind: FileKind,
    bytes: Bytes,
    limits: &ImageLimits,
) -> Result<(Bytes, FileFacts), Refusal> {
    let normal = normalise(kind, bytes, limits)?;
    let seen = look(kind, &normal.bytes, limits).map_err(Refusal::Damaged)?;
    let facts = seen.facts(kind, &normal);
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
    use proptest::{
        collection::vec,
        prelude::*,
        sample::{Index, select},
    };

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

    /// A small picture in each form.
    fn pictures() -> Vec<(FileKind, Vec<u8>)> {
        let picture = DynamicImage::from(image::RgbImage::from_fn(24, 16, |x, y| {
            image::Rgb([(x * 10) as u8, (y * 15) as u8, 90])
        }));
        let forms = [
            (FileKind::Jpeg, ImageFormat::Jpeg),
            (FileKind::Png, ImageFormat::Png),
            (FileKind::Gif, ImageFormat::Gif),
            (FileKind::Webp, ImageFormat::WebP),
        ];
        let encoded = forms.map(|(kind, format)| {
            let mut bytes = Cursor::new(Vec::new());
            picture.write_to(&mut bytes, format).unwrap();
            (kind, bytes.into_inner())
        });
        encoded.into()
    }

    proptest! {
        /// Pixels are bounded, so that a header that lies takes no time; a library that gives up is one that refuses.
        #[test]
        fn what_is_damaged_is_refused_or_kept_as_it_stays(
            picture in select(pictures()),
            changes in vec((any::<Index>(), any::<u8>()), 0..6),
            end in any::<Index>(),
            is_cut in any::<bool>(),
        ) {
            let (kind, mut bytes) = picture;
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if is_cut {
                bytes.truncate(end.index(bytes.len()));
            }
            let limits = ImageLimits { pixels: 100_000, ..ImageLimits::default() };
            let inspected = |bytes: Vec<u8>| std::panic::catch_unwind(|| inspect(kind, bytes.into(), &limits));
            if let Ok(Ok((kept, facts))) = inspected(bytes) {
                let again = inspected(kept.to_vec());
                prop_assert_eq!(again.unwrap(), Ok((kept, facts)));
            }
        }
    }
}
