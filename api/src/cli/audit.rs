//! `municipio audit`.

use clap::Subcommand;
use futures_util::TryStreamExt;
use municipio_domain::{
    audit::{AuditLog, Head, Verified},
    store::Database,
    tenants::{self, IpaCode, Tenant},
};

use super::{CliError, named, open, say};
use crate::settings::Settings;

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Write the entries of a municipality to standard output, one JSON object a line
    ///
    /// The hash of an entry is SHA-256 over its object without `hash`, in the canonical form of
    /// RFC 8785; `previousHash` is that of the entry before it.
    Export {
        /// IPA code of the municipality
        #[arg(long, value_name = "IPA_CODE")]
        tenant: IpaCode,
        /// Only entries after this number
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        after: i64,
    },
    /// Look whether entries were changed, added or removed
    ///
    /// Computes every hash again and says what does not fit, and the head of the log: its last number
    /// and hash. Note the head elsewhere and give it next time, so that a log that was cut at its end
    /// or written anew is found too. The exit code is 1 when something does not fit.
    Verify {
        /// IPA code of the municipality; all when left out
        #[arg(long, value_name = "IPA_CODE")]
        tenant: Option<IpaCode>,
        /// The head that this command said before
        #[arg(long, value_name = "NUMBER:HASH", requires = "tenant")]
        expect_head: Option<Head>,
    },
}

impl Audit {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        let database = open(settings).await?;
        match self {
            Self::Export { tenant, after } => export(&database, &tenant, after).await?,
            Self::Verify {
                tenant,
                expect_head,
            } => {
                let tenants = named(&database, tenant.as_ref()).await?;
                verify(&database, &tenants, expect_head.as_ref()).await?;
            }
        }
        Ok(database.close().await?)
    }
}

async fn export(database: &Database, ipa_code: &IpaCode, after: i64) -> Result<(), CliError> {
    let tenant = tenants::show(database, ipa_code).await?;
    let log = AuditLog::new(database.tenant(tenant.id));
    let mut entries = std::pin::pin!(log.entries(after));
    while let Some(entry) = entries.try_next().await? {
        say(&serde_json::to_string(&entry)?)?;
    }
    Ok(())
}

async fn verify(
    database: &Database,
    tenants: &[Tenant],
    expected: Option<&Head>,
) -> Result<(), CliError> {
    let mut wrong = Vec::new();
    for tenant in tenants {
        let log = AuditLog::new(database.tenant(tenant.id));
        let verified = log.verify(expected).await?;
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

fn describe(tenant: &Tenant, verified: &Verified) -> String {
    let mut lines = vec![format!(
        "{}: {} entries, head {}",
        tenant.ipa_code, verified.entries, verified.head
    )];
    lines.extend(verified.flaws.iter().map(|flaw| format!("  {flaw}")));
    let untold = verified.total - verified.flaws.len() as u64;
    if untold > 0 {
        lines.push(format!("  and {untold} more"));
    }
    lines.join("\n")
}
