//! The checksum that a client sends along with what it sends.

use std::{cell::RefCell, rc::Rc, str::FromStr};

use aws_lc_rs::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::MediaError;

/// A checksum: an algorithm and its value.
#[derive(Clone, Debug)]
pub struct Checksum {
    algorithm: &'static Algorithm,
    value: Vec<u8>,
}

impl Checksum {
    /// The algorithms, by the names that tus has for them.
    pub const ALGORITHMS: &str = "sha1,sha256,sha512";
}

impl FromStr for Checksum {
    type Err = &'static str;

    /// Reads a name and a value in base64.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (name, value) = text
            .split_once(' ')
            .ok_or("write an algorithm and a checksum in base64")?;
        let algorithm = match name {
            "sha1" => &SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => &SHA256,
            "sha512" => &SHA512,
            _ => return Err("the algorithm is not known; there are sha1, sha256 and sha512"),
        };
        let value = STANDARD
            .decode(value)
            .map_err(|_| "the checksum is not base64")?;
        Ok(Self { algorithm, value })
    }
}

/// Computes a checksum of what passes.
pub(super) struct Checked {
    expected: Vec<u8>,
    context: Rc<RefCell<Context>>,
}

impl Checked {
    pub(super) fn new<S>(
        checksum: Checksum,
        bytes: S,
    ) -> (Self, impl Stream<Item = Result<Bytes, String>> + Unpin)
    where
        S: Stream<Item = Result<Bytes, String>> + Unpin,
    {
        let context = Rc::new(RefCell::new(Context::new(checksum.algorithm)));
        let passing = Rc::clone(&context);
        let bytes = bytes.inspect(move |chunk| {
            if let Ok(chunk) = chunk {
                passing.borrow_mut().update(chunk);
            }
        });
        (
            Self {
                expected: checksum.value,
                context,
            },
            bytes,
        )
    }

    /// Whether all that passed has the checksum.
    pub(super) fn verify(self) -> Result<(), MediaError> {
        let found = self.context.borrow().clone().finish();
        match found.as_ref() == self.expected {
            true => Ok(()),
            false => Err(MediaError::Checksum),
        }
    }
}
