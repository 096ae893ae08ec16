//! Makes a variant of a picture: decoded, turned, cut and made smaller, encoded.

use bytes::Bytes;
use fast_image_resize::{
    FilterType, IntoImageView, ResizeAlg, ResizeOptions, Resizer, images::Image as Pixels,
};
use image::{
    DynamicImage, ImageDecoder, ImageEncoder, RgbImage, RgbaImage,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType as PngFilter, PngEncoder},
    },
};
use img_parts::{ImageICC, webp::WebP};

use super::{
    super::{FileKind, MediaError},
    Format, ImageLimits, Variant,
    decode::open,
    layout::Part,
    profile::fits_variants,
    turn::{shown, stored},
};

/// What is made of which picture.
#[derive(Clone, Debug)]
pub(in crate::media) struct Rendering {
    pub(in crate::media) kind: FileKind,
    pub(in crate::media) bytes: Bytes,
    pub(in crate::media) variant: Variant,
    pub(in crate::media) format: Format,
}

fn failed(error: impl std::fmt::Display) -> MediaError {
    MediaError::Render(error.to_string())
}

/// Makes a variant.
pub(in crate::media) fn render(
    rendering: &Rendering,
    limits: &ImageLimits,
) -> Result<Bytes, MediaError> {
    let mut decoder = open(rendering.kind, &rendering.bytes, limits).map_err(failed)?;
    let profile = decoder.icc_profile().map_err(failed)?;
    let orientation = decoder.orientation().map_err(failed)?;
    let image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    let size = shown((image.width(), image.height()), orientation);
    let layout = rendering.variant.layout(size.0, size.1);
    let part = stored(layout.part, size, orientation);
    let size = shown((layout.width, layout.height), orientation);
    let mut small = resized(&image, Some(part), size)?;
    drop(image);
    small.apply_orientation(orientation);
    encode(
        small,
        profile.filter(|profile| fits_variants(profile)),
        rendering.format,
        rendering.variant.quality(),
    )
}

/// A part of a picture, or all of it, in another size; with eight bits for each colour.
pub(super) fn resized(
    image: &DynamicImage,
    part: Option<Part>,
    (width, height): (u32, u32),
) -> Result<DynamicImage, MediaError> {
    let flat;
    let image = match image {
        DynamicImage::ImageRgb8(_) | DynamicImage::ImageRgba8(_) => image,
        other if other.color().has_alpha() => {
            flat = DynamicImage::ImageRgba8(other.to_rgba8());
            &flat
        }
        other => {
            flat = DynamicImage::ImageRgb8(other.to_rgb8());
            &flat
        }
    };
    let pixel_type = image
        .pixel_type()
        .ok_or_else(|| failed("its colours are not known"))?;
    let mut smaller = Pixels::new(width, height, pixel_type);
    let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    if let Some(part) = part {
        options = options.crop(part.left, part.top, part.width, part.height);
    }
    Resizer::new()
        .resize(image, &mut smaller, &options)
        .map_err(failed)?;
    let bytes = smaller.into_vec();
    let made = match image.color().has_alpha() {
        true => RgbaImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgba8),
        false => RgbImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8),
    };
    made.ok_or_else(|| failed("its size does not fit"))
}

fn encode(
    image: DynamicImage,
    profile: Option<Vec<u8>>,
    format: Format,
    quality: u8,
) -> Result<Bytes, MediaError> {
    let (width, height) = (image.width(), image.height());
    let mut bytes = Vec::new();
    match format {
        Format::Avif => avif(&image, quality, &mut bytes)?,
        Format::Webp => {
            let encoded = match &image {
                DynamicImage::ImageRgba8(image) => webp::Encoder::from_rgba(image, width, height),
                image => webp::Encoder::from_rgb(image.as_bytes(), width, height),
            };
            let encoded = encoded.encode_simple(false, f32::from(quality));
            let encoded = encoded.map_err(|error| failed(format!("{error:?}")))?;
            let mut webp = WebP::from_bytes(Bytes::copy_from_slice(&encoded)).map_err(failed)?;
            webp.set_icc_profile(profile.map(Bytes::from));
            return Ok(webp.encoder().bytes());
        }
        Format::Jpeg => {
            let image = image.into_rgb8();
            let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
            if let Some(profile) = profile {
                encoder.set_icc_profile(profile).map_err(failed)?;
            }
            encoder
                .write_image(&image, width, height, image::ExtendedColorType::Rgb8)
                .map_err(failed)?;
        }
        Format::Png => {
            let image = image.into_rgba8();
            let mut encoder = PngEncoder::new_with_quality(
                &mut bytes,
                CompressionType::Default,
                PngFilter::Adaptive,
            );
            if let Some(profile) = profile {
                encoder.set_icc_profile(profile).map_err(failed)?;
            }
            encoder
                .write_image(&image, width, height, image::ExtendedColorType::Rgba8)
                .map_err(failed)?;
        }
    }
    Ok(bytes.into())
}

/// At this speed a card takes half a second of a core, and hardly more bytes than at the slowest.
#[cfg(feature = "avif")]
fn avif(image: &DynamicImage, quality: u8, bytes: &mut Vec<u8>) -> Result<(), MediaError> {
    const SPEED: u8 = 6;
    // The same number stands for less of a picture than in WebP.
    let quality = quality.saturating_sub(15).max(1);
    let encoder = image::codecs::avif::AvifEncoder::new_with_speed_quality(bytes, SPEED, quality);
    // By itself it takes all cores.
    let encoder = encoder.with_num_threads(Some(1));
    image.write_with_encoder(encoder).map_err(failed)
}

#[cfg(not(feature = "avif"))]
fn avif(_: &DynamicImage, _: u8, _: &mut Vec<u8>) -> Result<(), MediaError> {
    Err(failed("the program was built without AVIF"))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{FocalPoint, Preset},
        *,
    };

    #[test]
    fn what_the_encoder_refuses_is_an_error() {
        let strip = DynamicImage::new_rgb8(1, 16_384);
        let refused = encode(strip, None, Format::Webp, 80);
        assert!(matches!(refused, Err(MediaError::Render(_))));
    }

    #[test]
    fn a_strip_has_all_variants_in_all_forms() {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let strip = RgbImage::new(64, 17_000);
        strip.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        let bytes = Bytes::from(bytes.into_inner());
        for preset in Preset::ALL {
            for format in [Format::Webp, Format::Jpeg, Format::Png] {
                let rendering = Rendering {
                    kind: FileKind::Png,
                    bytes: bytes.clone(),
                    variant: Variant::preset(*preset, FocalPoint::default()),
                    format,
                };
                let made = render(&rendering, &ImageLimits::default());
                assert!(made.is_ok(), "{preset:?} {format:?}");
            }
        }
    }
}
