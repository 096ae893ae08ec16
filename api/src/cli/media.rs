//! `municipio media`.

use chrono::TimeDelta;
use clap::Subcommand;
use municipio_domain::{
    media::{Cleaned, Cleaning, GRACE, Verified},
    store::Database,
    tenants::{IpaCode, Tenant},
};

use super::{CliError, named, open, progress::Progress, say};
use crate::{clock, media::media, settings::Settings};

/// What to do with files.
#[derive(Debug, Subcommand)]
pub(super) enum Media {
    /// Remove files that nothing uses
    ///
    /// Removes uploads that were not finished or not used within a day, files that no revision of any content has
    /// used for a week, variants of pictures that were made 90 days ago, and what a stop in between left behind. The
    /// server does the same: every hour, and once a day what needs a list of everything that is kept.
    Clean {
        /// IPA code of the municipality; all when left out
        #[arg(long, value_name = "IPA_CODE")]
        tenant: Option<IpaCode>,
        /// Say what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
        /// Days for which a file that nothing uses is kept
        #[arg(long, value_name = "DAYS", default_value_t = GRACE.num_days().unsigned_abs(), value_parser = clap::value_parser!(u64).range(..=36_500))]
        grace: u64,
    },
    /// Read every file and look whether it is as it was put there
    ///
    /// Computes every SHA-256 again. The exit code is 1 when a file is missing or was changed.
    Verify {
        /// IPA code of the municipality; all when left out
        #[arg(long, value_name = "IPA_CODE")]
        tenant: Option<IpaCode>,
    },
}

impl Media {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        let database = open(settings).await?;
        match self {
            Self::Clean {
                tenant,
                dry_run,
                grace,
            } => {
                let grace = TimeDelta::days(i64::try_from(grace)?);
                clean(settings, &database, tenant, grace, dry_run).await?;
            }
            Self::Verify { tenant } => verify(settings, &database, tenant).await?,
        }
        Ok(database.close().await?)
    }
}

async fn clean(
    settings: &Settings,
    database: &Database,
    tenant: Option<IpaCode>,
    grace: TimeDelta,
    dry_run: bool,
) -> Result<(), CliError> {
    let media = media(settings)?;
    let cleaning = Cleaning {
        grace,
        strays: true,
        dry_run,
    };
    for tenant in named(database, tenant.as_ref()).await? {
        let files = media.of(database.tenant(tenant.id));
        let cleaned = files.clean(&cleaning, clock::now()).await?;
        say(&describe_cleaned(&tenant, &cleaned, dry_run))?;
    }
    Ok(())
}

fn describe_cleaned(tenant: &Tenant, cleaned: &Cleaned, dry_run: bool) -> String {
    let done = if dry_run {
        "would be removed"
    } else {
        "removed"
    };
    format!(
        "{}: {} files that nothing uses, {} uploads, {} old variants and {} stray objects {done}, {} bytes",
        tenant.ipa_code,
        cleaned.files,
        cleaned.uploads,
        cleaned.variants,
        cleaned.strays,
        cleaned.bytes
    )
}

async fn verify(
    settings: &Settings,
    database: &Database,
    tenant: Option<IpaCode>,
) -> Result<(), CliError> {
    let media = media(settings)?;
    let mut wrong = Vec::new();
    for tenant in named(database, tenant.as_ref()).await? {
        let files = media.of(database.tenant(tenant.id));
        let known = files.known().await?;
        let progress = Progress::new(known.len() as u64, "files");
        let verified = files.verify(&known, |done| progress.add(done)).await;
        progress.finish();
        let verified = verified?;
        let found = describe_verified(&tenant, &verified);
        match verified.is_intact() {
            true => say(&found)?,
            false => wrong.push(found),
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n").into()),
    }
}

fn describe_verified(tenant: &Tenant, verified: &Verified) -> String {
    let mut lines = vec![format!("{}: {} files", tenant.ipa_code, verified.files)];
    lines.extend(
        verified
            .missing
            .iter()
            .map(|hash| format!("  missing: {hash}")),
    );
    lines.extend(
        verified
            .changed
            .iter()
            .map(|hash| format!("  changed: {hash}")),
    );
    if !verified.strays.is_empty() {
        lines.push(format!(
            "  {} objects belong to nothing; `municipio media clean` removes them",
            verified.strays.len()
        ));
    }
    lines.join("\n")
}
