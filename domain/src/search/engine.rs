//! The port: what an engine of search does. The crate `search` has the engines, with one suite of tests
//! that all of them pass.

use std::{fmt, pin::Pin, sync::Arc};

use futures_util::stream::Stream;
use serde::{Deserialize, Serialize};

use super::{Document, DocumentKey, Hits, SearchQuery};
use crate::ids::{ItemId, TenantId};

/// Why an engine does not answer.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It cannot be reached, or is too busy.
    #[error("the search engine does not answer: {0}")]
    Unavailable(String),
    /// It answered what it should not.
    #[error("the search engine failed: {0}")]
    Failed(String),
    /// What was to be indexed could not be read.
    #[error("the content to be indexed cannot be read: {0}")]
    Source(String),
}

/// An answer on its way.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send + 'a>>;

/// Documents on their way into an index.
pub type Documents<'a> =
    Pin<Box<dyn Stream<Item = Result<Vec<Document>, EngineError>> + Send + 'a>>;

/// How far an index follows a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The number of the last change that is in it.
    pub sequence: i64,
    /// What its documents were made with. An index that was made with something else is made anew.
    pub recipe: String,
}

/// What changes in an index. A document takes the place of the one with its key.
#[derive(Debug, Default)]
pub struct Batch {
    /// Documents that are there from now on.
    pub documents: Vec<Document>,
    /// Those that are not.
    pub removed: Vec<DocumentKey>,
    /// How far the index has come with it; as far as before when left out.
    pub position: Option<Position>,
}

/// How an index of a tenant is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexStatus {
    /// How far it has come; nothing before it was filled for the first time.
    pub position: Option<Position>,
    /// How many documents it holds.
    pub documents: u64,
}

/// A document as an index holds it, to compare with the database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// Its key.
    pub key: DocumentKey,
    /// [What it was known by](Document::digest) when it was indexed.
    pub digest: String,
}

/// An engine of search: an index of the documents of each tenant, and how far it follows the log of changes.
/// What a tenant asks for is looked for among its own documents alone.
pub trait SearchEngine: Send + Sync + fmt::Debug {
    /// Its name: `embedded`, `meilisearch`.
    fn name(&self) -> &'static str;

    /// Makes ready what it needs, such as its settings.
    fn prepare(&self) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Whether it answers, to whoever asks in our name.
    fn ping(&self) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// The hits of a query.
    fn query<'a>(&'a self, tenant: TenantId, query: &'a SearchQuery) -> Answer<'a, Hits>;

    /// How far the index of a tenant has come; nothing before it was filled for the first time.
    fn position(&self, tenant: TenantId) -> Answer<'_, Option<Position>>;

    /// How the index of a tenant is.
    fn status(&self, tenant: TenantId) -> Answer<'_, IndexStatus>;

    /// Changes the index of a tenant. When that fails, parts of the batch may be there, but never its position.
    fn apply(&self, tenant: TenantId, batch: Batch) -> Answer<'_, ()>;

    /// Makes the index of a tenant anew from these documents. Queries are answered from the old one meanwhile,
    /// and what it holds beyond the new documents is gone in the end.
    fn rebuild<'a>(
        &'a self,
        tenant: TenantId,
        documents: Documents<'a>,
        position: Position,
    ) -> Answer<'a, ()>;

    /// All documents of a tenant.
    fn held(&self, tenant: TenantId) -> Answer<'_, Vec<Held>>;

    /// Forgets a tenant.
    fn forget(&self, tenant: TenantId) -> Answer<'_, ()>;

    /// An engine with an empty index for all tenants beside this one, to be filled and then to
    /// [take over](Self::take_over). None where each tenant has an index of its own.
    fn beside(&self) -> Answer<'_, Option<Arc<dyn SearchEngine>>> {
        Box::pin(async { Ok(None) })
    }

    /// Has the index beside this one answer in its place, at once, and forgets the one that did.
    fn take_over(&self) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

impl DocumentKey {
    /// The document of an item in a locale.
    pub fn new(item: ItemId, locale: crate::locale::Locale) -> Self {
        Self { item, locale }
    }
}
