//! The program as the person who runs it sees it: commands, configuration, start and stop.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
