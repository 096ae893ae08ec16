//! GIF, block by block: what shows the picture is kept, the rest is left out.

use super::super::Refusal;

const TRAILER: u8 = 0x3b;
const IMAGE: u8 = 0x2c;
const EXTENSION: u8 = 0x21;
const CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;

/// A GIF without comments, metadata and what follows its end; and how many frames it has.
pub(super) fn normalise(bytes: &[u8], most: usize) -> Result<(Vec<u8>, usize), Refusal> {
    let mut reader = Reader { bytes, at: 0 };
    let mut kept = Vec::with_capacity(bytes.len());
    let header = reader.take(13)?;
    kept.extend_from_slice(header);
    kept.extend_from_slice(reader.take(color_table(header[10]))?);
    let mut frames = 0;
    loop {
        let start = reader.at;
        match reader.take(1)?[0] {
            TRAILER => break,
            IMAGE => {
                let descriptor = reader.take(9)?;
                let table = color_table(descriptor[8]);
                // The colours, and the least code size.
                reader.take(table + 1)?;
                reader.blocks()?;
                frames += 1;
                kept.extend_from_slice(&bytes[start..reader.at]);
            }
            EXTENSION => {
                let label = reader.take(1)?[0];
                let content = reader.at;
                reader.blocks()?;
                if shows(label, &bytes[content..reader.at]) {
                    kept.extend_from_slice(&bytes[start..reader.at]);
                }
            }
            _ => return Err(damaged()),
        }
        if frames > most {
            return Err(Refusal::TooManyFrames(most));
        }
    }
    kept.push(TRAILER);
    match frames {
        0 => Err(damaged()),
        frames => Ok((kept, frames)),
    }
}

/// How a frame is shown, and how often the animation runs.
fn shows(label: u8, content: &[u8]) -> bool {
    let of = |name: &[u8]| content.get(1..12) == Some(name);
    label == CONTROL || (label == APPLICATION && (of(b"NETSCAPE2.0") || of(b"ANIMEXTS1.0")))
}

fn color_table(flags: u8) -> usize {
    match flags & 0x80 {
        0 => 0,
        _ => 3 << ((flags & 7) + 1),
    }
}

fn damaged() -> Refusal {
    Refusal::Damaged("the picture is cut off or no GIF".to_owned())
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Refusal> {
        let taken = self
            .bytes
            .get(self.at..self.at + length)
            .ok_or_else(damaged)?;
        self.at += length;
        Ok(taken)
    }

    /// Blocks, each after its length, until an empty one.
    fn blocks(&mut self) -> Result<(), Refusal> {
        loop {
            match self.take(1)?[0] {
                0 => return Ok(()),
                length => self.take(usize::from(length))?,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One pixel, a comment, and something behind its end.
    const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\
        \x21\xfe\x05GPS 1\0\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b<script>";

    #[test]
    fn only_what_shows_the_picture_is_kept() {
        let (kept, frames) = normalise(GIF, 10).unwrap();
        assert_eq!(frames, 1);
        assert!(!String::from_utf8_lossy(&kept).contains("GPS"));
        assert!(kept.ends_with(&[0, TRAILER]));
        assert_eq!(normalise(&kept, 10).unwrap().0, kept);
        assert!(image::load_from_memory(&kept).is_ok());
        assert!(normalise(&GIF[..40], 10).is_err());
        assert_eq!(normalise(GIF, 0), Err(Refusal::TooManyFrames(0)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..GIF.len()) {
            let _ = normalise(&bytes, 10);
            let _ = normalise(&[&GIF[..cut], &bytes[..]].concat(), 10);
        }
    }
}
