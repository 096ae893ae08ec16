//! App IO, by the specification of its functions for senders (4.1.1).

mod answer;
mod body;
mod client;
pub mod double;
mod manage;
mod service_body;

pub use client::Client;
use url::Url;

/// Where IO is.
#[expect(clippy::expect_used, reason = "it is an address")]
pub fn address() -> Url {
    Url::parse("https://api.io.pagopa.it/api/v1").expect("an address")
}

/// Where the assertions of citizens are, which prove who reads a message (LolliPoP).
#[expect(clippy::expect_used, reason = "it is an address")]
pub fn assertions_address() -> Url {
    Url::parse("https://api.pagopa.it/lollipop/api/v1").expect("an address")
}

/// The header with the key of who calls.
const KEY: &str = "Ocp-Apim-Subscription-Key";
/// The header with what lets an assertion be fetched.
const LOLLIPOP_AUTH: &str = "x-pagopa-lollipop-auth";
/// The header that says in how many seconds there may be another call.
const RETRY_AFTER: &str = "x-rate-limit-retry-after";
