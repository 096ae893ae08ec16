//! `municipio`: headless content and services API of Italian municipalities.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use municipio::cli::Cli;

/// Gives back to the system what was used for a while, such as by the first start (decision 9).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[actix_web::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when even this fails.
            let _ = writeln!(std::io::stderr(), "municipio: {error}");
            ExitCode::FAILURE
        }
    }
}
