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
    catch_up, repair, verify,
};
use crate::{
    content::ContentType,
    ids::{ItemId, TenantId},
    locale::Locale,
    store::{Database, StoreError},
    tenants::{self, Tenant},
};

/// How long somebody who searches waits for what changed last.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long they wait for the first index of a tenant.
const FIRST_PATIENCE: Duration = Duration::from_secs(5);
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
    server_rests: Arc<Mutex<Option<Instant>>>,
}

/// Hits, and who found them.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The hits.
    pub hits: Hits,
    /// The name of the engine.
    pub engine: &'static str,
    /// The engine stands in for one that does not answer.
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
            server_rests: Arc::default(),
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

    /// Whether the embedded engine stands in for a server that does not answer.
    pub async fn is_degraded(&self) -> bool {
        match &self.server {
            Some(server) => server.ping().await.is_err(),
            None => false,
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
            match self.ask(server.as_ref(), tenant, query, wants_lag).await {
                Err(FollowError::Engine(error)) => self.let_server_rest(&error),
                answered => return answered,
            }
        }
        self.freshen(tenant).await?;
        let answered = self
            .ask(self.embedded.as_ref(), tenant, query, wants_lag)
            .await?;
        Ok(Answered {
            is_degraded: self.server.is_some(),
            ..answered
        })
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

    /// Compares the indexes that there are with the database, and puts right what differs.
    ///
    /// # Errors
    /// The municipalities cannot be read. What fails for one of them is logged, and the others have theirs.
    pub async fn repair(&self) -> Result<(), StoreError> {
        for tenant in tenants::list(&self.database).await? {
            let source = self.source(&Arc::new(tenant));
            for engine in self.engines() {
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
        let position = engine.status(tenant.id).await?.position;
        let goal = self.source(tenant).goal().await?;
        let position = position.filter(|position| position.recipe == goal.recipe);
        Ok(position
            .map(|position| u64::try_from(goal.sequence - position.sequence).unwrap_or_default()))
    }

    /// Has the embedded engine follow what changed, and waits for it a little: who comes too late for it sees what
    /// was there before.
    async fn freshen(&self, tenant: &Arc<Tenant>) -> Result<(), FollowError> {
        let source = self.source(tenant);
        let goal = source.goal().await?;
        let position = self.embedded.status(tenant.id).await?.position;
        if position
            .as_ref()
            .is_some_and(|position| reaches(position, &goal))
        {
            return Ok(());
        }
        let patience = match position {
            Some(_) => PATIENCE,
            None => FIRST_PATIENCE,
        };
        let this = self.clone();
        // Goes on when nobody waits any longer.
        let following = tokio::spawn(async move { this.follow_embedded(source, &goal).await });
        match timeout(patience, following).await {
            Ok(Ok(followed)) => followed,
            Ok(Err(error)) => Err(EngineError::Failed(error.to_string()).into()),
            Err(_) => Ok(()),
        }
    }

    /// One at a time for each tenant.
    async fn follow_embedded(&self, source: Source, goal: &Position) -> Result<(), FollowError> {
        let tenant = source.tenant().id;
        let turn = self.turn(tenant);
        let _turn = turn.lock().await;
        let position = self.embedded.status(tenant).await?.position;
        if position.is_none_or(|position| !reaches(&position, goal)) {
            catch_up(self.embedded.as_ref(), &source).await.inspect_err(|error| {
                tracing::error!(%error, tenant = %source.tenant().ipa_code, "the search index cannot follow");
            })?;
        }
        Ok(())
    }

    fn turn(&self, tenant: TenantId) -> Arc<tokio::sync::Mutex<()>> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(followed.entry(tenant).or_default())
    }

    fn server_is_resting(&self) -> bool {
        let rests = self
            .server_rests
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        rests.is_some_and(|since| since.elapsed() < REST)
    }

    fn let_server_rest(&self, error: &EngineError) {
        tracing::warn!(%error, "the embedded engine answers in place of the search server");
        let mut rests = self
            .server_rests
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *rests = Some(Instant::now());
    }
}

async fn repair_one(engine: &dyn SearchEngine, source: &Source) -> Result<(), FollowError> {
    let tenant = source.tenant();
    if engine.status(tenant.id).await?.position.is_none() {
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
