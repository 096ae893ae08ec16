//! `municipio case`.

use clap::Subcommand;
use municipio_domain::{
    cases::{Cases, VerifiedCases},
    content::Contents,
    store::Database,
    tenants::{self, IpaCode, Tenant},
};

use super::{CliError, open, say};
use crate::settings::Settings;

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
}

impl CaseCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        let database = open(settings).await?;
        match self {
            Self::Verify { tenant } => {
                let tenants = match tenant {
                    Some(ipa_code) => vec![tenants::show(&database, &ipa_code).await?],
                    None => tenants::list(&database).await?,
                };
                verify(&database, &tenants).await?;
            }
        }
        Ok(database.close().await?)
    }
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
