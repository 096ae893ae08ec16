//! Whether the entries of a log are those that were written: a walk from the first to the last.

use std::fmt;

use municipio_entities::audit_entry;

use super::{Entry, Head};
use crate::{ids::TenantId, store::StoreError};

/// How many flaws are told one by one.
const TOLD: usize = 100;

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
pub(super) struct Row {
    number: i64,
    hash: String,
    previous_hash: String,
    entry: Result<Entry, StoreError>,
}

impl From<audit_entry::Model> for Row {
    fn from(row: audit_entry::Model) -> Self {
        Self {
            number: row.number,
            hash: row.hash.clone(),
            previous_hash: row.previous_hash.clone(),
            entry: Entry::from_row(row),
        }
    }
}

/// A walk under way.
pub(super) struct Chain<'a> {
    tenant: TenantId,
    expected: Option<&'a Head>,
    is_found: bool,
    found: Verified,
}

impl<'a> Chain<'a> {
    pub(super) fn new(tenant: TenantId, expected: Option<&'a Head>) -> Self {
        Self {
            tenant,
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
    pub(super) fn add(&mut self, row: Row) {
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
        let hash = row
            .entry
            .and_then(|entry| match entry.tenant == self.tenant {
                true => entry.computed_hash(),
                false => Err(StoreError::corrupt("its tenant", "it is another")),
            });
        match hash {
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
    pub(super) fn end(mut self, least: i64, most: i64) -> Verified {
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
