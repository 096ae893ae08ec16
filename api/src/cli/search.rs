//! `municipio search`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use clap::Subcommand;
use municipio_domain::{
    search::{
        Drift, Position, Search as Service, SearchEngine, Source, catch_up_from, rebuild, repair,
        verify,
    },
    tenants::{IpaCode, Tenant},
};

use super::{CliError, named, open, progress::Progress, say};
use crate::{search, settings::Settings};

/// How often the bar moves.
const INTERVAL: Duration = Duration::from_millis(200);

/// What to do with the indexes of search.
#[derive(Debug, Subcommand)]
pub(super) enum Search {
    /// Make the indexes anew, while searches are answered from the old ones
    ///
    /// The index of the search server (MEILI_URL), and that of the embedded engine in the data folder of this
    /// machine. Indexes follow what changes by themselves: this is for when one was damaged or lost.
    Reindex {
        /// IPA code of the municipality; all when left out
        #[arg(long, value_name = "IPA_CODE")]
        tenant: Option<IpaCode>,
    },
    /// Compare the indexes with the database
    ///
    /// Says which documents are missing, outdated or too many. The exit code is 1 when some are, unless they are
    /// repaired.
    Verify {
        /// IPA code of the municipality; all when left out
        #[arg(long, value_name = "IPA_CODE")]
        tenant: Option<IpaCode>,
        /// Put right what is wrong
        #[arg(long)]
        repair: bool,
    },
}

impl Search {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        let database = open(settings).await?;
        let service = search::open(settings, &database);
        let (Self::Reindex { tenant } | Self::Verify { tenant, .. }) = &self;
        let is_one = tenant.is_some();
        let tenants = named(&database, tenant.as_ref()).await?;
        let tenants: Vec<Arc<Tenant>> = tenants.into_iter().map(Arc::new).collect();
        match self {
            // Another that filled the index beside would put half of it in place of the old one.
            Self::Reindex { .. } => database.alone(reindex(&service, &tenants, is_one)).await?,
            Self::Verify { repair, .. } => check(&service, &tenants, repair).await?,
        }
        Ok(database.close().await?)
    }
}

async fn reindex(service: &Service, tenants: &[Arc<Tenant>], is_one: bool) -> Result<(), CliError> {
    let mut failed = Vec::new();
    for engine in service.engines() {
        // One municipality is made anew in place; all of them beside what is there, which they then replace.
        let beside = match is_one {
            true => None,
            false => engine.beside().await?,
        };
        let target = beside.as_ref().unwrap_or(engine);
        let mut filled = Vec::new();
        for tenant in tenants {
            let source = service.source(tenant);
            match fill(target.as_ref(), &source).await {
                Ok(position) => filled.push((source, position)),
                // One that cannot be read keeps no others from being found.
                Err(error) => failed.push(format!("{}: {error}", tenant.ipa_code)),
            }
        }
        if beside.is_some() {
            engine.take_over().await?;
            // What was written into the old index meanwhile.
            for (source, position) in &filled {
                catch_up_from(engine.as_ref(), source, position.clone()).await?;
            }
        }
        for (source, _) in &filled {
            let tenant = source.tenant();
            let status = engine.status(tenant.id).await?;
            let name = engine.name();
            say(&format!(
                "{}: {} documents in the index ({name})",
                tenant.ipa_code, status.documents
            ))?;
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(failed.join("\n").into()),
    }
}

/// Fills the index of a tenant, and shows how far it has come.
async fn fill(engine: &dyn SearchEngine, source: &Source) -> Result<Position, CliError> {
    let total = source.count().await?;
    let progress = Progress::new(total, "documents");
    let done = AtomicU64::new(0);
    let work = rebuild(engine, source, &done);
    let mut work = std::pin::pin!(work);
    let mut told = 0;
    let filled = loop {
        let finished = tokio::time::timeout(INTERVAL, &mut work).await;
        let now = done.load(Ordering::Relaxed);
        progress.add(now - told);
        told = now;
        if let Ok(filled) = finished {
            break filled;
        }
    };
    progress.finish();
    Ok(filled?)
}

async fn check(service: &Service, tenants: &[Arc<Tenant>], repairs: bool) -> Result<(), CliError> {
    let mut wrong = Vec::new();
    for engine in service.engines() {
        for tenant in tenants {
            let source = service.source(tenant);
            let drift = verify(engine.as_ref(), &source).await?;
            let found = describe(tenant, engine.name(), &drift);
            match drift.is_none() {
                true => say(&found)?,
                false if repairs => {
                    repair(engine.as_ref(), &source, &drift).await?;
                    say(&format!("{found}; repaired"))?;
                }
                false => wrong.push(found),
            }
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n").into()),
    }
}

fn describe(tenant: &Tenant, engine: &str, drift: &Drift) -> String {
    format!(
        "{}: {} documents are right, {} missing, {} outdated, {} too many ({engine})",
        tenant.ipa_code,
        drift.right,
        drift.missing.len(),
        drift.outdated.len(),
        drift.surplus.len()
    )
}
