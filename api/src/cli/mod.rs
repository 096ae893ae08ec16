//! The command line.

mod appio;
mod audit;
mod case;
mod demo;
mod media;
mod outbox;
mod progress;
mod provider;
mod search;
mod seed;
mod tenant;
mod user;

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
};

use clap::{Parser, Subcommand};
use municipio_domain::{
    media::{READ_DOCUMENT, WORK_ON_PICTURE, read_document, work_on_picture},
    store::Database,
    tenants::{self, IpaCode, Tenant},
};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{
    app::{Application, StartError, StopHandle},
    settings::{LogFormat, Settings},
    start::{self, Opened},
};

/// Headless content and services API of Italian municipalities.
///
/// Without a command it serves: it creates a SQLite database in the data folder, loads the demo
/// municipality when the database is empty, and answers on 127.0.0.1:8080.
#[derive(Debug, Parser)]
#[command(
    name = "municipio",
    version,
    propagate_version = true,
    after_help = "Set by the environment, or in the file without MUNICIPIO_ and in lower case:\n  \
        MUNICIPIO_LISTEN     address and port (127.0.0.1:8080)\n  \
        MUNICIPIO_DATA_DIR   folder of the SQLite database (data)\n  \
        DATABASE_URL         postgres://user:password@host/database instead of SQLite\n  \
        MEILI_URL            address of a Meilisearch, with its key in MEILI_API_KEY\n  \
        MUNICIPIO_DEMO       off starts without the demo municipality\n  \
        MUNICIPIO_LOG        what is logged, such as info or municipio=debug\n\
        The README lists the others."
)]
pub struct Cli {
    /// Configuration file; `municipio.toml` in the current folder when left out
    #[arg(long, env = "MUNICIPIO_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API (what happens without a command)
    Serve,
    /// Bring the database up to date, and say what was done
    ///
    /// `serve` does this by itself. Run it alone to migrate before new nodes start.
    Migrate,
    /// Load content from files, or generate it
    #[command(subcommand)]
    Seed(seed::Seed),
    /// Export and verify the audit log
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Verify what happened in cases, and anonymise those that need not be kept
    #[command(subcommand)]
    Case(case::CaseCommand),
    /// Try App IO out: look at what is set, and run a double of it
    #[command(subcommand)]
    Appio(appio::AppIo),
    /// List, replay and drop what is to be done after changes, such as telling webhooks
    #[command(subcommand)]
    Outbox(outbox::OutboxCommand),
    /// Remove files that nothing uses, and verify those that are kept
    #[command(subcommand)]
    Media(media::Media),
    /// Create, list, show, suspend and resume municipalities
    #[command(subcommand)]
    Tenant(tenant::Tenant),
    /// Create, list, suspend and resume accounts, and reset their passwords
    #[command(subcommand)]
    User(user::User),
    /// Make the indexes of search anew, and compare them with the database
    #[command(subcommand)]
    Search(search::Search),
    /// Create, list and delete identity providers, through which people sign in
    #[command(subcommand)]
    Provider(provider::Provider),
    /// Try the demo municipality as one of its citizens
    #[command(subcommand)]
    Demo(demo::Demo),
    /// Read a document from the input, and say what is known of it
    ///
    /// The server has documents read by this, within limits of memory and time.
    #[command(name = READ_DOCUMENT, hide = true)]
    ReadDocument,
    /// Look at a picture from the input, or make a variant of it
    ///
    /// The server has pictures worked on by this that could be too much work, within limits of memory and time.
    #[command(name = WORK_ON_PICTURE, hide = true)]
    WorkOnPicture,
}

