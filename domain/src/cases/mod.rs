//! Cases: what citizens asked for, and how far it has come. A case is a list of events that only grows, each with
//! the hash of the one before it; the row of the case is what they leave, and could be made of them again. Through
//! which states it goes says the definition of its procedure ([`crate::procedures`]), of the revision with which it
//! began.
//!
//! What an event says of people is encrypted with a key of the case, which is itself encrypted with the secret of
//! the program. Hashes are taken over what is encrypted: when the key is thrown away nobody can read it any more, and
//! the chain still holds.

mod access;
mod append;
mod error;
mod event;
mod evidence;
mod facts;
mod file;
mod follow;
mod history;
mod migrate;
mod open;
mod people;
mod queries;
mod report;
mod sight;
mod term;
#[cfg(test)]
mod tests;
mod timer;
mod verify;
mod work;

pub use access::CaseAccess;
pub use error::{CaseError, CaseRefusal};
pub use event::{
    Assignment, Audience, CaseEvent, Evidence, EvidenceKind, Happening, Message, Migration,
    Movement, Opening, Protocol, Reminder, Revision,
};
pub use evidence::add_evidence;
pub use facts::facts;
pub use file::{Case, Outcome};
pub use migrate::migrate;
pub use open::{CaseOrigin, NewCase, open_case, revise_case};
pub use people::{People, Person, Personal};
pub(crate) use people::{seal, unseal};
pub(crate) use queries::has_some;
pub use queries::{CaseFilter, CaseOrder, Cases};
pub use report::{Published, Reference, Report, Reported, report};
pub use sight::{Rights, Sight};
pub use timer::Timekeeper;
pub use verify::{CaseFlaw, VerifiedCases};
pub use work::{Held, Step, Terms, assign, decide, hold, send_message, transition};
