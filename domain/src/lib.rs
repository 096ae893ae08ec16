//! What Municipio knows, one module per capability: types and rules that are plain functions,
//! operations that write, queries that read. Nothing here knows GraphQL or serves HTTP.

pub mod audit;
pub mod cases;
pub mod catalogue;
mod chain;
pub mod citizens;
pub mod content;
pub mod digest;
pub mod idempotency;
pub mod identity;
pub mod ids;
pub mod locale;
pub mod media;
pub mod notifications;
pub mod openid;
pub mod outbox;
pub mod outgoing;
pub mod procedures;
mod sealing;
pub mod search;
pub mod store;
pub mod tenants;
pub mod time;
pub mod vocabularies;
pub mod webhooks;
