//! Mails through SMTP (RFC 5321), by the messages and connections of `lettre`. How far a mail has come is known at each
//! step: before its text was handed over nothing was sent; when the answer to that does not come, nobody knows.

mod client;
mod message;
mod server;

pub use client::Client;
pub use server::{InvalidServer, Server};
