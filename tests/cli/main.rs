//! The program as the person who runs it sees it: commands, configuration, start and stop.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod appio;
mod audit;
mod cases;
mod configuration;
mod damage;
mod demo;
mod documents;
mod generated;
mod help;
mod media;
#[path = "../../domain/src/media/blobs/moto.rs"]
mod moto;
mod postgres;
mod program;
mod providers;
mod publishing;
mod repeats;
mod search;
mod seeds;
mod seeds_refused;
mod server;
mod serving;
mod tenants;
mod users;
mod webhooks;
