//! End-to-end suites: one module for each capability, each test a story over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod delivery;
mod linked_data;
mod schema;
