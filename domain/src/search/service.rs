//! Search as the product offers it: which engine answers, how fresh its index is, and what happens when it
//! does not answer.
//!
//! The embedded engine has its index on this node, and follows a tenant when somebody searches it: a tenant
//! that nobody searches costs nothing. Where there is a server of search as well, it answers, and the embedded
//! engine stands in for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use tokio::time::timeout;

use super::{
    EngineError, FollowError, Hits, Position, SearchEngine, SearchQuery, SearchText, Source, Uses,
    catch_up, jobs::follow_job, repair, verify,
};
use crate::{
    content::ContentType,
    ids::{ItemId, TenantId},
    locale::Locale,
    outbox,
    store::{Database, StoreError},
    tenants::{self, Tenant},
};

/// How long somebody who searches waits for what changed last.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long they wait for the first index of a tenant.
const FIRST_PATIENCE: Duration = Duration::from_secs(5);
/// How long they wait for a server, before the embedded engine answers.
const SERVER_PATIENCE: Duration = Duration::from_secs(2);
/// How long a server that did not answer is left alone.
const REST: Duration = Duration::from_secs(5);

/// The types that are suggested, those of the first list first.
const SUGGESTED: [&[ContentType]; 2] = [
    &[ContentType::Service],
    &[ContentType::Topic, ContentType::Office],
];

/// Looks for content.
#[derive(Clone, Debug)]
pub struct Search {
    database: Database,
    server: Option<Arc<dyn SearchEngine>>,
    embedded: Arc<dyn SearchEngine>,
    uses: Uses,
    followed: Arc<Mutex<HashMap<TenantId, Arc<tokio::sync::Mutex<()>>>>>,
    /// When the server last failed to answer, if it did not answer since.
    server_failed: Arc<Mutex<Option<Instant>>>,
}

/// Hits, and who found them.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The hits.
    pub hits: Hits,
    /// The name of the engine.
    pub engine: &'static str,
    /// The engine stands in for one that does not answer, or is still filling its index.
    pub is_degraded: bool,
    /// How many changes it had still to follow; nothing when its index was not there yet, or nobody asked.
    pub lag: Option<u64>,
}

impl Search {
    /// Search by the embedded engine, or by a server for which it stands in.
    pub fn new(
        database: Database,
        embedded: Arc<dyn SearchEngine>,
        server: Option<Arc<dyn SearchEngine>>,
    ) -> Self {
        Self {
            database,
            server,
            embedded,
            uses: Uses::default(),
            followed: Arc::default(),
            server_failed: Arc::default(),
        }
    }

    /// All engines that there are, the one that answers first.
    pub fn engines(&self) -> impl Iterator<Item = &Arc<dyn SearchEngine>> {
        self.server.iter().chain([&self.embedded])
    }

    /// The server, when there is one.
    pub fn server(&self) -> Option<&Arc<dyn SearchEngine>> {
        self.server.as_ref()
    }

    /// Whether the embedded engine stands in for a server that did not answer when it was last asked.
    pub fn is_degraded(&self) -> bool {
        self.server_failed_at().is_some()
    }

    /// Asks the server, if there is one, whether it answers.
    pub async fn look_at_server(&self) {
        if let Some(server) = &self.server {
            let answer = self.of_server(async { Ok(server.ping().await?) });
            let _ = answer.await;
        }
    }

    /// What people look for.
    pub fn uses(&self) -> &Uses {
        &self.uses
    }

    /// The published content of a tenant.
    pub fn source(&self, tenant: &Arc<Tenant>) -> Source {
        Source::new(&self.database, Arc::clone(tenant))
    }

