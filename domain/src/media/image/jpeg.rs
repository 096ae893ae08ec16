//! The inside of a JPEG file: where its picture ends, and what stands in it that is not the picture.

/// The marker of the end of image.
const END: u8 = 0xd9;
/// The marker of the start of a scan.
const SCAN: u8 = 0xda;
/// The marker of a comment.
const COMMENT: u8 = 0xfe;

/// What follows the header of the first scan and belongs to the picture: scans, and the tables between them; without
/// comments and what applications add, and without the marker of its end. Nothing when it is cut off.
pub(super) fn scans(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(bytes.len());
    let (mut from, mut at) = (0, 0);
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        let marker = *bytes.get(at + 1)?;
        let length = match marker {
            // An escaped byte, a restart, or one of several fill bytes.
            0 | 0xd0..=0xd7 => 2,
            0xff => 1,
            END => {
                kept.extend_from_slice(&bytes[from..at]);
                return Some(kept);
            }
            _ => {
                let length = bytes.get(at + 2..at + 4)?;
                2 + usize::from(u16::from_be_bytes([length[0], length[1]]))
            }
        };
        if matches!(marker, COMMENT | 0xe0..=0xef) {
            kept.extend_from_slice(&bytes[from..at]);
            from = at + length;
        }
        at += length;
        // One that is left out may be cut off itself.
        bytes.get(from..)?;
    }
}

/// How many scans begin in what follows the header of the first: as many as there could be for any decoder. What is
/// no marker has no such bytes.
pub(super) fn further_scans(bytes: &[u8]) -> usize {
    let pairs = bytes.windows(2);
    pairs.filter(|pair| *pair == [0xff, SCAN]).count()
}

/// In how many scans a picture is built up.
pub(super) fn passes(bytes: &[u8]) -> usize {
    let (_, first) = header(bytes);
    1 + further_scans(first)
}

/// How many segments stand before the picture, with the header of its first scan.
pub(super) fn segments(bytes: &[u8]) -> usize {
    header(bytes).0
}

/// How many segments those are, and what follows the marker of the first scan.
fn header(bytes: &[u8]) -> (usize, &[u8]) {
    let mut rest = bytes.get(2..).unwrap_or_default();
    let mut segments = 0;
    while let Some(start) = rest.iter().position(|byte| *byte == 0xff) {
        let fill = rest[start..].iter().take_while(|byte| **byte == 0xff);
        let after = &rest[start + fill.count()..];
        let length = match after {
            [END, ..] | [] => break,
            // Those before are no markers, and these have nothing behind them.
            [0..=0xbf | 0xd0..=0xd8, ..] => 1,
            [_, high, low, ..] => 1 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => break,
        };
        segments += 1;
        if after[0] == SCAN {
            return (segments, &after[1..]);
        }
        rest = after.get(length..).unwrap_or_default();
    }
    (segments, &[])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_picture_ends_at_its_marker() {
        let bytes = b"\x01\xff\x00\x02\xff\xd0\x03\xff\xc4\x00\x04\xff\xd9\x05\xff\xff\xd9<html>";
        assert_eq!(scans(bytes).as_deref(), Some(&bytes[..15]));
        assert_eq!(scans(&bytes[..15]), None);
        assert_eq!(scans(b""), None);
    }

    #[test]
    fn what_is_not_the_picture_is_left_out_between_scans() {
        let bytes = b"\x01\xff\xfe\x00\x06GPS!\xff\xe1\x00\x04ab\xff\xda\x00\x02\x02\xff\xd9";
        assert_eq!(
            scans(bytes).as_deref(),
            Some(&b"\x01\xff\xda\x00\x02\x02"[..])
        );
        assert_eq!(scans(b"\x01\xff\xfe\xff\xffx\xff\xd9"), None);
    }

    #[test]
    fn segments_are_counted() {
        assert_eq!(
            segments(b"\xff\xd8\xff\xfe\0\x02\xff\xff\xfe\0\x03a\xff\xda\0\x02\xff\xfe\0\x02"),
            3
        );
        assert_eq!(segments(b"\xff\xd8\xff\xfe\0\x02\xff\xd9\xff\xfe\0\x02"), 1);
        assert_eq!(segments(b""), 0);
    }

    #[test]
    fn scans_are_counted() {
        let two =
            b"\xff\xd8\xff\xe2\0\x04\xff\xda\xff\xda\0\x02\x01\xff\0\xff\xda\0\x02\x02\xff\xd9";
        // What looks like one in a profile is none.
        assert_eq!(passes(two), 2);
        assert_eq!(passes(&two[..13]), 1);
        assert_eq!(passes(b""), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes in proptest::collection::vec(prop_oneof![Just(0xff_u8), any::<u8>()], 0..300)) {
            segments(&bytes);
            if let Some(kept) = scans(&bytes) {
                prop_assert!(kept.len() < bytes.len());
                // What is left is a picture as it is.
                let again = [&kept[..], &[0xff, END]].concat();
                prop_assert_eq!(scans(&again), Some(kept));
            }
        }
    }
}
