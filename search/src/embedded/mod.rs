//! The embedded engine (tantivy): for each tenant an index in a folder of this node.
//!
//! What an index holds and how far it has come are committed together, so that it never says more than it
//! has. Writers are opened for a batch and closed after it: they take memory that an idle server does not
//! have. Other programs, such as `municipio search reindex`, may write into the same folder; that is noticed
//! at the next query.

mod collect;
mod index;
mod matching;
mod schema;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use futures_util::StreamExt;
use moka::sync::Cache;
use municipio_domain::{
    ids::TenantId,
    search::{
        Answer, Batch, Documents, EngineError, Held, Hits, IndexStatus, Position, SearchEngine,
        SearchQuery,
    },
};
use tokio::{sync::Semaphore, task::spawn_blocking};

use index::TenantIndex;

/// How many indexes stay open.
const MOST_OPEN: u64 = 200;
/// How long an index stays open that nobody searches.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// How many batches are written at a time: each takes the memory of a writer.
const WRITERS: usize = 2;
/// After how many documents the first ones of an index can be found.
const SHOWN_EVERY: u64 = 10_000;

/// The embedded engine.
#[derive(Clone)]
pub struct Embedded {
    folder: PathBuf,
    open: Cache<TenantId, Arc<TenantIndex>>,
    writers: Arc<Semaphore>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Embedded");
        shown.field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Embedded {
    /// An engine whose indexes are in this folder; it is made when the first of them is.
    pub fn new(folder: PathBuf) -> Self {
        let open = Cache::builder().max_capacity(MOST_OPEN).time_to_idle(IDLE);
        Self {
            folder,
            open: open.build(),
            writers: Arc::new(Semaphore::new(WRITERS)),
        }
    }

    /// Works with the index of a tenant, where it keeps nobody else waiting.
    async fn with<T: Send + 'static>(
        &self,
        tenant: TenantId,
        work: impl FnOnce(&TenantIndex) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let this = self.clone();
        blocking(move || work(this.index(tenant)?.as_ref())).await
    }

    /// There is an index of the tenant. To ask about one makes none.
    fn is_there(&self, tenant: TenantId) -> bool {
        let folder = self.folder.join(tenant.to_string());
        folder.join("meta.json").exists()
    }

    fn index(&self, tenant: TenantId) -> Result<Arc<TenantIndex>, EngineError> {
        let folder = self.folder.join(tenant.to_string());
        let open = || TenantIndex::open(&folder).map(Arc::new);
        let opened = self.open.try_get_with(tenant, open);
        opened.map_err(|error| EngineError::Failed(error.to_string()))
    }

    async fn turn(&self) -> Result<tokio::sync::OwnedSemaphorePermit, EngineError> {
        let writers = Arc::clone(&self.writers);
        writers.acquire_owned().await.map_err(failed)
    }

    async fn make_anew(
        &self,
        tenant: TenantId,
        mut documents: Documents<'_>,
        position: Position,
    ) -> Result<(), EngineError> {
        let _turn = self.turn().await?;
        let (mut writer, is_first) = self
            .with(tenant, |index| {
                Ok((index.replace()?, index.position()?.is_none()))
            })
            .await?;
        let mut shown = 0;
        let mut added = 0;
        while let Some(batch) = documents.next().await {
            let batch = batch?;
            added += batch.len() as u64;
            // Where nothing was found before, something is better than nothing.
            let shows = is_first && added - shown >= SHOWN_EVERY;
            writer = blocking(move || {
                writer.add(&batch)?;
                if shows { writer.show() } else { Ok(writer) }
            })
            .await?;
            if shows {
                shown = added;
            }
        }
        blocking(move || writer.commit(Some(position))).await
    }
}

