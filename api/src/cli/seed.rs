//! `municipio seed`.

use std::{path::PathBuf, time::Instant};

use clap::{Args, Subcommand};
use municipio_domain::{
    cases::{CaseFilter, Cases, Sight},
    content::Contents,
    store::Database,
    tenants::{self, IpaCode},
};
use municipio_seeds::{
    LoadReport,
    generate::{GenerateReport, Plan, generate},
    generate_cases,
};

use super::{CliError, open, progress::Progress, say};
use crate::{clock, media::media, secret::vault, settings::Settings, start::load_demo};

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
    /// Generate municipalities with any amount of content, for measurements
    ///
    /// Invents municipalities with the IPA codes c_z0001, c_z0002 and so on, each with this many
    /// services and news in Italian, and with the offices, places, topics and contact points that
    /// they need. Everything is checked and published as if editors had written it.
    ///
    /// The same seed gives the same content. Items that are there are left as they are, so that a
    /// run that was stopped goes on where it was, and one with larger numbers adds to a smaller
    /// one. Municipalities that were generated from another seed are refused.
    ///
    /// Example: municipio seed generate --services 1000 --news 10000
    Generate(Generate),
    /// Generate cases of the procedures of the demo municipality, for measurements
    ///
    /// Ten events each or a little more; one in ten is still open. What is there stays: a run adds as many as are missing.
    /// The audit log knows nothing of them, so that `municipio case verify` calls each of them made up.
    Cases {
        /// How many there are in the end
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
        count: u64,
    },
}

#[derive(Debug, Args)]
pub(super) struct Generate {
    /// How many municipalities
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    tenants: u64,
    /// How many services each municipality has
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    services: u64,
    /// How many news each municipality has
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    news: u64,
    /// The number from which everything follows
    #[arg(long, value_name = "K", default_value_t = 1)]
    seed: u64,
}

impl Seed {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        let database = open(settings).await?;
        let said = match self {
            Self::Demo => describe(&load_demo(&database, &media(settings)?).await?),
            Self::Load { folder, tenant } => {
                let tenant = tenants::show(&database, &tenant).await?;
                let files = municipio_seeds::read_folder(&folder)?;
                let attachments = municipio_seeds::read_attachments(&folder)?;
                let (store, now) = (database.tenant(tenant.id), clock::now());
                let media = media(settings)?.of(store.clone());
                let attached = municipio_seeds::attach(&media, attachments, now).await?;
                describe(&municipio_seeds::load(&store, &tenant, &files, &attached, now).await?)
            }
            Self::Generate(arguments) => arguments.run(&database).await?,
            Self::Cases { count } => cases(&database, settings, count).await?,
        };
        say(&said)?;
        Ok(database.close().await?)
    }
}

async fn cases(database: &Database, settings: &Settings, count: u64) -> Result<String, CliError> {
    let (file, _) = municipio_seeds::demo()?;
    let tenant = tenants::show(database, &file.ipa_code.parse()?).await?;
    let vault = vault(settings)?;
    let keys = vault
        .citizens()
        .ok_or("there is no secret: set MUNICIPIO_SECRET")?;
    let store = database.tenant(tenant.id);
    let contents = Contents::new(store.clone(), Contents::cache(1));
    let (cases, all) = (Cases::from(&contents), CaseFilter::default());
    let known = cases.counts(&Sight::Everything, &all).await?;
    let known: u64 = known.iter().map(|(_, total)| total).sum();
    let start = Instant::now();
    let progress = Progress::new(count.saturating_sub(known), "cases");
    let numbers = known..count.max(known);
    let made = generate_cases(&store, keys, numbers, clock::now(), |cases| {
        progress.add(cases);
    });
    made.await?;
    progress.finish();
    let (made, seconds) = (count.saturating_sub(known), start.elapsed().as_secs_f64());
    Ok(format!(
        "{made} cases in {seconds:.1} s: {:.0} a second.",
        made as f64 / seconds.max(0.001)
    ))
}

impl Generate {
    async fn run(self, database: &Database) -> Result<String, CliError> {
        let plan = Plan {
            tenants: self.tenants,
            services: self.services,
            news: self.news,
            seed: self.seed,
        };
        let start = Instant::now();
        let progress = Progress::new(plan.items(), "items");
        let report = generate(database, &plan, clock::now(), |items| progress.add(items)).await;
        progress.finish();
        Ok(describe_generated(&report?, start.elapsed().as_secs_f64()))
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

fn describe_generated(report: &GenerateReport, seconds: f64) -> String {
    let created = report.items_created;
    format!(
        "Municipalities: {} created, {} there already. Items: {created} created, {} there already.\n\
         {created} items in {seconds:.1} s: {:.0} items a second.",
        report.tenants_created,
        report.tenants_found,
        report.items_found,
        created as f64 / seconds.max(0.001),
    )
}