    /// The hits of a query; with how far the engine had come when it answered, if that is asked for.
    ///
    /// # Errors
    /// No engine answers, or the database does not.
    pub async fn query(
        &self,
        tenant: &Arc<Tenant>,
        query: &SearchQuery,
        wants_lag: bool,
    ) -> Result<Answered, FollowError> {
        if let Some(server) = self.server.as_ref().filter(|_| !self.server_is_resting()) {
            let answer = self.ask_server(server.as_ref(), tenant, query, wants_lag);
            match self.of_server(answer).await {
                Ok(Some(answered)) => return Ok(answered),
                Ok(None) | Err(FollowError::Engine(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let is_filled = self.freshen(tenant).await?;
        let answered = self
            .ask(self.embedded.as_ref(), tenant, query, wants_lag)
            .await?;
        Ok(Answered {
            is_degraded: self.server.is_some() || !is_filled,
            ..answered
        })
    }

    /// What the server answers; nothing when it does not know the tenant: it is new, or lost what it had.
    async fn ask_server(
        &self,
        server: &dyn SearchEngine,
        tenant: &Arc<Tenant>,
        query: &SearchQuery,
        wants_lag: bool,
    ) -> Result<Option<Answered>, FollowError> {
        let answered = self.ask(server, tenant, query, wants_lag).await?;
        let is_known = answered.hits.total > 0 || server.position(tenant.id).await?.is_some();
        Ok(is_known.then_some(answered))
    }

    /// What a server answers in time, remembering whether it did.
    async fn of_server<T>(
        &self,
        answer: impl Future<Output = Result<T, FollowError>>,
    ) -> Result<T, FollowError> {
        let answered = timeout(SERVER_PATIENCE, answer).await;
        let answered = answered.unwrap_or_else(|late| {
            let error = EngineError::Unavailable(late.to_string());
            Err(error.into())
        });
        match &answered {
            Err(FollowError::Engine(error)) => {
                tracing::warn!(%error, "the embedded engine answers in place of the search server");
                *self.server_failed() = Some(Instant::now());
            }
            _ => *self.server_failed() = None,
        }
        answered
    }

    async fn ask(
        &self,
        engine: &dyn SearchEngine,
        tenant: &Arc<Tenant>,
        query: &SearchQuery,
        wants_lag: bool,
    ) -> Result<Answered, FollowError> {
        // Before the query, so that it never says that it knew more.
        let lag = match wants_lag {
            true => self.lag(tenant, engine).await?,
            false => None,
        };
        Ok(Answered {
            hits: engine.query(tenant.id, query).await?,
            engine: engine.name(),
            is_degraded: false,
            lag,
        })
    }

    /// The hits for what is being written, as a search box shows them: by their titles, services first, then
    /// topics and offices.
    ///
    /// # Errors
    /// No engine answers, or the database does not.
    pub async fn suggest(
        &self,
        tenant: &Arc<Tenant>,
        text: SearchText,
        locale: Locale,
        size: u64,
    ) -> Result<Vec<ItemId>, FollowError> {
        let mut suggested = Vec::new();
        if text.is_empty() {
            return Ok(suggested);
        }
        for types in SUGGESTED {
            let missing = size.saturating_sub(suggested.len() as u64);
            if missing == 0 {
                break;
            }
            let mut query = SearchQuery::new(text.clone(), locale.clone(), missing).of_types(types);
            query.titles_only = true;
            let found = self.query(tenant, &query, false).await?.hits.hits;
            suggested.extend(found.into_iter().map(|hit| hit.item));
        }
        Ok(suggested)
    }

    /// Has the server follow where it is not as far as the database: it is new, or was given back the data of
    /// yesterday.
    ///
    /// # Errors
    /// The municipalities cannot be read. What fails for one of them is logged, and the others have theirs.
    pub async fn have_server_follow(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let Some(server) = &self.server else {
            return Ok(());
        };
        if let Err(error) = server.prepare().await {
            // Every job tries again.
            tracing::warn!(%error, "the search server cannot be prepared yet");
            return Ok(());
        }
        for tenant in tenants::list(&self.database).await? {
            let source = self.source(&Arc::new(tenant));
            if let Err(error) = have_follow(server.as_ref(), &source, now).await {
                let tenant = &source.tenant().ipa_code;
                tracing::error!(%error, %tenant, "the search server cannot be compared");
            }
        }
        Ok(())
    }

    /// Compares the indexes that there are with the database, and puts right what differs.
    ///
    /// # Errors
    /// The municipalities cannot be read. What fails for one of them is logged, and the others have theirs.
    pub async fn repair(&self) -> Result<(), StoreError> {
        for tenant in tenants::list(&self.database).await? {
            let source = self.source(&Arc::new(tenant));
            // Nothing follows the embedded index meanwhile. The server is followed by whichever program has the job.
            let turn = self.turn(source.tenant().id);
            for engine in self.engines() {
                let _turn = turn.lock().await;
                if let Err(error) = repair_one(engine.as_ref(), &source).await {
                    let (tenant, engine) = (&source.tenant().ipa_code, engine.name());
                    tracing::error!(%error, %tenant, engine, "a search index cannot be repaired");
                }
            }
        }
        Ok(())
    }

    /// Writes down what was looked for until now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn write_uses(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.uses.write(&self.database, now).await
    }

    /// How many changes an engine has still to follow; nothing when its index is not there yet.
    async fn lag(
        &self,
        tenant: &Arc<Tenant>,
        engine: &dyn SearchEngine,
    ) -> Result<Option<u64>, FollowError> {
        let position = engine.position(tenant.id).await?;
        let goal = self.source(tenant).goal().await?;
        let position = position.filter(|position| position.recipe == goal.recipe);
        Ok(position
            .map(|position| u64::try_from(goal.sequence - position.sequence).unwrap_or_default()))
    }

    /// Has the embedded engine follow what changed, and waits for it a little: who comes too late for it sees what
    /// was there before. Says whether there is an index.
    async fn freshen(&self, tenant: &Arc<Tenant>) -> Result<bool, FollowError> {
        let source = self.source(tenant);
        let goal = source.goal().await?;
        let before = self.embedded.position(tenant.id).await?;
        if before.as_ref().is_some_and(|before| reaches(before, &goal)) {
            return Ok(true);
        }
        let patience = match before {
            Some(_) => PATIENCE,
            None => FIRST_PATIENCE,
        };
        match timeout(patience, self.follow_embedded(source, goal)).await {
            // What was there before is better than nothing; why it does not follow is logged.
            Ok(Err(error)) if before.is_none() => Err(error),
            _ if before.is_some() => Ok(true),
            _ => Ok(self.embedded.position(tenant.id).await?.is_some()),
        }
    }

    /// One at a time for each tenant.
    async fn follow_embedded(&self, source: Source, goal: Position) -> Result<(), FollowError> {
        let tenant = source.tenant().id;
        let turn = self.turn(tenant).lock_owned().await;
        let engine = Arc::clone(&self.embedded);
        // Goes on when nobody waits any longer.
        let following = tokio::spawn(async move {
            let _turn = turn;
            let position = engine.position(tenant).await?;
            if position.is_none_or(|position| !reaches(&position, &goal)) {
                catch_up(engine.as_ref(), &source).await.inspect_err(|error| {
                    tracing::error!(%error, tenant = %source.tenant().ipa_code, "the search index cannot follow");
                })?;
            }
            Ok(())
        });
        let done = following.await;
        done.map_err(|error| EngineError::Failed(error.to_string()))?
    }

    fn turn(&self, tenant: TenantId) -> Arc<tokio::sync::Mutex<()>> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(followed.entry(tenant).or_default())
    }

    fn server_is_resting(&self) -> bool {
        let failed = self.server_failed_at();
        failed.is_some_and(|failed| failed.elapsed() < REST)
    }

    fn server_failed_at(&self) -> Option<Instant> {
        *self.server_failed()
    }

    fn server_failed(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        let failed = self.server_failed.lock();
        failed.unwrap_or_else(PoisonError::into_inner)
    }
}

async fn have_follow(
    server: &dyn SearchEngine,
    source: &Source,
    now: DateTime<Utc>,
) -> Result<(), FollowError> {
    let position = server.position(source.tenant().id).await?;
    let goal = source.goal().await?;
    if position.is_none_or(|position| !reaches(&position, &goal)) {
        let transaction = source.store().begin().await?;
        outbox::enqueue(&transaction, [follow_job()], now).await?;
        transaction.commit().await?;
    }
    Ok(())
}

async fn repair_one(engine: &dyn SearchEngine, source: &Source) -> Result<(), FollowError> {
    let tenant = source.tenant();
    if engine.position(tenant.id).await?.is_none() {
        // Nobody searched it yet, or its first index is being made.
        return Ok(());
    }
    let drift = verify(engine, source).await?;
    if !drift.is_none() {
        let (missing, outdated, surplus) = (
            drift.missing.len(),
            drift.outdated.len(),
            drift.surplus.len(),
        );
        tracing::warn!(
            tenant = %tenant.ipa_code, engine = engine.name(), missing, outdated, surplus,
            "a search index differed from the database, and is repaired"
        );
        repair(engine, source, &drift).await?;
    }
    Ok(())
}

fn reaches(position: &Position, goal: &Position) -> bool {
    position.recipe == goal.recipe && position.sequence >= goal.sequence
}
