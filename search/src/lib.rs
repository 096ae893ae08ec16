//! The engines of search: one that is embedded and needs no server, and Meilisearch. Both do what
//! [`municipio_domain::search::SearchEngine`] says, and pass the same suite of tests.

#[cfg(test)]
mod conformance;
mod embedded;
mod meilisearch;

pub use embedded::Embedded;
pub use meilisearch::Meilisearch;
