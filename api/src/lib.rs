//! The binary `municipio`: HTTP server and command line. Thin: it parses, calls the domain, and
//! renders.

pub mod app;
pub mod cli;
mod clock;
mod http;
mod limiter;
mod media;
mod search;
mod secret;
pub mod settings;
pub mod start;
mod timer;
