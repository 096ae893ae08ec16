//! Opens a picture: its header alone is read, within limits.

use std::io::Cursor;

use image::{ImageDecoder, ImageFormat, ImageReader};

use super::{
    super::{FileKind, Refusal},
    ImageLimits,
};

/// How `image` calls a kind of picture.
fn format_of(kind: FileKind) -> Option<ImageFormat> {
    match kind {
        FileKind::Jpeg => Some(ImageFormat::Jpeg),
        FileKind::Png => Some(ImageFormat::Png),
        FileKind::Gif => Some(ImageFormat::Gif),
        FileKind::Webp => Some(ImageFormat::WebP),
        _ => None,
    }
}

/// What decodes a picture that is not larger than pictures may be.
pub(super) fn open<'a>(
    kind: FileKind,
    bytes: &'a [u8],
    limits: &ImageLimits,
) -> Result<impl ImageDecoder + use<'a>, Refusal> {
    let format = format_of(kind).ok_or_else(|| Refusal::Type(kind.media_type().to_owned()))?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.decoder());
    let decoder = reader.into_decoder();
    let decoder = decoder.map_err(|error| Refusal::Damaged(error.to_string()))?;
    let (width, height) = decoder.dimensions();
    // What has more than eight bits for each colour may have fewer pixels.
    let of_one = u64::from(decoder.color_type().bytes_per_pixel());
    let most = limits.pixels.min(limits.memory() / of_one);
    match u64::from(width) * u64::from(height) > most {
        false => Ok(decoder),
        true => Err(Refusal::TooManyPixels {
            width,
            height,
            most,
        }),
    }
}
