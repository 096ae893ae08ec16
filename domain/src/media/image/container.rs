//! The container of a picture: metadata that says where, when and with what it was taken is left out, and so is
//! what stands behind its end; no pixel changes. Which way up it is, is kept.

use bytes::Bytes;
use image::metadata::Orientation;
use img_parts::{
    ImageEXIF,
    jpeg::{Jpeg, JpegSegment, markers},
    png::Png,
    riff::{RiffChunk, RiffContent},
    webp::WebP,
};

use super::{
    super::{FileKind, Refusal},
    gif,
    jpeg::end_of_scans,
};

/// A picture without what it does not need.
pub(super) struct Normal {
    pub(super) bytes: Bytes,
    /// How many pictures it shows one after the other.
    pub(super) frames: usize,
    /// How it is turned before it is shown.
    pub(super) orientation: Orientation,
}

/// The picture without metadata.
pub(super) fn normalise(
    kind: FileKind,
    bytes: Bytes,
    most_frames: usize,
) -> Result<Normal, Refusal> {
    let still = |bytes| Normal {
        bytes,
        frames: 1,
        orientation: Orientation::NoTransforms,
    };
    match kind {
        FileKind::Jpeg => of_jpeg(bytes),
        FileKind::Png => of_png(bytes, most_frames),
        FileKind::Webp => of_webp(bytes, most_frames),
        FileKind::Gif => {
            let (bytes, frames) = gif::normalise(&bytes, most_frames)?;
            Ok(Normal {
                frames,
                ..still(bytes.into())
            })
        }
        _ => Ok(still(bytes)),
    }
}

fn damaged(error: impl std::fmt::Display) -> Refusal {
    Refusal::Damaged(error.to_string())
}

fn orientation(exif: Option<Bytes>) -> Orientation {
    let found = exif.and_then(|exif| Orientation::from_exif_chunk(&exif));
    found.unwrap_or(Orientation::NoTransforms)
}

/// Metadata that says nothing but which way up a picture is; none when it is upright.
fn upright(orientation: Orientation) -> Option<Bytes> {
    if orientation == Orientation::NoTransforms {
        return None;
    }
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation.to_exif(), 0, 0, 0, 0, 0, 0, 0]);
    Some(exif.into())
}

fn of_jpeg(bytes: Bytes) -> Result<Normal, Refusal> {
    let mut jpeg = Jpeg::from_bytes(bytes).map_err(damaged)?;
    let orientation = orientation(jpeg.exif());
    let segments = jpeg.segments_mut();
    segments.retain(shows_jpeg);
    let last = segments.pop().filter(JpegSegment::has_entropy);
    let last = last.ok_or_else(|| damaged("there is no picture in it"))?;
    let (contents, scans) = (last.contents().clone(), entropy(&last));
    let end = end_of_scans(&scans).ok_or_else(|| damaged("the picture is cut off"))?;
    let mut scans = scans.slice(..end).to_vec();
    scans.extend([markers::P, markers::EOI]);
    segments.push(JpegSegment::new_with_entropy(
        last.marker(),
        contents,
        scans.into(),
    ));
    jpeg.set_exif(upright(orientation));
    Ok(Normal {
        bytes: jpeg.encoder().bytes(),
        frames: 1,
        orientation,
    })
}

/// What follows the header of a scan.
fn entropy(segment: &JpegSegment) -> Bytes {
    let whole = segment.clone().encoder().bytes();
    whole.slice(segment.len()..)
}

/// JFIF, colour profiles, what Adobe says of the colours, and the picture itself.
fn shows_jpeg(segment: &JpegSegment) -> bool {
    let is = |name: &[u8]| segment.contents().starts_with(name);
    match segment.marker() {
        markers::APP0 => is(b"JFIF\0"),
        markers::APP2 => is(b"ICC_PROFILE\0"),
        markers::APP14 => is(b"Adobe"),
        markers::COM => false,
        marker => !(markers::APP0..=markers::APP15).contains(&marker),
    }
}

/// The chunks that show a picture in PNG, still or moving.
const OF_PNG: &str =
    "IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP bKGD hIST pHYs acTL fcTL fdAT";
/// The same in WebP; the name of one ends with a space.
const OF_WEBP: &str = "VP8 ,VP8L,VP8X,ALPH,ANIM,ANMF,ICCP";

fn of_png(bytes: Bytes, most_frames: usize) -> Result<Normal, Refusal> {
    let mut png = Png::from_bytes(bytes).map_err(damaged)?;
    let is_whole = png
        .chunks()
        .last()
        .is_some_and(|chunk| &chunk.kind() == b"IEND");
    if !is_whole {
        return Err(damaged("the picture is cut off"));
    }
    png.chunks_mut().retain(|chunk| {
        OF_PNG
            .split(' ')
            .any(|name| name.as_bytes() == chunk.kind())
    });
    let frames = png.chunks_by_type(*b"fcTL").count();
    if frames > most_frames {
        return Err(Refusal::TooManyFrames(most_frames));
    }
    let bytes = png.encoder().bytes();
    Ok(Normal {
        bytes,
        frames: frames.max(1),
        orientation: Orientation::NoTransforms,
    })
}

fn of_webp(bytes: Bytes, most_frames: usize) -> Result<Normal, Refusal> {
    const XMP_AND_EXIF: u8 = 0b0000_1100;
    let mut webp = WebP::from_bytes(bytes).map_err(damaged)?;
    let orientation = orientation(webp.exif());
    let chunks = webp.chunks_mut();
    chunks.retain(|chunk| OF_WEBP.split(',').any(|name| name.as_bytes() == chunk.id()));
    for chunk in chunks.iter_mut().filter(|chunk| &chunk.id() == b"VP8X") {
        if let RiffContent::Data(data) = chunk.content_mut() {
            let mut flags = data.to_vec();
            if let Some(first) = flags.first_mut() {
                *first &= !XMP_AND_EXIF;
            }
            *data = flags.into();
        }
    }
    let frames = chunks
        .iter()
        .filter(|chunk: &&RiffChunk| &chunk.id() == b"ANMF")
        .count();
    if frames > most_frames {
        return Err(Refusal::TooManyFrames(most_frames));
    }
    if let Some(exif) = upright(orientation) {
        webp.set_exif(Some(exif));
    }
    let bytes = webp.encoder().bytes();
    Ok(Normal {
        bytes,
        frames: frames.max(1),
        orientation,
    })
}
