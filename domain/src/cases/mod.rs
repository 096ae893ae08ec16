//! Cases: what citizens asked for, and how far it has come. A case is a list of events that only grows, each with
//! the hash of the one before it; the row of the case is what they leave, and could be made of them again. Through
//! which states it goes says the definition of its procedure ([`crate::procedures`]), of the revision with which it
//! began.
//!
//! What an event says of people is encrypted with a key of the case, which is itself encrypted with the secret of
//! the program. Hashes are taken over what is encrypted: when the key is thrown away nobody can read it any more, and
//! the chain still holds.

mod access;
mod automation;
mod batch;
mod code;
mod count;
mod erase;
mod error;
mod event;
mod evidence;
mod export;
mod facts;
mod file;
mod files;
mod follow;
mod history;
mod insight;
mod migrate;
mod open;
mod people;
mod queries;
mod report;
mod sight;
mod state_map;
mod term;
#[cfg(test)]
mod tests;
mod timer;
mod verify;
mod work;

pub use access::CaseAccess;
pub use automation::{
    ActionOutcome, Automation, Difference, Difficulty, Occasion, RuleRefusal, RuleResult, RuleRun,
    RuleUse, RuleVerdict, SimulatedCase, Simulation, forget_rule_runs, simulate,
};
pub use batch::{UnwrittenCase, write_cases};
pub use code::{CaseCode, InvalidCaseCode, give_code, was_sent};
pub use erase::{ErasedPerson, KeptFor, erase_case, erase_expired, erase_person};
pub use error::{CaseError, CaseRefusal};
pub use event::{
    Assignment, Audience, CaseEvent, Erasure, ErasureCause, Evidence, EvidenceKind, Happening,
    Message, Migration, Movement, Notice, Opening, Protocol, Reminder, Revision,
};
pub use evidence::add_evidence;
pub use export::{ExportFor, Exported};
pub use facts::facts;
pub use file::{Case, Outcome};
pub use files::MOST_FILES;
pub(crate) use files::files_of;
pub use insight::{Figures, Insight, InsightFilter, InsightRow, Period};
pub use migrate::migrate;
pub use open::{CaseOrigin, NewCase, open_case, revise_case};
pub use people::{People, Person, Personal};
pub(crate) use people::{seal, unseal};
pub(crate) use queries::has_some;
pub use queries::{CaseFilter, CaseOrder, Cases};
pub use report::{Intake, NamedReport, Published, Reference, Report, Reported, report};
pub use sight::{Rights, Sight};
pub use state_map::{StateMap, StateNames, set_state_map};
pub use timer::Timekeeper;
pub use verify::{CaseFlaw, VerifiedCases};
pub use work::{
    Held, Step, Terms, assign, decide, hold, observations_until, send_message, transition,
};
