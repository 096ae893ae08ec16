//! `municipio seed`.

use std::path::PathBuf;

use clap::Subcommand;
use municipio_domain::tenants::{self, IpaCode};
use municipio_seeds::LoadReport;

use super::{CliError, open, say};
use crate::{clock, settings::Settings, start::load_demo};

/// What to load.
#[derive(Debug, Subcommand)]
pub(super) enum Seed {
    /// Load the demo municipality, or what changed in it
    Demo,
    /// Load a folder of files into a municipality
    ///
    /// The folder has the form of the demo: one YAML file for each item, in folders such as
    /// services/ and offices/. Loading twice changes nothing; a changed file changes its item; an
    /// item that was edited since is left as it is. All files are loaded, or none.
    Load {
        /// The folder
        folder: PathBuf,
        /// IPA code of the municipality
        #[arg(long, value_name = "IPA_CODE")]
        tenant: IpaCode,
    },
}

impl Seed {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        let database = open(settings).await?;
        let report = match self {
            Self::Demo => load_demo(&database).await?,
            Self::Load { folder, tenant } => {
                let tenant = tenants::show(&database, &tenant).await?;
                let files = municipio_seeds::read_folder(&folder)?;
                let store = database.tenant(tenant.id);
                municipio_seeds::load(&store, &tenant, &files, clock::now()).await?
            }
        };
        say(&describe(&report))?;
        Ok(database.close().await?)
    }
}

fn describe(report: &LoadReport) -> String {
    let mut text = format!(
        "{} created, {} updated, {} unchanged.",
        report.created, report.updated, report.unchanged
    );
    for file in &report.kept {
        text.push_str(&format!(
            "\nLeft as it is, because it was edited since: {file}"
        ));
    }
    text
}
