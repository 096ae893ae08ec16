//! `municipio`: headless content and services API of Italian municipalities.

use std::{error::Error, io::Write, process::ExitCode};

use actix_web::rt::System;
use clap::Parser;
use municipio::cli::Cli;
use tokio::runtime::Builder;

/// Gives back to the system what was used for a while, such as by the first start (decision 9).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when even this fails.
            let _ = writeln!(std::io::stderr(), "municipio: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    // What is done beside requests, such as the jobs of the outbox, is done on all cores.
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    System::with_tokio_rt(|| runtime).block_on(cli.run())?;
    Ok(())
}
