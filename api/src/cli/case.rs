//! `municipio case`.

use clap::Subcommand;
use municipio_domain::{
    audit::Actor,
    cases::{Cases, VerifiedCases, erase_expired},
    content::Contents,
    media::Media,
    store::Database,
    tenants::{IpaCode, Tenant},
};

use super::{CliError, named, open, say};
use crate::{clock, media::media, settings::Settings};

/// What to do with cases.
#[derive(Debug, Subcommand)]
pub(super) enum CaseCommand {
    /// Look whether events of cases were changed, added or removed
    ///
    /// Computes every hash again, makes of the events what should stand of each case, and says what does not fit. That
    /// the last events of a case were cut together with what is counted is found in the audit log, whose entries hold
    /// the hash of the last event after each change. The exit code is 1 when something does not fit.
    Verify {
        /// IPA code of the municipality; all when left out
        #[arg(long, value_name = "IPA_CODE")]
        tenant: Option<IpaCode>,
    },
    /// Anonymise the cases whose retention is over
    ///
    /// The server does it once a day. Of cases that were closed longer ago than their procedures say that they are to be
    /// kept, the key is thrown away with which what they say of people is encrypted. What happened in them stays, and
    /// «municipio case verify» still proves it. Backups of before have the key until they expire.
    Anonymise {
        /// IPA code of the municipality; all when left out
        #[arg(long, value_name = "IPA_CODE")]
        tenant: Option<IpaCode>,
        /// Only say which cases it would be
        #[arg(long)]
        dry_run: bool,
    },
}

impl CaseCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        let database = open(settings).await?;
        match self {
            Self::Verify { tenant } => {
                verify(&database, &named(&database, tenant.as_ref()).await?).await?;
            }
            Self::Anonymise { tenant, dry_run } => {
                let media = media(settings)?;
                for tenant in named(&database, tenant.as_ref()).await? {
                    anonymise((&database, &media), &tenant, dry_run).await?;
                }
            }
        }
        Ok(database.close().await?)
    }
}

async fn anonymise(
    (database, media): (&Database, &Media),
    tenant: &Tenant,
    dry_run: bool,
) -> Result<(), CliError> {
    let (store, code, now) = (database.tenant(tenant.id), &tenant.ipa_code, clock::now());
    if dry_run {
        let contents = Contents::new(store, Contents::cache(8));
        let expired = Cases::from(&contents).expired(now).await?;
        let cases = expired.iter().map(|case| format!("\n  case {case}"));
        let cases: String = cases.collect();
        return Ok(say(&format!(
            "{code}: {} cases would be anonymised{cases}",
            expired.len()
        ))?);
    }
    let (actor, files) = (Actor::command(), media.of(store.clone()));
    let erased = erase_expired((&store, &files), code, &actor, now).await?;
    Ok(say(&format!("{code}: {erased} cases were anonymised"))?)
}

async fn verify(database: &Database, tenants: &[Tenant]) -> Result<(), CliError> {
    let mut wrong = Vec::new();
    for tenant in tenants {
        let contents = Contents::new(database.tenant(tenant.id), Contents::cache(0));
        let verified = Cases::from(&contents).verify().await?;
        let found = describe(tenant, &verified);
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

fn describe(tenant: &Tenant, verified: &VerifiedCases) -> String {
    let mut lines = vec![format!(
        "{}: {} cases, {} events",
        tenant.ipa_code, verified.cases, verified.events
    )];
    let flaws = verified.flaws.iter();
    lines.extend(flaws.map(|(case, flaw)| format!("  case {case}: {flaw}")));
    let untold = verified.total - verified.flaws.len() as u64;
    if untold > 0 {
        lines.push(format!("  and {untold} more"));
    }
    lines.join("\n")
}
