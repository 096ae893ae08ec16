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
    gif, jpeg, profile,
};

/// How many parts a file may have: each takes memory, however little is in it.
const MOST_PARTS: usize = 20_000;
/// In how many scans a JPEG may be built up; programs write ten or so.
const MOST_SCANS: usize = 25;

/// A picture without what it does not need.
pub(in crate::media) struct Normal {
    pub(in crate::media) bytes: Bytes,
    /// How many pictures it shows one after the other.
    pub(super) frames: usize,
    /// How often its decoder goes over it.
    pub(in crate::media) passes: usize,
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
        passes: 1,
    };
    if parts(kind, &bytes)? > MOST_PARTS {
        return Err(damaged(format!("it has more than {MOST_PARTS} parts")));
    }
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

/// How many parts a file has that are told apart.
fn parts(kind: FileKind, bytes: &[u8]) -> Result<usize, Refusal> {
    let count = |start: usize, more: usize, length: fn([u8; 4], [u8; 4]) -> Option<u32>| {
        let (mut rest, mut parts) = (bytes.get(start..).unwrap_or_default(), 0);
        while let Some((head, after)) = rest.split_first_chunk::<8>() {
            let [a, b, c, d, e, f, g, h] = *head;
            let length = length([a, b, c, d], [e, f, g, h])
                .ok_or_else(|| damaged("a part of it may not stand there"))?;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            rest = after.get(length.saturating_add(more)..).unwrap_or_default();
            parts += 1;
        }
        Ok(parts)
    };
    match kind {
        FileKind::Jpeg => Ok(jpeg::segments(bytes)),
        // A length, a name, the content and its checksum.
        FileKind::Png => count(8, 4, |length, _| Some(u32::from_be_bytes(length))),
        // A name, a length, and an even number of bytes; none has parts of its own.
        FileKind::Webp => count(12, 0, |name, length| {
            let length = u32::from_le_bytes(length);
            let is_list = matches!(&name, b"RIFF" | b"LIST" | b"seqt");
            (!is_list).then(|| length.saturating_add(length % 2))
        }),
        _ => Ok(0),
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
    profile::bound_jpeg(segments);
    let last = segments.pop().filter(JpegSegment::has_entropy);
    let last = last.ok_or_else(|| damaged("there is no picture in it"))?;
    for segment in segments.iter_mut() {
        without_thumbnail(segment);
    }
    let contents = last.contents().clone();
    let scans = jpeg::scans(&entropy(&last));
    let mut scans = scans.ok_or_else(|| damaged("the picture is cut off"))?;
    let passes = 1 + jpeg::further_scans(&scans);
    if passes > MOST_SCANS {
        let reason = format!("it is built up in more than {MOST_SCANS} scans");
        return Err(Refusal::TooComplex(reason));
    }
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
        passes,
    })
}

/// JFIF may hold a small picture of its own: of what was there before somebody cut it off.
fn without_thumbnail(segment: &mut JpegSegment) {
    const HEADER: usize = 14;
    if segment.marker() == markers::APP0
        && let Some(header) = segment.contents().get(..HEADER - 2)
    {
        let header = [header, &[0, 0]].concat();
        *segment = JpegSegment::new_with_contents(markers::APP0, header.into());
    }
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
        markers::APP2 => profile::is_of_jpeg(segment),
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
    let orientation = orientation(png.exif());
    png.chunks_mut().retain(|chunk| {
        OF_PNG
            .split(' ')
            .any(|name| name.as_bytes() == chunk.kind())
    });
    profile::bound_png(png.chunks_mut());
    let frames = png.chunks_by_type(*b"fcTL").count();
    if frames > most_frames {
        return Err(Refusal::TooManyFrames(most_frames));
    }
    png.set_exif(upright(orientation));
    let bytes = png.encoder().bytes();
    Ok(Normal {
        bytes,
        frames: frames.max(1),
        passes: 1,
    })
}

