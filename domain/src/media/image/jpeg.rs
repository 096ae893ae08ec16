//! Where the picture of a JPEG file ends. What comes after is not part of it.

/// The end of image, and what may stand in a scan.
const END: u8 = 0xd9;

/// How many bytes of what follows the header of the first scan belong to the picture: scans, the segments
/// between them, and the marker of its end, which is left out. Nothing when it is cut off.
pub(super) fn end_of_scans(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        let marker = *bytes.get(at + 1)?;
        at += match marker {
            // An escaped byte, a restart, or one of several fill bytes.
            0 | 0xd0..=0xd7 => 2,
            0xff => 1,
            END => return Some(at),
            _ => {
                let length = bytes.get(at + 2..at + 4)?;
                2 + usize::from(u16::from_be_bytes([length[0], length[1]]))
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_picture_ends_at_its_marker() {
        let scans = b"\x01\xff\x00\x02\xff\xd0\x03\xff\xc4\x00\x04\xff\xd9\x05\xff\xff\xd9<html>";
        assert_eq!(end_of_scans(scans), Some(15));
        assert_eq!(end_of_scans(&scans[..15]), None);
        assert_eq!(end_of_scans(b""), None);
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(end) = end_of_scans(&bytes) {
                prop_assert!(end < bytes.len());
            }
        }
    }
}