impl SearchEngine for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn query<'a>(&'a self, tenant: TenantId, query: &'a SearchQuery) -> Answer<'a, Hits> {
        let query = query.clone();
        Box::pin(self.with(tenant, move |index| {
            matching::hits(&index.searcher()?, index.fields(), &query)
        }))
    }

    fn position(&self, tenant: TenantId) -> Answer<'_, Option<Position>> {
        match self.is_there(tenant) {
            true => Box::pin(self.with(tenant, TenantIndex::position)),
            false => Box::pin(async { Ok(None) }),
        }
    }

    fn status(&self, tenant: TenantId) -> Answer<'_, IndexStatus> {
        if !self.is_there(tenant) {
            return Box::pin(async { Ok(IndexStatus::default()) });
        }
        Box::pin(self.with(tenant, |index| {
            Ok(IndexStatus {
                position: index.position()?,
                documents: index.searcher()?.num_docs(),
            })
        }))
    }

    fn apply(&self, tenant: TenantId, batch: Batch) -> Answer<'_, ()> {
        Box::pin(async move {
            let _turn = self.turn().await?;
            self.with(tenant, move |index| {
                let writer = index.change()?;
                writer.remove(batch.documents.iter().map(|document| &document.key));
                writer.remove(&batch.removed);
                writer.add(&batch.documents)?;
                writer.commit(batch.position)
            })
            .await
        })
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
        Box::pin(self.with(tenant, |index| collect::held(&index.searcher()?)))
    }

    fn forget(&self, tenant: TenantId) -> Answer<'_, ()> {
        let folder = self.folder.join(tenant.to_string());
        let open = self.open.clone();
        Box::pin(blocking(move || {
            open.invalidate(&tenant);
            match std::fs::remove_dir_all(folder) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
                _ => Ok(()),
            }
        }))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    spawn_blocking(work).await.map_err(failed)?
}

fn failed(error: impl std::fmt::Display) -> EngineError {
    EngineError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::conformance;

    macro_rules! conforms {
        ($($story:ident;)*) => {
            $(#[tokio::test]
            async fn $story() {
                let folder = TempDir::new().unwrap();
                conformance::$story(&Embedded::new(folder.path().join("search"))).await;
            })*
        };
    }
    conformance::stories!(conforms);

    #[tokio::test]
    async fn what_was_committed_is_there_after_a_restart_and_what_was_not_is_not() {
        let folder = TempDir::new().unwrap();
        let tenant = TenantId::generate();
        let engine = Embedded::new(folder.path().to_owned());
        conformance::fill(&engine, tenant, &[("Carta d'identità", "")]).await;
        // A writer that is killed.
        drop(engine.index(tenant).unwrap().replace().unwrap());
        let again = Embedded::new(folder.path().to_owned());
        let status = again.status(tenant).await.unwrap();
        assert_eq!(
            (status.documents, status.position),
            (1, Some(conformance::position(1)))
        );
    }

    #[tokio::test]
    async fn an_index_that_is_damaged_is_made_anew() {
        let folder = TempDir::new().unwrap();
        let tenant = TenantId::generate();
        let engine = Embedded::new(folder.path().to_owned());
        conformance::fill(&engine, tenant, &[("Carta d'identità", "")]).await;
        let meta = folder.path().join(tenant.to_string()).join("meta.json");
        std::fs::write(meta, "{").unwrap();
        let again = Embedded::new(folder.path().to_owned());
        assert_eq!(again.status(tenant).await.unwrap(), IndexStatus::default());
        conformance::fill(&again, tenant, &[("Carta d'identità", "")]).await;
        assert_eq!(again.status(tenant).await.unwrap().documents, 1);
    }

    #[tokio::test]
    async fn another_program_writes_into_the_same_folder() {
        let folder = TempDir::new().unwrap();
        let tenant = TenantId::generate();
        let [engine, other] = [(); 2].map(|()| Embedded::new(folder.path().to_owned()));
        assert_eq!(engine.status(tenant).await.unwrap().documents, 0);
        conformance::fill(&other, tenant, &[("Tessera elettorale", "")]).await;
        assert_eq!(conformance::titles(&engine, tenant, "tessera").await, 1);
    }
}