/// What a command fails with: a sentence for the person who called it.
pub type CliError = Box<dyn std::error::Error>;

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// The configuration is wrong or the command failed; the error says what to do.
    pub async fn run(self) -> Result<(), CliError> {
        // They need no settings.
        match self.command {
            Some(Command::ReadDocument) => return Ok(read_document()?),
            Some(Command::WorkOnPicture) => return Ok(work_on_picture()?),
            _ => {}
        }
        let settings = Settings::load(self.config)?;
        log(&settings)?;
        match self.command.unwrap_or(Command::Serve) {
            Command::Serve => serve(&settings).await,
            Command::Migrate => migrate(&settings).await,
            Command::Seed(seed) => seed.run(&settings).await,
            Command::Audit(audit) => audit.run(&settings).await,
            Command::Case(case) => case.run(&settings).await,
            Command::Appio(appio) => appio.run(&settings).await,
            Command::Outbox(outbox) => outbox.run(&settings).await,
            Command::Media(media) => media.run(&settings).await,
            Command::Tenant(tenant) => tenant.run(&settings).await,
            Command::User(user) => user.run(&settings).await,
            Command::Search(search) => search.run(&settings).await,
            Command::Provider(provider) => provider.run(&settings).await,
            Command::Demo(demo) => demo.run(&settings).await,
            // Above.
            Command::ReadDocument | Command::WorkOnPicture => Ok(()),
        }
    }
}

fn log(settings: &Settings) -> Result<(), CliError> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| format!("configuration: MUNICIPIO_LOG: {error}"))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match settings.log_format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    Ok(started.map_err(|error| error.to_string())?)
}

async fn serve(settings: &Settings) -> Result<(), CliError> {
    let application = Application::build(settings).await?;
    // Listened to before anybody is told that it is ready.
    stop_on_signal(application.handle())?;
    let base = format!("http://{}", application.address());
    let mut lines = vec![format!("Municipio {} is ready.", env!("CARGO_PKG_VERSION"))];
    if let Some(demo) = application.demo() {
        lines.push(format!(
            "The demo municipality was loaded: {} items. MUNICIPIO_DEMO=off starts empty.",
            demo.created
        ));
    }
    if !application.demo_accounts().is_empty() {
        lines.push("The accounts of the demo, with passwords that are shown once:".to_owned());
    }
    for account in application.demo_accounts() {
        lines.push(format!("  {:<34} {}", account.email, account.password));
    }
    lines.extend([
        format!("  GraphQL   {base}/graphql"),
        format!("  Try it    {base}/graphiql"),
        format!("  Schema    {base}/schema.graphql"),
        format!("  Status    {base}/status"),
        match &settings.database_url {
            Some(_) => "  Data      PostgreSQL (DATABASE_URL)".to_owned(),
            None => format!("  Data      {}", settings.data_dir.display()),
        },
        "Ctrl-C stops it.".to_owned(),
    ]);
    say(&lines.join("\n"))?;
    Ok(application.run().await?)
}

/// Both signals finish the requests under way.
fn stop_on_signal(handle: StopHandle) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        handle.stop().await;
    });
    Ok(())
}

async fn migrate(settings: &Settings) -> Result<(), CliError> {
    let opened = open_quietly(settings).await?;
    let done = match opened.migrations {
        0 => "There was nothing to do".to_owned(),
        1 => "1 migration was applied".to_owned(),
        many => format!("{many} migrations were applied"),
    };
    let engine = opened.database.engine();
    say(&format!("{done}: the {engine} database is up to date."))?;
    Ok(opened.database.close().await?)
}

/// Opens the database for a command that is not `serve`.
async fn open(settings: &Settings) -> Result<Database, StartError> {
    Ok(open_quietly(settings).await?.database)
}

/// This municipality, or all when none is named.
async fn named(database: &Database, tenant: Option<&IpaCode>) -> Result<Vec<Tenant>, CliError> {
    Ok(match tenant {
        Some(ipa_code) => vec![tenants::show(database, ipa_code).await?],
        None => tenants::list(database).await?,
    })
}

/// Opens the database without the demo municipality.
async fn open_quietly(settings: &Settings) -> Result<Opened, StartError> {
    let settings = Settings {
        demo: false,
        ..settings.clone()
    };
    start::open(&settings).await
}

/// Says something to the person who called the command.
fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{text}")
}
