//! How an index follows a tenant: it goes along the log of changes, or is made anew when that does not lead
//! from where it stands to where the tenant is.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use futures_util::TryStreamExt;

use super::{Batch, DocumentKey, EngineError, Held, Position, SearchEngine, Source, source::ITEMS};
use crate::{ids::ItemId, store::StoreError};

/// Why an index does not follow.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Brings an index to where its tenant is; gives the position that it has then.
///
/// # Errors
/// The database or the engine failed. What was done until then is kept.
pub async fn catch_up(engine: &dyn SearchEngine, source: &Source) -> Result<Position, FollowError> {
    let goal = source.goal().await?;
    let tenant = source.tenant().id;
    let Some(position) = engine.position(tenant).await? else {
        return rebuild(engine, source, &AtomicU64::new(0)).await;
    };
    if is_astray(&position, &goal) {
        return rebuild(engine, source, &AtomicU64::new(0)).await;
    }
    follow(engine, source, position, &goal).await
}

/// The log does not lead from where an index stands to where its tenant is: its documents were made with
/// something else, or the database was restored and knows less than the index.
pub(super) fn is_astray(position: &Position, goal: &Position) -> bool {
    position.recipe != goal.recipe || position.sequence > goal.sequence
}

/// Makes the index of a tenant anew, counting the documents that are done; then it follows what changed
/// meanwhile.
///
/// # Errors
/// The database or the engine failed; then the index is what it was.
pub async fn rebuild(
    engine: &dyn SearchEngine,
    source: &Source,
    done: &AtomicU64,
) -> Result<Position, FollowError> {
    let tenant = source.tenant().id;
    // Before anything is read: what changes later is followed.
    let position = source.goal().await?;
    let documents = source.all().inspect_ok(|documents| {
        done.fetch_add(documents.len() as u64, Ordering::Relaxed);
    });
    engine
        .rebuild(tenant, Box::pin(documents), position.clone())
        .await?;
    catch_up_from(engine, source, position).await
}

/// Follows what changed since this position, wherever the index says that it stands.
///
/// # Errors
/// The database or the engine failed.
pub async fn catch_up_from(
    engine: &dyn SearchEngine,
    source: &Source,
    position: Position,
) -> Result<Position, FollowError> {
    let goal = source.goal().await?;
    follow(engine, source, position, &goal).await
}

/// Goes along the log of changes, from a position to where the tenant is.
async fn follow(
    engine: &dyn SearchEngine,
    source: &Source,
    mut position: Position,
    goal: &Position,
) -> Result<Position, FollowError> {
    while position.sequence < goal.sequence {
        let Some(changed) = source.changes(&position).await? else {
            break;
        };
        apply(engine, source, &changed.items, Some(&changed.position)).await?;
        position = changed.position;
    }
    Ok(position)
}

/// Brings the documents of these items into an index, some at a time; the position with the last of them.
pub(super) async fn apply(
    engine: &dyn SearchEngine,
    source: &Source,
    items: &[ItemId],
    position: Option<&Position>,
) -> Result<(), FollowError> {
    let mut parts = items.chunks(ITEMS).peekable();
    while let Some(part) = parts.next() {
        let mut batch = source.batch(part).await?;
        batch.position = position.filter(|_| parts.peek().is_none()).cloned();
        engine.apply(source.tenant().id, batch).await?;
    }
    Ok(())
}

/// What an index holds that it should not, and what it lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Documents that are right.
    pub right: u64,
    /// Documents that are missing.
    pub missing: BTreeSet<DocumentKey>,
    /// Documents that say something else.
    pub outdated: BTreeSet<DocumentKey>,
    /// Documents of what is not published.
    pub surplus: BTreeSet<DocumentKey>,
}

impl Drift {
    /// The index is as the database says.
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.outdated.is_empty() && self.surplus.is_empty()
    }

    /// The items that are not as they should be.
    pub fn items(&self) -> BTreeSet<ItemId> {
        let keys = [&self.missing, &self.outdated, &self.surplus];
        keys.into_iter().flatten().map(|key| key.item).collect()
    }

    fn between(held: BTreeSet<Held>, expected: BTreeSet<Held>) -> Self {
        let keys = |set: &BTreeSet<Held>| -> BTreeSet<DocumentKey> {
            set.iter().map(|held| held.key.clone()).collect()
        };
        let (of_index, of_database) = (keys(&held), keys(&expected));
        let differing = held.difference(&expected).map(|held| &held.key);
        Self {
            right: held.intersection(&expected).count() as u64,
            missing: of_database.difference(&of_index).cloned().collect(),
            outdated: differing
                .filter(|key| of_database.contains(key))
                .cloned()
                .collect(),
            surplus: of_index.difference(&of_database).cloned().collect(),
        }
    }
}

/// Compares an index that was brought up to date with the database.
///
/// # Errors
/// The database or the engine failed.
pub async fn verify(engine: &dyn SearchEngine, source: &Source) -> Result<Drift, FollowError> {
    catch_up(engine, source).await?;
    let held = engine.held(source.tenant().id).await?;
    let mut expected = BTreeSet::new();
    let mut documents = source.all();
    while let Some(documents) = documents.try_next().await? {
        expected.extend(documents.into_iter().map(|document| Held {
            digest: document.digest(),
            key: document.key,
        }));
    }
    Ok(Drift::between(held.into_iter().collect(), expected))
}

/// Puts right what [`verify`] found.
///
/// # Errors
/// The database or the engine failed.
pub async fn repair(
    engine: &dyn SearchEngine,
    source: &Source,
    drift: &Drift,
) -> Result<(), FollowError> {
    let items: Vec<ItemId> = drift.items().into_iter().collect();
    apply(engine, source, &items, None).await?;
    // Documents in locales that the tenant no longer has.
    let locales = &source.tenant().locales;
    let gone = drift.surplus.iter();
    let gone = gone.filter(|key| !locales.contains(&key.locale)).cloned();
    let batch = Batch {
        removed: gone.collect(),
        ..Batch::default()
    };
    match batch.removed.is_empty() {
        true => Ok(()),
        false => Ok(engine.apply(source.tenant().id, batch).await?),
    }
}
