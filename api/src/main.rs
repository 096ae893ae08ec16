//! `municipio`: headless content and services API of Italian municipalities.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use municipio::cli::Cli;

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