fn of_webp(bytes: Bytes, most_frames: usize) -> Result<Normal, Refusal> {
    const PROFILE: u8 = 0b0010_0000;
    const XMP_AND_EXIF: u8 = 0b0000_1100;
    let mut webp = WebP::from_bytes(bytes).map_err(damaged)?;
    let orientation = orientation(webp.exif());
    let chunks = webp.chunks_mut();
    chunks.retain(|chunk| OF_WEBP.split(',').any(|name| name.as_bytes() == chunk.id()));
    let gone = match profile::bound_webp(chunks) {
        true => XMP_AND_EXIF,
        false => XMP_AND_EXIF | PROFILE,
    };
    for chunk in chunks.iter_mut().filter(|chunk| &chunk.id() == b"VP8X") {
        if let RiffContent::Data(data) = chunk.content_mut() {
            let mut flags = data.to_vec();
            if let Some(first) = flags.first_mut() {
                *first &= !gone;
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
        passes: 1,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(kind: FileKind, bytes: Vec<u8>) -> bool {
        matches!(normalise(kind, bytes.into(), 10), Err(Refusal::Damaged(reason)) if reason.contains("parts"))
    }

    #[test]
    fn files_of_very_many_parts_are_refused_before_they_are_taken_apart() {
        let many = MOST_PARTS + 1;
        let jpeg = [&b"\xff\xd8"[..], &b"\xff\xfe\0\x02".repeat(many)].concat();
        assert!(refused(FileKind::Jpeg, jpeg));
        let png = [
            &b"\x89PNG\r\n\x1a\n"[..],
            &b"\0\0\0\0IDAT\0\0\0\0".repeat(many),
        ]
        .concat();
        assert!(refused(FileKind::Png, png));
        let webp = [&b"RIFF\0\0\0\0WEBP"[..], &b"EXIF\0\0\0\0".repeat(many)].concat();
        assert!(refused(FileKind::Webp, webp));
    }

    /// Metadata as cameras write it: turned to the left, and a place.
    fn exif() -> Vec<u8> {
        let mut exif = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0".to_vec();
        exif.extend(b"\x10\x01\x02\0\x0d\0\0\0\x26\0\0\0\0\0\0\0SECRET-PLACE\0");
        exif
    }

    fn encoded(format: image::ImageFormat) -> Bytes {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let picture = image::RgbImage::new(6, 4);
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner().into()
    }

    #[test]
    fn metadata_is_left_out_and_which_way_up_is_kept() {
        let mut png = Png::from_bytes(encoded(image::ImageFormat::Png)).unwrap();
        for (kind, content) in [
            (b"eXIf", exif()),
            (b"tEXt", b"Comment\0SECRET".to_vec()),
            (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0SECRET".to_vec()),
            (b"tIME", b"SECRET!".to_vec()),
        ] {
            let before_the_end = png.chunks().len() - 1;
            let chunk = img_parts::png::PngChunk::new(*kind, content.into());
            png.chunks_mut().insert(before_the_end, chunk);
        }
        let mut webp = WebP::from_bytes(encoded(image::ImageFormat::WebP)).unwrap();
        webp.set_exif(Some(exif().into()));
        let xmp = RiffContent::Data(Bytes::from_static(b"SECRET"));
        webp.chunks_mut().push(RiffChunk::new(*b"XMP ", xmp));
        for (kind, bytes) in [
            (FileKind::Png, png.encoder().bytes()),
            (FileKind::Webp, webp.encoder().bytes()),
        ] {
            assert!(String::from_utf8_lossy(&bytes).contains("SECRET-PLACE"));
            let normal = normalise(kind, bytes, 10).unwrap().bytes;
            assert!(
                !String::from_utf8_lossy(&normal).contains("SECRET"),
                "{kind:?}"
            );
            let limits = super::super::ImageLimits::default();
            let mut decoder = super::super::decode::open(kind, &normal, &limits).unwrap();
            let found = image::ImageDecoder::orientation(&mut decoder).unwrap();
            assert_eq!(found, Orientation::Rotate270, "{kind:?}");
        }
    }

    #[test]
    fn lists_hide_no_parts() {
        let list = b"RIFF\0\0\0\0WEBPLIST\x04\0\0\0abcd";
        assert!(normalise(FileKind::Webp, Bytes::from_static(list), 10).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_apart(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for (kind, start) in [
                (FileKind::Jpeg, &b"\xff\xd8\xff"[..]),
                (FileKind::Png, b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"),
                (FileKind::Webp, b"RIFF\x20\0\0\0WEBPVP8X"),
            ] {
                let _ = normalise(kind, [start, &bytes].concat().into(), 10);
                let _ = normalise(kind, bytes.clone().into(), 10);
            }
        }
    }
}
