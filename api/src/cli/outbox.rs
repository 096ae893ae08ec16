//! `municipio outbox`.

use clap::{Args, Subcommand};
use municipio_domain::{
    audit::{self, Actor, Deed},
    content::Window,
    outbox::{JobEntry, JobFilter, JobStatus, Outbox, drop_jobs, replay},
    store::Database,
    tenants::IpaCode,
};

use super::{CliError, named, open, say};
use crate::{clock, settings::Settings};

/// What to do with the outbox: what is to be done after changes were committed.
#[derive(Debug, Subcommand)]
pub(super) enum OutboxCommand {
    /// List jobs, the newest first, and how many stand how
    List {
        #[command(flatten)]
        which: Which,
        /// How they stand: waiting, running, done or dead
        #[arg(long, value_name = "STATUS", value_parser = status)]
        status: Option<JobStatus>,
        /// How many to list
        #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1_000))]
        limit: u64,
    },
    /// Have jobs done again that were given up
    Replay {
        #[command(flatten)]
        which: Which,
    },
    /// Drop jobs that wait or were given up: they are not done
    Drop {
        #[command(flatten)]
        which: Which,
        /// How they stand: waiting or dead
        #[arg(long, value_name = "STATUS", value_parser = status, default_value = "dead")]
        status: JobStatus,
    },
}

/// Which jobs.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// IPA code of the municipality; all when left out
    #[arg(long, value_name = "IPA_CODE")]
    tenant: Option<IpaCode>,
    /// Their topic, such as webhooks
    #[arg(long)]
    topic: Option<String>,
    /// What they are about
    #[arg(long)]
    aggregate: Option<String>,
    /// Their numbers
    #[arg(requires = "tenant")]
    numbers: Vec<i64>,
}

fn status(name: &str) -> Result<JobStatus, String> {
    let known = JobStatus::ALL.map(JobStatus::as_str);
    let wrong = |_| format!("write one of {}", known.join(", "));
    name.parse().map_err(wrong)
}

impl Which {
    fn filter(&self, status: Option<JobStatus>) -> JobFilter {
        JobFilter {
            numbers: (!self.numbers.is_empty()).then(|| self.numbers.clone()),
            topic: self.topic.clone(),
            aggregate: self.aggregate.clone(),
            status,
        }
    }
}

impl OutboxCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), CliError> {
        let database = open(settings).await?;
        match self {
            Self::List {
                which,
                status,
                limit,
            } => list(&database, &which, status, limit).await?,
            Self::Replay { which } => change(&database, &which, Change::Replay).await?,
            Self::Drop { which, status } => {
                change(&database, &which, Change::Drop(status)).await?;
            }
        }
        Ok(database.close().await?)
    }
}

async fn list(
    database: &Database,
    which: &Which,
    status: Option<JobStatus>,
    limit: u64,
) -> Result<(), CliError> {
    for tenant in named(database, which.tenant.as_ref()).await? {
        let outbox = Outbox::new(database.tenant(tenant.id));
        let window = Window {
            size: limit,
            after: None,
            before: None,
            from_end: false,
        };
        let page = outbox.page(&which.filter(status), &window).await?;
        for count in outbox.statistics().await? {
            say(&format!(
                "{}: {} {} {}",
                tenant.ipa_code,
                count.total,
                count.topic,
                count.status.as_str()
            ))?;
        }
        for (_, job) in page.entries {
            say(&format!("  {}", describe(&job)))?;
        }
    }
    Ok(())
}

fn describe(job: &JobEntry) -> String {
    let mut line = format!(
        "{} {} {} {}, {} attempts, {}",
        job.number,
        job.status.as_str(),
        job.topic,
        job.aggregate,
        job.attempts,
        job.due_at.format("%Y-%m-%dT%H:%M:%SZ"),
    );
    if let Some(error) = &job.last_error {
        line.push_str(&format!(": {error}"));
    }
    line
}

/// What is done to jobs.
#[derive(Clone, Copy)]
enum Change {
    Replay,
    Drop(JobStatus),
}

async fn change(database: &Database, which: &Which, change: Change) -> Result<(), CliError> {
    for tenant in named(database, which.tenant.as_ref()).await? {
        let transaction = database.tenant(tenant.id).begin().await?;
        let now = clock::now();
        let (filter, name, done, count) = match change {
            Change::Replay => {
                let filter = which.filter(None);
                let count = replay(&transaction, &filter, now).await?;
                (filter, "outbox.replay", "replayed", count)
            }
            Change::Drop(status) => {
                let filter = which.filter(Some(status));
                let count = drop_jobs(&transaction, &filter, now).await?;
                (filter, "outbox.drop", "dropped", count)
            }
        };
        if count > 0 {
            let deed = Deed::new(name).with(filter.details(count));
            audit::record(&transaction, &Actor::command(), &deed, now).await?;
        }
        transaction.commit().await?;
        say(&format!("{}: {count} jobs were {done}.", tenant.ipa_code))?;
    }
    Ok(())
}
