//! Meilisearch, a server of search: one index for all tenants, in which every document names its tenant, and
//! every query is held to one (docs/decisions/0016 says why).
//!
//! How far the index follows a tenant is written into the index itself, as a document beside those that it is
//! about: a server that lost its data, or got back those of yesterday, says so by itself.

mod document;
mod http;
mod query;
mod settings;
mod task;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};

use futures_util::StreamExt;
use meilisearch_sdk::{
    client::{Client, SwapIndexes},
    documents::{DocumentDeletionQuery, DocumentsQuery},
    errors::{Error, ErrorCode},
    indexes::Index as SdkIndex,
};
use municipio_domain::{
    ids::TenantId,
    outgoing::Outgoing,
    search::{
        Answer, Batch, Document, Documents, EngineError, Held, Hits, IndexStatus, Position,
        SearchEngine, SearchQuery,
    },
};
use serde_json::Value;
use tokio::sync::OnceCell;

use document::{Stored, StoredPosition, position_id};
use http::Http;
use query::of_tenant;

type Index = SdkIndex<Http>;

/// How long somebody who searches waits, before the embedded engine answers.
const SEARCHING: Duration = Duration::from_secs(2);
/// How long a request that writes may take; what it asks for is done later.
const WRITING: Duration = Duration::from_secs(30);
/// How many documents are removed at a time.
const AT_ONCE: usize = 500;
/// How many documents are read at a time.
const READ_AT_ONCE: usize = 1_000;
/// How many tasks may wait for the server while an index is made anew: what waits together it does together, and a task
/// alone takes it about a second however little it is.
const AHEAD: usize = 20;
/// What the index is called that is filled beside the one that answers.
const BESIDE: &str = "_next";

/// A server of Meilisearch.
#[derive(Clone)]
pub struct Meilisearch {
    host: String,
    name: String,
    key: Option<String>,
    outgoing: Outgoing,
    /// For those who search: a connection is served by the thread that opened it, and they wait for no other thread.
    queries: Outgoing,
    /// The index and its settings are there.
    prepared: Arc<OnceCell<()>>,
}

impl fmt::Debug for Meilisearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Meilisearch");
        shown.field("host", &self.host).field("index", &self.name);
        shown.finish_non_exhaustive()
    }
}

impl Meilisearch {
    /// The index of this name on a server. Nothing is called yet.
    pub fn new(host: &str, key: Option<&str>, index: &str) -> Self {
        Self {
            host: host.trim_end_matches('/').to_owned(),
            name: index.to_owned(),
            key: key.map(str::to_owned),
            outgoing: Outgoing::of_operator(),
            queries: Outgoing::of_operator(),
            prepared: Arc::default(),
        }
    }

    fn http(&self, within: Duration) -> Http {
        Http::new(&self.outgoing, self.key.as_deref(), within)
    }

    fn client(&self, within: Duration) -> Client<Http> {
        self.client_of(self.http(within))
    }

    fn client_of(&self, http: Http) -> Client<Http> {
        Client::new_with_client(&self.host, self.key.as_deref(), http)
    }

    fn index(&self, within: Duration) -> Index {
        self.client(within).index(&self.name)
    }

    /// Waits until a task is done.
    async fn settle(
        &self,
        task: Result<meilisearch_sdk::task_info::TaskInfo, Error>,
    ) -> Result<(), EngineError> {
        let task = task.map_err(unavailable)?;
        self.end_of(task.task_uid).await
    }

    async fn end_of(&self, task: u32) -> Result<(), EngineError> {
        task::settle(&self.http(WRITING), &self.host, task).await
    }

    /// Makes ready the index, the first time.
    async fn prepare_once(&self) -> Result<(), EngineError> {
        let prepared = self.prepared.get_or_try_init(|| self.make_ready()).await;
        prepared.copied()
    }

    /// Makes the index when it is not there, and gives it the settings that it is to have.
    async fn make_ready(&self) -> Result<(), EngineError> {
        let address = format!("{}/indexes/{}/settings", self.host, self.name);
        let http = self.http(WRITING);
        let present = match http.get::<Value>(&address).await {
            Err(error) if is(&error, ErrorCode::IndexNotFound) => {
                let client = self.client(WRITING);
                self.settle(client.create_index(&self.name, Some("id")).await)
                    .await?;
                http.get::<Value>(&address).await
            }
            found => found,
        };
        let present = present.map_err(unavailable)?;
        let differences = settings::differences(settings::wanted(), &present);
        if differences.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = differences.keys().map(String::as_str).collect();
        tracing::info!(
            settings = names.join(", "),
            "the settings of the search server are changed"
        );
        self.settle(task::change_settings(&http, &address, &differences).await)
            .await
    }

