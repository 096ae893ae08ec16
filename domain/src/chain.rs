//! Hash chains: entries that are never changed, each of which holds the hash of the one before it, so that nobody
//! changes, adds or removes one unnoticed. The log of audit is one, and so are the events of each case.

use std::{fmt, str::FromStr};

use serde::Serialize;
use serde_json_canonicalizer::to_vec as canonical_bytes;

use crate::{digest::sha256, store::StoreError};

/// How many flaws are told one by one.
const TOLD: usize = 100;

/// The hash of an entry: SHA-256, in lower-case hexadecimal, over its JSON in the canonical form of RFC 8785, without
/// its member `hash`.
pub(crate) fn hash_of(entry: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut said = serde_json::to_value(entry)?;
    if let Some(members) = said.as_object_mut() {
        members.remove("hash");
    }
    Ok(sha256(canonical_bytes(&said)?))
}
/// The last entry of a log at some time: who noted it can tell later whether the log was cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the entry; 0 when there is none.
    pub number: i64,
    /// Its hash.
    pub hash: String,
}

impl Head {
    /// The hash before the first entry.
    pub(crate) const NONE: &str =
        "0000000000000000000000000000000000000000000000000000000000000000";

    /// The head of a log without entries.
    pub fn none() -> Self {
        Self {
            number: 0,
            hash: Self::NONE.to_owned(),
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.hash)
    }
}

/// Text that is no head.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("write number:hash, as `municipio audit verify` says it")]
pub struct InvalidHead;

impl FromStr for Head {
    type Err = InvalidHead;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, hash) = text.trim().split_once(':').ok_or(InvalidHead)?;
        let number = number.parse().map_err(|_| InvalidHead)?;
        let is_hash =
            hash.len() == Self::NONE.len() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if number < 0 || !is_hash {
            return Err(InvalidHead);
        }
        let hash = hash.to_ascii_lowercase();
        Ok(Self { number, hash })
    }
}

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Entries that must be there are not.
    Missing {
        /// The first of them.
        first: i64,
        /// The last of them.
        last: i64,
    },
    /// An entry is not what its hash was taken over.
    Changed {
        /// Which one.
        number: i64,
    },
    /// An entry cannot be read.
    Unreadable {
        /// Which one.
        number: i64,
        /// Why.
        reason: String,
    },
    /// An entry does not follow the one before it.
    Unlinked {
        /// Which one.
        number: i64,
    },
    /// There are more entries than were counted.
    Uncounted {
        /// How many were counted.
        counted: i64,
        /// The number of the last.
        last: i64,
    },
    /// The entry that somebody noted is not there, or another is in its place.
    Unexpected {
        /// What was noted.
        expected: Head,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { first, last } if first == last => {
                write!(f, "entry {first} is missing")
            }
            Self::Missing { first, last } => write!(f, "entries {first} to {last} are missing"),
            Self::Changed { number } => {
                write!(f, "entry {number} was changed: its hash does not fit")
            }
            Self::Unreadable { number, reason } => {
                write!(f, "entry {number} was changed: {reason}")
            }
            Self::Unlinked { number } => {
                write!(
                    f,
                    "entry {number} does not follow the one before it: one of the two was put there"
                )
            }
            Self::Uncounted { counted, last } => {
                write!(f, "the last entry is {last}, but {counted} were counted")
            }
            Self::Unexpected { expected } => write!(
                f,
                "entry {} is not there with the hash {}: the log was cut or written anew",
                expected.number, expected.hash
            ),
        }
    }
}

/// What a walk through a log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries there are.
    pub entries: u64,
    /// The last of them.
    pub head: Head,
    /// What does not fit, in the order of the entries; at most a hundred.
    pub flaws: Vec<Flaw>,
    /// How many flaws there are.
    pub total: u64,
}

impl Verified {
    /// Whether everything fits.
    pub fn is_intact(&self) -> bool {
        self.total == 0
    }
}

/// What the walk needs of a row, even if it is no entry any more.
pub(crate) struct Row {
    pub(crate) number: i64,
    pub(crate) hash: String,
    pub(crate) previous_hash: String,
    /// The hash that it should have; an error when it cannot be read.
    pub(crate) computed: Result<String, StoreError>,
}

/// A walk under way.
pub(crate) struct Chain<'a> {
    expected: Option<&'a Head>,
    is_found: bool,
    found: Verified,
}

impl<'a> Chain<'a> {
    pub(crate) fn new(expected: Option<&'a Head>) -> Self {
        Self {
            expected,
            is_found: expected.is_none_or(|expected| *expected == Head::none()),
            found: Verified {
                entries: 0,
                head: Head::none(),
                flaws: Vec::new(),
                total: 0,
            },
        }
    }

    /// The next row.
    pub(crate) fn add(&mut self, row: Row) {
        let number = row.number;
        let last = self.found.head.number;
        if number < 1 {
            return self.flaw(Flaw::Unlinked { number });
        }
        if number != last + 1 {
            let (first, last) = (last + 1, number - 1);
            self.flaw(Flaw::Missing { first, last });
        } else if row.previous_hash != self.found.head.hash {
            self.flaw(Flaw::Unlinked { number });
        }
        match row.computed {
            Ok(hash) if hash == row.hash => {}
            Ok(_) => self.flaw(Flaw::Changed { number }),
            Err(error) => self.flaw(Flaw::Unreadable {
                number,
                reason: error.to_string(),
            }),
        }
        self.found.entries += 1;
        self.found.head = Head {
            number,
            hash: row.hash,
        };
        self.is_found |= self.expected == Some(&self.found.head);
    }

    /// After the last row: as many as were counted before must be there, and no more than were
    /// counted after.
    pub(crate) fn end(mut self, least: i64, most: i64) -> Verified {
        let last = self.found.head.number;
        if last < least {
            let first = last + 1;
            self.flaw(Flaw::Missing { first, last: least });
        }
        if last > most {
            let counted = most;
            self.flaw(Flaw::Uncounted { counted, last });
        }
        if let Some(expected) = self.expected.filter(|_| !self.is_found) {
            let expected = expected.clone();
            self.flaw(Flaw::Unexpected { expected });
        }
        self.found
    }

    fn flaw(&mut self, flaw: Flaw) {
        self.found.total += 1;
        if self.found.flaws.len() < TOLD {
            self.found.flaws.push(flaw);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_as_they_are_written() {
        let head = Head {
            number: 7,
            hash: sha256("7"),
        };
        assert_eq!(head.to_string().parse(), Ok(head));
        for wrong in [
            "",
            "1",
            "1:",
            ":00",
            "1:xyz",
            "-1:00",
            &format!("x:{}", Head::NONE),
        ] {
            assert_eq!(wrong.parse::<Head>(), Err(InvalidHead), "{wrong}");
        }
    }
}
