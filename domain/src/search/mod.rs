//! Search: what is looked for, what an engine knows of content, and how its index follows what changes. The
//! engines are elsewhere (the crate `search`): this module declares what they do, and everything that must be the
//! same whichever of them answers: how text is read, what documents say, how hits are shown.

mod document;
mod engine;
mod follow;
mod highlight;
mod jobs;
mod query;
mod service;
mod source;
mod synonyms;
mod uses;
mod words;

pub use document::{Document, DocumentKey, Surroundings, facet_term};
pub use engine::{
    Answer, Batch, Documents, EngineError, Held, IndexStatus, Position, SearchEngine,
};
pub use follow::{Drift, FollowError, catch_up, catch_up_from, rebuild, repair, verify};
pub use highlight::{Excerpt, did_you_mean};
pub(crate) use jobs::FOLLOWER;
pub use jobs::search_handlers;
pub use query::{
    FacetCounts, FacetField, Hit, Hits, LONGEST_TEXT, MOST_HITS, Near, SearchOrder, SearchQuery,
    SearchText, TextTooLong, decode_place, distance, encode_place,
};
pub use service::{Answered, Search};
pub use source::Source;
pub use synonyms::{
    Group, OwnSynonyms, Synonyms, SynonymsError, national_synonyms, own_synonyms, set_synonyms,
};
pub use uses::{MostSearched, Uses, forget_uses, most_searched};
pub use words::{Language, Word, allowed_typos};
