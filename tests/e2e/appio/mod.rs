//! App IO, against a double of it: what is set, what is sent, what became of it, and what IO fetches.

mod attachments;
mod faults;
mod lollipop;
mod mail;
mod remote;
mod sending;
mod settings;
mod sheets;
pub mod story;
