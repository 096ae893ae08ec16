//! Colour profiles (ICC.1). They are carried over into every variant, so a long one would be kept many times; and in
//! PNG they are packed, so a long one may be of few bytes.

use img_parts::{
    jpeg::{JpegSegment, markers},
    png::PngChunk,
    riff::RiffChunk,
};
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

/// The longest profile that is kept: those of printers, which hold tables, are shorter.
const LONGEST: usize = 1024 * 1024;

/// Whether a profile is one of the colours in which variants are written (ICC.1, section 7.2.6): those of greys and
/// of printers are not.
pub(super) fn fits_variants(profile: &[u8]) -> bool {
    profile.len() <= LONGEST && profile.get(16..20) == Some(b"RGB ")
}

/// Whether a segment is a part of a profile.
pub(super) fn is_of_jpeg(segment: &JpegSegment) -> bool {
    segment.marker() == markers::APP2 && segment.contents().starts_with(b"ICC_PROFILE\0")
}

/// Leaves out a profile that is too long.
pub(super) fn bound_jpeg(segments: &mut Vec<JpegSegment>) {
    let parts = segments.iter().filter(|segment| is_of_jpeg(segment));
    let length: usize = parts.map(|segment| segment.contents().len()).sum();
    if length > LONGEST {
        segments.retain(|segment| !is_of_jpeg(segment));
    }
}

/// Leaves out all profiles but the first, and that one too when it is too long.
pub(super) fn bound_png(chunks: &mut Vec<PngChunk>) {
    let mut found = 0;
    chunks.retain(|chunk| {
        let is_profile = &chunk.kind() == b"iCCP";
        found += usize::from(is_profile);
        !is_profile || (found == 1 && unpacks(chunk.contents()))
    });
}

/// Whether what a chunk holds, after a name and the number of the method, unpacks to a profile that is not too long.
fn unpacks(chunk: &[u8]) -> bool {
    let name = chunk.iter().position(|byte| *byte == 0);
    let packed = name.and_then(|end| chunk.get(end + 2..));
    packed.is_some_and(|packed| decompress_to_vec_zlib_with_limit(packed, LONGEST).is_ok())
}

/// The same as for PNG, where it is not packed. Says whether one is left.
pub(super) fn bound_webp(chunks: &mut Vec<RiffChunk>) -> bool {
    let (mut found, mut kept) = (0, false);
    chunks.retain(|chunk| {
        if &chunk.id() != b"ICCP" {
            return true;
        }
        found += 1;
        let length = chunk.content().data().map_or(usize::MAX, |data| data.len());
        kept |= found == 1 && length <= LONGEST;
        found == 1 && length <= LONGEST
    });
    kept
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use bytes::Bytes;
    use image::{
        ImageDecoder, ImageEncoder, RgbImage,
        codecs::{jpeg::JpegEncoder, png::PngEncoder},
    };
    use img_parts::{ImageICC, webp::WebP};

    use super::*;
    use crate::media::{
        FileKind,
        image::{Format, ImageLimits, Rendering, Variant, decode::open, inspect, render},
    };

    /// A profile of RGB of this length, all of one byte but its header.
    fn profile(length: usize) -> Vec<u8> {
        let mut profile = vec![7; length];
        profile[16..20].copy_from_slice(b"RGB ");
        profile
    }

    /// A picture of some pixels with a profile, in each form that has them.
    fn pictures(profile: &[u8]) -> [(FileKind, Bytes); 3] {
        let picture = RgbImage::new(8, 8);
        let (mut png, mut jpeg) = (Vec::new(), Vec::new());
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_icc_profile(profile.to_vec()).unwrap();
        let rgb = image::ExtendedColorType::Rgb8;
        encoder.write_image(&picture, 8, 8, rgb).unwrap();
        let mut encoder = JpegEncoder::new(&mut jpeg);
        encoder.set_icc_profile(profile.to_vec()).unwrap();
        encoder.write_image(&picture, 8, 8, rgb).unwrap();
        let mut webp = Cursor::new(Vec::new());
        let format = image::ImageFormat::WebP;
        picture.write_to(&mut webp, format).unwrap();
        let mut webp = WebP::from_bytes(webp.into_inner().into()).unwrap();
        webp.set_icc_profile(Some(profile.to_vec().into()));
        [
            (FileKind::Png, png.into()),
            (FileKind::Jpeg, jpeg.into()),
            (FileKind::Webp, webp.encoder().bytes()),
        ]
    }

    fn kept(kind: FileKind, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut decoder = open(kind, bytes, &ImageLimits::default()).unwrap();
        decoder.icc_profile().unwrap()
    }

    #[test]
    fn long_profiles_are_left_out_and_others_are_kept() {
        let (short, long) = (profile(3_000), profile(LONGEST + 60_000));
        for (kind, picture) in pictures(&short) {
            let (bytes, _) = inspect(kind, picture, &ImageLimits::default()).unwrap();
            assert_eq!(kept(kind, &bytes).as_ref(), Some(&short), "{kind:?}");
        }
        for (kind, picture) in pictures(&long) {
            let (bytes, _) = inspect(kind, picture, &ImageLimits::default()).unwrap();
            assert_eq!(kept(kind, &bytes), None, "{kind:?}");
            assert!(bytes.len() < 2_000, "{kind:?}: {} bytes", bytes.len());
        }
    }

    #[test]
    fn variants_of_what_was_kept_before_are_small() {
        let variant: Variant = "thumbnail".parse().unwrap();
        for (kind, bytes) in pictures(&profile(LONGEST + 60_000)) {
            for format in [Format::Webp, Format::Jpeg, Format::Png] {
                let rendering = Rendering {
                    kind,
                    bytes: bytes.clone(),
                    variant,
                    format,
                };
                let made = render(&rendering, &ImageLimits::default()).unwrap();
                assert!(made.len() < 2_000, "{kind:?} as {format:?}");
            }
        }
    }
}