    /// Sends documents, the last of them together with the position, so that it is never there without them.
    async fn add(
        &self,
        tenant: TenantId,
        documents: &[Document],
        position: Option<&Position>,
    ) -> Result<(), EngineError> {
        for task in self.send(tenant, documents, position).await? {
            self.end_of(task).await?;
        }
        Ok(())
    }

    /// Sends documents, and does not wait until the server has taken them in; gives the tasks, which it does in this order.
    async fn send(
        &self,
        tenant: TenantId,
        documents: &[Document],
        position: Option<&Position>,
    ) -> Result<Vec<u32>, EngineError> {
        let mut rows: Vec<Value> = documents
            .iter()
            .map(|document| document::document(tenant, document))
            .collect();
        rows.extend(position.map(|position| document::position(tenant, position)));
        let index = self.index(WRITING);
        let mut tasks = Vec::new();
        for rows in document::parts(&rows) {
            let task = index.add_or_replace(rows, Some("id")).await;
            tasks.push(task.map_err(unavailable)?.task_uid);
        }
        Ok(tasks)
    }

    async fn remove(&self, ids: &[String]) -> Result<(), EngineError> {
        let index = self.index(WRITING);
        for ids in ids.chunks(AT_ONCE) {
            self.settle(index.delete_documents(ids).await).await?;
        }
        Ok(())
    }

    async fn change(&self, tenant: TenantId, batch: Batch) -> Result<(), EngineError> {
        self.prepare_once().await?;
        let removed: Vec<String> = batch.removed.iter().map(document::id).collect();
        self.remove(&removed).await?;
        self.add(tenant, &batch.documents, batch.position.as_ref())
            .await
    }

    async fn make_anew(
        &self,
        tenant: TenantId,
        mut documents: Documents<'_>,
        position: Position,
    ) -> Result<(), EngineError> {
        // Whoever lost its documents may have lost its settings.
        self.make_ready().await?;
        let mut there = BTreeSet::new();
        let mut sent = VecDeque::new();
        while let Some(batch) = documents.next().await {
            let batch = batch?;
            there.extend(batch.iter().map(|document| document::id(&document.key)));
            sent.extend(self.send(tenant, &batch, None).await?);
            while sent.len() > AHEAD
                && let Some(task) = sent.pop_front()
            {
                self.end_of(task).await?;
            }
        }
        for task in sent {
            self.end_of(task).await?;
        }
        let held = self.all(tenant).await?;
        let ids = held.iter().map(|held| document::id(&held.key));
        let left: Vec<String> = ids.filter(|id| !there.contains(id)).collect();
        self.remove(&left).await?;
        self.add(tenant, &[], Some(&position)).await
    }

