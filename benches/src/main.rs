//! `municipio-bench`: measures the program `municipio` beside its limits, and prints the tables of
//! `docs/performance.md`. `scripts/bench` builds and starts what it needs.
//!
//! The program runs as a child process with a database of its own, is filled by its own commands,
//! and is spoken to over HTTP by a client that costs as little as it can: client, server and
//! database share the cores of one machine.

mod appio;
mod cases;
mod client;
mod content;
mod editing;
mod growth;
mod limits;
mod listeners;
mod load;
mod media;
mod operations;
mod processes;
mod program;
mod report;
mod request;
mod search;
mod series;
mod start;
mod statements;
mod store;
mod tenants;
mod webhooks;

use std::{ffi::OsString, io::Write, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};

use program::Program;
use report::Report;
use store::Engine;

/// A bench stops at the first thing that is not as it should be.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Measures Municipio.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The operations of a portal, on SQLite and PostgreSQL, beside their limits
    Operations(operations::Options),
    /// What editors do: sign-in, writing and publishing, and what permissions cost readers
    Editing(editing::Options),
    /// The same reads with more and more content
    Growth(growth::Options),
    /// The same reads with more and more municipalities
    Tenants(tenants::Options),
    /// How soon webhooks are told of what is published
    Webhooks(webhooks::Options),
    /// Files: variants of pictures beside the crate `image`, delivery beside a handler of files, a long upload
    Media(media::Options),
    /// Cases: reads with more and more of them, transitions, reports of other software, and who listens
    Cases(cases::Options),
    /// App IO: messages through its double, how soon they are sent, and texts that IO fetches
    #[command(name = "appio")]
    AppIo(appio::Options),
    /// A server that answers a file to everything
    #[command(hide = true)]
    AnswerFile(media::File),
    /// Searches in a large municipality, by the embedded engine and by Meilisearch
    Search(search::Options),
    /// A server that answers the same bytes to everything
    #[command(hide = true)]
    AnswerBytes(limits::Bytes),
    /// A server that answers the list of services with one statement
    #[command(hide = true)]
    AnswerStatement(limits::Statement),
    /// The program itself, for a run that builds nothing else
    #[command(hide = true)]
    Municipio {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// What every bench is told.
#[derive(Debug, Args)]
struct Common {
    /// The program; the one beside this program when left out, `self` for the copy inside it
    #[arg(long)]
    program: Option<PathBuf>,
    /// Address of a PostgreSQL server, as superuser; SQLite alone when left out
    #[arg(long, env = "BENCH_POSTGRES_URL", hide_env_values = true)]
    postgres: Option<String>,
    /// Seconds of each measurement, after a sixth of it to warm up
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Seed of the generated content
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Tiny sizes and times: whether the bench works, not how fast anything is
    #[arg(long)]
    quick: bool,
    /// Write the tables into this file, between its markers
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

impl Common {
    fn program(&self) -> Result<Program> {
        Program::find(self.program.as_deref())
    }

    /// How long a measurement takes.
    fn time(&self) -> Duration {
        Duration::from_secs_f64(if self.quick { 0.1 } else { self.seconds })
    }

    /// What to measure on.
    fn engines(&self) -> Vec<Engine> {
        let postgres = self.postgres.iter().cloned().map(Engine::Postgres);
        std::iter::once(Engine::Sqlite).chain(postgres).collect()
    }

    /// Prints the tables, and writes them where that is wished for.
    fn publish(&self, report: &Report) -> Result<()> {
        writeln!(std::io::stdout(), "{report}")?;
        match &self.write {
            Some(file) => report.write(file),
            None => Ok(()),
        }
    }
}

/// Says how far it is; the tables alone go to the standard output.
fn progress(text: impl std::fmt::Display) {
    // A bench whose progress nobody reads goes on.
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[actix_web::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Operations(options) => operations::run(&options).await,
        Command::Editing(options) => editing::run(&options).await,
        Command::Growth(options) => growth::run(&options).await,
        Command::Search(options) => search::run(&options).await,
        Command::Tenants(options) => tenants::run(&options).await,
        Command::Webhooks(options) => webhooks::run(&options).await,
        Command::Media(options) => media::run(&options).await,
        Command::Cases(options) => cases::run(&options).await,
        Command::AppIo(options) => appio::run(&options).await,
        Command::AnswerFile(options) => media::answer_file(&options).await,
        Command::AnswerBytes(options) => limits::answer_bytes(&options).await,
        Command::AnswerStatement(options) => limits::answer_statement(&options).await,
        Command::Municipio { arguments } => program::inside(arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress(format_args!("municipio-bench: {error}"));
            ExitCode::FAILURE
        }
    }
}
