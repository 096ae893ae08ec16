//! `municipio tenant`.

use clap::{Args, Subcommand};
use municipio_domain::{
    locale::Locale,
    tenants::{self, FiscalCode, IpaCode, NewTenant, TenantStatus},
};

use super::{CliError, open, say};
use crate::{clock, settings::Settings};

/// What to do with municipalities.
#[derive(Debug, Subcommand)]
pub(super) enum Tenant {
    /// Create a municipality from its IPA code
    ///
    /// Name, ISTAT code, cadastral code, province and region of the municipalities of Italy are
    /// known; give a name for another body. Example: municipio tenant create c_h501 --host
    /// www.comune.roma.it
    Create(Create),
    /// List the municipalities
    List,
    /// Show one municipality, as JSON
    Show {
        /// IPA code, such as c_h501
        ipa_code: IpaCode,
    },
    /// Stop serving a municipality; nothing is deleted
    Suspend {
        /// IPA code, such as c_h501
        ipa_code: IpaCode,
    },
    /// Serve a suspended municipality again
    Resume {
        /// IPA code, such as c_h501
        ipa_code: IpaCode,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// IPA code, such as c_h501
    ipa_code: IpaCode,
    /// Name; «Comune di …» of a known municipality when left out
    #[arg(long)]
    name: Option<String>,
    /// Fiscal code of the body, eleven digits
    #[arg(long)]
    fiscal_code: Option<FiscalCode>,
    /// Host name under which it is served; may be given several times
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,
    /// Locales, the default first, such as it,de
    #[arg(long, value_delimiter = ',', default_value = "it")]
    locales: Vec<Locale>,
}

impl Tenant {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        let database = open(settings).await?;
        match self {
            Self::Create(create) => {
                let new = NewTenant {
                    ipa_code: create.ipa_code,
                    name: create.name,
                    fiscal_code: create.fiscal_code,
                    hosts: create.hosts,
                    locales: create.locales,
                    id: None,
                };
                let tenant = tenants::create(&database, new, clock::now()).await?;
                say(&serde_json::to_string_pretty(&tenant)?)?;
            }
            Self::List => {
                for tenant in tenants::list(&database).await? {
                    let status = match tenant.status {
                        TenantStatus::Active => "active",
                        TenantStatus::Suspended => "suspended",
                    };
                    let hosts = tenant.hosts.join(" ");
                    say(&format!(
                        "{:<12} {status:<10} {} {hosts}",
                        tenant.ipa_code, tenant.name
                    ))?;
                }
            }
            Self::Show { ipa_code } => {
                let tenant = tenants::show(&database, &ipa_code).await?;
                say(&serde_json::to_string_pretty(&tenant)?)?;
            }
            Self::Suspend { ipa_code } => {
                let tenant = tenants::suspend(&database, &ipa_code, true, clock::now()).await?;
                say(&format!("{} is not served any more.", tenant.name))?;
            }
            Self::Resume { ipa_code } => {
                let tenant = tenants::suspend(&database, &ipa_code, false, clock::now()).await?;
                say(&format!("{} is served.", tenant.name))?;
            }
        }
        Ok(database.close().await?)
    }
}