    async fn stored_position(&self, tenant: TenantId) -> Result<Option<Position>, EngineError> {
        let index = self.index(SEARCHING);
        match index
            .get_document::<StoredPosition>(&position_id(tenant))
            .await
        {
            Ok(stored) => Ok(Some(Position {
                sequence: stored.sequence,
                recipe: stored.recipe,
            })),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn all(&self, tenant: TenantId) -> Result<Vec<Held>, EngineError> {
        let index = self.index(WRITING);
        let filter = of_tenant(tenant);
        let mut held = Vec::new();
        let mut read = 0;
        loop {
            let mut query = DocumentsQuery::new(&index);
            query
                .with_filter(&filter)
                .with_limit(READ_AT_ONCE)
                .with_offset(read);
            query.with_fields(["item", "locale", "digest"]);
            let page = match query.execute::<Stored>().await {
                Err(error) if is_missing(&error) => return Ok(held),
                page => page.map_err(unavailable)?,
            };
            held.extend(page.results.iter().filter_map(Stored::held));
            read += page.results.len();
            if page.results.len() < READ_AT_ONCE {
                return Ok(held);
            }
        }
    }

    async fn count(&self, tenant: TenantId) -> Result<u64, EngineError> {
        let index = self.index(SEARCHING);
        let filter = of_tenant(tenant);
        let mut query = DocumentsQuery::new(&index);
        query.with_filter(&filter).with_limit(0);
        match query.execute::<Stored>().await {
            Ok(page) => Ok(page.total.into()),
            Err(error) if is_missing(&error) => Ok(0),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn leave(&self, tenant: TenantId) -> Result<(), EngineError> {
        self.prepare_once().await?;
        let index = self.index(WRITING);
        self.remove(&[position_id(tenant)]).await?;
        let filter = of_tenant(tenant);
        let mut query = DocumentDeletionQuery::new(&index);
        query.with_filter(&filter);
        self.settle(index.delete_documents_with(&query).await).await
    }

    async fn empty_beside(&self) -> Result<Self, EngineError> {
        self.make_ready().await?;
        let beside = Self {
            name: format!("{}{BESIDE}", self.name),
            prepared: Arc::default(),
            ..self.clone()
        };
        // What one that was stopped left behind.
        beside.drop_index().await?;
        beside.make_ready().await?;
        Ok(beside)
    }

    async fn drop_index(&self) -> Result<(), EngineError> {
        match self.settle(self.index(WRITING).delete().await).await {
            Err(EngineError::Failed(message)) if message.contains("not found") => Ok(()),
            done => done,
        }
    }

    async fn swap(&self) -> Result<(), EngineError> {
        let beside = format!("{}{BESIDE}", self.name);
        let swap = SwapIndexes {
            indexes: (self.name.clone(), beside.clone()),
            rename: None,
        };
        self.settle(self.client(WRITING).swap_indexes([&swap]).await)
            .await?;
        let old = Self {
            name: beside,
            ..self.clone()
        };
        old.drop_index().await
    }
}

impl SearchEngine for Meilisearch {
    fn name(&self) -> &'static str {
        "meilisearch"
    }

    fn prepare(&self) -> Answer<'_, ()> {
        Box::pin(self.make_ready())
    }

    fn ping(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            // `/health` answers whoever has no key, too.
            let index = format!("{}/indexes/{}", self.host, self.name);
            match self.http(SEARCHING).get::<Value>(&index).await {
                Err(error) if !is_missing(&error) => Err(unavailable(error)),
                _ => Ok(()),
            }
        })
    }

    fn query<'a>(&'a self, tenant: TenantId, query: &'a SearchQuery) -> Answer<'a, Hits> {
        Box::pin(async move {
            let http = Http::new(&self.queries, self.key.as_deref(), SEARCHING);
            let index = self.client_of(http).index(&self.name);
            query::hits(&index, tenant, query).await
        })
    }

    fn position(&self, tenant: TenantId) -> Answer<'_, Option<Position>> {
        Box::pin(self.stored_position(tenant))
    }

    fn status(&self, tenant: TenantId) -> Answer<'_, IndexStatus> {
        Box::pin(async move {
            Ok(IndexStatus {
                position: self.stored_position(tenant).await?,
                documents: self.count(tenant).await?,
            })
        })
    }

    fn apply(&self, tenant: TenantId, batch: Batch) -> Answer<'_, ()> {
        Box::pin(self.change(tenant, batch))
    }

    fn rebuild<'a>(
        &'a self,
        tenant: TenantId,
        documents: Documents<'a>,
        position: Position,
    ) -> Answer<'a, ()> {
        Box::pin(self.make_anew(tenant, documents, position))
    }

    fn held(&self, tenant: TenantId) -> Answer<'_, Vec<Held>> {
        Box::pin(self.all(tenant))
    }

    fn forget(&self, tenant: TenantId) -> Answer<'_, ()> {
        Box::pin(self.leave(tenant))
    }

    fn beside(&self) -> Answer<'_, Option<Arc<dyn SearchEngine>>> {
        Box::pin(async move {
            let beside: Arc<dyn SearchEngine> = Arc::new(self.empty_beside().await?);
            Ok(Some(beside))
        })
    }

    fn take_over(&self) -> Answer<'_, ()> {
        Box::pin(self.swap())
    }
}

fn is(error: &Error, code: ErrorCode) -> bool {
    matches!(error, Error::Meilisearch(error) if error.error_code == code)
}

fn is_missing(error: &Error) -> bool {
    is(error, ErrorCode::DocumentNotFound) || is(error, ErrorCode::IndexNotFound)
}

fn failed(error: impl fmt::Display) -> EngineError {
    EngineError::Failed(error.to_string())
}

/// Whatever goes wrong on the way to an answer: another engine may have one.
fn unavailable(error: Error) -> EngineError {
    EngineError::Unavailable(error.to_string())
}
