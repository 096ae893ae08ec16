//! National platforms, one folder for each: what fills the port that the domain declares, and a double that behaves as the
//! platform does, for tests and for those who develop without it. And mails, for who is not reached there.

pub mod appio;
pub mod mail;
